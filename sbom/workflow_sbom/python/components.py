"""Distributions as components, with what lies inside them as parts.

What a document in the distribution states (PEP 770) are parts of it with their edges; a bundled
library that no document names is a part whose identity is not known, by its file and digest.
Nobody can tell from outside that nothing else is inside: a distribution's parts are never called
complete, and `incomplete` where something is known to be missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from workflow_sbom.errors import InventoryError
from workflow_sbom.licensing.recognising import concluded
from workflow_sbom.model.component import Component, Evidence
from workflow_sbom.model.document import Aggregate, Composition, Dependency
from workflow_sbom.model.parts import ExternalReference, Hash, Property
from workflow_sbom.purl import package_url
from workflow_sbom.python import embedded
from workflow_sbom.python.contents import Document
from workflow_sbom.python.distribution import Distribution, from_metadata
from workflow_sbom.python.embedded import Stated
from workflow_sbom.python.libraries import Library

EMBEDDED = "workflow:python:embedded-sbom"
UNREADABLE = "workflow:python:unreadable-sbom"
MISSING = "workflow:python:missing-file"
UNREAD = "workflow:python:unreadable-metadata"
UNKNOWN = "workflow:python:unknown-library"
SONAME = "workflow:python:soname"
EDITABLE = "workflow:python:editable"
UNMET = "workflow:python:unmet-requirement"
NATIVE = "workflow:python:native-code"
_AGGREGATES: tuple[tuple[Aggregate, bool], ...] = (("incomplete", True), ("unknown", False))
UNSTATED = "no document tells what is linked into it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A distribution as a component, and what a document says besides of its inside.

    `needs` are the parts that it needs itself, `edges` what those need in turn. `incomplete`: some
    of what is inside is known not to be stated.
    """

    component: Component
    needs: frozenset[str] = frozenset()
    edges: tuple[Dependency, ...] = ()
    incomplete: bool = False


def assemblies(parts: Collection[Described]) -> Iterator[Composition]:
    """How much is stated of what is inside each of them."""
    for aggregate, incomplete in _AGGREGATES:
        refs = sorted(part.component.ref for part in parts if part.incomplete == incomplete)
        if refs:
            yield Composition(aggregate, assemblies=tuple(refs))


def package_of(distribution: Distribution) -> str:
    """The package URL of a distribution, which serves as its reference, too."""
    return package_url("pypi", distribution.key, str(distribution.version))


def component_of(
    distribution: Distribution,
    *,
    ref: str | None = None,
    files: tuple[ExternalReference, ...] = (),
    external: bool = False,
    unmet: Iterable[str] = (),
) -> Described:
    """A distribution that another needs, or that is installed (`external` false).

    `ref` is its reference where the package URL does not serve, because it is there for several
    machines; `files` are the distributions it may have come from, `unmet` what it needs and is
    not there.
    """
    url = package_of(distribution)
    found = distribution.origin.reference if distribution.origin else None
    basis = Component(
        ref=ref or url,
        kind="library",
        name=distribution.key,
        version=str(distribution.version),
        purl=url,
        external=external,
        scope="required",
        references=(*distribution.references, *files, *((found,) if found else ())),
        properties=(*_editable(distribution), *(Property(UNMET, each) for each in sorted(unmet))),
        evidence=_evidence(distribution),
    )
    return _filled(basis, distribution)


def subject_of(
    distribution: Distribution, ref: str, url: str, hashes: tuple[Hash, ...] = ()
) -> Described:
    """A distribution as the subject of a document of its own."""
    basis = Component(
        ref=ref,
        kind="library",
        name=distribution.name,
        version=str(distribution.version),
        purl=url,
        hashes=hashes,
        references=distribution.references,
    )
    return _filled(basis, distribution)


def unknown_of(distribution: Distribution, owner: str) -> Iterator[Component]:
    """The libraries in a distribution that no document in it names, as parts of `owner`."""
    contents = distribution.contents
    return _unknown(owner, contents.libraries, embedded.read(owner, contents.documents))


