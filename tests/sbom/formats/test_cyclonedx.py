from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from workflow_sbom.digest import Digest
from workflow_sbom.errors import DigestError, DocumentError, ModelError
from workflow_sbom.formats.cyclonedx import Described, Spec, described, render
from workflow_sbom.model.component import Component, Evidence
from workflow_sbom.model.document import Composition, Containment, Dependency, Publication, Sbom
from workflow_sbom.model.licence import LicenceText, NamedLicence, SpdxLicence
from workflow_sbom.model.parts import Contact, ExternalReference, Hash, Organisation, Property

Render = Callable[..., dict[str, Any]]
EVIDENCE = Evidence(technique="manifest-analysis", occurrences=("b", "a", "b"))
PURL = "pkg:pypi/p@1"
CREATED = datetime(2026, 11, 2, 3, 4, 5, 678, tzinfo=UTC)
MAKER = {
    "name": "The workflow release authors",
    "url": ["https://github.com/GoCodeAlone/workflow"],
}
SHA256 = Hash.sha256(Digest.of(b""))
LEAF = Component(ref="pkg:pypi/b@2", kind="library", name="b", version="2", purl="pkg:pypi/b@2")
SUBJECT = Component(ref="artifact:a.whl", kind="library", name="a", version="1", hashes=(SHA256,))
EVERYTHING = Component(
    ref="everything",
    kind="library",
    group="@scope",
    name="everything",
    version="1.0",
    purl="pkg:npm/%40scope/everything@1.0",
    description="All fields.",
    copyright="Copyright 2026 Somebody",
    supplier=Organisation("Debian", ("b@example.org", "a@example.org"), ("https://example.org",)),
    authors=(Contact("Ann", "ann@example.org"), Contact("Bob")),
    external=True,
    scope="optional",
    hashes=(Hash("SHA-512", "1" * 128), SHA256, SHA256),
    licences=(SpdxLicence("MIT OR Apache-2.0"), NamedLicence("PSFL", "concluded")),
    references=(
        ExternalReference("website", "https://example.org/"),
        ExternalReference("distribution", "pkg:npm/x@1", (SHA256,), "one of several"),
    ),
    properties=(Property("workflow:x", ""), Property("workflow:a", "é\n")),
    components=(Component(ref="inner", kind="file", name="LICENSE"),),
)
SBOM = Sbom(
    subject=SUBJECT,
    components=(EVERYTHING, LEAF),
    dependencies=(
        Dependency(SUBJECT.ref, (LEAF.ref, "everything", LEAF.ref)),
        Dependency(LEAF.ref, ()),
    ),
    compositions=(
        Composition("unknown", dependencies=("everything",)),
        Composition("complete", assemblies=(SUBJECT.ref,), dependencies=(LEAF.ref,)),
    ),
    phases=("post-build", "build"),
    properties=(Property("workflow:y", "1"),),
)


@pytest.mark.parametrize("spec", ["1.6", "1.7"])
def test_every_field_passes_the_official_schema(rendered: Render, spec: Spec) -> None:
    document = rendered(SBOM, spec)
    assert document["specVersion"] == spec
    assert document["bomFormat"] == "CycloneDX"
    assert document["$schema"] == f"http://cyclonedx.org/schema/bom-{spec}.schema.json"


def test_metadata(rendered: Render) -> None:
    assert rendered(SBOM)["metadata"] == {
        "timestamp": "2026-11-02T03:04:05Z",
        "lifecycles": [{"phase": "build"}, {"phase": "post-build"}],
        "tools": {
            "components": [
                {
                    "bom-ref": "tool:workflow-sbom@1.2.3",
                    "type": "application",
                    "name": "workflow-sbom",
                    "version": "1.2.3",
                    "supplier": MAKER,
                    "manufacturer": MAKER,
                    "licenses": [{"expression": "MIT", "acknowledgement": "declared"}],
                    "externalReferences": [{"type": "vcs", "url": MAKER["url"][0]}],
                }
            ]
        },
        "component": {
            "bom-ref": "artifact:a.whl",
            "type": "library",
            "name": "a",
            "version": "1",
            "hashes": [{"alg": "SHA-256", "content": Digest.of(b"").hex}],
        },
        "properties": [{"name": "workflow:y", "value": "1"}],
    }


