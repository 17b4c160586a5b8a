from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from workflow_sbom.canonical import decode
from workflow_sbom.errors import ModelError
from workflow_sbom.formats import cyclonedx
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import (
    MAX_NESTING,
    Composition,
    Containment,
    Dependency,
    Sbom,
)
from workflow_sbom.model.licence import NamedLicence, SpdxLicence
from workflow_sbom.model.parts import Contact, ExternalReference, Hash, Organisation, Property
from workflow_sbom.purl import package_url

A = Component(ref="a", kind="library", name="a")
B = Component(ref="b", kind="library", name="b", components=(A,))


@pytest.mark.parametrize(
    ("algorithm", "hex_digits"),
    [("SHA-256", "0" * 63), ("SHA-256", "0" * 63 + "G"), ("SHA-256", "A" * 64), ("SHA-9", "00")],
)
def test_a_hash_has_its_algorithms_length(algorithm: Any, hex_digits: str) -> None:
    with pytest.raises(ModelError):
        Hash(algorithm, hex_digits)


@pytest.mark.parametrize("expression", ["", "mit", "MIT/X11", "Apache 2.0", "MIT OR"])
def test_a_licence_expression_is_spelt_canonically(expression: str) -> None:
    with pytest.raises(ModelError):
        SpdxLicence(expression)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "a\x1b[31m"},
        {"name": "a\u202eb"},
        {"ref": "a\n"},
        {"version": "1\r"},
        {"kind": "program"},
        {"purl": "pkg:pypi/Django@1"},
        {"purl": "https://example.org"},
        {"description": "\x00"},
        {"description": "  "},
        {"group": ""},
    ],
)
def test_a_component_is_checked_when_it_is_made(fields: dict[str, Any]) -> None:
    with pytest.raises(ModelError):
        Component(**({"ref": "a", "kind": "library", "name": "a"} | fields))


def test_other_values_are_checked_too() -> None:
    for make in (
        lambda: NamedLicence(""),
        lambda: Organisation("a\x07"),
        lambda: Organisation("a", ("\n",)),
        Contact,
        lambda: Property("a\nb", "c"),
        lambda: ExternalReference("website", ""),
        lambda: ExternalReference("homepage", "https://example.org"),  # type: ignore[arg-type]
        lambda: Composition("complete"),
        lambda: Containment("a", ()),
        lambda: Containment("a", ("b", "a")),
        lambda: Composition("whole", assemblies=("a",)),  # type: ignore[arg-type]
    ):
        with pytest.raises(ModelError):
            make()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"subject": A, "components": (A,)}, "'a' stands twice"),
        ({"subject": A, "components": (B,)}, "'a' stands twice"),
        ({"subject": A, "dependencies": (Dependency("a", ("c",)),)}, "names 'c'"),
        ({"subject": A, "dependencies": (Dependency("c", ()),)}, "names 'c'"),
        ({"subject": A, "dependencies": (Dependency("a", ()),) * 2}, "dependency of 'a' stands"),
        ({"subject": A, "containments": (Containment("a", ("c",)),)}, "names 'c'"),
        ({"subject": B, "containments": (Containment("a", ("b",)),) * 2}, "containment of 'a' st"),
        ({"subject": A, "compositions": (Composition("unknown", assemblies=("c",)),)}, "names 'c'"),
    ],
)
def test_references_stand_once_and_lead_somewhere(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        Sbom(**fields)


def test_walk_reaches_what_is_nested() -> None:
    other = Component(ref="c", kind="file", name="c")
    assert [each.ref for each in Sbom(subject=other, components=(B,)).walk()] == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("expected", "made"),
    [
        ("pkg:pypi/ruamel-yaml@0.19.1", package_url("pypi", "ruamel_yaml", "0.19.1")),
        ("pkg:npm/%40babel/core@7.0.0", package_url("npm", "core", "7.0.0", namespace="@babel")),
        (
            "pkg:deb/debian/libc6@2.36-9%2Bdeb12u9?arch=amd64&distro=debian-12",
            package_url(
                "deb",
                "libc6",
                "2.36-9+deb12u9",
                namespace="debian",
                distro="debian-12",
                arch="amd64",
                epoch=None,
            ),
        ),
    ],
)
def test_package_urls(expected: str, made: str) -> None:
    assert made == expected
    assert Component(ref="a", kind="library", name="a", purl=made).purl == expected


def test_no_package_url_for_a_nameless_package() -> None:
    with pytest.raises(ModelError, match="no package URL"):
        package_url("pypi", "", "1")


def nested(depth: int) -> Component:
    component = Component(ref="0", kind="library", name="0")
    for level in range(1, depth):
        name = str(level)
        component = Component(ref=name, kind="library", name=name, components=(component,))
    return component


def test_components_are_nested_no_deeper_than_documents_are_read() -> None:
    sbom = Sbom(subject=A, components=(nested(MAX_NESTING),))
    moment = datetime(2026, 11, 2, tzinfo=UTC)
    assert decode(cyclonedx.render(sbom, created=moment, tool_version="1"))
    with pytest.raises(ModelError, match=r"nested deeper than 32, in '0'"):
        Sbom(subject=A, components=(nested(MAX_NESTING + 1),))
