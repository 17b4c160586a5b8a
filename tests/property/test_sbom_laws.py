"""Laws of bills of materials: whatever the model admits, the official schema admits too."""

from __future__ import annotations

import importlib.resources
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import spdx_documents
from support.sbom_models import component, sboms
from workflow_sbom.documents import view
from workflow_sbom.errors import ModelError
from workflow_sbom.formats import spdx
from workflow_sbom.formats.cyclonedx import IS, Spec, render
from workflow_sbom.formats.spdx_package import identifier
from workflow_sbom.merging.join import join
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Sbom

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


@pytest.mark.parametrize("spec", get_args(Spec))
def test_every_document_passes_the_official_schema(validators: dict[str, Any], spec: Spec) -> None:
    @settings(max_examples=60)
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

    other = replace(
        sbom,
        components=shuffled(sbom.components),
        dependencies=shuffled(sbom.dependencies),
        compositions=shuffled(sbom.compositions),
        containments=shuffled(sbom.containments),
    )
    for write in (render, spdx.render):
        assert write(other, created=CREATED, tool_version="1") == write(
            sbom, created=CREATED, tool_version="1"
        )


@settings(max_examples=60)
@given(sboms())
def test_every_spdx_document_passes_the_full_validation_of_the_spdx_tools(sbom: Sbom) -> None:
    content = spdx.render(sbom, created=CREATED, tool_version="1")
    assert spdx_documents.faults(content) == []
    found = spdx_documents.parsed(content)
    assert [each.spdx_id for each in found.packages] == [
        identifier(each.ref) for each in sorted(sbom.walk(), key=lambda each: each.ref)
    ]


@given(st.text(), st.text())
def test_spdx_identifiers_tell_references_apart(one: str, other: str) -> None:
    assert (identifier(one) == identifier(other)) == (one == other)
    assert identifier(one) != "SPDXRef-DOCUMENT"


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


@given(sboms())
def test_our_own_view_reads_what_we_render(sbom: Sbom) -> None:
    found = view.read(render(sbom, created=CREATED, tool_version="1"))
    described = {part.ref for part in found.parts if not any(n == IS for n, _ in facts(part))}
    inside = {each.ref for top in sbom.components for each in top.walk()}
    nested = {each.ref for each in sbom.subject.walk()} - {sbom.subject.ref}
    assert described == inside | nested
    edges = {edge.ref: tuple(sorted(set(edge.depends_on))) for edge in sbom.dependencies}
    assert {ref: tuple(sorted(needs)) for ref, needs in found.edges.items()} == edges


def facts(part: view.Part) -> list[tuple[str, str]]:
    return [(each["name"], each["value"]) for each in part.json.get("properties", ())]