def test_a_component_with_everything(rendered: Render) -> None:
    hash_ = {"alg": "SHA-256", "content": Digest.of(b"").hex}
    _, found = sorted(rendered(SBOM)["components"], key=lambda each: -len(each["bom-ref"]))
    assert found == {
        "bom-ref": "everything",
        "type": "library",
        "group": "@scope",
        "name": "everything",
        "version": "1.0",
        "purl": "pkg:npm/%40scope/everything@1.0",
        "description": "All fields.",
        "copyright": "Copyright 2026 Somebody",
        "supplier": {
            "name": "Debian",
            "contact": [{"email": "a@example.org"}, {"email": "b@example.org"}],
            "url": ["https://example.org"],
        },
        "authors": [{"name": "Ann", "email": "ann@example.org"}, {"name": "Bob"}],
        "isExternal": True,
        "scope": "optional",
        "hashes": [hash_, {"alg": "SHA-512", "content": "1" * 128}],
        "licenses": [
            {"expression": "MIT OR Apache-2.0", "acknowledgement": "declared"},
            {"license": {"name": "PSFL", "acknowledgement": "concluded"}},
        ],
        "externalReferences": [
            {
                "type": "distribution",
                "url": "pkg:npm/x@1",
                "hashes": [hash_],
                "comment": "one of several",
            },
            {"type": "website", "url": "https://example.org/"},
        ],
        "properties": [
            {"name": "workflow:a", "value": "é\n"},
            {"name": "workflow:x", "value": ""},
        ],
        "components": [{"bom-ref": "inner", "type": "file", "name": "LICENSE"}],
    }


def test_what_is_not_known_is_absent(rendered: Render) -> None:
    leaf = Component(ref="x", kind="library", name="x")
    document = rendered(Sbom(subject=SUBJECT, components=(leaf,)))
    assert document["components"] == [{"bom-ref": "x", "type": "library", "name": "x"}]
    assert "compositions" not in document
    assert "properties" not in document["metadata"]


def test_depends_on_is_always_there(rendered: Render) -> None:
    assert rendered(SBOM)["dependencies"] == [
        {"ref": "artifact:a.whl", "dependsOn": ["everything", "pkg:pypi/b@2"]},
        {"ref": "pkg:pypi/b@2", "dependsOn": []},
    ]


def test_compositions(rendered: Render) -> None:
    assert rendered(SBOM)["compositions"] == [
        {
            "aggregate": "complete",
            "assemblies": ["artifact:a.whl"],
            "dependencies": ["pkg:pypi/b@2"],
        },
        {"aggregate": "unknown", "dependencies": ["everything"]},
    ]


def test_1_6_knows_no_mixture_of_expressions_and_names(rendered: Render) -> None:
    (found,) = [
        each["licenses"] for each in rendered(SBOM, "1.6")["components"] if "licenses" in each
    ]
    assert found == [
        {"license": {"name": "PSFL", "acknowledgement": "concluded"}},
        {"license": {"name": "MIT OR Apache-2.0", "acknowledgement": "declared"}},
    ]


def test_order_and_repetition_of_the_input_have_no_effect() -> None:
    other = Sbom(
        subject=SBOM.subject,
        components=SBOM.components[::-1],
        dependencies=SBOM.dependencies[::-1],
        compositions=SBOM.compositions[::-1],
        phases=(*SBOM.phases[::-1], "build"),
        properties=SBOM.properties * 2,
    )
    assert render(other, created=CREATED, tool_version="1") == render(
        SBOM, created=CREATED, tool_version="1"
    )


def test_one_instant_in_any_time_zone_gives_one_document() -> None:
    elsewhere = CREATED.astimezone(timezone(timedelta(hours=-9, minutes=-30)))
    assert render(SBOM, created=elsewhere, tool_version="1") == render(
        SBOM, created=CREATED, tool_version="1"
    )


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ModelError, match="no time zone"):
        render(SBOM, created=datetime(2026, 1, 1), tool_version="1")  # noqa: DTZ001


