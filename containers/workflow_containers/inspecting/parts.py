"""What is in one platform's image, each part as a component with what is known of its needs."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from workflow_containers.errors import ImageNameError
from workflow_containers.inspecting.inventory import InstalledDeb, PlatformInventory
from workflow_containers.inspecting.reading import RELEASE, BasePart, InstalledFile
from workflow_containers.layers import bundle
from workflow_containers.layers.entries import File
from workflow_containers.oci.reference import Reference
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.debian import control as debian
from workflow_sbom.debian.copyright import Copyright, read
from workflow_sbom.debian.graph import graph
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DigestError, InventoryError
from workflow_sbom.model.component import Component, Evidence
from workflow_sbom.model.document import Aggregate, Dependency
from workflow_sbom.model.parts import ExternalReference, Hash, ReferenceKind
from workflow_sbom.purl import package_url
from workflow_sbom.texts import is_address

# What an image on a base adds to for its user; a rule makes it, and it is part of nothing.
GENERATED = frozenset({"etc/group", "etc/passwd"})
_ADDRESSES: tuple[tuple[str, ReferenceKind], ...] = (
    ("HOME_URL", "website"),
    ("SUPPORT_URL", "support"),
    ("BUG_REPORT_URL", "issue-tracker"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A component, the references of what it needs, and how much of that is `known`.

    `edges` are what parts inside it need, `inside` is how much of those is stated, if there may be
    any.
    """

    component: Component
    needs: tuple[str, ...] = ()
    known: Aggregate = "complete"
    edges: tuple[Dependency, ...] = ()
    inside: Aggregate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """A web interface whose archive is at hand, to be found again in an image that has it."""

    name: str
    version: str
    archive: ArtifactFile


class Copyrights:
    """Copyright files, each read once: packages, platforms and images share them."""

    def __init__(self) -> None:
        self._read: dict[bytes, Copyright] = {}

    def of(self, deb: InstalledDeb) -> Copyright | None:
        """What a package's file declares; None where there is none. Raises `InventoryError`."""
        data = deb.copyright
        if data is None:
            return None
        if data not in self._read:
            self._read[data] = read(data, f"usr/share/doc/{deb.name}/copyright")
        return self._read[data]


def system(platform: PlatformInventory) -> Iterator[Part]:
    """The distribution, as os-release(5) describes it; what it needs nobody says."""
    said = platform.release
    if name := said.get("ID"):
        component = Component(
            ref=f"operating-system:{platform.distro}",
            kind="operating-system",
            name=name,
            version=said.get("VERSION_ID"),
            description=said.get("PRETTY_NAME"),
            references=tuple(
                ExternalReference(kind, said[key])
                for key, kind in _ADDRESSES
                if is_address(said.get(key, ""))
            ),
            evidence=Evidence(technique="manifest-analysis", occurrences=(RELEASE,)),
        )
        yield Part(component=component, known="unknown")


def base(found: BasePart | None) -> Iterator[Part]:
    """The image under this one, if the digest that the image names it by can be one."""
    if found is None:
        return
    try:
        reference, digest = Reference.parse(found.name), Digest.parse(found.digest)
    except (ImageNameError, DigestError):
        return
    repository = reference.repository
    name = posixpath.basename(repository.path)
    url = package_url("oci", name, str(digest), repository_url=str(repository), tag=reference.tag)
    component = Component(
        ref=url,
        kind="container",
        name=name,
        version=reference.tag,
        purl=url,
        scope="required",
        hashes=(Hash.sha256(digest),),
        evidence=Evidence(technique="manifest-analysis"),
    )
    yield Part(component=component, known="unknown")


def interpreter(platform: PlatformInventory) -> Iterator[Part]:
    """A base's own Python, where no package brings it."""
    if platform.python is not None and platform.program is not None:
        url = package_url("generic", "python", platform.python)
        program = platform.program
        component = Component(
            ref=f"file:/{program.path}@{program.digest}",
            kind="platform",
            name="python",
            version=platform.python,
            purl=url,
            hashes=(Hash.sha256(program.digest),),
            evidence=Evidence(technique="binary-analysis", occurrences=(program.path,)),
        )
        yield Part(component=component, known="unknown")


def packages(platform: PlatformInventory, copyrights: Copyrights) -> Iterator[Part]:
    """The Debian packages, with what their copyright files declare."""
    found = graph((each.control for each in platform.debs), platform.distro)
    needs = {edge.ref: edge.depends_on for edge in found.dependencies}
    for deb in platform.debs:
        hashes = (Hash.sha256(deb.sha256),) if deb.sha256 is not None else ()
        component = debian.component(deb.control, platform.distro, hashes)
        said = copyrights.of(deb)
        yield Part(
            component=replace(
                component,
                licences=(said.licence,) if said else (),
                copyright=said.holders if said else None,
                evidence=Evidence(technique="manifest-analysis", occurrences=(deb.record,)),
            ),
            needs=needs[component.ref],
            known="incomplete" if component.ref in found.incomplete else "complete",
        )


def files(platform: PlatformInventory, interfaces: Iterable[Interface]) -> Iterator[Part]:
    """Our own files by path and digest; those of an interface are parts of it.

    Raises `InventoryError` for an interface that is not there as it is in its archive.
    """
    left = {each.path: each for each in platform.loose if each.path not in GENERATED}
    for each in interfaces:
        yield Part(component=_interface(each, left), inside="complete")
    for _, found in sorted(left.items()):
        yield Part(component=_file(found))


def _file(found: InstalledFile) -> Component:
    return Component(
        ref=f"file:/{found.path}@{found.digest}",
        kind="file",
        name=f"/{found.path}",
        hashes=(Hash.sha256(found.digest),),
        evidence=Evidence(technique="hash-comparison", occurrences=(found.path,)),
    )


def _interface(wanted: Interface, left: dict[str, InstalledFile]) -> Component:
    """The interface as a component; its files are taken from those that are left."""
    inside = {
        entry.path: Digest.of(entry.data)
        for entry in bundle.entries(wanted.archive.path, "")
        if isinstance(entry, File)
    }
    folder = _folder(wanted, inside, left)
    own = [left.pop(f"{folder}{path}") for path in sorted(inside)]
    sha256 = wanted.archive.digest.hex
    url = package_url("generic", wanted.name, wanted.version, checksum=f"sha256:{sha256}")
    return Component(
        ref=url,
        kind="application",
        name=wanted.name,
        version=wanted.version,
        purl=url,
        scope="required",
        references=(ExternalReference("distribution", url, wanted.archive.hashes),),
        evidence=Evidence(technique="hash-comparison", occurrences=(folder,)),
        components=tuple(_file(each) for each in own),
    )


def _folder(
    wanted: Interface, inside: Mapping[str, Digest], left: Mapping[str, InstalledFile]
) -> str:
    """Where all of the interface's files are; raises `InventoryError`."""
    one = min(inside)
    for path in sorted(left):
        folder = path.removesuffix(one)
        if folder != path and all(
            (there := left.get(f"{folder}{name}")) is not None and there.digest == digest
            for name, digest in inside.items()
        ):
            return folder
    raise InventoryError(
        f"the interface {wanted.name} is not in the image as it is in {wanted.archive.name};"
        " build the image again"
    )
