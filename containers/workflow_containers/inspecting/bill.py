"""An image archive as a bill of materials: each platform's image, and what is in it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from packaging.utils import canonicalize_name

from workflow_containers import architecture
from workflow_containers.errors import LayoutError
from workflow_containers.inspecting import parts
from workflow_containers.inspecting.inventory import Inventory, PlatformInventory, describe
from workflow_containers.inspecting.parts import Copyrights, Interface, Part
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.merging.join import join
from workflow_sbom.model.component import Component, Evidence
from workflow_sbom.model.document import Aggregate, Composition, Containment, Dependency, Sbom
from workflow_sbom.model.parts import ExternalReference, Hash, Property
from workflow_sbom.purl import package_url
from workflow_sbom.python import describe as python
from workflow_sbom.python.distribution import Distribution, from_metadata
from workflow_sbom.python.environment import Environment
from workflow_sbom.texts import is_address

_MINIMAL = re.compile(r"python3\.[0-9]+-minimal", re.ASCII)
_RELEASE = re.compile(r"3\.[0-9]+\.[0-9]+", re.ASCII)
TITLE = "org.opencontainers.image.title"
DESCRIPTION = "org.opencontainers.image.description"
SOURCE = "org.opencontainers.image.source"
TAG = "workflow:python:tag"


def describe_image(artifact: ArtifactFile, interfaces: Iterable[Interface] = ()) -> Sbom:
    """The bill of materials of an image archive, from its bytes.

    The archive depends on one image a platform, each image on what is in it; what is the same in
    several is described once. `interfaces` are the archives of those that were put into it, to
    tell their files from others. Raises `LayoutError`, `MemberError` or `InventoryError` for an
    archive that is not what it says.
    """
    inventory = describe(artifact.path)
    copyrights, given = Copyrights(), tuple(interfaces)
    inside = [list(_parts(each, copyrights, given)) for each in inventory.platforms]
    images = [_image(inventory, *each) for each in zip(inventory.platforms, inside, strict=True)]
    subject = _subject(artifact, inventory, images)
    joined = [*_joined(each for found in inside for each in found)]
    every = [Part(component=subject, needs=_refs(images)), *images, *joined]
    shared = _shared(images)
    return Sbom(
        subject=subject,
        components=(
            *(_holding(each, joined, shared) for each in images),
            *(each.component for each in joined if each.component.ref in shared),
        ),
        dependencies=tuple(
            Dependency(each.component.ref, each.needs) for each in every if each.known != "unknown"
        ),
        compositions=(*_needs(every), *_assemblies(inventory, every, images)),
        containments=tuple(
            Containment(each.component.ref, tuple(sorted(shared & {*each.needs})))
            for each in images
            if shared & {*each.needs}
        ),
        phases=("build",),
    )


def _subject(artifact: ArtifactFile, inventory: Inventory, images: Sequence[Part]) -> Component:
    return Component(
        ref=artifact.ref,
        kind="container",
        name=images[0].component.name if images else artifact.name,
        version=inventory.version or None,
        description=images[0].component.description if images else None,
        hashes=artifact.hashes,
        references=images[0].component.references if images else (),
    )


def _shared(images: Iterable[Part]) -> frozenset[str]:
    """What lies in several images; anything else is told where it lies."""
    places = Counter(ref for image in images for ref in image.needs)
    return frozenset(ref for ref, times in places.items() if times > 1)


def _holding(image: Part, joined: Iterable[Part], shared: frozenset[str]) -> Component:
    own = {*image.needs} - shared
    held = tuple(each.component for each in joined if each.component.ref in own)
    return replace(image.component, components=held)


def _parts(
    platform: PlatformInventory, copyrights: Copyrights, interfaces: Iterable[Interface]
) -> Iterator[Part]:
    yield from parts.system(platform)
    yield from parts.base(platform.base)
    yield from parts.interpreter(platform)
    yield from parts.packages(platform, copyrights)
    yield from _wheels(platform)
    yield from parts.files(platform, interfaces)


def _image(inventory: Inventory, platform: PlatformInventory, inside: Sequence[Part]) -> Part:
    name = _label(platform, TITLE) or "image"
    url = package_url(
        "oci", name, str(platform.image.manifest), arch=platform.platform.architecture
    )
    source = _label(platform, SOURCE) or ""
    component = Component(
        ref=url,
        kind="container",
        name=name,
        version=inventory.version or None,
        purl=url,
        description=_label(platform, DESCRIPTION),
        scope="required",
        hashes=(Hash.sha256(platform.image.manifest),),
        references=(ExternalReference("vcs", source),) if is_address(source) else (),
        evidence=Evidence(technique="hash-comparison"),
    )
    return Part(component=component, needs=_refs(inside))


def _refs(inside: Iterable[Part]) -> tuple[str, ...]:
    return tuple(sorted({each.component.ref for each in inside}))


def _label(platform: PlatformInventory, name: str) -> str | None:
    execution = platform.image.config.get("config")
    labels = execution.get("Labels") if isinstance(execution, dict) else None
    found = labels.get(name) if isinstance(labels, dict) else None
    return found if isinstance(found, str) and found.strip() and found.isprintable() else None


def _wheels(platform: PlatformInventory) -> Iterator[Part]:
    if not platform.wheels:
        return
    environment = Environment(
        python=_python(platform), machine=architecture.of(platform.platform).machine
    )
    known = {each.info: from_metadata(each.metadata) for each in platform.wheels}
    components = {
        known[each.info].key: _wheel(known[each.info], each.info, each.tags)
        for each in platform.wheels
    }
    edges = python.edges(tuple(known.values()), environment)
    for each in known.values():
        unmet = any(
            environment.holds(need.marker) and canonicalize_name(need.name) not in components
            for need in each.requires
        )
        yield Part(
            component=components[each.key],
            needs=tuple(sorted(components[need].ref for need in edges[each.key])),
            known="incomplete" if unmet else "complete",
        )


def _wheel(distribution: Distribution, info: str, tags: Sequence[str]) -> Component:
    """A wheel that is made for one machine is another component than the one for another."""
    component = python.installed_component(distribution)
    specific = [tag for tag in tags if not tag.endswith("-any")]
    ref = f"{component.ref}?tag={specific[0]}" if specific else component.ref
    return replace(
        component,
        ref=ref,
        properties=(*component.properties, *(Property(TAG, tag) for tag in tags)),
        evidence=Evidence(technique="manifest-analysis", occurrences=(info,)),
    )


def _python(platform: PlatformInventory) -> str:
    """The interpreter's full version, from the package that brings it, or from itself."""
    for deb in platform.debs:
        found = _RELEASE.match(deb.version)
        if found and _MINIMAL.fullmatch(deb.name):
            return found[0]
    if platform.python is not None:
        return re.sub(r"(?:a|b|rc)[0-9]+|\+", "", platform.python)
    raise LayoutError(f"the image for {platform.platform} has distributions and no Python package")


