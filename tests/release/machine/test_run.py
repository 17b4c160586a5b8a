"""Running programs: arguments as they are, nothing but the environment given, ended in time."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from workflow_release.errors import ToolError
from workflow_release.machine.run import Command, Completed, checked, run
from workflow_sbom.machine.processes import running

ENV = {"PATH": "/usr/bin:/bin"}


def shell(script: str, cwd: Path, **more: object) -> Command:
    return Command(argv=["sh", "-c", script], cwd=cwd, env=ENV, **more)  # type: ignore[arg-type]


def test_what_a_program_prints_comes_back_with_its_exit_code(tmp_path: Path) -> None:
    done = run(shell("echo out; echo err >&2; exit 3", tmp_path))
    assert done == Completed(code=3, stdout=b"out\n", stderr=b"err\n")


def test_arguments_reach_the_program_untouched(tmp_path: Path) -> None:
    words = ["$HOME", "a b", "`id`", ";rm", "*", "'", "", "é"]
    show = "import sys; print(sys.argv[1:])"
    done = run(Command(argv=[sys.executable, "-c", show, *words], cwd=tmp_path, env=ENV))
    assert done.stdout.decode() == f"{words}\n"


def test_the_environment_is_the_one_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    done = run(Command(argv=["env"], cwd=tmp_path, env={**ENV, "ONE": "1"}))
    assert set(done.stdout.split()) == {b"PATH=/usr/bin:/bin", b"ONE=1"}


def test_standard_input_is_empty_or_what_is_given(tmp_path: Path) -> None:
    assert run(shell("cat", tmp_path)).stdout == b""
    assert run(shell("cat", tmp_path, stdin=b"\0bytes")).stdout == b"\0bytes"


def test_a_log_gets_both_streams_after_what_it_holds(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    done = run(shell("echo out; echo err >&2", tmp_path, log=log))
    assert done == Completed(code=0, stdout=b"", stderr=b"")
    assert log.read_text() == "before\nout\nerr\n"


def test_files_are_made_with_usual_modes_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        run(shell("touch file; mkdir folder", tmp_path))
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["no-such-program-here"], "no-such-program-here: no such program, or no folder"),
        (["./text"], "./text: may not be run"),
        (["./broken"], "./broken: can't be started: "),
        (["sh", "-c", "a\0b"], "sh: can't be started: "),
    ],
)
def test_what_cannot_be_started_is_told(tmp_path: Path, argv: list[str], said: str) -> None:
    (tmp_path / "text").write_text("no program")
    (tmp_path / "broken").write_bytes(b"\0no program")
    (tmp_path / "broken").chmod(0o755)
    with pytest.raises(ToolError) as caught:
        run(Command(argv=argv, cwd=tmp_path, env=ENV))
    assert caught.value.message.startswith(said)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"no folder .*/absent"):
        run(shell("true", tmp_path / "absent"))


def test_who_takes_too_long_is_ended_with_all_it_started(tmp_path: Path) -> None:
    script = "sleep 60 & echo $! > child; wait"
    begin = time.monotonic()
    with pytest.raises(ToolError) as caught:
        run(shell(script, tmp_path, timeout=0.5))
    assert caught.value.message == "sh: not finished after 0.5 seconds"
    assert caught.value.remedy
    assert time.monotonic() - begin < 20
    child = int((tmp_path / "child").read_text())
    assert child not in {process.id for process in running()}


def test_checked_returns_what_was_printed(tmp_path: Path) -> None:
    assert checked(run, shell("echo yes", tmp_path)) == b"yes\n"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo first >&2; echo last >&2; exit 2", "sh failed with exit code 2: last"),
        ("exit 1", "sh failed with exit code 1: no message"),
        (r"printf '\377' >&2; exit 1", "sh failed with exit code 1: �"),
    ],
)
def test_checked_tells_a_failure_by_its_last_words(tmp_path: Path, script: str, said: str) -> None:
    with pytest.raises(ToolError) as caught:
        checked(run, shell(script, tmp_path))
    assert caught.value.message == said


def test_a_command_shown_shows_no_environment(tmp_path: Path) -> None:
    command = Command(argv=["env"], cwd=tmp_path, env={"GITHUB_TOKEN": "secret"})
    assert "secret" not in repr(command)
