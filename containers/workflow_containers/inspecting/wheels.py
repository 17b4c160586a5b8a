"""The Python distributions of one platform's image, as parts of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from workflow_containers import architecture
from workflow_containers.errors import LayoutError
from workflow_containers.inspecting.inventory import InstalledWheel, PlatformInventory
from workflow_containers.inspecting.parts import Part
from workflow_sbom.errors import InventoryError
from workflow_sbom.model.parts import Property
from workflow_sbom.python.closure import Asked, close
from workflow_sbom.python.components import Described, component_of, package_of
from workflow_sbom.python.distribution import Distribution, from_metadata
from workflow_sbom.python.environment import Environment
from workflow_sbom.python.files import files_of, pinned
from workflow_sbom.python.requirements import LockedRequirements

TAG = "workflow:python:tag"
_MINIMAL = re.compile(r"python3\.[0-9]+-minimal", re.ASCII)
_RELEASE = re.compile(r"3\.[0-9]+\.[0-9]+", re.ASCII)


def wheels(platform: PlatformInventory, lock: LockedRequirements | None) -> Iterator[Part]:
    """Each distribution, with what it needs of the others and what documents in it state.

    `lock` says which files they may come from. Raises `LayoutError` where no interpreter is there
    to evaluate markers for, `InventoryError` for one that is there twice or in another version
    than the lock has.
    """
    if not platform.wheels:
        return
    machine = architecture.of(platform.platform).machine
    environment = Environment(python=_python(platform), machine=machine)
    found = [_distribution(each) for each in platform.wheels]
    known = {each.key: each for each in found}
    if len(known) < len(found):
        raise InventoryError(f"the image for {platform.platform} has one distribution twice")
    locked = pinned(lock, environment)
    needs = close(known, environment, map(Asked, known))
    refs = {
        each.key: _reference(each, wheel.tags)
        for each, wheel in zip(found, platform.wheels, strict=True)
    }
    for each, wheel in zip(found, platform.wheels, strict=True):
        unmet = needs[each.key] - known.keys()
        files = files_of(each, locked.get(each.key))
        described = component_of(each, ref=refs[each.key], files=files, unmet=unmet)
        edges = {refs[need] for need in needs[each.key] & known.keys()}
        yield _part(described, wheel, edges, met=not unmet)


def _part(described: Described, wheel: InstalledWheel, needs: set[str], *, met: bool) -> Part:
    component = described.component
    tags = tuple(Property(TAG, tag) for tag in wheel.tags)
    return Part(
        component=replace(component, properties=(*component.properties, *tags)),
        needs=tuple(sorted(needs | described.needs)),
        known="complete" if met else "incomplete",
        edges=described.edges,
        inside="incomplete" if described.incomplete else "unknown",
    )


def _distribution(wheel: InstalledWheel) -> Distribution:
    place = f"{wheel.info}/METADATA"
    return replace(from_metadata(wheel.metadata), contents=wheel.contents, place=place)


def _reference(distribution: Distribution, tags: tuple[str, ...]) -> str:
    """A wheel that is made for one machine is another component than the one for another."""
    url = package_of(distribution)
    specific = [tag for tag in tags if not tag.endswith("-any")]
    return f"{url}?tag={specific[0]}" if specific else url


def _python(platform: PlatformInventory) -> str:
    """The interpreter's full version, from the package that brings it, or from itself."""
    for deb in platform.debs:
        found = _RELEASE.match(deb.version)
        if found and _MINIMAL.fullmatch(deb.name):
            return found[0]
    if platform.python is not None:
        return re.sub(r"(?:a|b|rc)[0-9]+|\+", "", platform.python)
    raise LayoutError(f"the image for {platform.platform} has distributions and no Python package")
