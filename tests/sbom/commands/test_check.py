"""`workflow-sbom check`: three answers, three exit codes, every finding with its remedy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.sbom_desk import SbomDesk

POLICY = '[licences]\nallow = ["MIT"]\n'
VULNERABILITIES = POLICY + "[vulnerabilities]\nmax-age-days = 7\n"
RECORD: dict[str, Any] = {
    "schema_version": "1.7.0",
    "id": "GHSA-1",
    "summary": "it falls over",
    "modified": "2026-11-25T10:00:00Z",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "part"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
        }
    ],
}
OPEN_VEX: dict[str, Any] = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://example.org/vex/1",
    "author": "us",
    "timestamp": "2026-11-20T00:00:00Z",
    "version": 1,
    "statements": [
        {
            "vulnerability": {"name": "GHSA-1"},
            "products": [{"@id": "pkg:pypi/part@1.0"}],
            "status": "not_affected",
            "justification": "vulnerable_code_not_in_execute_path",
        }
    ],
}


def document(*licences: str) -> bytes:
    components = [
        {
            "type": "library",
            "name": "part",
            "version": "1.0",
            "purl": f"pkg:pypi/part@1.0?file_name={number}",
            "licenses": [{"expression": licence}],
        }
        for number, licence in enumerate(licences)
    ]
    table = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}
    return json.dumps(table).replace("?file_name=0", "").encode()


def policy(folder: Path, text: str = POLICY) -> Path:
    path = folder / "policy.toml"
    path.write_text(text)
    return path


def osv(folder: Path) -> Path:
    path = folder / "osv"
    path.mkdir()
    (path / "GHSA-1.json").write_text(json.dumps(RECORD))
    return path


def test_what_meets_the_policy_passes(tmp_path: Path) -> None:
    said = SbomDesk(piped=document("MIT")).run("check", "-", "--policy", policy(tmp_path))
    assert (said.code, said.out) == (0, "")
    assert said.err.endswith(f"{tmp_path}/policy.toml is met\n")


def test_what_does_not_is_refused_and_alike_findings_are_said_once(tmp_path: Path) -> None:
    desk = SbomDesk(piped=document(*["GPL-3.0-only"] * 7, "MIT"))
    said = desk.run("check", "-", "--policy", policy(tmp_path))
    assert said.code == 46
    lines = said.out.splitlines()
    assert lines[0] == "FAILED   the licence GPL-3.0-only is not allowed"
    assert lines[1] == "         standard input: components[0] (pkg:pypi/part@1.0)"
    assert lines[6:] == [
        "         and 2 more",
        "         -> replace the component, allow the licence, or except it with a reason",
    ]
    assert "error: " in said.err
    assert "refuses: 7 failed\nremedy: " in said.err


def test_what_is_not_known_has_a_code_of_its_own_and_fails_a_stable_release(
    tmp_path: Path,
) -> None:
    words = ("check", "-", "--policy", policy(tmp_path, VULNERABILITIES))
    desk = SbomDesk(piped=document("MIT"))
    said = desk.run(*words)
    assert said.code == 47
    assert "unknown  no database of vulnerabilities is given" in said.out
    assert "can't tell: " in said.err
    assert desk.run(*words, "--stable").code == 46


def test_a_database_finds_what_a_statement_may_excuse(tmp_path: Path) -> None:
    desk = SbomDesk(piped=document("MIT"))
    words = ("check", "-", "--policy", policy(tmp_path, VULNERABILITIES), "--osv", osv(tmp_path))
    said = desk.run(*words)
    assert said.code == 46
    assert said.out.startswith("database osv, of 2026-11-25, 1 records, sha256:")
    assert "FAILED   GHSA-1, severity unknown: it falls over" in said.out
    assert "-> upgrade to 2.0, or say in a VEX file why it does not matter" in said.out
    vex = tmp_path / "vex.json"
    vex.write_text(json.dumps(OPEN_VEX))
    excused = desk.run(*words, "--vex", vex)
    assert excused.code == 0
    assert "told     GHSA-1" in excused.out
    assert "vulnerable_code_not_in_execute_path" in excused.out


def test_the_age_of_a_database_counts_from_the_time_that_is_named_or_now(tmp_path: Path) -> None:
    desk = SbomDesk(piped=document("MIT"))
    words = ("check", "-", "--policy", policy(tmp_path, VULNERABILITIES), "--osv", osv(tmp_path))
    assert "days old" not in desk.run(*words).out
    said = desk.run(*words, "--at", "2027-01-01T00:00:00Z")
    assert "unknown  " in said.out
    assert desk.run(*words, "--at", "soon").code == 2


def test_a_program_is_told_everything(tmp_path: Path) -> None:
    words = ("check", "-", "--policy", policy(tmp_path, VULNERABILITIES), "--json")
    desk = SbomDesk(piped=document(*["GPL-3.0-only"] * 7))
    said = desk.run(*words)
    assert (said.code, said.json["answer"], said.json["database"]) == (46, "fail", None)
    refused = [each for each in said.json["findings"] if each["kind"] == "LicenceRefused"]
    assert len(refused) == 7
    assert refused[0] == {
        "kind": "LicenceRefused",
        "weight": "fail",
        "document": "standard input",
        "path": "components[0]",
        "purl": "pkg:pypi/part@1.0",
        "message": "the licence GPL-3.0-only is not allowed",
        "remedy": "replace the component, allow the licence, or except it with a reason",
    }
    with_database = desk.run(*words, "--osv", osv(tmp_path)).json
    assert with_database["at"] == "2026-11-26T12:00:00+00:00"
    assert with_database["database"]["as-of"] == "2026-11-25T10:00:00+00:00"


def test_a_policy_that_is_not_there_or_has_faults_is_told(tmp_path: Path) -> None:
    desk = SbomDesk(piped=document("MIT"))
    said = desk.run("check", "-", "--policy", tmp_path / "none")
    assert said.code == 2
    assert "workflow-sbom schema policy" in said.err
    said = desk.run("check", "-", "--policy", policy(tmp_path, "[licences]\nalow = 1\n[vex]\n"))
    assert said.code == 43
    assert f"error: {tmp_path}/policy.toml: licences.alow: unknown key (did you mean" in said.err
    assert said.err.count("error: ") == 3


def test_every_document_that_cannot_be_accepted_is_told(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"bomFormat": "CycloneDX", "specVersion": "1.6", "x": 1, "y": 2}')
    worse = tmp_path / "worse.json"
    worse.write_text("{{")
    said = SbomDesk(piped=b"[]").run(
        "check", "-", bad, worse, tmp_path / "none", "--policy", policy(tmp_path)
    )
    assert said.code == 42
    for told in (
        "error: standard input: an object is expected",
        f"error: {bad}: x: unknown key",
        f"error: {bad}: y: unknown key",
        f"error: {worse}: no JSON: ",
        f"error: {tmp_path}/none: can't be read: No such file or directory",
    ):
        assert told in said.err


def test_standard_input_is_read_once(tmp_path: Path) -> None:
    said = SbomDesk().run("check", "-", "-", "--policy", policy(tmp_path))
    assert said.code == 2
    assert "standard input can be read once" in said.err


@pytest.mark.parametrize("name", ["\x1b[2J", "a\nb"])
def test_nothing_of_a_document_acts_on_a_terminal(tmp_path: Path, name: str) -> None:
    hostile = json.loads(document("GPL-3.0-only"))
    hostile["components"][0]["purl"] = f"pkg:pypi/{name}"
    hostile["components"][0]["licenses"] = [{"license": {"name": name}}]
    said = SbomDesk(piped=json.dumps(hostile).encode()).run(
        "check", "-", "--policy", policy(tmp_path)
    )
    assert "\x1b" not in said.out
    assert said.code in {46, 47}


def test_the_schema_of_a_policy_knows_every_table() -> None:
    said = SbomDesk().run("schema", "policy")
    assert {"licences", "vulnerabilities", "vex", "quality"} <= said.json["properties"].keys()
