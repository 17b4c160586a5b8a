from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support.spdx_documents import faults, relations
from workflow_sbom.digest import Digest
from workflow_sbom.errors import ModelError
from workflow_sbom.formats.spdx import render
from workflow_sbom.model.component import Component, Evidence
from workflow_sbom.model.document import (
    Composition,
    Containment,
    Dependency,
    Publication,
    Sbom,
)
from workflow_sbom.model.licence import LicenceText, NamedLicence, SpdxLicence
from workflow_sbom.model.parts import Contact, ExternalReference, Hash, Organisation, Property

CREATED = datetime(2026, 11, 2, 3, 4, 5, 678, tzinfo=UTC)
SHA256 = Hash.sha256(Digest.of(b""))
A = Component(ref="a", kind="library", name="a", version="1")
B = Component(ref="b", kind="library", name="b")
C = Component(ref="c", kind="file", name="c.txt")


def document(sbom: Sbom) -> dict[str, Any]:
    """Rendered, and refused when the SPDX project's own tools find a fault."""
    content = render(sbom, created=CREATED, tool_version="1.2.3")
    assert faults(content) == []
    read: dict[str, Any] = json.loads(content)
    return read


def package(component: Component) -> dict[str, Any]:
    found = document(Sbom(subject=component))["packages"]
    assert len(found) == 1
    one: dict[str, Any] = found[0]
    return one


def kept(item: dict[str, Any]) -> dict[str, Any]:
    """What SPDX has no field for, from the one annotation."""
    (annotation,) = item["annotations"]
    facts: dict[str, Any] = json.loads(annotation["comment"])
    return facts


def test_the_document() -> None:
    found = document(Sbom(subject=A, phases=("post-build",)))
    namespace = found.pop("documentNamespace")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{13}-5[0-9a-f-]{21}", namespace)
    assert kept(found) == {"lifecycles": [{"phase": "post-build"}]}
    del found["annotations"]
    assert found == {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "a-1",
        "creationInfo": {
            "created": "2026-11-02T03:04:05Z",
            "creators": ["Tool: workflow-sbom-1.2.3"],
            "comment": "Lifecycle phases: post-build.",
        },
        "packages": [
            {
                "SPDXID": "SPDXRef-Package-a",
                "name": "a",
                "versionInfo": "1",
                "downloadLocation": "NOASSERTION",
                "filesAnalyzed": False,
                "primaryPackagePurpose": "LIBRARY",
            }
        ],
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": "SPDXRef-Package-a",
            }
        ],
    }


def test_the_fields_of_a_package() -> None:
    found = package(
        Component(
            ref="pkg:npm/%40scope/x@1",
            kind="application",
            group="@scope",
            name="x",
            version="1",
            purl="pkg:npm/%40scope/x@1",
            description="Words.",
            copyright="Copyright 2026 Somebody",
            supplier=Organisation("Team (EU)"),
            manufacturer=Organisation("Maker", ("m@example.org",)),
            hashes=(SHA256, Hash("SHA-512", "1" * 128)),
            licences=(SpdxLicence("MIT"), SpdxLicence("Apache-2.0", "concluded")),
            references=(
                ExternalReference("website", "https://example.org/x"),
                ExternalReference("distribution", "https://example.org/x.tgz", (SHA256,), "one"),
                ExternalReference("advisories", "https://example.org/advisories"),
                ExternalReference("rfc-9116", "https://example.org/security.txt"),
                ExternalReference("security-contact", "mailto:s@example.org"),
            ),
        )
    )
    assert found == {
        "SPDXID": "SPDXRef-Package-pkg-3Anpm-2F-2540scope-2Fx-401",
        "name": "@scope/x",
        "versionInfo": "1",
        "downloadLocation": "https://example.org/x.tgz",
        "filesAnalyzed": False,
        "primaryPackagePurpose": "APPLICATION",
        "supplier": "Organization: Team (EU) ()",
        "originator": "Organization: Maker (m@example.org)",
        "homepage": "https://example.org/x",
        "description": "Words.",
        "copyrightText": "Copyright 2026 Somebody",
        "checksums": [
            {"algorithm": "SHA256", "checksumValue": SHA256.hex},
            {"algorithm": "SHA512", "checksumValue": "1" * 128},
        ],
        "licenseDeclared": "MIT",
        "licenseConcluded": "Apache-2.0",
        "externalRefs": [
            {
                "comment": f"one; SHA-256 {SHA256.hex}",
                "referenceCategory": "OTHER",
                "referenceType": "distribution",
                "referenceLocator": "https://example.org/x.tgz",
            },
            {
                "referenceCategory": "OTHER",
                "referenceType": "website",
                "referenceLocator": "https://example.org/x",
            },
            {
                "referenceCategory": "OTHER",
                "referenceType": "security-contact",
                "referenceLocator": "mailto:s@example.org",
            },
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": "pkg:npm/%40scope/x@1",
            },
            {
                "referenceCategory": "SECURITY",
                "referenceType": "advisory",
                "referenceLocator": "https://example.org/advisories",
            },
            {
                "referenceCategory": "SECURITY",
                "referenceType": "url",
                "referenceLocator": "https://example.org/security.txt",
            },
        ],
    }


