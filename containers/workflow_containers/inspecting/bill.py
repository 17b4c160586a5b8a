"""An image archive as a bill of materials: each platform's image, and what is in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from workflow_containers.inspecting import parts
from workflow_containers.inspecting.inventory import Inventory, PlatformInventory, describe
from workflow_containers.inspecting.parts import Copyrights, Interface, Part
from workflow_containers.inspecting.wheels import wheels
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.merging.completeness import spoken
from workflow_sbom.merging.join import join
from workflow_sbom.model.component import Component, Evidence
from workflow_sbom.model.document import Aggregate, Composition, Containment, Dependency, Sbom
from workflow_sbom.model.parts import ExternalReference, Hash
from workflow_sbom.purl import package_url
from workflow_sbom.python.requirements import LockedRequirements
from workflow_sbom.texts import is_address

TITLE = "org.opencontainers.image.title"
DESCRIPTION = "org.opencontainers.image.description"
SOURCE = "org.opencontainers.image.source"


def describe_image(
    artifact: ArtifactFile,
    interfaces: Iterable[Interface] = (),
    lock: LockedRequirements | None = None,
) -> Sbom:
    """The bill of materials of an image archive, from its bytes.

    The archive depends on one image a platform, each image on what is in it; what is the same in
    several is described once. `interfaces` are the archives of those that were put into it, to
    tell their files from others; `lock` has the files that its wheels may come from. Raises
    `LayoutError`, `MemberError` or `InventoryError` for an archive that is not what it says.
    """
    inventory = describe(artifact.path)
    copyrights, given = Copyrights(), tuple(interfaces)
    inside = [
        [*_parts(each, copyrights, given), *wheels(each, lock)] for each in inventory.platforms
    ]
    images = [_image(inventory, *each) for each in zip(inventory.platforms, inside, strict=True)]
    subject = _subject(artifact, inventory, images)
    joined = [*_joined(each for found in inside for each in found)]
    every = [Part(component=subject, needs=_refs(images), inside="complete"), *images, *joined]
    shared = _shared(images)
    return spoken(
        Sbom(
            subject=subject,
            components=(
                *(_holding(each, joined, shared) for each in images),
                *(each.component for each in joined if each.component.ref in shared),
            ),
            dependencies=tuple(_dependencies(every)),
            compositions=tuple(_compositions(every)),
            containments=tuple(
                Containment(each.component.ref, tuple(sorted(shared & {*each.needs})))
                for each in images
                if shared & {*each.needs}
            ),
            phases=("build",),
        )
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
    yield from parts.files(platform, interfaces)


def _image(inventory: Inventory, platform: PlatformInventory, inside: Sequence[Part]) -> Part:
    """An image of packages is all told: a file of it that no part has would be a part of its own.

    In a base there may be files that no record names.
    """
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
    told: Aggregate = "complete" if platform.base is None else "unknown"
    return Part(component=component, needs=_refs(inside), inside=told)


def _refs(inside: Iterable[Part]) -> tuple[str, ...]:
    return tuple(sorted({each.component.ref for each in inside}))


def _label(platform: PlatformInventory, name: str) -> str | None:
    execution = platform.image.config.get("config")
    labels = execution.get("Labels") if isinstance(execution, dict) else None
    found = labels.get(name) if isinstance(labels, dict) else None
    return found if isinstance(found, str) and found.strip() and found.isprintable() else None


def _joined(found: Iterable[Part]) -> Iterator[Part]:
    """Each part once: platforms share what is the same for all."""
    groups: dict[str, list[Part]] = defaultdict(list)
    for each in found:
        groups[each.component.ref].append(each)
    for _, same in sorted(groups.items()):
        yield Part(
            component=join([each.component for each in same]),
            needs=tuple(sorted({need for each in same for need in each.needs})),
            known=_same(each.known for each in same) or "unknown",
            edges=tuple(_merged(edge for each in same for edge in each.edges)),
            inside=_same(each.inside for each in same),
        )


def _same(said: Iterable[Aggregate | None]) -> Aggregate | None:
    """What is said of a part in each image; where that differs, the whole is incomplete."""
    found = set(said)
    return found.pop() if len(found) == 1 else "incomplete"


def _merged(edges: Iterable[Dependency]) -> Iterator[Dependency]:
    found: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        found[edge.ref].update(edge.depends_on)
    return (Dependency(ref, tuple(sorted(needs))) for ref, needs in sorted(found.items()))


def _dependencies(every: Iterable[Part]) -> Iterator[Dependency]:
    for each in every:
        if each.known != "unknown":
            yield Dependency(each.component.ref, each.needs)
        yield from each.edges


def _compositions(every: Iterable[Part]) -> Iterator[Composition]:
    """How much is stated of what each part needs, and of what is inside it."""
    needs: dict[Aggregate, set[str]] = defaultdict(set)
    inside: dict[Aggregate, set[str]] = defaultdict(set)
    for each in every:
        needs[each.known].add(each.component.ref)
        if each.inside is not None:
            inside[each.inside].add(each.component.ref)
    for known, refs in sorted(needs.items()):
        yield Composition(known, dependencies=tuple(sorted(refs)))
    for known, refs in sorted(inside.items()):
        yield Composition(known, assemblies=tuple(sorted(refs)))
