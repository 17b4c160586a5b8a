"""The archive of a small image with real layers, built from nothing, and what it should be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simulators.images import world
from support.images import Digests
from workflow_containers.building.builder import build_archive
from workflow_containers.definition import load


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """The archive, and its digests as read without our code."""

    archive: Path
    version: str
    digests: Digests


def built(folder: Path, version: str = "1.2.3") -> Shop:
    """Two platforms, several layers, a moment's work."""
    made = world(folder / "repository")
    archive = folder / f"shop-{version}.oci.tar"
    definition = load(made.root / "images/shop.toml")
    build_archive(definition, made.inputs(version), made.tools(folder / "store"), archive)
    return Shop(archive=archive, version=version, digests=Digests.read(archive))
