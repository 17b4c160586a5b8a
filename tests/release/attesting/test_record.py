from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from simulators import releases
from workflow_release import names
from workflow_release.attesting import record
from workflow_release.attesting.record import Release
from workflow_release.errors import RecordError
from workflow_sbom import canonical


def test_the_record_holds_the_whole_line_and_every_other_file() -> None:
    made = releases.make()
    table = json.loads(record.render(made.release))
    assert table["schema"] == "https://github.com/GoCodeAlone/workflow/release/v1"
    assert table["plan"]["source"]["commit"] == "c" * 40
    assert table["plan"]["source"]["committed_at"] == "2026-01-02T03:04:05+00:00"
    assert table["plan"]["recipes"][0] == {
        "kind": "sdist", "distribution": "rocket", "project": ".", "inputs": []
    }  # fmt: skip
    assert table["gates"] == ["clean-tree", "strict-tag"]
    named = {table[key]["name"] for key in ("sums", "provenance", "release_sbom")}
    named |= {built["name"] for built in table["artifacts"]}
    named |= {built["sbom"]["name"] for built in table["artifacts"]}
    assert named == made.files.keys() - {"release.json", "release.json.sigstore.json"}


def test_gates_that_could_not_tell_are_named_when_there_are_any() -> None:
    release = releases.make().release
    assert "undecided" not in json.loads(record.render(release))
    left = replace(release, undecided=("policy",))
    assert json.loads(record.render(left))["undecided"] == ["policy"]
    assert record.parse(record.render(left)) == left
    told = json.loads(record.render(release)) | {"undecided": []}
    with pytest.raises(RecordError, match="canonical form"):
        record.parse(canonical.document(told))


def test_no_path_of_this_machine_gets_in() -> None:
    assert b"/nonexistent" not in record.render(releases.make().release)


def test_what_was_rendered_is_read_back() -> None:
    release = releases.make().release
    assert record.parse(record.render(release)) == release


def test_absent_facts_are_read_back_as_absent() -> None:
    plan = releases.plan()
    bare = replace(plan.source, tag=None, branch=None, repository=None)
    release = replace(releases.make().release, plan=replace(plan, source=bare, previous=None))
    assert record.parse(record.render(release)) == release


def _set(*path: Any) -> Callable[[Any], None]:
    """Set the value at a path: the last argument is the value."""
    *way, last, value = path

    def change(table: Any) -> None:
        for key in way:
            table = table[key]
        table[last] = value

    return change


def _drop(table: Any) -> None:
    del table["plan"]["source"]["commit"]


def _no_artifacts(table: Any) -> None:
    table["artifacts"] = []


def _twice(table: Any) -> None:
    table["artifacts"].append(table["artifacts"][0])


BAD: list[tuple[Callable[[Any], None], str]] = [
    (_drop, "plan.source.commit: missing"),
    (_set("plan", "colour", "red"), "plan.colour: unknown key"),
    (_set("plan", "source", "commited_at", "x"), "plan.source.commited_at: unknown key"),
    (_set("artifacts", 0, "size", -1), "the size -1 is below zero"),
    (_set("artifacts", 0, "size", 1.5), "an integer is expected, not a float"),
    (_set("artifacts", 0, "size", True), "an integer is expected, not a boolean"),
    (_set("artifacts", 1, "digest", "sha256:x"), "artifacts[1].digest: 'x' is no SHA-256 digest"),
    (_set("artifacts", 0, "digest", "sha512:" + "a" * 128), "is no digest of the form sha256"),
    (_set("artifacts", 0, "name", "../../etc/passwd"), "is no portable file name"),
    (_set("artifacts", 0, "name", "a\u001b[2J"), "'a\\x1b[2J' is no portable file name"),
    (_set("artifacts", 0, "name", "release.json"), "one of the release's own documents"),
    (_set("artifacts", 0, "sbom", "name", "other.cdx.json"), "The SBOM of".lower()),
    (_set("artifacts", 0, "recipe", "wheel:moon"), "recipes that the plan has not: wheel:moon"),
    (_set("plan", "version", "1.2"), "plan.version: '1.2' is no version"),
    (_set("plan", "source", "committed_at", "2026-01-02T03:04:05"), "has no offset from UTC"),
    (_set("plan", "recipes", 0, "kind", "weel"), "did you mean 'wheel'?"),
    (_set("sums", "name", "MD5SUMS"), "the sums and the provenance are SHA256SUMS"),
    (_set("schema", f"{names.NAMESPACE}/release/v2"), "no record of the schema"),
    (_no_artifacts, "at least one artifact"),
    (_twice, "two files of one name"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "reason"), BAD)
def test_a_faulty_record_is_refused_with_its_reason(
    change: Callable[[Any], None], reason: str
) -> None:
    table = json.loads(record.render(releases.make().release))
    change(table)
    with pytest.raises(RecordError) as refused:
        record.parse(json.dumps(table, indent=2, sort_keys=True, ensure_ascii=False).encode())
    assert reason.lower() in refused.value.message.lower()
    assert all(line.isprintable() for line in refused.value.message.splitlines())


def test_all_faults_are_told_at_once() -> None:
    table = json.loads(record.render(releases.make().release))
    table["plan"]["name"] = 7
    del table["gates"]
    with pytest.raises(RecordError) as refused:
        record.parse(canonical.document(table))
    assert refused.value.message.splitlines() == [
        "release.json: plan.name: a string is expected, not an integer",
        "release.json: gates: missing",
    ]


@pytest.mark.parametrize(
    "reform",
    [
        lambda data: data + b"\n",
        lambda data: data.rstrip(),
        lambda data: canonical.encode(json.loads(data)),
        lambda data: data.replace(b'"on_main"', b'"on-main"'),
        lambda data: data.replace("«".encode(), b"\\u00ab"),
        lambda data: data.replace(b'"."', b'"./"'),
        lambda data: data.replace(b"03:04:05+00:00", b"03:04:05Z"),
    ],
)
def test_another_text_of_the_same_values_is_refused(reform: Callable[[bytes], bytes]) -> None:
    data = record.render(releases.make().release)
    assert reform(data) != data
    with pytest.raises(RecordError, match="canonical form"):
        record.parse(reform(data))


@pytest.mark.parametrize("data", [b"", b"[]", b"nul", b"{" * 9999, b"\xff", b"{}", b"1" * 9999])
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(RecordError):
        record.parse(data)


def test_a_release_without_artifacts_can_not_be_made() -> None:
    made = releases.make().release
    with pytest.raises(ValueError, match="at least one artifact"):
        Release(
            plan=made.plan,
            artifacts=(),
            release_sbom=made.release_sbom,
            sums=made.sums,
            provenance=made.provenance,
            gates=(),
        )
