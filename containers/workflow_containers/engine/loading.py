"""Bringing an archive's image into an engine, and being sure that this is what the engine has.

No name is trusted: another image may have it, and an engine may say that all is well and have
loaded nothing. The image is asked for by the digest it must have: of its configuration in Docker's
classic store, of its index or manifest in containerd's (Docker 29). Contents that are there already
are not brought again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflow_containers.engine.interface import Engine, Held
from workflow_containers.errors import EngineError, LayoutError, UnhealthyError
from workflow_containers.oci.layout import Image, Layout
from workflow_containers.platform import Platform
from workflow_sbom.digest import Digest
from workflow_sbom.printable import printable

_USER = re.compile(r"([0-9]{1,10})(:[0-9]{1,10})?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """An archive's image in an engine: `id` is what the engine knows it by.

    `version` is the tag the archive was made with; `brought` are the images that the engine did not
    have before, of other platforms too.
    """

    id: Digest
    image: Image
    version: str
    brought: tuple[Digest, ...]

    @property
    def execution(self) -> Mapping[str, Any]:
        """How it is run (`config` of the OCI image configuration)."""
        return _execution(self.image)

    @property
    def has_health_check(self) -> bool:
        """Whether it brings a health check that is not `NONE`."""
        check = self.execution.get("Healthcheck")
        test = check.get("Test") if isinstance(check, dict) else None
        return isinstance(test, list) and len(test) > 1


def load(engine: Engine, archive: Path, platform: Platform | None = None) -> Loaded:
    """Load the image for a platform, the engine's own unless one is named.

    Raises `LayoutError` for an archive that is not what it says, `EngineError` for a platform the
    engine does not run and when it has another image or none afterwards, `UnhealthyError` for an
    image that runs as root.
    """
    try:
        with Layout(archive) as layout:
            image = layout.image(_runnable(engine, platform))
            _check_user(archive.name, image)
            ids = (image.config_digest, layout.index, image.manifest)
            held, brought = _held(engine, ids, image), frozenset[Digest]()
            if held is None:
                brought = _bring(engine, archive, layout)
                held = _held(engine, ids, image)
            if held is None:
                raise EngineError(
                    f"{archive.name}: the engine loaded it and has no {image.config_digest}",
                    remedy="look at the engine's log; its store may be full or its version too old",
                )
            return Loaded(
                id=held.id, image=image, version=layout.version, brought=tuple(sorted(brought))
            )
    except OSError as error:
        raise LayoutError(f"{archive}: can't be read: {error.strerror}") from error


def _execution(image: Image) -> Mapping[str, Any]:
    found = image.config.get("config")
    return found if isinstance(found, dict) else {}


def _bring(engine: Engine, archive: Path, layout: Layout) -> frozenset[Digest]:
    """Load the archive; the images that came with it."""
    ids = {layout.index}
    for each in layout.images:
        ids |= {each.config_digest, each.manifest}
    before = {digest for digest in ids if engine.image(digest)}
    with archive.open("rb") as stream:
        engine.load(stream)
    return frozenset(digest for digest in ids - before if engine.image(digest))


def _runnable(engine: Engine, platform: Platform | None) -> Platform:
    runs = engine.facts.platform
    if platform is not None and platform != runs:
        raise EngineError(
            f"the engine runs {runs}, not {platform}",
            remedy=f"name an engine of a {platform} machine with --engine or DOCKER_HOST",
        )
    return runs


def _check_user(origin: str, image: Image) -> None:
    """A name could stand for root; only a number is known not to."""
    user = str(_execution(image).get("User", ""))
    found = _USER.fullmatch(user)
    if found is None or not 0 < int(found[1]) < 1 << 31:
        raise UnhealthyError(
            f"{origin}: runs as {printable(user[:40]) or 'root'!r}, no number of a user but root",
            remedy="give the image a user by number, 65532 for instance",
        )


def _held(engine: Engine, ids: tuple[Digest, ...], image: Image) -> Held | None:
    """The image by one of its digests, with exactly its layers' contents."""
    for digest in ids:
        found = engine.image(digest)
        if found is not None and found.id in ids:
            _check_contents(found, image)
            return found
    return None


def _check_contents(found: Held, image: Image) -> None:
    expected = tuple(layer.diff_id for layer in image.layers)
    if (found.diff_ids, found.platform) != (expected, image.platform):
        raise EngineError(
            f"the engine's {found.id} has other contents than the archive's",
            remedy=f"remove it (docker rmi {found.id}) and run it again",
        )
