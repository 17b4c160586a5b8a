"""Whether everything in an image archive is explained: the one question this room answers.

    check(archive, definition, Ours.of(inputs), tools) -> one Coverage a platform

Sources are gathered exactly as the builder gathers them (by the locks' digests, from the store
when they are there), then read by this room itself; the archive is read once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from workflow_containers.building.gathering import grounds
from workflow_containers.building.given import Tools
from workflow_containers.building.ground import Ground
from workflow_containers.coverage import weighing
from workflow_containers.coverage.beneath import base_of
from workflow_containers.coverage.claims import Claim, Part
from workflow_containers.coverage.root import There, read
from workflow_containers.coverage.sources import Ours, parts
from workflow_containers.coverage.weighing import Coverage, Missing
from workflow_containers.definition import Definition
from workflow_containers.errors import ContainersError, CoverageError
from workflow_containers.oci.layout import Layout
from workflow_containers.store import Store
from workflow_sbom.coverage.ledger import Ledger, Line
from workflow_sbom.digest import Digest
from workflow_sbom.terminal.progress import stage

_ANOTHER = "check it with the definition it was built from"
REPLACED = "replaces what the base has"


def check(archive: Path, definition: Definition, given: Ours, tools: Tools) -> tuple[Coverage, ...]:
    """What explains each platform's image of an archive, sorted by platform.

    Raises `CoverageError` when sources can't be had or read, `LayoutError` or `MemberError` for an
    archive that is none. What is not explained raises nothing: see `Coverage.faults`.
    """
    name = definition.name
    tools.progress.expect(3)
    with stage(tools.progress, f"{name}: packages"):
        found = _gathered(definition, given, tools)
    with ThreadPoolExecutor(max(1, min(tools.workers, len(found)))) as pool:
        reading = pool.map(lambda ground: parts(ground, given, tools), found)
        with stage(tools.progress, f"{name}: {archive.name}"):
            roots = _roots(archive, found)
        with stage(tools.progress, f"{name}: every source"):
            said = _said(name, reading)
    return tuple(
        _coverage(name, ground, root, each)
        for ground, root, each in zip(found, roots, said, strict=True)
    )


def _gathered(definition: Definition, given: Ours, tools: Tools) -> tuple[Ground, ...]:
    try:
        return grounds(definition, given.root, tools, Store(tools.store.absolute()))
    except ContainersError as error:
        raise _unknown(definition.name, error) from error


def _said(name: str, reading: Iterator[tuple[Part, ...]]) -> list[tuple[Part, ...]]:
    try:
        return list(reading)
    except ContainersError as error:
        raise _unknown(name, error) from error


def _unknown(name: str, error: ContainersError) -> CoverageError:
    return CoverageError(f"{name} can't be checked: {error}", remedy=error.remedy)


@dataclass(frozen=True, slots=True)
class _Root:
    """What one platform's image has over its base."""

    manifest: Digest
    entries: tuple[There, ...]


def _roots(archive: Path, found: Sequence[Ground]) -> list[_Root]:
    """The root of each platform, read while sources are."""
    with Layout(archive) as layout:
        wanted = sorted(str(ground.platform) for ground in found)
        there = sorted(str(image.platform) for image in layout.images)
        if wanted != there:
            raise CoverageError(
                f"{archive.name} is for {', '.join(there)}; the definition for {', '.join(wanted)}",
                remedy=_ANOTHER,
            )
        return [_root(layout, ground) for ground in found]


def _root(layout: Layout, ground: Ground) -> _Root:
    """The root over the base, whose layers have to be the base's own."""
    image = layout.image(ground.platform)
    base = [layer.digest for layer in ground.layers]
    if [layer.blob.digest for layer in image.layers[: len(base)]] != base:
        raise CoverageError(
            f"{layout.path.name} for {ground.platform}: its lowest layers are not the base's",
            remedy=_ANOTHER,
        )
    return _Root(image.manifest, read(layout, image, len(base)))


def _coverage(name: str, ground: Ground, root: _Root, said: tuple[Part, ...]) -> Coverage:
    beneath = {claim.path: claim for claim in base_of(ground)}
    claims = dict(weighing.expected(said))
    for path, folder in weighing.folders(said, claims, beneath).items():
        claims[path] = (*claims.get(path, ()), folder)
    left_out = {path: why for part in said for path, why in part.absent.items()}
    absent = dict.fromkeys(beneath, REPLACED) | left_out
    there = {each.standing.entry.path for each in root.entries}
    kept = [
        Line(claim.standing.entry, claim.why)
        for path, claim in beneath.items()
        if path not in there
    ]
    return Coverage(
        platform=ground.platform,
        manifest=root.manifest,
        ledger=Ledger.of(
            f"{name} {ground.platform}", [*kept, *weighing.lines(root.entries, claims, absent)]
        ),
        missing=_missing(claims, there | beneath.keys()),
        left_out=len(left_out),
    )


def _missing(claims: Mapping[str, Sequence[Claim]], there: set[str]) -> tuple[Missing, ...]:
    return tuple(
        Missing(path=path, source=claims[path][0].source) for path in sorted(claims.keys() - there)
    )
