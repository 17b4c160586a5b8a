"""The committed documents hold the whole checklist, and the checklist would notice if not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support import checklist

GOLDEN = Path(__file__).parent.parent / "golden" / "sbom"
DOCUMENTS = sorted(GOLDEN.glob("*.cdx.json"))


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_row_is_held(path: Path) -> None:
    assert checklist.faults(read(path)) == []


def subject(document: Any) -> Any:
    return document["metadata"]["component"]


CHANGES: dict[str, Callable[[Any], Any]] = {
    "specification: it is 1.6": lambda d: d.update(specVersion="1.6"),
    "specification: no serial number": lambda d: d.pop("serialNumber"),
    "specification: no time": lambda d: d["metadata"].update(timestamp="2026-01-01T00:00:00+01:00"),
    "tool: no version": lambda d: d["metadata"]["tools"]["components"][0].pop("version"),
    "who stands behind: no metadata.authors": lambda d: d["metadata"].pop("authors"),
    "who stands behind: the manufacturer": lambda d: d["metadata"].update(
        manufacturer={"name": "a"}
    ),
    "who stands behind: no sharing": lambda d: d["metadata"].pop("distributionConstraints"),
    "primary component: no purl": lambda d: subject(d).pop("purl"),
    "name and version: pkg:pypi/anyio@4.16.0": lambda d: d["components"][0].pop("version"),
    "component creator: artifact:": lambda d: subject(d).pop("supplier"),
    "component creator: pkg:deb/": lambda d: d["components"].append(
        {"bom-ref": "pkg:deb/a/b@1", "type": "library", "name": "b", "purl": "pkg:deb/a/b@1"}
    ),
    "licence: artifact:": lambda d: subject(d).pop("licenses"),
    "identifiers: pkg:pypi/anyio@4.16.0": lambda d: d["components"][0].pop("purl"),
    "artefact hash: artifact:": lambda d: subject(d)["hashes"].pop(),
    "file properties: artifact:": lambda d: subject(d)["properties"].pop(),
    "where it is and what it was made from: artifact:": lambda d: subject(d).pop(
        "externalReferences"
    ),
    "graph: artifact:": lambda d: d["dependencies"][0].pop("dependsOn"),
    "graph: pkg:pypi/anyio@4.16.0": lambda d: d.update(
        dependencies=[each for each in d["dependencies"] if "anyio" not in each["ref"]]
    ),
    "completeness: nothing is said of what": lambda d: d["compositions"].pop(0),
    "completeness: two things": lambda d: d["compositions"].append(d["compositions"][0]),
    "completeness: nothing is said of the subject": lambda d: d.update(
        compositions=[each for each in d["compositions"] if "assemblies" not in each]
    ),
    "scope: pkg:pypi/anyio@4.16.0": lambda d: d["components"][0].pop("scope"),
    "no placeholder: .components[0].name is 'UNKNOWN'": lambda d: d["components"][0].update(
        name="UNKNOWN"
    ),
    "no placeholder: .components[0].hashes is empty": lambda d: d["components"][0].update(
        hashes=[]
    ),
}


@pytest.mark.parametrize("fault", CHANGES)
def test_the_checklist_notices(fault: str) -> None:
    document = copy.deepcopy(read(GOLDEN / "wheel.cdx.json"))
    CHANGES[fault](document)
    found = checklist.faults(document)
    assert any(each.startswith(fault) for each in found), found
