"""Making a lock of Debian packages: for each image what it names, or the closure of that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from workflow_containers.debian import lock
from workflow_containers.debian.lock import Closure, Package, Wanted
from workflow_containers.debian.resolve import Apt, Indexes
from workflow_containers.errors import DefinitionError
from workflow_containers.platform import Platform
from workflow_sbom.errors import Fault

Opened = Mapping[Platform, Indexes]
Found = Mapping[Platform, tuple[Package, ...]]


def resolved(images: Sequence[Wanted], apt: Apt) -> bytes:
    """One lock for the images that share it, in the bytes of its file.

    Raises `DefinitionError` for images of two suites and for cuts where nothing is to cut,
    `MirrorError` and `ToolError` as `Apt` does.
    """
    suite = _suite(images)
    platforms = sorted({platform for image in images for platform in image.platforms})
    opened = {platform: apt.open(suite, platform) for platform in platforms}
    found = [_packages(image, opened) for image in images]
    return lock.document(
        suite,
        {platform: _union(each.get(platform, ()) for each in found) for platform in platforms},
        {
            image.image: _closure(image, packages)
            for image, packages in zip(images, found, strict=True)
            if image.debian.closure
        },
    )


def _suite(images: Sequence[Wanted]) -> str:
    suites = sorted({image.debian.suite for image in images})
    if len(suites) != 1:
        fault = Fault("suite", f"one lock of two suites: {', '.join(suites)}")
        raise DefinitionError(images[0].debian.lock, [fault])
    return suites[0]


def _packages(image: Wanted, opened: Opened) -> Found:
    indexes = {platform: opened[platform] for platform in image.platforms}
    names, without = image.debian.packages, image.debian.without
    if not image.debian.closure:
        return {platform: each.named(names) for platform, each in indexes.items()}
    _require_needed(image, indexes.values())
    return {platform: each.closure(names, without) for platform, each in indexes.items()}


def _require_needed(image: Wanted, indexes: Iterable[Indexes]) -> None:
    """A cut that serves no platform is left from what the packages once needed, or misspelt."""
    idle = set(image.debian.without)
    for each in indexes if idle else ():
        idle &= each.idle(image.debian.packages, image.debian.without)
    faults = [Fault("without", f"nothing needs {name}", "take it out") for name in sorted(idle)]
    if faults:
        raise DefinitionError(image.image, faults)


def _union(packages: Iterable[tuple[Package, ...]]) -> tuple[Package, ...]:
    return tuple({package.name: package for each in packages for package in each}.values())


def _closure(image: Wanted, found: Found) -> Closure:
    return Closure(
        packages=tuple(sorted(image.debian.packages)),
        without=tuple(sorted(image.debian.without)),
        resolved={
            str(platform): tuple(sorted(package.name for package in packages))
            for platform, packages in found.items()
        },
    )
