"""A Containerfile built through an engine, for people who have one, as an archive like ours.

What its steps fetch and write depends on the day, so nothing makes it reproducible. It is marked,
in labels and annotations, and a stable release refuses what is marked.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from workflow_containers.engine import context, saved
from workflow_containers.engine.context import Context, Git
from workflow_containers.engine.interface import Build, Engine, Network
from workflow_containers.engine.saved import Saved
from workflow_containers.errors import EngineError, ImageNameError, LayoutError, PlatformError
from workflow_containers.oci import archive, image
from workflow_containers.oci.archive import Built, Contents
from workflow_containers.oci.image import Document
from workflow_containers.oci.layout import Layout
from workflow_containers.platform import Platform
from workflow_containers.store import Store
from workflow_sbom import canonical
from workflow_sbom.digest import Digest, Measured
from workflow_sbom.printable import printable

REPRODUCIBLE = "io.github.gocodealone.workflow.reproducible"
MAX_SAVED = 16 << 30
_NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*", re.ASCII)
# What an OCI configuration has (config.md), and Docker's health check; the rest is the engine's.
_EXECUTION = (
    "User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "StopSignal",
    "Healthcheck",
)  # fmt: skip
_HISTORY = ("created", "created_by", "author", "comment", "empty_layer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to build, and what to call it: a name without registry, and a version as its tag."""

    context: Context
    name: str
    version: str
    network: Network = "none"

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ImageNameError(
                f"'{printable(self.name[:80])}' is no name of an image",
                remedy="use lower-case letters and digits, with single separators between",
            )

    @property
    def annotations(self) -> dict[str, str]:
        """What the image says of itself (OCI annotations.md), and that it is not reproducible."""
        return {
            "org.opencontainers.image.title": self.name,
            "org.opencontainers.image.version": self.version,
            REPRODUCIBLE: "false",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An archive with one platform's image."""

    measured: Measured
    platform: Platform
    index: Digest
    manifest: Digest
    config: Digest


def build(
    engine: Engine, wanted: Wanted, git: Git, store: Store, destination: Path,
    say: Callable[[str], None],
) -> Made:  # fmt: skip
    """Build it and write the archive; `say` is told what the engine says.

    The image does not stay in the engine, and is never pushed from there. Raises `MemberError` for
    a context that may not be sent, `EngineError` for a build that fails.
    """
    with tempfile.TemporaryDirectory(dir=store.scratch()) as scratch:
        sent, received = Path(scratch, "context.tar"), Path(scratch, "saved.tar")
        with sent.open("wb") as stream:
            context.write(wanted.context.folder, wanted.context.names(git), stream)
        asked = Build(context=sent, file=wanted.context.file, network=wanted.network)
        identity = _built(engine.build(asked), say)
        try:
            with received.open("wb") as stream:
                _receive(engine.save(identity), stream)
        finally:
            engine.forget(identity)
        with received.open("rb") as stream:
            found = saved.read(stream, store)
    return _write(found, wanted, store, destination)


def _built(said: Iterator[str | Digest], say: Callable[[str], None]) -> Digest:
    identity = None
    for each in said:
        if isinstance(each, Digest):
            identity = each
        else:
            say(each)
    if identity is None:
        raise EngineError("the engine built nothing", remedy="look at its log")
    return identity


def _receive(pieces: Iterator[bytes], stream: IO[bytes]) -> None:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > MAX_SAVED:
            raise EngineError(f"an image of more than {MAX_SAVED >> 30} GiB", remedy="shrink it")
        stream.write(piece)


def _write(found: Saved, wanted: Wanted, store: Store, destination: Path) -> Made:
    configuration = _configuration(found, wanted)
    built = Built(
        platform=_platform(found.config),
        configuration=configuration,
        manifest=image.manifest(configuration, found.layers, wanted.annotations),
        layers=found.layers,
    )
    index = image.index([(built.platform, built.manifest)], wanted.annotations)
    contents = Contents(name=wanted.name, version=wanted.version, index=index, images=(built,))
    return Made(
        measured=archive.save(contents, store, destination),
        platform=built.platform,
        index=index.digest,
        manifest=built.manifest.digest,
        config=configuration.digest,
    )


def _configuration(found: Saved, wanted: Wanted) -> Document:
    """The engine's configuration without what only the engine knows what for."""
    config = found.config
    platform = _platform(config)
    execution = _object(config.get("config"))
    kept: dict[str, Any] = {key: execution[key] for key in _EXECUTION if execution.get(key)}
    kept["Labels"] = {**_object(execution.get("Labels")), **wanted.annotations}
    value: dict[str, Any] = {
        "architecture": platform.architecture,
        "os": platform.os,
        "config": kept,
        "rootfs": {
            "type": "layers",
            "diff_ids": [str(layer.diff_id) for layer in found.layers],
        },
        "history": [
            {key: _object(each)[key] for key in _HISTORY if key in _object(each)}
            for each in config.get("history") or ()
        ],
    }
    value |= {key: config[key] for key in ("created", "variant") if config.get(key)}
    return Document(image.CONFIG, canonical.encode(value))


def _platform(config: Mapping[str, Any]) -> Platform:
    try:
        return Platform(str(config.get("os")), str(config.get("architecture")))
    except PlatformError as error:
        raise LayoutError(f"the engine's image: {error}") from error


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def is_reproducible(layout: Layout) -> bool:
    """Whether nothing in an archive says that its image can't be built again to the same bytes."""
    for each in layout.images:
        labels = _object(_object(each.config.get("config")).get("Labels"))
        marks = {mark[REPRODUCIBLE] for mark in (labels, each.annotations) if REPRODUCIBLE in mark}
        if marks - {"true"}:
            return False
    return True