def _joined(found: Iterable[Part]) -> Iterator[Part]:
    """Each part once: platforms share what is the same for all."""
    groups: dict[str, list[Part]] = defaultdict(list)
    for each in found:
        groups[each.component.ref].append(each)
    for _, same in sorted(groups.items()):
        known = {each.known for each in same}
        yield Part(
            component=join([each.component for each in same]),
            needs=tuple(sorted({need for each in same for need in each.needs})),
            known=known.pop() if len(known) == 1 else "incomplete",
        )


def _needs(found: Iterable[Part]) -> Iterator[Composition]:
    """How much is stated of what each part needs."""
    groups: dict[Aggregate, list[str]] = defaultdict(list)
    for each in found:
        groups[each.known].append(each.component.ref)
    for known, refs in sorted(groups.items()):
        yield Composition(known, dependencies=tuple(sorted(refs)))


def _assemblies(
    inventory: Inventory, every: Sequence[Part], images: Iterable[Part]
) -> Iterator[Composition]:
    """An image of packages is all told: a file of it that no part has would be a part of its own.

    In a base there may be files that no record names.
    """
    unknown = {
        image.component.ref
        for platform, image in zip(inventory.platforms, images, strict=True)
        if platform.base is not None
    }
    told = {each.component.ref for each in images} | {
        each.component.ref for each in every if each.component.components
    }
    yield Composition(
        "complete", assemblies=tuple(sorted({every[0].component.ref} | told - unknown))
    )
    if unknown:
        yield Composition("unknown", assemblies=tuple(sorted(unknown)))