def test_a_file_is_a_package_that_names_it() -> None:
    assert package(C)["packageFileName"] == "c.txt"
    assert package(C)["primaryPackagePurpose"] == "FILE"
    named = replace(A, properties=(Property("bsi:component:filename", "a-1.whl"),))
    assert package(named)["packageFileName"] == "a-1.whl"
    assert "packageFileName" not in package(A)


@pytest.mark.parametrize(
    ("authors", "originator"),
    [
        ((Contact("Ann", "ann@example.org"), Contact("Bob")), "Person: Ann (ann@example.org)"),
        ((Contact("Bob"),), "Person: Bob"),
        ((Contact(email="a@example.org"),), "Person: a@example.org (a@example.org)"),
    ],
)
def test_the_first_author_is_the_originator(authors: tuple[Contact, ...], originator: str) -> None:
    found = package(replace(A, authors=authors))
    assert found["originator"] == originator
    assert len(kept(found)["authors"]) == len(authors)


def test_what_has_no_field_is_an_annotation_in_the_words_of_cyclonedx() -> None:
    found = package(
        Component(
            ref="d",
            kind="data",
            name="d",
            supplier=Organisation("S", ("b@example.org", "a@example.org")),
            manufacturer=Organisation("M", urls=("https://example.org/",)),
            external=True,
            scope="optional",
            properties=(Property("workflow:x", "1"),),
            evidence=Evidence(technique="filename", occurrences=("lib/d",)),
        )
    )
    (annotation,) = found["annotations"]
    assert annotation["annotationDate"] == "2026-11-02T03:04:05Z"
    assert annotation["annotationType"] == "OTHER"
    assert annotation["annotator"] == "Tool: workflow-sbom-1.2.3"
    method = {"technique": "filename", "confidence": 1}
    assert kept(found) == {
        "type": "data",
        "scope": "optional",
        "isExternal": True,
        "supplier": {
            "name": "S",
            "contact": [{"email": "a@example.org"}, {"email": "b@example.org"}],
        },
        "manufacturer": {"name": "M", "url": ["https://example.org/"]},
        "properties": [{"name": "workflow:x", "value": "1"}],
        "evidence": {
            "identity": [{"field": "name", "confidence": 1, "methods": [method]}],
            "occurrences": [{"location": "lib/d"}],
        },
    }
    assert found["primaryPackagePurpose"] == "OTHER"
    assert found["supplier"] == "Organization: S (a@example.org)"


def test_relationships() -> None:
    sbom = Sbom(
        subject=replace(A, components=(Component(ref="n", kind="file", name="n"),)),
        components=(B, C, Component(ref="out", kind="library", name="out", external=True)),
        dependencies=(Dependency("a", ("b", "out")), Dependency("b", ()), Dependency("out", ())),
        compositions=(
            Composition("incomplete", assemblies=("b",), dependencies=("a",)),
            Composition("unknown", dependencies=("out",)),
            Composition("complete", assemblies=("a",), dependencies=("b",)),
        ),
        formulation=(Component(ref="cc", kind="application", name="cc"),),
        containments=(Containment("b", ("c",)),),
    )
    found = document(sbom)
    assert relations(found) == {
        ("DOCUMENT", "DESCRIBES", "a"),
        ("a", "CONTAINS", "n"),
        ("a", "CONTAINS", "b"),
        ("b", "CONTAINS", "c"),
        ("b", "CONTAINS", "NOASSERTION"),
        ("a", "DEPENDS_ON", "b"),
        ("a", "DEPENDS_ON", "out"),
        ("a", "DEPENDS_ON", "NOASSERTION"),
        ("b", "DEPENDS_ON", "NONE"),
        ("out", "DEPENDS_ON", "NOASSERTION"),
        ("cc", "BUILD_TOOL_OF", "a"),
    }
    assert len(kept(found)["compositions"]) == 3


def licensed(*licences: SpdxLicence | NamedLicence) -> Component:
    return replace(A, licences=licences)


def test_several_licences_are_one_expression() -> None:
    found = package(
        licensed(SpdxLicence("MIT"), SpdxLicence("Apache-2.0 OR ISC"), SpdxLicence("MIT"))
    )
    assert found["licenseDeclared"] == "(Apache-2.0 OR ISC) AND MIT"
    assert "AND" in found["licenseComments"]
    assert "licenseConcluded" not in found


def test_a_licence_with_a_text_keeps_it() -> None:
    text = LicenceText("LicenseRef-x", "The licence.\n")
    found = document(Sbom(subject=licensed(SpdxLicence("MIT AND LicenseRef-x", texts=(text,)))))
    assert found["packages"][0]["licenseDeclared"] == "MIT AND LicenseRef-x"
    assert found["hasExtractedLicensingInfos"] == [
        {"licenseId": "LicenseRef-x", "extractedText": "The licence.\n"}
    ]


