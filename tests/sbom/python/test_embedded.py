"""Documents inside distributions: what they state is taken over, what they can't be is said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workflow_sbom.model.document import Dependency
from workflow_sbom.model.licence import NamedLicence, SpdxLicence
from workflow_sbom.model.parts import Contact, ExternalReference, Hash
from workflow_sbom.python import contents, embedded, embedded_cyclonedx, embedded_spdx
from workflow_sbom.python.contents import Document
from workflow_sbom.python.embedded import Stated

OWNER = "pkg:pypi/demo@1"


def read(*tables: Any) -> Stated:
    documents = [
        table
        if isinstance(table, Document)
        else Document(path=f"demo-1.dist-info/sboms/{at}.json", data=json.dumps(table).encode())
        for at, table in enumerate(tables)
    ]
    return embedded.read(OWNER, documents)


def cyclonedx(*components: Any, **more: Any) -> dict[str, Any]:
    subject = {"type": "library", "name": "demo", "bom-ref": "me"}
    table = {"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": subject}}
    return table | {"components": list(components)} | more


def part(ref: str | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "library", "name": "zlib"} | ({"bom-ref": ref} if ref else {}) | more


def test_a_component_with_all_that_is_kept() -> None:
    (found,) = read(
        cyclonedx(
            part(
                "z",
                group="org.zlib",
                version="1.3",
                purl="pkg:generic/zlib@1.3?b=2&a=1",
                description="Compresses\nand the reverse.",
                copyright="Copyright 1995 Mark Adler",
                scope="required",
                author="Mark Adler",
                hashes=[{"alg": "SHA-256", "content": "A" * 64}, {"alg": "BLAKE3", "content": "a"}],
                licenses=[
                    {"license": {"id": "Zlib"}},
                    {"license": {"name": "Odd words"}},
                    {"expression": "MIT OR ISC"},
                ],
                externalReferences=[
                    {"type": "website", "url": "https://example.org/"},
                    {"type": "website", "url": "javascript:alert(1)"},
                    {"type": "strange", "url": "https://example.org/"},
                ],
                components=[part("inner", name="adler32")],
            )
        )
    ).components
    assert (found.ref, found.kind, found.name) == (f"{OWNER}#0.json:z", "library", "zlib")
    assert (found.group, found.version) == ("org.zlib", "1.3")
    assert found.purl == "pkg:generic/zlib@1.3?a=1&b=2"
    assert found.description == "Compresses\nand the reverse."
    assert found.copyright == "Copyright 1995 Mark Adler"
    assert (found.scope, found.authors) == ("required", (Contact("Mark Adler"),))
    assert found.hashes == (Hash("SHA-256", "a" * 64),)
    assert found.licences == (
        SpdxLicence("Zlib"),
        NamedLicence("Odd words"),
        SpdxLicence("MIT OR ISC"),
    )
    assert found.references == (ExternalReference("website", "https://example.org/"),)
    assert [each.name for each in found.components] == ["adler32"]


def test_edges_are_the_documents_own() -> None:
    stated = read(
        cyclonedx(
            part("me", name="demo"),
            part("z"),
            part("y", authors=[{"name": "A", "email": "a@example.org"}]),
            dependencies=[
                {"ref": "me", "dependsOn": ["z", "nothing", 7]},
                {"ref": "z", "dependsOn": ["y", "me"]},
                {"ref": "y"},
                {"ref": "nothing", "dependsOn": ["z"]},
            ],
        )
    )
    assert [each.ref for each in stated.components] == [f"{OWNER}#0.json:z", f"{OWNER}#0.json:y"]
    assert stated.needs == {f"{OWNER}#0.json:z"}
    assert stated.edges == (
        Dependency(f"{OWNER}#0.json:y", ()),
        Dependency(f"{OWNER}#0.json:z", (f"{OWNER}#0.json:y",)),
    )


def test_what_lies_in_the_subject_is_a_part_too() -> None:
    table = cyclonedx()
    table["metadata"]["component"]["components"] = [part()]
    (found,) = read(table).components
    assert found.ref == f"{OWNER}#0.json:metadata.component.components[0]"


def test_two_documents_may_use_the_same_references() -> None:
    found = read(cyclonedx(part("z")), cyclonedx(part("z"))).components
    assert [each.ref for each in found] == [f"{OWNER}#0.json:z", f"{OWNER}#1.json:z"]


def test_tools_that_built_it_are_no_parts() -> None:
    assert read(cyclonedx(formulation=[{"components": [part("tool")]}])) == Stated()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("purl", "pkg:"),
        ("purl", 7),
        ("purl", "no package URL"),
        ("version", "1\x1b[31m"),
        ("version", ["1"]),
        ("description", "\u202eevil"),
        ("hashes", "none"),
        ("hashes", [7, {"alg": "SHA-256", "content": "no hex"}, {"alg": "SHA-256"}]),
        ("licenses", [{"license": "MIT"}, {"license": {"id": 7}}, "MIT"]),
        ("authors", [{"name": "\x00"}]),
        ("authors", [{"name": "A", "email": "no address"}]),
        ("externalReferences", [{"type": ["website"], "url": "https://example.org"}]),
        ("scope", "sometimes"),
        ("scope", []),
        ("copyright", ""),
        ("licenses", [{"expression": ["MIT"]}]),
        ("components", []),
    ],
)
def test_what_can_not_be_true_is_left_out_and_the_rest_kept(field: str, value: Any) -> None:
    stated = read(cyclonedx(part("z", **{field: value})), cyclonedx(part("z")))
    first, second = stated.components
    assert stated.faults == ()
    assert first.name == second.name
    for each in ("purl", "version", "description", "hashes", "licences", "authors", "scope"):
        assert getattr(first, each) == getattr(second, each)


def deep(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = part()
    for _ in range(levels):
        inner = part(components=[inner])
    return inner


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (cyclonedx(part("z"), part("z")), "the bom-ref 'z' stands twice"),
        (cyclonedx(7), "`components[0]` is no object"),
        (cyclonedx() | {"components": {}}, "`components` is no array"),
        (cyclonedx({"type": "library"}), "`components[0]` has no name"),
        (cyclonedx(part(type="nonsense")), "has no name or no type"),
        (cyclonedx(part(name="\x1b[2J")), "has no name or no type"),
        (cyclonedx(deep(60)), "nested deeper than 100 levels"),
        (cyclonedx(dependencies=[{"ref": "me", "dependsOn": 7}]), "`dependsOn` is no array"),
        ([], "neither CycloneDX nor SPDX 2"),
        ({"spdxVersion": "SPDX-3.0"}, "neither CycloneDX nor SPDX 2"),
        ({"spdxVersion": "SPDX-2.3", "packages": {}}, "`packages` is no array"),
        ({"spdxVersion": "SPDX-2.3", "packages": [{"name": "a"}]}, "no name or no SPDXID"),
        ({"spdxVersion": "SPDX-2.3", "packages": ["a"]}, "`packages[0]` has no name"),
        ({"spdxVersion": "SPDX-2.3", "relationships": [{}]}, "without its two ends"),
        (
            {"spdxVersion": "SPDX-2.3", "packages": [{"name": "a", "SPDXID": "SPDXRef-a"}] * 2},
            "'SPDXRef-a' stands twice",
        ),
        (Document(path="x.dist-info/sboms/x", data=b"\xff"), "not UTF-8"),
        (Document(path="x.dist-info/sboms/x", data=b'{"a":1,"a":2}'), "stands twice"),
        (Document(path="x.dist-info/sboms/x", data=b"[" * 100_000), "nested deeper"),
        (Document(path="x.dist-info/sboms/x", data=b"<xml/>"), "no JSON"),
    ],
)
def test_a_document_that_can_not_be_read_is_said(table: Any, reason: str) -> None:
    stated = read(table, cyclonedx(part("z")))
    ((path, why),) = stated.faults
    assert path.endswith(("/sboms/0.json", "/sboms/x"))
    assert reason in why
    assert [each.name for each in stated.components] == ["zlib"]


def test_documents_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "MAX_DOCUMENT", 100)
    big = Document(path="x.dist-info/sboms/x", data=b" " * 101)
    assert read(big).faults == (("x.dist-info/sboms/x", "more than 100 bytes"),)
    assert contents.MAX_DOCUMENT == 16 << 20
    monkeypatch.undo()
    monkeypatch.setattr(embedded_cyclonedx, "MAX_COMPONENTS", 2)
    assert "more than 2 components" in read(cyclonedx(part(), part(), part())).faults[0][1]
    monkeypatch.setattr(embedded_spdx, "MAX_PACKAGES", 0)
    assert read({"spdxVersion": "SPDX-2.2", "packages": [{}]}).faults


def spdx(*packages: dict[str, Any], **more: Any) -> dict[str, Any]:
    own = {"name": "demo", "SPDXID": "SPDXRef-demo"}
    return {"spdxVersion": "SPDX-2.3", "packages": [own, *packages]} | more


def relation(one: str, kind: str, other: str) -> dict[str, str]:
    return {
        "spdxElementId": f"SPDXRef-{one}",
        "relationshipType": kind,
        "relatedSpdxElement": f"SPDXRef-{other}",
    }


ZLIB = {
    "name": "zlib",
    "SPDXID": "SPDXRef-zlib",
    "versionInfo": "1.3",
    "licenseDeclared": "Zlib",
    "copyrightText": "Copyright 1995 Mark Adler",
    "checksums": [{"algorithm": "SHA1", "checksumValue": "b" * 40}, {"algorithm": "ADLER32"}],
    "externalRefs": [
        {"referenceType": "cpe23Type", "referenceLocator": "pkg:generic/no@1"},
        {"referenceType": "purl", "referenceLocator": "pkg:generic/zlib@1.3"},
    ],
}


def test_spdx() -> None:
    bare = {
        "name": "bare",
        "SPDXID": "SPDXRef-bare",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NONE",
    }
    relations = [
        relation("DOCUMENT", "DESCRIBES", "demo"),
        relation("demo", "CONTAINS", "zlib"),
        relation("bare", "DEPENDENCY_OF", "zlib"),
        relation("bare", "OTHER", "zlib"),
        relation("gone", "CONTAINS", "zlib"),
        relation("zlib", "DEPENDS_ON", "demo"),
    ]
    stated = read(spdx(ZLIB, bare, relationships=relations))
    zlib, other = stated.components
    assert (zlib.name, zlib.version, zlib.purl) == ("zlib", "1.3", "pkg:generic/zlib@1.3")
    assert (zlib.licences, zlib.copyright) == ((SpdxLicence("Zlib"),), "Copyright 1995 Mark Adler")
    assert zlib.hashes == (Hash("SHA-1", "b" * 40),)
    assert (other.licences, other.copyright, other.purl) == ((), None, None)
    assert stated.needs == {zlib.ref}
    assert stated.edges == (Dependency(zlib.ref, (other.ref,)),)


@pytest.mark.parametrize(
    "more",
    [
        {"documentDescribes": ["SPDXRef-demo", 7]},
        {"relationships": [relation("demo", "DESCRIBED_BY", "DOCUMENT")]},
    ],
)
def test_spdx_names_its_subject_in_three_ways(more: dict[str, Any]) -> None:
    assert [each.name for each in read(spdx(ZLIB, **more)).components] == ["zlib"]
