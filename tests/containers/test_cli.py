from __future__ import annotations

import json
from pathlib import Path

import pytest

from workflow_containers.cli import run_command


def test_the_schema_knows_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["required"] == ["name", "python", "entrypoint"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["files"]["items"]["properties"]["mode"]["enum"] == ["0644", "0755"]


def test_a_faulty_definition_ends_in_a_message_not_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.toml"
    path.write_text('name = "x"\nporst = [1]\n', encoding="utf-8")
    assert run_command(["lock", str(path)]) == 21
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"error: {path}: ")
    assert "did you mean 'ports'?" in err


@pytest.mark.parametrize("arguments", [[], ["lock"], ["brew"]])
def test_misuse_has_its_own_exit_code(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(arguments) == 2
    assert "remedy: workflow-containers" in capsys.readouterr().err
