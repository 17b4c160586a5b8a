"""The command line: words to requests, exit codes, and no traceback whatever happens."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from workflow_release import __version__, version
from workflow_release.cli import COMMANDS, FORMATS, LINE, parse, run_command
from workflow_release.errors import UsageError

COMMANDS_FOLDER = Path(__file__).resolve().parents[2] / "release/workflow_release/commands"


def usage_error(*words: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse(words)
    return caught.value


def test_every_command_has_its_module_and_every_module_its_command() -> None:
    modules = {path.stem for path in COMMANDS_FOLDER.glob("*.py")}
    assert modules - {"__init__", "interface", "making"} == set(COMMANDS)


def test_the_formats_are_those_of_versions() -> None:
    assert version.FORMATS == FORMATS


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_alone_takes_the_same_words_as_in_the_whole(name: str) -> None:
    words = {"completion": ["bash"], "trust": ["list"]}.get(name, [])
    assert parse([name, *words]) == LINE.whole_parser().parse_args([name, *words])
    assert parse([name, *words]).command == name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse([name, "--help"])
    assert caught.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith(f"usage: workflow-release {name} [-h]")
    assert f"{COMMANDS[name].help}." in shown


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for name, command in COMMANDS.items():
        assert f"{name} {command.help}" in shown


def test_words_become_values() -> None:
    asked = parse(["build", "-C", "there", "--only", "a", "--only", "b", "--output", "o", "--json"])
    assert asked == argparse.Namespace(
        command="build",
        repository_path=Path("there"),
        json=True,
        mirror=None,
        security_mirror=None,
        only=["a", "b"],
        output=Path("o"),
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["plna"], "workflow-release: no such command: 'plna'; did you mean 'plan'?"),
        (
            ["version", "--format", "pep"],
            "workflow-release version: no such --format: 'pep'; did you mean 'pep440'?",
        ),
        (["cut", "--dryrun"], "workflow-release cut: no such option: '--dryrun';"),
        (["cut", "--dry"], "workflow-release cut: no such option: '--dry'; did you mean"),
        (["trust", "ad"], "workflow-release trust: no such action: 'ad'; did you mean 'add'?"),
        ([], "workflow-release: the following arguments are required: command"),
        ([""], "workflow-release: no such command: ''; known: build,"),
        (["plan", "extra"], "workflow-release plan: unrecognized arguments: extra"),
        (["cut", "--tag"], "workflow-release cut: argument --tag: expected one argument"),
    ],
)
def test_mistakes_are_told_with_what_may_have_been_meant(words: list[str], said: str) -> None:
    error = usage_error(*words)
    assert error.message.startswith(said)
    assert error.remedy == f"{error.message.partition(':')[0]} --help"


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


def command(
    cwd: Path, *words: str, script: str = "", stdout: int = subprocess.PIPE, **env: str
) -> Outcome:
    """The command in its own process; `script` changes what it imports before it starts."""
    start = f"{script}\nfrom workflow_release.__main__ import main\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", start, *words],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd), **env},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return Outcome(code=done.returncode, out=done.stdout or "", err=done.stderr)


def test_a_result_is_on_standard_output(tmp_path: Path) -> None:
    assert command(tmp_path, "--version") == Outcome(0, f"workflow-release {__version__}\n", "")


def test_an_error_is_on_standard_error_with_its_code(tmp_path: Path) -> None:
    assert command(tmp_path, "plan") == Outcome(
        4,
        "",
        f"error: {tmp_path} is in no git checkout\n"
        "remedy: change into one, or name it with -C DIR\n",
    )


def test_words_with_control_characters_do_not_reach_the_terminal(tmp_path: Path) -> None:
    done = command(tmp_path, "\x1b[2J")
    assert done.code == 2
    assert "\x1b" not in done.err
    assert r"\x1b[2J" in done.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--version"], 0, f"workflow-release {__version__}\n"),
        (["schema"], 0, '"$schema"'),
        (["plna"], 2, "error: workflow-release: no such command: 'plna'; did you mean 'plan'?"),
        (["plan", "-C", "/nonexistent"], 4, "error: /nonexistent: no such folder"),
        (["verify", "-C", "/nonexistent"], 2, "remedy: name a release folder"),
    ],
)
def test_a_command_line_ends_with_a_code_and_a_word(
    capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    assert run_command(words) == code
    shown = capsys.readouterr()
    assert said in (shown.err if code else shown.out)
    assert (shown.out if code else shown.err) == ""


BROKEN = """
import workflow_release.commands.schema as broken
def run(asked, shell):
    raise {error}
broken.run = run
"""


def test_a_fault_of_our_own_is_told_without_a_traceback(tmp_path: Path) -> None:
    done = command(tmp_path, "schema", script=BROKEN.format(error="KeyError('x')"))
    (log,) = (tmp_path / ".cache/workflow-release/logs").iterdir()
    assert done.code == 70
    assert done.err.startswith(f"error: internal fault, please report; details in {log}\n")
    assert "Traceback" not in done.err
    assert "KeyError: 'x'" in log.read_text()


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        ("__import__('workflow_sbom.errors').errors.InventoryError('odd')", 45, "error: odd"),
        ("__import__('workflow_containers.errors').errors.MirrorError('odd')", 25, "error: odd"),
        ("PermissionError(13, 'Permission denied', '/x')", 1, "error: /x: Permission denied"),
        ("KeyboardInterrupt", 130, "interrupted; nothing half-made was left"),
    ],
)
def test_whatever_escapes_a_command_is_told(
    tmp_path: Path, error: str, code: int, said: str
) -> None:
    done = command(tmp_path, "schema", script=BROKEN.format(error=error))
    assert done.code == code
    assert done.err.startswith(said)
    assert "Traceback" not in done.err


@pytest.mark.parametrize("words", [["schema"], ["--help"], ["completion", "bash"]])
def test_nobody_reading_is_no_fault(tmp_path: Path, words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = command(tmp_path, *words, stdout=writer)
    finally:
        os.close(writer)
    assert (done.code, done.err) == (141, "")


def test_an_interruption_before_anything_begins_is_no_traceback(tmp_path: Path) -> None:
    script = "import sys\nclass No:\n def find_spec(self, name, *_):\n"
    script += "  if name == 'workflow_release.cli': raise KeyboardInterrupt\n"
    script += "sys.meta_path.insert(0, No())"
    assert command(tmp_path, "plan", script=script) == Outcome(130, "", "")


HEAVY = {
    "workflow_release.planning.config",
    "workflow_release.repository.git",
    "workflow_sbom.tables",
    "workflow_sbom.texts",
    "workflow_containers",
    "rich",
    "json",
}


def test_the_help_imports_next_to_nothing(tmp_path: Path) -> None:
    script = "import atexit, sys\n"
    script += (
        f"atexit.register(lambda: sys.stderr.write(repr(sorted({HEAVY!r} & set(sys.modules)))))"
    )
    done = command(tmp_path, "--help", script=script)
    assert (done.code, done.err) == (0, "[]")