def test_the_serial_number_follows_the_content() -> None:
    def serial(sbom: Sbom, version: str = "1", created: datetime = CREATED) -> str:
        text = json.loads(render(sbom, created=created, tool_version=version))["serialNumber"]
        assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f-]{17}", text)
        return str(text)

    others = [
        serial(Sbom(subject=SUBJECT)),
        serial(SBOM, version="2"),
        serial(SBOM, created=CREATED + timedelta(seconds=1)),
    ]
    assert serial(SBOM) == serial(SBOM)
    assert len({serial(SBOM), *others}) == 4


def test_described_reads_what_render_writes() -> None:
    document = render(SBOM, created=CREATED, tool_version="1")
    assert described(document) == Described("a", "1", Digest.of(b""))


TWO_HASHES = b'{"alg":"SHA-256","content":"1"},{"alg":"SHA-256","content":"2"}'
SUBJECT_OF = b'{"bomFormat":"CycloneDX","metadata":{"component":%s}}'


@pytest.mark.parametrize(
    "document",
    [
        b"[]",
        b"{}",
        b'{"bomFormat":"SPDX"}',
        b'{"bomFormat":"CycloneDX"}',
        b'{"bomFormat":"CycloneDX","metadata":[]}',
        SUBJECT_OF % b"1",
        SUBJECT_OF % b'{"name":1}',
        SUBJECT_OF % b'{"name":"a","version":1}',
        SUBJECT_OF % b'{"name":"a","hashes":{}}',
        SUBJECT_OF % b'{"name":"a","hashes":[1]}',
        SUBJECT_OF % b'{"name":"a","hashes":[{"alg":"SHA-256","content":"1"}]}',
        SUBJECT_OF % b'{"name":"a","hashes":[{"alg":"SHA-256","content":["1"]}]}',
        SUBJECT_OF % (b'{"name":"a","hashes":[%s]}' % TWO_HASHES),
    ],
)
def test_described_refuses_what_names_no_subject(document: bytes) -> None:
    with pytest.raises((DocumentError, DigestError)):
        described(document)


def test_a_part_of_several_components_stands_in_each_of_them(rendered: Render) -> None:
    image = Component(ref="image", kind="container", name="image")
    sbom = Sbom(
        subject=SUBJECT,
        components=(image, EVERYTHING),
        containments=(
            Containment(SUBJECT.ref, ("everything", "everything")),
            Containment("image", ("everything",)),
        ),
    )
    document = rendered(sbom)
    inside = {
        "type": "library",
        "group": "@scope",
        "name": "everything",
        "version": "1.0",
        "purl": "pkg:npm/%40scope/everything@1.0",
        "hashes": [
            {"alg": "SHA-256", "content": SHA256.hex},
            {"alg": "SHA-512", "content": "1" * 128},
        ],
        "properties": [{"name": "workflow:sbom:is", "value": "everything"}],
    }
    assert document["metadata"]["component"]["components"] == [
        {"bom-ref": "everything in artifact:a.whl", **inside}
    ]
    assert document["components"][1]["components"] == [{"bom-ref": "everything in image", **inside}]


PUBLICATION = Publication(
    authors=(Contact("Ann", "ann@example.org"),),
    supplier=Organisation("Supplier", urls=("https://example.org/",)),
    manufacturer=Organisation("Maker", ("m@example.org",)),
    licence=SpdxLicence("CC0-1.0"),
    sharing="CLEAR",
)


@pytest.mark.parametrize("spec", ["1.6", "1.7"])
def test_who_stands_behind_the_document(rendered: Render, spec: Spec) -> None:
    metadata = rendered(SBOM.published(PUBLICATION), spec)["metadata"]
    assert metadata["authors"] == [{"name": "Ann", "email": "ann@example.org"}]
    assert metadata["supplier"] == {"name": "Supplier", "url": ["https://example.org/"]}
    assert metadata["manufacturer"] == {"name": "Maker", "contact": [{"email": "m@example.org"}]}
    assert metadata["licenses"] == [{"expression": "CC0-1.0", "acknowledgement": "declared"}]
    constraints = {"1.6": None, "1.7": {"tlp": "CLEAR"}}
    assert metadata.get("distributionConstraints") == constraints[spec]
    told = {"name": "workflow:sbom:tlp", "value": "CLEAR"}
    assert (told in metadata["properties"]) == (spec == "1.6")


