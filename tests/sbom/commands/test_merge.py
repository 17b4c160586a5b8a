"""`workflow-sbom merge`: nothing lost, the same in every order, written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

from support.sbom_desk import SbomDesk


def document(folder: Path, name: str, **more: object) -> Path:
    component = {"type": "library", "name": name, "version": "1", "bom-ref": name}
    table = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}
    path = folder / f"{name}.json"
    path.write_text(json.dumps({**table, "metadata": {"component": component}, **more}))
    return path


def test_all_that_documents_say_is_in_one_whatever_their_order(tmp_path: Path) -> None:
    one, other = document(tmp_path, "one"), document(tmp_path, "other", annotations=[])
    merged = SbomDesk().run("merge", one, other)
    assert merged.code == 0
    assert {each["name"] for each in merged.json["components"]} == {"one", "other"}
    assert merged.json["annotations"] == []
    assert SbomDesk().run("merge", other, one, one).out == merged.out


def test_a_file_is_told_with_a_next_step_and_merged_again_is_the_same(tmp_path: Path) -> None:
    output = tmp_path / "new/all.json"
    one = document(tmp_path, "one")
    said = SbomDesk().run("merge", one, document(tmp_path, "other"), "-o", output)
    assert said.out == f"{output}\n"
    assert said.err.endswith(f"next: workflow-sbom diff {one} {output}\n")
    assert SbomDesk().run("merge", output, output).out.encode() == output.read_bytes()


def test_what_it_is_about_may_be_named(tmp_path: Path) -> None:
    one = document(tmp_path, "one")
    found = SbomDesk().run("merge", one, "--name", "all", "--version", "7").json
    assert found["metadata"]["component"] == {
        "type": "application",
        "name": "all",
        "version": "7",
        "bom-ref": "merged:all@7",
    }
    assert {"ref": "merged:all@7", "dependsOn": ["one"]} in found["dependencies"]
    found = SbomDesk().run("merge", one, "--name", "all").json
    assert found["metadata"]["component"]["bom-ref"] == "merged:all"
    for words in (("--version", "7"), ("--name", " ")):
        assert SbomDesk().run("merge", one, *words).code == 2


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    signature = {"algorithm": "RS512", "value": "x"}
    one = document(tmp_path, "one", signature=signature)
    said = SbomDesk().run("merge", one)
    assert "note: the signature of 1 document(s) is left out" in said.err


def test_one_bad_document_leaves_nothing_written(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"bomFormat": "CycloneDX", "specVersion": "9"}')
    output = tmp_path / "all.json"
    said = SbomDesk().run("merge", document(tmp_path, "one"), bad, "-o", output)
    assert (said.code, output.exists()) == (49, False)
    assert f"error: {bad}: specVersion: " in said.err
