"""A web interface in an archive: the packages whose code is really in it.

A lock lists what may be used: of one measured interface's 49 production packages, 13 shipped.
So the bundler's own list decides what is inside, the lock says which version and hash that is.
Without the list, the production packages of the lock stand in, and the document says that it
does not know which of them are there.
"""

from __future__ import annotations

import tarfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from workflow_sbom import canonical
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.errors import DocumentError, InventoryError
from workflow_sbom.javascript import bundle, npmlock
from workflow_sbom.javascript.bundle import Shipped
from workflow_sbom.javascript.npmlock import LockedPackage, NpmLock
from workflow_sbom.licensing import declared as licences
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Composition, Dependency, Sbom
from workflow_sbom.model.licence import Licence
from workflow_sbom.model.parts import ExternalReference, Property
from workflow_sbom.purl import package_url

MAX_FILES = 100_000
EVIDENCE = "workflow:bundle:evidence"
UNOWNED = "workflow:bundle:unowned-module"
FROM_BUNDLER = "modules reported by the bundler"
FROM_LOCK = "production packages of the lock; which of them ship is not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleSource:
    """What a bundle was made from: its `package.json`, `package-lock.json`, and the bundler's list.

    `modules` is the list that this package's README lays down, None when the bundler made none.
    """

    package: bytes
    lock: bytes
    modules: bytes | None = None


def describe_bundle(artifact: ArtifactFile, version: str, source: BundleSource) -> Sbom:
    """What an archived web interface is made of.

    `version` is the release's. Raises `DocumentError`, `TableError` for malformed input,
    `InventoryError` when the bundler used a package that the lock does not hold.
    """
    lock = npmlock.parse(source.lock)
    shipped = bundle.parse(source.modules) if source.modules is not None else None
    if shipped is not None:
        _require_same_build(artifact, shipped)
    inside = _inside(lock, shipped)
    subject = _subject(artifact, version, canonical.decode(source.package))
    refs = {"": subject.ref} | _refs(inside)
    runtime = _runtime_only(shipped) if shipped else frozenset()
    unowned = _unowned(lock, shipped)
    return Sbom(
        subject=subject,
        components=tuple(_component(package, refs[package.path]) for package in inside),
        dependencies=tuple(_edges(lock, inside, refs, runtime)),
        compositions=tuple(_compositions(subject.ref, refs, shipped, unowned)),
        properties=(
            Property(EVIDENCE, FROM_BUNDLER if shipped else FROM_LOCK),
            *(Property(UNOWNED, ascii(name)[1:-1]) for name in unowned),
        ),
    )


def _require_same_build(artifact: ArtifactFile, shipped: Shipped) -> None:
    """The list must be of the build in the archive: each file it names is there."""
    try:
        with tarfile.open(artifact.path, mode="r|*", encoding="utf-8") as archive:
            held = {member.name.partition("dist/")[2] for member in islice(archive, MAX_FILES + 1)}
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as error:
        raise InventoryError(f"{artifact.name}: no readable archive: {str(error)[:120]}") from error
    if len(held) > MAX_FILES:
        raise InventoryError(f"{artifact.name}: more than {MAX_FILES} files")
    if absent := sorted(shipped.files() - held):
        raise InventoryError(
            f"{artifact.name}: the bundler reported {absent[0]!r}, which is not in the archive; "
            "the list is of another build: build again"
        )


def _inside(lock: NpmLock, shipped: Shipped | None) -> tuple[LockedPackage, ...]:
    if shipped is None:
        production = (each for each in lock.packages.values() if not each.development)
        return tuple(each for each in production if each.path and not each.linked)
    missing = sorted(shipped.packages() - lock.packages.keys() - _runtime_only(shipped))
    if missing:
        raise InventoryError(
            f"the bundler used {missing[0]!r}, which the lock does not hold "
            f"({len(missing)} such packages); run npm ci and build again"
        )
    return tuple(lock.packages[path] for path in sorted(shipped.packages() & lock.packages.keys()))


def _runtime_only(shipped: Shipped) -> frozenset[str]:
    """Packages that only the bundler's own modules point to; they may be inlined in the bundler."""
    return shipped.packages() - shipped.imported()


def _unowned(lock: NpmLock, shipped: Shipped | None) -> tuple[str, ...]:
    return shipped.unowned(lock.packages.keys()) if shipped else ()


def _refs(inside: tuple[LockedPackage, ...]) -> dict[str, str]:
    """By folder: the purl, with the folder behind it where one version is installed twice."""
    urls = {package.path: _purl(package) for package in inside}
    counts = Counter(urls.values())
    return {path: url if counts[url] == 1 else f"{url}#{path}" for path, url in urls.items()}


def _purl(package: LockedPackage) -> str:
    group, name = _split(package.name)
    return package_url("npm", name, package.version, namespace=group)


def _split(name: str) -> tuple[str | None, str]:
    group, slash, rest = name.partition("/")
    return (group, rest) if slash else (None, name)


def _component(package: LockedPackage, ref: str) -> Component:
    group, name = _split(package.name)
    url = _purl(package)
    files = (ExternalReference("distribution", url, package.hashes),) if package.hashes else ()
    return Component(
        ref=ref,
        kind="library",
        group=group,
        name=name,
        version=package.version,
        purl=url,
        scope="required",
        licences=_licences(package.licence),
        references=files,
    )


def _licences(text: str | None) -> tuple[Licence, ...]:
    licence = licences.declared(text) if text else None
    return (licence,) if licence else ()


def _subject(artifact: ArtifactFile, version: str, package: Any) -> Component:
    if not isinstance(package, dict) or not isinstance(package.get("name"), str):
        raise DocumentError("package.json: `name` is missing")
    text, licence = package.get("description"), package.get("license")
    return Component(
        ref=artifact.ref,
        kind="application",
        name=package["name"],
        version=version,
        purl=package_url(
            "generic", package["name"], version, checksum=f"sha256:{artifact.digest.hex}"
        ),
        description=text if isinstance(text, str) and text.strip() else None,
        hashes=artifact.hashes,
        licences=_licences(licence if isinstance(licence, str) else None),
    )


def _edges(
    lock: NpmLock,
    inside: tuple[LockedPackage, ...],
    refs: dict[str, str],
    runtime: frozenset[str],
) -> Iterator[Dependency]:
    """What each package asks for of the others inside; the bundler's runtime serves the whole."""
    for package in (lock.root, *inside):
        whole = package is lock.root
        asked = {*lock.needs(package, development=whole), *(runtime if whole else ())}
        targets = {refs[path] for path in asked - {package.path} if path in refs}
        yield Dependency(refs[package.path], tuple(sorted(targets)))


def _compositions(
    subject: str, refs: dict[str, str], shipped: Shipped | None, unowned: tuple[str, ...]
) -> Iterator[Composition]:
    everything = tuple(sorted(refs.values()))
    if shipped is None:
        yield Composition("unknown", assemblies=(subject,), dependencies=everything)
    elif unowned:
        yield Composition("incomplete", assemblies=(subject,), dependencies=(subject,))
    else:
        yield Composition("complete", assemblies=(subject,), dependencies=everything)
