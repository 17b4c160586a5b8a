"""Bills of materials that the model admits, for laws about every renderer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from hypothesis import strategies as st

from workflow_sbom.errors import ModelError
from workflow_sbom.model.component import Component, Evidence, Kind, Scope, Technique
from workflow_sbom.model.document import (
    Aggregate,
    Composition,
    Containment,
    Dependency,
    Phase,
    Publication,
    Sbom,
    Sharing,
)
from workflow_sbom.model.licence import Acknowledgement, LicenceText, NamedLicence, SpdxLicence
from workflow_sbom.model.parts import (
    Contact,
    ExternalReference,
    Hash,
    Organisation,
    Property,
    ReferenceKind,
)


def admitted(
    otherwise: Any, make: Callable[..., Any], *parts: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    """Values that the model admits among arbitrary ones; `otherwise` for those it refuses."""

    def attempt(given_parts: tuple[Any, ...]) -> Any:
        try:
            return make(*given_parts)
        except ModelError:
            return otherwise

    return st.tuples(*parts).map(attempt)


WORD = st.text("abz09-._~%@:/?#[]!$&'()*+,;=é<>\" \\", min_size=1, max_size=12).map(
    lambda text: text if text.strip() else "word"
)
HASH = st.sampled_from(
    [Hash("SHA-256", "0" * 64), Hash("SHA-512", "f" * 128), Hash("MD5", "0" * 32)]
)
HASHES = st.lists(HASH, max_size=2).map(tuple)
EMAIL = st.builds(lambda a, b: f"{a}@{b}", WORD, WORD) | st.just("a@example.org")
ADDRESS = st.builds(
    lambda scheme, rest: scheme + rest,
    st.sampled_from(["https://x/", "https://example.org/", "git+https://x/", "pkg:", ""]),
    WORD,
)
ACKNOWLEDGED = st.sampled_from(get_args(Acknowledgement))
TEXTS = st.sampled_from([(), (LicenceText("LicenseRef-x", "one"),)])
OTHER_TEXTS = st.sampled_from([(), (LicenceText("LicenseRef-x", "other"),)])
LICENCE = (
    st.builds(SpdxLicence, st.sampled_from(["MIT OR Apache-2.0", "MIT"]), ACKNOWLEDGED)
    | st.builds(SpdxLicence, st.just("LicenseRef-x"), ACKNOWLEDGED, TEXTS)
    | st.builds(SpdxLicence, st.just("MIT AND LicenseRef-x"), ACKNOWLEDGED, OTHER_TEXTS)
    | admitted(NamedLicence("Ours"), NamedLicence, WORD, ACKNOWLEDGED, st.just("") | WORD)
)
REFERENCE = admitted(
    ExternalReference("website", "https://example.org/"),
    ExternalReference,
    st.sampled_from(get_args(ReferenceKind)),
    ADDRESS,
    HASHES,
    st.just("") | WORD,
)
ORGANISATION = admitted(
    Organisation("Somebody"),
    Organisation,
    WORD,
    st.tuples() | st.tuples(EMAIL),
    st.tuples() | st.tuples(ADDRESS),
)
CONTACT = admitted(Contact("Ann"), Contact, st.just("") | WORD, st.just("") | EMAIL)
EVIDENCE = st.builds(
    Evidence,
    technique=st.sampled_from(get_args(Technique)),
    occurrences=st.lists(WORD, max_size=2).map(tuple),
)
PUBLICATION = st.builds(
    Publication,
    authors=st.lists(CONTACT, max_size=2).map(tuple),
    supplier=st.none() | ORGANISATION,
    manufacturer=st.none() | ORGANISATION,
    licence=st.none() | st.just(SpdxLicence("CC0-1.0")),
    sharing=st.none() | st.sampled_from(get_args(Sharing)),
)


def component(ref: str) -> st.SearchStrategy[Component]:
    """A component of that reference with any of its fields."""
    return st.builds(
        Component,
        ref=st.just(ref),
        kind=st.sampled_from(get_args(Kind)),
        name=WORD,
        group=st.none() | WORD,
        version=st.none() | WORD,
        purl=st.none() | st.just("pkg:pypi/a@1"),
        description=st.none() | st.just("Words.\n"),
        copyright=st.none() | st.just("Copyright 2026 Somebody"),
        supplier=st.none() | ORGANISATION,
        manufacturer=st.none() | ORGANISATION,
        authors=st.lists(CONTACT, max_size=2).map(tuple),
        external=st.booleans(),
        scope=st.none() | st.sampled_from(get_args(Scope)),
        hashes=HASHES,
        licences=st.lists(LICENCE, max_size=3).map(tuple),
        references=st.lists(REFERENCE, max_size=2).map(tuple),
        properties=st.lists(st.builds(Property, WORD, st.text(max_size=4)), max_size=2).map(tuple),
        evidence=st.none() | EVIDENCE,
    )


@st.composite
def sboms(draw: st.DrawFn) -> Sbom:
    """A document of a few parts, with edges, containments, and what is said of them."""
    refs = [f"part-{number}" for number in range(draw(st.integers(0, 3)))]
    some = st.lists(st.sampled_from(["subject", *refs]), max_size=3).map(tuple)
    stated = draw(st.lists(st.sampled_from(["subject", *refs]), unique=True))
    compositions = admitted(
        Composition("unknown", ("subject",)),
        Composition,
        st.sampled_from(get_args(Aggregate)),
        some,
        some,
    )
    holders = st.lists(st.sampled_from(["subject", *refs]), unique=True, max_size=2)
    containments = [draw(st.none() | admitted_in(ref, some)) for ref in draw(holders)]
    return Sbom(
        subject=draw(component("subject")),
        components=tuple(draw(component(ref)) for ref in refs),
        dependencies=tuple(Dependency(ref, draw(some)) for ref in stated),
        compositions=tuple(draw(st.lists(compositions, max_size=3))),
        phases=tuple(draw(st.lists(st.sampled_from(get_args(Phase)), max_size=2))),
        formulation=tuple(draw(st.lists(component("tool"), max_size=1))),
        publication=draw(st.none() | PUBLICATION),
        containments=tuple(each for each in containments if each is not None),
    )


def admitted_in(ref: str, parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Containment | None]:
    """A containment in that component, or None where the parts drawn can't be in it."""
    return parts.map(lambda drawn: Containment(ref, drawn) if drawn and ref not in drawn else None)
