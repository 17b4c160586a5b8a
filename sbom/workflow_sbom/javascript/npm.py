"""A web interface in an archive: the packages whose code is really in it.

A lock lists what may be used: of one measured interface's 49 production packages, 13 shipped.
So the bundler's own list decides what is inside, the lock says which version and hash that is, and
what was installed but is not inside was needed to build it: formulation. Without the list, the
production packages of the lock stand in, and the document says that it does not know which of them
are there.

An edge says that one package asks for the other in its own `package.json` (dependencies, optional
or peer) and that both are inside; it does not say that a module of the one imports the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workflow_sbom import canonical
from workflow_sbom.archives.reading import read_tar
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.errors import DocumentError, InventoryError
from workflow_sbom.javascript import bundle, npmlock
from workflow_sbom.javascript.bundle import Shipped
from workflow_sbom.javascript.described import (
    licences_of,
    locked_component,
    refs_of,
    shipped_component,
)
from workflow_sbom.javascript.npmlock import LockedPackage, NpmLock
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Composition, Dependency, Sbom
from workflow_sbom.model.parts import Property
from workflow_sbom.purl import package_url

EVIDENCE = "workflow:bundle:evidence"
EDGES = "workflow:bundle:edges"
ENGINE = "workflow:npm:engines"
NOTICE = "workflow:bundle:embedded-notice"
RUNTIME = "workflow:bundle:runtime-module"
UNOWNED = "workflow:bundle:unowned-module"
FROM_BUNDLER = "modules reported by the bundler"
FROM_LOCK = "production packages of the lock; which of them ship is not known"
ASKED = "npm dependencies, optional and peer ones included, among the components"


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
    `InventoryError` when the list is of another build or another installation than the lock's.
    """
    manifest = canonical.decode(source.package)
    subject = _subject(artifact, version, manifest)
    made = _Bundle.read(source)
    if made.shipped is not None:
        _require_same_build(artifact, made.shipped)
    refs = {"": subject.ref, **made.refs}
    unowned = made.shipped.unowned(made.lock.packages) if made.shipped else ()
    return Sbom(
        subject=subject,
        components=tuple(made.components()),
        dependencies=tuple(made.edges(subject.ref)),
        compositions=tuple(_compositions(refs, made, unowned)),
        properties=(
            Property(EVIDENCE, FROM_BUNDLER if made.shipped else FROM_LOCK),
            Property(EDGES, ASKED),
            *(Property(UNOWNED, ascii(name)[1:-1]) for name in unowned),
        ),
        formulation=(*made.tools(), *_engines(manifest)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bundle:
    """The lock and the list, joined: `inside` ships, `refs` names it and what only built it."""

    lock: NpmLock
    shipped: Shipped | None
    inside: tuple[LockedPackage, ...]
    outside: tuple[LockedPackage, ...]
    refs: Mapping[str, str]

    @classmethod
    def read(cls, source: BundleSource) -> _Bundle:
        lock = npmlock.parse(source.lock)
        shipped = bundle.parse(source.modules) if source.modules is not None else None
        folders = _inside(lock, shipped)
        inside = tuple(each for each in lock.installed() if each.path in folders)
        outside = tuple(each for each in lock.installed() if each.path not in folders)
        refs = refs_of((*inside, *outside))
        return cls(lock=lock, shipped=shipped, inside=inside, outside=outside, refs=refs)

    def components(self) -> Iterator[Component]:
        """What ships."""
        if self.shipped is None:
            for package in self.inside:
                yield shipped_component(package, self.refs[package.path], None)
            return
        facts = {each.path: each for each in self.shipped.packages}
        notices, runtime = self.shipped.notices(), self.shipped.runtime()
        places = self.shipped.places()
        for package in self.inside:
            path = package.path
            told = [Property(NOTICE, ascii(text)[1:-1]) for text in notices.get(path, ())]
            told += [Property(RUNTIME, ascii(text)[1:-1]) for text in runtime.get(path, ())]
            yield shipped_component(
                package, self.refs[path], facts.get(path), files=places[path], properties=told
            )

    def tools(self) -> Iterator[Component]:
        """What was installed to build it and does not ship.

        Which of the packages bound to a platform were there depends on the machine; they are
        `optional`, so that every machine gives the same document.
        """
        for package in self.outside:
            made = locked_component(package, self.refs[package.path])
            yield replace(made, scope="optional") if package.bound else made

    def edges(self, subject: str) -> Iterator[Dependency]:
        """What each package asks for of the others inside; the bundler's runtime serves the whole.

        The project's own folders are the subject, so what they ask for is the subject's.
        """
        inside = {package.path for package in self.inside}
        asked = {path for own in self.lock.own() for path in self._needs(own, development=True)}
        asked |= _runtime_only(self.shipped) if self.shipped else frozenset()
        yield Dependency(subject, tuple(sorted(self.refs[path] for path in asked & inside)))
        for package in self.inside:
            targets = (self._needs(package) & inside) - {package.path}
            refs = tuple(sorted(self.refs[path] for path in targets))
            yield Dependency(self.refs[package.path], refs)

    def _needs(self, package: LockedPackage, *, development: bool = False) -> frozenset[str]:
        return frozenset(self.lock.needs(package, development=development))


def _require_same_build(artifact: ArtifactFile, shipped: Shipped) -> None:
    """The list must be of the build in the archive: each file it names is there, as written."""
    contents = read_tar(artifact.path, lambda _: False)
    held = {each.path.partition("dist/")[2]: each.digest for each in contents.entries}
    written = {each.file: each.sha256 for each in shipped.written}
    for file in sorted(shipped.files()):
        digest = held.get(file)
        if digest is None:
            raise InventoryError(
                f"{artifact.name}: the bundler reported {file!r}, which is not in the archive; "
                "the list is of another build: build again"
            )
        if file in written and written[file] != digest.hex:
            raise InventoryError(
                f"{artifact.name}: {file!r} has other bytes than the bundler wrote; "
                "the list is of another build: build again"
            )


def _inside(lock: NpmLock, shipped: Shipped | None) -> frozenset[str]:
    """The folders of the packages that ship, or may."""
    if shipped is None:
        return frozenset(each.path for each in lock.installed() if not each.development)
    missing = sorted(shipped.folders() - lock.packages.keys() - _runtime_only(shipped))
    if missing:
        raise InventoryError(
            f"the bundler used {missing[0]!r}, which the lock does not hold "
            f"({len(missing)} such packages); run npm ci and build again"
        )
    for facts in shipped.packages:
        locked = lock.packages.get(facts.path)
        if locked and (locked.name, locked.version) != (facts.name, facts.version):
            raise InventoryError(
                f"{facts.path!r} held {facts.name} {facts.version[:80]!a}, the lock has "
                f"{locked.name} {locked.version}; run npm ci and build again"
            )
    return shipped.folders() & lock.packages.keys()


def _runtime_only(shipped: Shipped) -> frozenset[str]:
    """Packages that only the bundler's own modules point to; they may be inlined in the bundler."""
    return shipped.folders() - shipped.imported()


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
        licences=licences_of(licence if isinstance(licence, str) else None),
    )


def _engines(package: Mapping[str, Any]) -> Iterator[Component]:
    """The programs a `package.json` asks for; which version ran is the provenance's to say."""
    engines = package.get("engines")
    for name, versions in sorted(engines.items()) if isinstance(engines, dict) else ():
        if name in {"node", "npm"} and isinstance(versions, str) and _is_told(versions):
            asked = (Property(ENGINE, versions),)
            yield Component(ref=f"engine:{name}", kind="application", name=name, properties=asked)


def _is_told(text: str) -> bool:
    return bool(text.strip()) and text.isprintable()


def _compositions(
    refs: Mapping[str, str], made: _Bundle, unowned: tuple[str, ...]
) -> Iterator[Composition]:
    """How much is known: all of the subject's parts, nothing of what others built in before."""
    subject = refs[""]
    everything = tuple(sorted({subject, *(refs[each.path] for each in made.inside)}))
    if made.shipped is None:
        yield Composition("unknown", assemblies=(subject,), dependencies=everything)
        return
    if unowned:
        yield Composition("incomplete", assemblies=(subject,), dependencies=(subject,))
    else:
        yield Composition("complete", assemblies=(subject,), dependencies=everything)
    embedding = made.shipped.notices().keys() & {each.path for each in made.inside}
    if embedding:
        refs_of_them = tuple(sorted(refs[path] for path in embedding))
        yield Composition("incomplete", assemblies=refs_of_them)
