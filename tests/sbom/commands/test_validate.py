"""`workflow-sbom validate`: every fault with its path, and an exit code that says how bad it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.sbom_desk import SbomDesk

GOOD = '{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}'
BAD = (
    '{"bomFormat": "CycloneDX", "specVersion": "1.7", "version": 1, "colour": 1,'
    ' "components": [{"type": "lib", "name": "x"}]}'
)


def written(folder: Path, **texts: str) -> list[Path]:
    paths = [folder / f"{name}.json" for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def test_what_is_valid_says_so_with_a_next_step(tmp_path: Path) -> None:
    (good,) = written(tmp_path, good=GOOD)
    said = SbomDesk().run("validate", good)
    assert said.code == 0
    assert said.out.splitlines()[1].split() == ["ok", str(good), "CycloneDX", "1.6", "0", "0"]
    assert said.err == f"next: workflow-sbom check {good}\n"


def test_every_fault_of_every_file_is_told_with_its_path(tmp_path: Path) -> None:
    good, bad, worse = written(tmp_path, good=GOOD, bad=BAD, worse=BAD)
    said = SbomDesk().run("validate", good, bad, worse)
    assert said.code == 49
    for path in (bad, worse):
        assert f"{path}: colour: unknown key\n" in said.out
        assert f"{path}: components[0].type: 'lib' is not one of the choices (did you" in said.out
    assert said.err.startswith("error: 2 of 3 documents can't be accepted\nremedy: ")


def test_what_no_schema_can_say_is_noticed_and_the_document_still_valid(tmp_path: Path) -> None:
    text = GOOD.replace("}", ', "dependencies": [{"ref": "nobody"}]}')
    (odd,) = written(tmp_path, odd=text)
    said = SbomDesk().run("validate", odd)
    assert said.code == 0
    assert said.out.splitlines()[1].split()[-2:] == ["0", "1"]
    assert f"{odd}: notice: dependencies[0].ref: 'nobody' is nothing in this document" in said.out
    assert SbomDesk().run("validate", odd, "--json").json[0]["notices"][0]["path"]


@pytest.mark.parametrize(
    ("text", "told"),
    [("{{", "no JSON: "), ('{"a": 1, "a": 1}', "stands twice"), ("[" * 5000, "nested deeper")],
)
def test_what_is_no_json_has_an_exit_code_of_its_own(tmp_path: Path, text: str, told: str) -> None:
    bad, worse = written(tmp_path, bad=BAD, worse=text)
    said = SbomDesk().run("validate", worse, bad)
    assert said.code == 42
    assert told in said.out


def test_a_file_that_is_not_there_hides_no_other(tmp_path: Path) -> None:
    (bad,) = written(tmp_path, bad=BAD)
    said = SbomDesk().run("validate", tmp_path / "none", bad)
    assert said.code == 42
    assert f"{tmp_path}/none: can't be read: No such file or directory" in said.out
    assert "colour: unknown key" in said.out


def test_standard_input_is_read_with_a_byte_order_mark_or_without() -> None:
    for data in (GOOD.encode(), b"\xef\xbb\xbf" + GOOD.encode()):
        said = SbomDesk(piped=data).run("validate", "-")
        assert (said.code, said.err) == (0, "")
        assert "ok       standard input  CycloneDX 1.6  0" in said.out


def test_more_than_is_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflow_sbom.canonical.MAX_BYTES", 10)
    said = SbomDesk(piped=GOOD.encode()).run("validate", "-")
    assert said.code == 42
    assert "standard input: standard input: more than 10 bytes" not in said.out
    assert "standard input: more than 10 bytes" in said.out


def test_a_program_is_told_the_same(tmp_path: Path) -> None:
    good, bad = written(tmp_path, good=GOOD, bad='{"spdxVersion": "SPDX-9.9"}')
    said = SbomDesk().run("validate", good, bad, "--json")
    assert said.code == 49
    assert [(each["valid"], each["format"]) for each in said.json] == [
        (True, "CycloneDX 1.6"),
        (False, "SPDX 9.9"),
    ]
    assert said.json[1]["faults"]
