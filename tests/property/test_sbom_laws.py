"""Laws of bills of materials: whatever the model admits, the official schema admits too."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, get_args

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_sbom.errors import ModelError
from workflow_sbom.formats.cyclonedx import Spec, render
from workflow_sbom.merging.join import join
from workflow_sbom.model.component import Component, Kind, Scope
from workflow_sbom.model.document import Aggregate, Composition, Dependency, Sbom
from workflow_sbom.model.licence import NamedLicence, SpdxLicence
from workflow_sbom.model.parts import (
    Contact,
    ExternalReference,
    Hash,
    Organisation,
    Property,
    ReferenceKind,
)

CREATED = datetime(2026, 11, 2, tzinfo=UTC)
BASE = "http://cyclonedx.org/schema"


def _schema(name: str) -> Any:
    folder = importlib.resources.files("cyclonedx.schema") / "_res"
    return json.loads((folder / f"{name}.SNAPSHOT.schema.json").read_bytes())


@pytest.fixture(scope="module")
def validators() -> dict[str, Any]:
    parts = ("spdx", "jsf-0.82", "cryptography-defs")
    registry = jsonschema_rs.Registry(
        [(f"{BASE}/{name}.SNAPSHOT.schema.json", _schema(name)) for name in parts]
    )
    return {
        spec: jsonschema_rs.Draft7Validator(
            _schema(f"bom-{spec}"), registry=registry, validate_formats=True
        )
        for spec in get_args(Spec)
    }


def admitted(make: Callable[..., Any], *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values that the model admits among arbitrary ones."""

    def attempt(given_parts: tuple[Any, ...]) -> Any:
        try:
            return make(*given_parts)
        except ModelError:
            return None

    return st.tuples(*parts).map(attempt).filter(lambda value: value is not None)


WORD = st.text("abz09-._~%@:/?#[]!$&'()*+,;=é<>\" \\", min_size=1, max_size=12)
HASH = st.sampled_from(
    [Hash("SHA-256", "0" * 64), Hash("SHA-512", "f" * 128), Hash("MD5", "0" * 32)]
)
HASHES = st.lists(HASH, max_size=2).map(tuple)
EMAIL = st.builds(lambda a, b: f"{a}@{b}", WORD, WORD) | st.just("a@example.org")
ADDRESS = st.builds(
    lambda scheme, rest: scheme + rest, st.sampled_from(["https://x/", "pkg:", ""]), WORD
)
LICENCE = st.sampled_from([SpdxLicence("MIT OR Apache-2.0"), SpdxLicence("MIT")]) | admitted(
    NamedLicence, WORD
)
REFERENCE = admitted(
    ExternalReference, st.sampled_from(get_args(ReferenceKind)), ADDRESS, HASHES, st.just("") | WORD
)
ORGANISATION = admitted(
    Organisation, WORD, st.tuples() | st.tuples(EMAIL), st.tuples() | st.tuples(ADDRESS)
)
CONTACT = admitted(Contact, st.just("") | WORD, st.just("") | EMAIL)


def component(ref: str) -> st.SearchStrategy[Component]:
    return st.builds(
        Component,
        ref=st.just(ref),
        kind=st.sampled_from(get_args(Kind)),
        name=WORD,
        group=st.none() | WORD,
        version=st.none() | WORD,
        purl=st.none() | st.just("pkg:pypi/a@1"),
        description=st.none() | st.just("Words.\n"),
        supplier=st.none() | ORGANISATION,
        authors=st.lists(CONTACT, max_size=2).map(tuple),
        external=st.booleans(),
        scope=st.none() | st.sampled_from(get_args(Scope)),
        hashes=HASHES,
        licences=st.lists(LICENCE, max_size=3).map(tuple),
        references=st.lists(REFERENCE, max_size=2).map(tuple),
        properties=st.lists(st.builds(Property, WORD, st.text(max_size=4)), max_size=2).map(tuple),
    )


@st.composite
def sboms(draw: st.DrawFn) -> Sbom:
    refs = [f"part-{number}" for number in range(draw(st.integers(0, 3)))]
    some = st.lists(st.sampled_from(["subject", *refs]), max_size=3).map(tuple)
    stated = draw(st.lists(st.sampled_from(["subject", *refs]), unique=True))
    compositions = admitted(Composition, st.sampled_from(get_args(Aggregate)), some, some)
    return Sbom(
        subject=draw(component("subject")),
        components=tuple(draw(component(ref)) for ref in refs),
        dependencies=tuple(Dependency(ref, draw(some)) for ref in stated),
        compositions=tuple(draw(st.lists(compositions, max_size=3))),
    )


@pytest.mark.parametrize("spec", get_args(Spec))
def test_every_document_passes_the_official_schema(validators: dict[str, Any], spec: Spec) -> None:
    @settings(max_examples=150)
    @given(sboms())
    def law(sbom: Sbom) -> None:
        document = json.loads(render(sbom, created=CREATED, tool_version="1", spec=spec))
        faults = [
            f"{'/'.join(map(str, error.instance_path))}: {error.message}"
            for error in validators[spec].iter_errors(document)
        ]
        assert faults == []

    law()


@given(sboms(), st.randoms(use_true_random=False))
def test_the_order_of_the_parts_has_no_effect(sbom: Sbom, random: Any) -> None:
    def shuffled(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(random.sample(items, len(items)))

    other = Sbom(
        subject=sbom.subject,
        components=shuffled(sbom.components),
        dependencies=shuffled(sbom.dependencies),
        compositions=shuffled(sbom.compositions),
    )
    assert render(other, created=CREATED, tool_version="1") == render(
        sbom, created=CREATED, tool_version="1"
    )


@given(component("a"), component("a"))
def test_join_is_commutative_and_idempotent(one: Component, other: Component) -> None:
    try:
        joined = join((one, other))
    except ModelError:
        with pytest.raises(ModelError):
            join((other, one))
    else:
        assert join((other, one)) == joined
        assert join((joined, one)) == joined
