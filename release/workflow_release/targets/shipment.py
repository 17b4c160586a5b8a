"""What goes out: one value with two doors, and nothing unjudged or unverified comes through either.

A release that was just made comes from the judge; one that another machine made comes from its
folder, after everything in it was verified.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import InitVar, dataclass
from pathlib import Path

from workflow_release.attesting.record import Entry, Release
from workflow_release.errors import TargetError
from workflow_release.judging.judge import Cleared
from workflow_release.model import File, Image, Plan
from workflow_release.verifying.verdict import Verdict
from workflow_sbom.digest import Digest

_TOKEN = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A file to publish: its bytes, or where they are; never trusted to match `digest` unread."""

    name: str
    size: int
    digest: Digest
    content: bytes | Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedImage:
    """An image by its name and its index, the archive that holds it, and what is said about it."""

    name: str
    index: Digest
    archive: Item
    sbom: Item
    provenance: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """A release with its signed record: all that goes out; the record and its bundle last."""

    plan: Plan
    gates: tuple[str, ...]
    items: tuple[Item, ...]
    images: tuple[ShippedImage, ...]
    token: InitVar[object]

    def __post_init__(self, token: object) -> None:
        if token is not _TOKEN:
            raise TargetError(
                "what goes out was cleared by the judge, or verified whole",
                remedy="use Shipment.cleared or Shipment.verified",
            )

    @classmethod
    def cleared(cls, cleared: Cleared, record: File, bundle: File) -> Shipment:
        """A release that the judge let through, with its record and the bundle over that."""
        attested = cleared.attested
        items = {each.name: _file(each) for each in (*attested.files, record, bundle)}
        for made in attested.artifacts:
            items[made.name] = Item(
                name=made.name, size=made.size, digest=made.digest, content=made.path
            )
        return _shipment(Release.of(cleared.plan, attested, cleared.gates), items)

    @classmethod
    def verified(cls, folder: Path, verdict: Verdict) -> Shipment:
        """A release folder that holds; raises `TargetError` for one that does not."""
        if verdict.release is None or not verdict.ok:
            found = (f"  {each.subject}: {each.message}" for each in verdict.findings)
            raise TargetError(
                "\n".join((f"{folder} is not the release it says it is:", *found)),
                remedy="nothing was published; get the release again, or make it again",
            )
        items = {
            line.name: Item(
                name=line.name, size=line.size, digest=line.digest, content=folder / line.name
            )
            for line in verdict.lines
            if line.size is not None and line.digest is not None
        }
        return _shipment(verdict.release, items)


def _file(file: File) -> Item:
    return Item(name=file.name, size=file.size, digest=file.digest, content=file.content or b"")


def _shipment(release: Release, items: Mapping[str, Item]) -> Shipment:
    named = [entry.name for entry in release.files]
    last = [name for name in items if name not in set(named)]
    return Shipment(
        plan=release.plan,
        gates=release.gates,
        items=tuple(items[name] for name in (*named, *last)),
        images=tuple(_images(release, items)),
        token=_TOKEN,
    )


def _images(release: Release, items: Mapping[str, Item]) -> Iterator[ShippedImage]:
    provenance: Entry = release.provenance
    for built in release.artifacts:
        recipe = release.plan.recipe(built.recipe)
        if isinstance(recipe, Image) and built.index is not None:
            yield ShippedImage(
                name=recipe.name,
                index=built.index,
                archive=items[built.name],
                sbom=items[built.sbom.name],
                provenance=items[provenance.name],
            )
