"""The command line: words to requests, exit codes, and no traceback whatever happens."""

from __future__ import annotations

import argparse
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from support.sbom_desk import SbomDesk
from workflow_sbom.cli import COMMANDS, LINE

FOLDER = Path(__file__).resolve().parents[2] / "sbom/workflow_sbom/commands"
README = FOLDER.parents[1] / "README.md"
NO_COMMANDS = {"__init__", "documents", "gathering", "interface"}


def command(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workflow_sbom", *words],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], **environment},
        check=False,
    )


def test_every_command_has_its_module_and_every_module_its_command() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} - NO_COMMANDS == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        LINE.parse([name, "--help"])
    assert caught.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith(f"usage: workflow-sbom {name} [-h]")
    assert f"{COMMANDS[name].help}." in shown


def test_a_command_alone_takes_the_same_words_as_in_the_whole() -> None:
    words = ["make", "x.whl", "--created", "2026-01-01T00:00:00Z"]
    assert vars(LINE.parse(words)) == vars(LINE.whole_parser().parse_args(words))
    assert isinstance(LINE.parse(words), argparse.Namespace)


@pytest.mark.parametrize("words", [[], ["make"], ["mkae"], ["completion", "fish"]])
def test_misuse_has_its_own_exit_code_and_a_remedy(words: list[str]) -> None:
    done = command(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "remedy: workflow-sbom" in done.stderr


def test_a_mistyped_command_gets_a_suggestion() -> None:
    assert "did you mean 'make'?" in command("mkae").stderr


def test_nothing_is_said_twice_and_no_traceback_is_shown(tmp_path: Path) -> None:
    done = command("make", str(tmp_path / "none.whl"))
    assert done.returncode == 45
    assert done.stderr.startswith(f"error: {tmp_path}/none.whl: nothing is there\nremedy: ")
    assert len(done.stderr.splitlines()) == 2


def test_a_closed_pipe_ends_it_quietly() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "workflow_sbom", "completion", "bash"],
        stdout=writing, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_completion_knows_every_command() -> None:
    said = SbomDesk().run("completion", "bash")
    assert said.code == 0
    assert all(name in said.out for name in COMMANDS)


def test_a_start_imports_nothing_heavy() -> None:
    heavy = ("jsonschema_rs", "license_expression", "debian", "cyclonedx", "rich", "packaging")
    script = (
        "import sys; sys.argv = ['workflow-sbom', '--version']; "
        "from workflow_sbom.cli import run_command; run_command(['--version']); "
        f"print(sorted(set({heavy!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]\n"


def test_on_a_terminal_there_is_no_control_character_of_a_file_name(tmp_path: Path) -> None:
    reading, terminal = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "workflow_sbom", "make", f"{tmp_path}/\x1b[31mred.whl"],
        stdout=terminal, stderr=terminal, check=False, env={"TERM": "xterm"},
    )  # fmt: skip
    shown = os.read(reading, 4096).decode()
    os.close(terminal)
    os.close(reading)
    assert done.returncode == 45
    assert "\\x1b[31mred.whl: nothing is there" in shown
