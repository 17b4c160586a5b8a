"""What a document says otherwise than the one before it: pure values, in a fixed order.

Packages are told apart by package URL without the version (or by group and name), so that another
version of one is a step and not a coming and a going. Edges run between packages, whatever their
references and versions. Of one version with other digests than before, the digests are what
matters most: somebody changed the bytes and kept the name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from packageurl import PackageURL

from workflow_sbom.documents.versions import Step, step
from workflow_sbom.documents.view import Document, Part

_TELLING = frozenset({"arch", "classifier", "type"})  # qualifiers that make another package


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """What keeps its name over versions: `name` as people write it (`debian/libc6?arch=amd64`).

    `ecosystem` is the package URL's type, empty where there is no package URL.
    """

    ecosystem: str
    name: str

    def __str__(self) -> str:
        return f"{self.ecosystem}:{self.name}" if self.ecosystem else self.name


@dataclass(frozen=True, slots=True, order=True)
class Present:
    """A package that one document only has, in a version if one is stated."""

    package: Package
    version: str


@dataclass(frozen=True, slots=True, order=True)
class Stepped:
    """A package in another version."""

    package: Package
    old: str
    new: str
    step: Step


@dataclass(frozen=True, slots=True, order=True)
class Relicensed:
    """A package under other licences; sorted, as the documents write them."""

    package: Package
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Rehashed:
    """A package with the same version and other bytes: digests in lower-case hexadecimal.

    `file` is the address of the distribution, empty where the digest is the component's own.
    """

    package: Package
    version: str
    file: str
    algorithm: str
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """One package depends on another directly."""

    dependent: str
    needed: str


@dataclass(frozen=True, slots=True)
class Totals:
    """How much a document holds: components, different packages, edges between these."""

    components: int
    packages: int
    edges: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """All that differs, each kind sorted; `old` and `new` are the totals of the two documents."""

    rehashed: tuple[Rehashed, ...]
    added: tuple[Present, ...]
    dropped: tuple[Present, ...]
    stepped: tuple[Stepped, ...]
    relicensed: tuple[Relicensed, ...]
    edges_added: tuple[Edge, ...]
    edges_dropped: tuple[Edge, ...]
    old: Totals
    new: Totals

    def __bool__(self) -> bool:
        """Whether anything differs, totals apart."""
        return any(
            (
                self.rehashed,
                self.added,
                self.dropped,
                self.stepped,
                self.relicensed,
                self.edges_added,
                self.edges_dropped,
            )
        )


def compare(old: Document, new: Document) -> Difference:
    """How the new document differs from the old one; the subject is compared as a package too."""
    before, after = _inventory(old), _inventory(new)
    gone, come = _only(before, after), _only(after, before)
    stepped = {package for package in gone if len(gone[package]) == len(come.get(package, ())) == 1}
    return Difference(
        rehashed=tuple(sorted(_rehashed(before, after))),
        added=tuple(sorted(_present(come, stepped))),
        dropped=tuple(sorted(_present(gone, stepped))),
        stepped=tuple(_step(each, *gone[each], *come[each]) for each in sorted(stepped)),
        relicensed=tuple(sorted(_relicensed(before, after))),
        edges_added=tuple(sorted(after.edges - before.edges)),
        edges_dropped=tuple(sorted(before.edges - after.edges)),
        old=before.totals,
        new=after.totals,
    )


@dataclass(frozen=True, slots=True)
class _Inventory:
    """What one document says, by package: its parts, and the edges."""

    parts: Mapping[Package, Sequence[Part]]
    edges: frozenset[Edge]

    @property
    def totals(self) -> Totals:
        components = sum(map(len, self.parts.values()))
        return Totals(components, len(self.parts), len(self.edges))

    def versions(self, package: Package) -> set[str]:
        return {part.version or "" for part in self.parts.get(package, ())}

    def licences(self, package: Package) -> tuple[str, ...]:
        found = {each.value for part in self.parts[package] for each in part.licences}
        return tuple(sorted(found))


def _inventory(document: Document) -> _Inventory:
    parts: dict[Package, list[Part]] = defaultdict(list)
    names: dict[str, str] = {}
    subject = () if document.subject is None else (document.subject,)
    for part in (*subject, *document.parts):
        package = _package(part)
        parts[package].append(part)
        if part.ref is not None:
            names[part.ref] = str(package)
    edges = (
        Edge(names.get(ref, ref), names.get(needed, needed))
        for ref, all_needed in document.edges.items()
        for needed in all_needed
    )
    return _Inventory(parts, frozenset(edges))


def _package(part: Part) -> Package:
    """By package URL; by group and name where there is none, or one that is none."""
    try:
        url = PackageURL.from_string(part.purl or "")
    except ValueError:
        return Package("", f"{part.group}/{part.name}" if part.group else part.name)
    kept = {key: value for key, value in dict(url.qualifiers).items() if key in _TELLING}
    bare = PackageURL(url.type, url.namespace, url.name, None, kept or None, url.subpath)
    ecosystem, _, name = bare.to_string().removeprefix("pkg:").partition("/")
    return Package(ecosystem, name)


def _only(one: _Inventory, other: _Inventory) -> Mapping[Package, Sequence[str]]:
    """The versions that one document has and the other has not."""
    found = {each: sorted(one.versions(each) - other.versions(each)) for each in one.parts}
    return {package: versions for package, versions in found.items() if versions}


def _present(
    versions: Mapping[Package, Sequence[str]], stepped: Iterable[Package]
) -> Iterator[Present]:
    for package in versions.keys() - stepped:
        yield from (Present(package, version) for version in versions[package])


def _step(package: Package, old: str, new: str) -> Stepped:
    return Stepped(package, old, new, step(package.ecosystem, old, new))


def _relicensed(before: _Inventory, after: _Inventory) -> Iterator[Relicensed]:
    for package in before.parts.keys() & after.parts.keys():
        old, new = before.licences(package), after.licences(package)
        if old != new:
            yield Relicensed(package, old, new)


def _rehashed(before: _Inventory, after: _Inventory) -> Iterator[Rehashed]:
    old, new = _digests(before), _digests(after)
    for key in old.keys() & new.keys():
        if old[key] != new[key]:
            yield Rehashed(*key, old=tuple(sorted(old[key])), new=tuple(sorted(new[key])))


def _digests(inventory: _Inventory) -> Mapping[tuple[Package, str, str, str], set[str]]:
    """The digests of each version's files, and its own, by algorithm."""
    found: dict[tuple[Package, str, str, str], set[str]] = defaultdict(set)
    for package, parts in inventory.parts.items():
        for part in parts:
            for file, algorithm, digest in _hashes(part):
                found[package, part.version or "", file, algorithm].add(digest)
    return found


def _hashes(part: Part) -> Iterator[tuple[str, str, str]]:
    yield from (("", algorithm, digest) for algorithm, digest in part.hashes)
    for reference in part.json.get("externalReferences", []):
        if reference["type"] == "distribution":
            for each in reference.get("hashes", []):
                yield reference["url"], each["alg"], each["content"].lower()
