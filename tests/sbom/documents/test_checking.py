from __future__ import annotations

from typing import Any

from workflow_sbom.documents.checking import notices
from workflow_sbom.documents.view import view
from workflow_sbom.formats.schemas import MAX_FAULTS


def library(name: str, **members: Any) -> dict[str, Any]:
    return {"type": "library", "name": name, "bom-ref": name} | members


def noticed(**members: Any) -> dict[str, str]:
    document = view({"bomFormat": "CycloneDX", "specVersion": "1.6"} | members)
    return {each.path: each.message for each in notices(document)}


def test_a_sound_document() -> None:
    assert (
        noticed(
            metadata={"component": library("app", purl="pkg:pypi/app@1")},
            components=[library("a"), library("b")],
            dependencies=[{"ref": "app", "dependsOn": ["a", "b"]}, {"ref": "a"}],
            compositions=[{"aggregate": "complete", "assemblies": ["app"], "dependencies": ["a"]}],
            vulnerabilities=[{"affects": [{"ref": "a"}, {"ref": "urn:cdx:other/1#b"}]}],
            signature={"algorithm": "ES256", "value": "x"},
        )
        == {}
    )


def test_a_reference_borne_twice() -> None:
    inside = library("b", components=[library("a", version="2")])
    assert noticed(components=[library("a"), inside]) == {
        "components[1].components[0].bom-ref": "'a' is borne by components[0] too"
    }


def test_references_to_nothing() -> None:
    found = noticed(
        components=[library("a")],
        dependencies=[{"ref": "a", "dependsOn": ["gone"]}],
        compositions=[{"aggregate": "complete", "assemblies": ["a", "gone"]}],
        vulnerabilities=[{"affects": [{"ref": "gone"}]}],
        annotations=[
            {
                "subjects": ["gone"],
                "annotator": {"individual": {"name": "x"}},
                "timestamp": "2026-01-02T03:04:05Z",
                "text": "x",
            }
        ],
    )
    assert found == dict.fromkeys(
        [
            "dependencies[0].dependsOn[0]",
            "compositions[0].assemblies[1]",
            "vulnerabilities[0].affects[0].ref",
            "annotations[0].subjects[0]",
        ],
        "'gone' is nothing in this document",
    )


def test_several_entries_for_one_thing() -> None:
    entries = [{"ref": "a"}, {"ref": "b"}, {"ref": "a", "dependsOn": ["b"]}]
    assert noticed(components=[library("a"), library("b")], dependencies=entries) == {
        "dependencies[2]": "'a' has the entry dependencies[0] too"
    }


def test_names_that_are_none() -> None:
    found = noticed(components=[library("a", purl="pypi/a@1"), library("urn:cdx:x/1")])
    assert found == {
        "components[0].purl": "'pypi/a@1' is no package URL",
        "components[1].bom-ref": "a reference that reads as a BOM-Link to another document",
    }


def test_many_and_long_ones_are_told_in_short() -> None:
    entries = [{"ref": f"\x1b[2J{number}{'x' * 10_000}"} for number in range(1000)]
    found = noticed(dependencies=entries)
    assert len(found) == MAX_FAULTS
    assert all(len(each) < 200 and each.isprintable() for each in found.values())
