"""An image archive as a bill of materials: each platform's image, and what is in it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from workflow_containers import architecture
from workflow_containers.errors import LayoutError
from workflow_containers.inspecting.inventory import (
    InstalledDeb,
    Inventory,
    PlatformInventory,
    describe,
)
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.debian import control as debian
from workflow_sbom.debian.graph import graph
from workflow_sbom.merging.join import join
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Composition, Dependency, Sbom
from workflow_sbom.model.parts import Hash
from workflow_sbom.purl import package_url
from workflow_sbom.python import describe as python
from workflow_sbom.python.distribution import Distribution, from_metadata
from workflow_sbom.python.environment import Environment

_MINIMAL = re.compile(r"python3\.[0-9]+-minimal", re.ASCII)
_RELEASE = re.compile(r"3\.[0-9]+\.[0-9]+", re.ASCII)
TITLE = "org.opencontainers.image.title"


def describe_image(artifact: ArtifactFile) -> Sbom:
    """The bill of materials of an image archive, from its bytes.

    The archive depends on one image a platform, each image on what is in it. Raises `LayoutError`,
    `MemberError` or `InventoryError` for an archive that is not what it says.
    """
    inventory = describe(artifact.path)
    images = tuple(_Described(inventory, each) for each in inventory.platforms)
    subject = Component(
        ref=artifact.ref,
        kind="container",
        name=images[0].name if images else artifact.name,
        version=inventory.version or None,
        hashes=artifact.hashes,
    )
    components = [part for image in images for part in (image.component, *image.parts)]
    edges = [Dependency(subject.ref, tuple(sorted(image.component.ref for image in images)))]
    return Sbom(
        subject=subject,
        components=tuple(_joined(components)),
        dependencies=tuple(_merged([*edges, *(e for image in images for e in image.edges)])),
        compositions=(
            Composition(
                "complete",
                dependencies=(subject.ref, *sorted(image.component.ref for image in images)),
            ),
        ),
        phases=("build",),
    )


class _Described:
    """One platform's image as components."""

    def __init__(self, inventory: Inventory, platform: PlatformInventory) -> None:
        self.name = _label(platform, TITLE) or "image"
        self._platform = platform
        digest = str(platform.image.manifest)
        url = package_url("oci", self.name, digest, arch=platform.platform.architecture)
        self.component = Component(
            ref=url,
            kind="container",
            name=self.name,
            version=inventory.version or None,
            purl=url,
            hashes=(Hash.sha256(platform.image.manifest),),
        )
        self._distributions = tuple(from_metadata(wheel.metadata) for wheel in platform.wheels)
        debs = [
            debian.component(each.control, platform.distro, _hashes(each)) for each in platform.debs
        ]
        wheels = [python.installed_component(each) for each in self._distributions]
        self.parts = (*_system(platform), *debs, *wheels, *_files(platform))

    @property
    def edges(self) -> Iterator[Dependency]:
        """What the image and each part of it needs of the others."""
        yield Dependency(self.component.ref, tuple(sorted({part.ref for part in self.parts})))
        controls = [each.control for each in self._platform.debs]
        yield from graph(controls, self._platform.distro).dependencies
        yield from _python_edges(self._platform, self._distributions)


def _label(platform: PlatformInventory, name: str) -> str | None:
    execution = platform.image.config.get("config")
    labels = execution.get("Labels") if isinstance(execution, dict) else None
    found = labels.get(name) if isinstance(labels, dict) else None
    return found if isinstance(found, str) and found.isprintable() else None


def _system(platform: PlatformInventory) -> Iterator[Component]:
    name, _, version = platform.distro.partition("-")
    yield Component(
        ref=f"operating-system:{platform.distro}",
        kind="operating-system",
        name=name,
        version=version or None,
    )


def _hashes(deb: InstalledDeb) -> tuple[Hash, ...]:
    return (Hash.sha256(deb.sha256),) if deb.sha256 is not None else ()


def _files(platform: PlatformInventory) -> Iterator[Component]:
    """Files that belong to no package, by path and digest."""
    for each in platform.loose:
        yield Component(
            ref=f"file:/{each.path}@{each.digest}",
            kind="file",
            name=f"/{each.path}",
            hashes=(Hash.sha256(each.digest),),
        )


def _python_edges(
    platform: PlatformInventory, distributions: tuple[Distribution, ...]
) -> Iterator[Dependency]:
    if not distributions:
        return
    environment = Environment(
        python=_python(platform), machine=architecture.of(platform.platform).machine
    )
    refs = {each.key: python.installed_component(each).ref for each in distributions}
    for key, needs in python.edges(distributions, environment).items():
        yield Dependency(refs[key], tuple(sorted(refs[need] for need in needs)))


def _python(platform: PlatformInventory) -> str:
    """The interpreter's full version, from the package that brings it, or from itself."""
    for deb in platform.debs:
        found = _RELEASE.match(deb.version)
        if found and _MINIMAL.fullmatch(deb.name):
            return found[0]
    if platform.python is not None:
        return re.sub(r"(?:a|b|rc)[0-9]+|\+", "", platform.python)
    raise LayoutError(f"the image for {platform.platform} has distributions and no Python package")


def _joined(components: Iterable[Component]) -> Iterator[Component]:
    """Each component once: platforms share packages that are the same for all."""
    found: dict[str, list[Component]] = defaultdict(list)
    for each in components:
        found[each.ref].append(each)
    return (join(same) for _, same in sorted(found.items()))


def _merged(edges: Iterable[Dependency]) -> Iterator[Dependency]:
    found: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        found[edge.ref].update(edge.depends_on)
    return (Dependency(ref, tuple(sorted(needs))) for ref, needs in sorted(found.items()))