def test_words_become_an_identifier_and_a_text() -> None:
    found = document(Sbom(subject=licensed(NamedLicence("BSD-like (ours)"))))
    (info,) = found["hasExtractedLicensingInfos"]
    assert re.fullmatch(r"LicenseRef-BSD-like-ours-[0-9a-f]{32}", info["licenseId"])
    assert found["packages"][0]["licenseDeclared"] == info["licenseId"]
    assert info["name"] == info["extractedText"] == "BSD-like (ours)"
    assert "not at hand" in info["comment"]


def test_words_without_letters_have_an_identifier_too() -> None:
    found = document(Sbom(subject=licensed(NamedLicence("§", text="All rights."))))
    (info,) = found["hasExtractedLicensingInfos"]
    assert re.fullmatch(r"LicenseRef-[0-9a-f]{32}", info["licenseId"])
    assert (info["extractedText"], "comment" in info) == ("All rights.", False)


def test_one_identifier_with_two_texts_becomes_two() -> None:
    def other(ref: str, text: str) -> Component:
        texts = (LicenceText("LicenseRef-x", text),) if text else ()
        licence = SpdxLicence("LicenseRef-x", "concluded", texts)
        return Component(ref=ref, kind="library", name=ref, licences=(licence,))

    parts = (other("p", "one"), other("q", "two"), other("r", ""))
    found = document(Sbom(subject=A, components=parts))
    texts = {
        each["licenseId"]: each["extractedText"] for each in found["hasExtractedLicensingInfos"]
    }
    by_ref = {each["SPDXID"][-1]: each.get("licenseConcluded") for each in found["packages"]}
    assert [texts[by_ref[ref]] for ref in "pqr"] == ["one", "two", "LicenseRef-x"]
    assert by_ref["r"] == "LicenseRef-x"


def test_an_identifier_that_is_laid_in_wait_for_another_is_refused() -> None:
    taken = f"LicenseRef-x-{Digest.of(b'one').hex[:32]}"
    licences = (
        SpdxLicence("LicenseRef-x", texts=(LicenceText("LicenseRef-x", "one"),)),
        SpdxLicence("LicenseRef-x", texts=(LicenceText("LicenseRef-x", "two"),)),
        SpdxLicence(taken, texts=(LicenceText(taken, "forged"),)),
    )
    with pytest.raises(ModelError, match="different texts"):
        render(Sbom(subject=licensed(*licences)), created=CREATED, tool_version="1")


def test_who_stands_behind_the_document() -> None:
    publication = Publication(
        authors=(Contact("Ann", "ann@example.org"), Contact("The team")),
        supplier=Organisation("Supplier"),
        manufacturer=Organisation("The team", urls=("https://example.org/",)),
        licence=SpdxLicence("CC0-1.0"),
        sharing="CLEAR",
    )
    found = document(Sbom(subject=A).published(publication))
    assert found["creationInfo"]["creators"] == [
        "Tool: workflow-sbom-1.2.3",
        "Organization: The team",
        "Person: Ann (ann@example.org)",
    ]
    facts = kept(found)
    assert facts["distributionConstraints"] == {"tlp": "CLEAR"}
    assert facts["supplier"] == {"name": "Supplier"}
    alone = document(Sbom(subject=A).published(Publication(authors=(Contact("Ann"),))))
    assert "Person: Ann" in alone["creationInfo"]["creators"]


def test_a_tool_that_does_not_know_its_version_names_none() -> None:
    content = render(Sbom(subject=A, phases=()), created=CREATED, tool_version="0.0.0")
    assert faults(content) == []
    creation = json.loads(content)["creationInfo"]
    assert creation == {"created": "2026-11-02T03:04:05Z", "creators": ["Tool: workflow-sbom"]}


def test_another_data_licence_is_refused() -> None:
    sbom = Sbom(subject=A).published(Publication(licence=SpdxLicence("MIT")))
    with pytest.raises(ModelError, match=r"under CC0-1\.0, never 'MIT'"):
        render(sbom, created=CREATED, tool_version="1")


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ModelError, match="no time zone"):
        render(Sbom(subject=A), created=datetime(2026, 1, 1), tool_version="1")  # noqa: DTZ001


def test_the_namespace_follows_the_content() -> None:
    def namespace(sbom: Sbom, created: datetime = CREATED) -> str:
        content = render(sbom, created=created, tool_version="1")
        return str(json.loads(content)["documentNamespace"])

    assert namespace(Sbom(subject=A)) == namespace(Sbom(subject=A))
    others = {
        namespace(Sbom(subject=A)),
        namespace(Sbom(subject=B)),
        namespace(Sbom(subject=A), CREATED + timedelta(seconds=1)),
    }
    assert len(others) == 3