def _filled(basis: Component, distribution: Distribution) -> Described:
    """With what the distribution says of itself, and what lies in it."""
    contents = distribution.contents
    stated = embedded.read(basis.ref, contents.documents)
    vendored, unread = _vendored(basis.ref, contents.vendored, stated)
    unknown = tuple(_unknown(basis.ref, contents.libraries, stated))
    certain = concluded(distribution.licences, contents.licence)
    component = replace(
        basis,
        description=distribution.summary,
        copyright="\n".join(contents.copyright) or None,
        authors=distribution.authors,
        licences=(*distribution.licences, *((certain,) if certain else ())),
        properties=(
            *basis.properties,
            *(Property(EMBEDDED, each.path) for each in contents.documents),
            *(Property(UNREADABLE, f"{path}: {why}") for path, why in stated.faults),
            *(Property(UNREAD, path) for path in unread),
            *(Property(MISSING, path) for path in contents.missing),
            *((Property(NATIVE, UNSTATED),) if contents.native and not stated.components else ()),
        ),
        components=(*stated.components, *vendored, *unknown),
    )
    return Described(
        component=component,
        needs=stated.needs,
        edges=stated.edges,
        incomplete=bool(stated.faults or unread or contents.missing) or _any_unknown(component),
    )


def _vendored(
    owner: str, copies: Iterable[Document], stated: Stated
) -> tuple[list[Component], list[str]]:
    """Distributions that are copied into another, unless a document tells of them; and the unread.

    What those need is in the distribution too, or it is not: their metadata does not tell.
    """
    known = {part.purl for each in stated.components for part in each.walk()}
    parts, unread = [], []
    for each in copies:
        try:
            copy = from_metadata(each.data)
        except InventoryError:
            unread.append(each.path)
            continue
        if package_of(copy) not in known:
            parts.append(_copy(f"{owner}#file:{each.path}", copy, each.path))
    return parts, unread


def _copy(ref: str, distribution: Distribution, path: str) -> Component:
    return Component(
        ref=ref,
        kind="library",
        name=distribution.key,
        version=str(distribution.version),
        purl=package_of(distribution),
        scope="required",
        description=distribution.summary,
        authors=distribution.authors,
        licences=distribution.licences,
        references=distribution.references,
        evidence=Evidence(technique="manifest-analysis", occurrences=(path,)),
    )


def _any_unknown(component: Component) -> bool:
    """Whether the identity of a part is not known, as we say, or a document of ours inside does."""
    return any(entry.name == UNKNOWN for part in component.walk() for entry in part.properties)


def _evidence(distribution: Distribution) -> Evidence | None:
    if distribution.place is None:
        return None
    return Evidence(technique="manifest-analysis", occurrences=(distribution.place,))


def _editable(distribution: Distribution) -> Iterator[Property]:
    if distribution.origin is not None and distribution.origin.editable:
        yield Property(EDITABLE, "true")


def _unknown(owner: str, libraries: Iterable[Library], stated: Stated) -> Iterator[Component]:
    """The libraries that no document in the distribution names, by digest or by name."""
    parts = [part for each in stated.components for part in each.walk()]
    names = {_stem(part.name) for part in parts}
    digests = {part.hash("SHA-256") for part in parts}
    for each in sorted(libraries):
        if each.digest.hex not in digests and _stem(each.stem) not in names:
            yield _library(owner, each)


def _stem(name: str) -> str:
    return name.lower().removeprefix("lib")


def _library(owner: str, library: Library) -> Component:
    """A library by what is certain: its file's name, its bytes, and what it calls itself."""
    sonames = [Property(SONAME, library.soname)] if library.soname else []
    return Component(
        ref=f"{owner}#file:{library.path}",
        kind="library",
        name=library.file,
        scope="required",
        hashes=(Hash.sha256(library.digest),),
        properties=(Property(UNKNOWN, library.plain), *sonames),
        evidence=Evidence(technique="filename", occurrences=(library.path,)),
    )
