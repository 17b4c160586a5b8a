from __future__ import annotations

import time
import tracemalloc
from decimal import Decimal
from typing import Any

import pytest

from workflow_sbom.formats.schemas import CYCLONEDX_SPECS, MAX_FAULTS, faults, path

HEAD = {"bomFormat": "CycloneDX", "specVersion": "1.7"}
SPDX = {
    "spdxVersion": "SPDX-2.3",
    "SPDXID": "SPDXRef-DOCUMENT",
    "dataLicense": "CC0-1.0",
    "name": "x",
    "documentNamespace": "https://x.test/1",
    "creationInfo": {"created": "2026-01-02T03:04:05Z", "creators": ["Tool: x"]},
}


def told(**members: Any) -> list[str]:
    return [str(fault) for fault in faults(HEAD | members)]


def library(**members: Any) -> dict[str, Any]:
    return {"type": "library", "name": "a"} | members


@pytest.mark.parametrize("spec", CYCLONEDX_SPECS)
def test_the_smallest_valid_document(spec: str) -> None:
    assert faults({"bomFormat": "CycloneDX", "specVersion": spec}) == ()


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ([], "an object is expected: CycloneDX and SPDX documents are"),
        (None, "an object is expected: CycloneDX and SPDX documents are"),
        (
            {},
            (
                "bomFormat: neither a CycloneDX nor an SPDX document"
                " (`CycloneDX` is expected here, or `spdxVersion` beside it)"
            ),
        ),
        (
            HEAD | {"specVersion": "1.3"},
            "specVersion: '1.3' is no version that is read (known: 1.4, 1.5, 1.6, 1.7)",
        ),
        (
            HEAD | {"specVersion": {"a": 1}},
            "specVersion: an object is no version that is read (known: 1.4, 1.5, 1.6, 1.7)",
        ),
        (
            HEAD | {"specVersion": 1.7},
            "specVersion: 1.7 is no version that is read (known: 1.4, 1.5, 1.6, 1.7)",
        ),
        (
            SPDX | {"spdxVersion": "SPDX-2.2"},
            "spdxVersion: 'SPDX-2.2' is no version that is read (known: SPDX-2.3)",
        ),
    ],
)
def test_what_is_no_document_that_is_read(document: Any, fault: str) -> None:
    assert [str(each) for each in faults(document)] == [fault]


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"colour": 1}, "colour: unknown key"),
        ({"components": [{"type": "library"}]}, "components[0].name: missing"),
        (
            {"components": [library(type="libary")]},
            "components[0].type: 'libary' is not one of the choices (did you mean 'library'?)",
        ),
        (
            {"components": [library(), library(components=[library(name=1)])]},
            'components[1].components[0].name: the value is not of type "string"',
        ),
        ({"metadata": {"timestamp": "now"}}, 'metadata.timestamp: the value is not a "date-time"'),
        (
            {"externalReferences": [{"type": "vcs", "url": "a b"}]},
            'externalReferences[0].url: the value is not a "iri-reference"',
        ),
        (
            {"metadata": {"authors": [{"email": "x"}]}},
            'metadata.authors[0].email: the value is not a "idn-email"',
        ),
        (
            {"components": [library(licenses=[{"license": {"id": "MITT"}}])]},
            (
                "components[0].licenses[0].license.id: 'MITT' is not one of the choices"
                " (did you mean 'MIT'?)"
            ),
        ),
        ({"components": [library(), library()]}, "components: the value has non-unique elements"),
        ({"version": Decimal("1.5")}, 'version: the value is not of type "integer"'),
    ],
)
def test_every_fault_has_its_path(members: dict[str, Any], fault: str) -> None:
    assert told(**members) == [fault]


