"""What tests of commands share: running one in this process, and golden texts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.outcome import Outcome
from support.two_shops import Golden, Run
from workflow_containers.cli import run_command

GOLDEN = Path(__file__).parents[2] / "golden" / "containers"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line in this process, in a folder and with a store of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKFLOW_CONTAINERS_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("NO_COLOR", "1")

    def command(*words: str | Path) -> Outcome:
        capsys.readouterr()
        code = run_command([str(word) for word in words])
        out, err = capsys.readouterr()
        return Outcome(code=code, out=out, err=err)

    return command


@pytest.fixture
def golden() -> Golden:
    """Compare with the committed text; `WORKFLOW_GOLDEN=write` writes it anew."""

    def check(name: str, found: str) -> None:
        path = GOLDEN / f"{name}.txt"
        if os.environ.get("WORKFLOW_GOLDEN") == "write":
            path.write_text(found, encoding="utf-8")
        assert found == path.read_text(encoding="utf-8")

    return check