def test_what_was_needed_to_build_stands_apart(rendered: Render) -> None:
    compiler = Component(ref="compiler", kind="application", name="cc")
    document = rendered(replace(SBOM, formulation=(compiler,)))
    formula = {"components": [{"bom-ref": "compiler", "type": "application", "name": "cc"}]}
    assert document["formulation"] == [formula]


def test_how_a_component_was_recognised(rendered: Render) -> None:
    def identity(**fields: Any) -> Any:
        part = Component(ref="p", kind="file", name="p", evidence=EVIDENCE, **fields)
        return rendered(Sbom(subject=SUBJECT, components=(part,)))["components"][0]["evidence"]

    methods = [{"technique": "manifest-analysis", "confidence": 1}]
    places = [{"location": "a"}, {"location": "b"}]
    for fields, found in (({}, "name"), ({"hashes": (SHA256,)}, "hash"), ({"purl": PURL}, "purl")):
        assert identity(**fields) == {
            "identity": [{"field": found, "confidence": 1, "methods": methods}],
            "occurrences": places,
        }


X, Y = LicenceText("LicenseRef-x", "X text"), LicenceText("LicenseRef-y", "Y text")


@pytest.mark.parametrize(
    ("licence", "text"),
    [
        (SpdxLicence("LicenseRef-x", texts=(X,)), "X text"),
        (
            SpdxLicence("LicenseRef-x OR LicenseRef-y", texts=(Y, X)),
            "LicenseRef-x\n\nX text\n\nLicenseRef-y\n\nY text",
        ),
        (NamedLicence("Custom", text="Z text"), "Z text"),
    ],
)
def test_the_text_of_a_licence_is_kept_in_both_versions(
    rendered: Render, licence: SpdxLicence | NamedLicence, text: str
) -> None:
    part = Component(ref="p", kind="library", name="p", licences=(licence,))

    def licences(spec: Spec) -> Any:
        return rendered(Sbom(subject=SUBJECT, components=(part,)), spec)["components"][0][
            "licenses"
        ]

    assert licences("1.6")[0]["license"]["text"] == {"content": text}
    if isinstance(licence, SpdxLicence):
        details = licences("1.7")[0]["expressionDetails"]
        assert [each["text"]["content"] for each in details] == [
            each.text for each in sorted(licence.texts)
        ]


def test_a_tool_that_does_not_know_its_version_names_none() -> None:
    document = json.loads(render(SBOM, created=CREATED, tool_version="0.0.0"))
    (tool,) = document["metadata"]["tools"]["components"]
    assert (tool["bom-ref"], "version" in tool) == ("tool:workflow-sbom", False)


def test_an_older_version_says_what_comes_from_outside_in_a_property(rendered: Render) -> None:
    def everything(spec: Spec) -> Any:
        return rendered(SBOM, spec)["components"][0]

    told = {"name": "workflow:sbom:external", "value": "true"}
    assert (everything("1.7")["isExternal"], told in everything("1.7")["properties"]) == (
        True,
        False,
    )
    assert ("isExternal" in everything("1.6"), told in everything("1.6")["properties"]) == (
        False,
        True,
    )
    assert all("properties" not in each for each in rendered(SBOM, "1.6")["components"][1:])


def test_several_licences_of_an_older_version_have_their_identifiers(rendered: Render) -> None:
    licences = (SpdxLicence("MIT"), SpdxLicence("ISC OR MIT"), NamedLicence("Ours"))
    part = Component(ref="p", kind="library", name="p", licences=licences)
    document = rendered(Sbom(subject=SUBJECT, components=(part,)), "1.6")
    stated = [each["license"] for each in document["components"][0]["licenses"]]
    assert [(each.get("id"), each.get("name")) for each in stated] == [
        ("MIT", None),
        (None, "ISC OR MIT"),
        (None, "Ours"),
    ]
