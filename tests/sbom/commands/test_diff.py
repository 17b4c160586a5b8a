"""`workflow-sbom diff`: as diff(1), 0 for nothing, 1 for something, other codes for failures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.sbom_desk import SbomDesk
from workflow_sbom.commands import documents


def document(folder: Path, name: str, *components: dict[str, Any], **more: Any) -> Path:
    table = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [*components], **more}
    path = folder / name
    path.write_text(json.dumps(table))
    return path


def part(name: str, version: str, digest: str = "a") -> dict[str, Any]:
    return {
        "type": "library",
        "name": name,
        "version": version,
        "bom-ref": name,
        "purl": f"pkg:pypi/{name}@{version}",
        "hashes": [{"alg": "SHA-256", "content": digest * 64}],
    }


def test_nothing_differs_in_one_document(tmp_path: Path) -> None:
    one = document(tmp_path, "one", part("x", "1"))
    said = SbomDesk().run("diff", one, one)
    assert said.code == 0
    assert said.out == "components: 1 before, 1 after; no difference\n"


def test_what_a_document_changes_is_a_table_with_the_alarming_first(tmp_path: Path) -> None:
    old = document(tmp_path, "old", part("x", "1.9"), part("y", "1", "a"), part("z", "1"))
    new = document(tmp_path, "new", part("x", "1.10"), part("y", "1", "b"), part("w", "1"))
    said = SbomDesk().run("diff", old, new)
    assert said.code == 1
    changes = [line.split()[0] for line in said.out.splitlines()]
    assert changes == ["change", "BYTES", "upgraded", "added", "dropped", "components:"]


def test_edges_are_listed_to_a_bound_or_all(tmp_path: Path) -> None:
    parts = [part(f"p{number}", "1") for number in range(15)]
    edges = [{"ref": "p0", "dependsOn": [each["bom-ref"] for each in parts[1:]]}]
    old = document(tmp_path, "old", *parts)
    new = document(tmp_path, "new", *parts, dependencies=edges)
    assert SbomDesk().run("diff", old, new).out.count("edge added") == 11
    assert SbomDesk().run("diff", old, new, "--edges").out.count("edge added") == 14


def test_a_program_is_told_the_same(tmp_path: Path) -> None:
    old = document(tmp_path, "old", part("x", "1"))
    new = document(tmp_path, "new", part("x", "2"))
    said = SbomDesk().run("diff", old, new, "--json")
    assert said.code == 1
    assert [each["step"] for each in said.json["stepped"]] == ["upgraded"]
    assert SbomDesk().run("diff", new, new, "--json").code == 0


def test_a_failure_is_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = document(tmp_path, "one")
    assert SbomDesk().run("diff", one, tmp_path / "none").code == 42

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(documents, "read_all", full)
    said = SbomDesk().run("diff", one, one)
    assert said.code == 40
    assert "can't be compared: No space left on device" in said.err

    def gone(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(documents, "read_all", gone)
    with pytest.raises(BrokenPipeError):
        SbomDesk().run("diff", one, one)