def test_every_fault_is_told() -> None:
    assert told(components=[{"x": 1}, library(scope="x")], serialNumber="x")[:4] == [
        "components[0].type: missing",
        "components[0].name: missing",
        "components[0].x: unknown key",
        "components[1].scope: 'x' is not one of the choices (known: excluded, optional, required)",
    ]


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (["a", 0, "b"], "a[0].b"),
        ([0], "[0]"),
        (["bom-ref", "$schema"], "bom-ref.$schema"),
        (["a b", "\x1b", "é"], '["a b"]["\\u001b"]["\\u00e9"]'),
        (["x" * 1000], '["' + "x" * 80 + '"]'),
    ],
)
def test_paths(parts: list[str | int], text: str) -> None:
    assert path(parts) == text


def test_numbers_with_a_fraction_are_judged() -> None:
    def identity(confidence: str) -> dict[str, Any]:
        found = {"identity": [{"field": "purl", "confidence": Decimal(confidence)}]}
        return {"components": [library(evidence=found)]}

    assert told(**identity("0.80")) == []
    assert told(**identity("1.01")) == [
        "components[0].evidence.identity[0].confidence: the value is greater than the maximum of 1"
    ]


def test_an_spdx_document() -> None:
    package = {"SPDXID": "SPDXRef-a", "name": "a", "downloadLocation": "NOASSERTION"}
    assert faults(SPDX | {"packages": [package]}) == ()
    wrong = package | {"checksums": [{"algorithm": "SHA265", "checksumValue": "x"}]}
    assert [str(each) for each in faults(SPDX | {"packages": [wrong], "files": [{}]})][:2] == [
        (
            "packages[0].checksums[0].algorithm: 'SHA265' is not one of the choices"
            " (did you mean 'SHA256'?)"
        ),
        "files[0].SPDXID: missing",
    ]


def test_the_faults_of_a_large_document_are_found_item_by_item() -> None:
    components = [library(name=f"a{at}") for at in range(20_000)]
    components[7]["type"], components[19_999]["scope"] = "x", "y"
    found = faults(HEAD | {"components": components, "serialNumber": "z"})
    assert [fault.path for fault in found] == [
        "serialNumber",
        "components[7].type",
        "components[19999].scope",
    ]


def test_a_large_document_with_a_fault_of_its_own() -> None:
    components = [library(name=f"a{at}") for at in range(20_000)]
    assert [
        each.path for each in faults(HEAD | {"components": [*components, library(name="a7")]})
    ] == ["components"]


def hostile() -> dict[str, dict[str, Any]]:
    """Documents that are wrong in as many places, or as large ones, as can be."""
    wrong = {"type": "librar", "name": "x", "licenses": [{"license": {"id": "x"}}]}
    deep: dict[str, Any] = library(x=1)
    for _ in range(45):
        deep = library(x=1, description="y" * 10_000, components=[deep])
    megabyte = "\x1b[2J" + "x" * 1_000_000
    return {
        "a hundred thousand faults": {
            "components": [wrong | {"name": f"{n}"} for n in range(10**5)]
        },
        "faults inside one component": {"components": [library(components=[wrong] * 10**5)]},
        "a hundred thousand unknown keys": {f"k{number}": 1 for number in range(10**5)},
        "an unknown key of a megabyte": {megabyte: 1},
        "texts of a megabyte": {
            "serialNumber": megabyte,
            "components": [library(type=megabyte, cpe=megabyte), megabyte],
            "externalReferences": [{"type": megabyte, "url": f"a b{megabyte}"}],
        },
        "faults at every depth": {"components": [deep]},
    }


@pytest.mark.parametrize("case", hostile())
def test_hostile_documents_are_told_in_short_and_soon(case: str) -> None:
    document = HEAD | hostile()[case]
    faults(HEAD)
    tracemalloc.start()
    begun = time.process_time()
    found = faults(document)
    assert time.process_time() - begun < 5
    assert tracemalloc.get_traced_memory()[1] < 100 << 20
    tracemalloc.stop()
    assert 0 < len(found) <= MAX_FAULTS
    assert all(len(str(fault)) < 1000 and str(fault).isprintable() for fault in found)


def test_nesting_beyond_every_limit() -> None:
    value: Any = []
    for _ in range(2000):
        value = [value]
    assert [str(each) for each in faults(HEAD | {"components": value})] == [
        "nested too deeply to be checked"
    ]
