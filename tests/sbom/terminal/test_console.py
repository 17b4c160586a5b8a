"""What reaches a terminal, a pipe, a program, and an encoding that has few letters."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from workflow_release.errors import ReleaseError
from workflow_sbom.terminal.console import Console, printable_lines
from workflow_sbom.terminal.watch import LiveProgress, PlainProgress

HOSTILE = "a\x1b[2Jb\x07c\rd\u202ee\x9bf"
SHOWN = r"a\x1b[2Jb\x07c\rd\u202ee\x9bf"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def console(*, colour: bool = False, live: bool = False) -> Console:
    return Console(out=Terminal(), err=Terminal(), colour=colour, live=live)


def out(console: Console) -> str:
    assert isinstance(console.out, io.StringIO)
    return console.out.getvalue()


def err(console: Console) -> str:
    assert isinstance(console.err, io.StringIO)
    return console.err.getvalue()


def test_results_and_remarks_go_different_ways() -> None:
    made = console()
    made.result("result")
    made.say("remark")
    made.next_step("do this")
    assert (out(made), err(made)) == ("result\n", "remark\nnext: do this\n")


@pytest.mark.parametrize("colour", [True, False])
def test_no_control_character_reaches_anyone(*, colour: bool) -> None:
    made = console(colour=colour)
    made.result(HOSTILE)
    made.say(HOSTILE)
    made.table(("column",), [(HOSTILE,)])
    made.error(ReleaseError(HOSTILE, remedy=HOSTILE))
    assert SHOWN in out(made)
    assert err(made).count(SHOWN) == 3
    for text in (out(made), err(made)):
        plain = text.replace("\x1b[1m", "").replace("\x1b[0m", "")
        assert all(char.isprintable() or char == "\n" for char in plain)


def test_lines_stay_lines_and_tabs_become_blanks() -> None:
    assert printable_lines("one\n\ttwo\r\n\ud800") == "one\n        two\\r\n\\ud800"


@pytest.mark.parametrize("colour", [True, False])
def test_a_cell_cannot_look_like_another_row(*, colour: bool) -> None:
    made = console(colour=colour)
    made.table(("verdict", "file"), [("FAILED", "x\nok       y")])
    assert len(out(made).splitlines()) == 2


def test_a_table_without_colour_is_aligned_text() -> None:
    made = console()
    made.table(("name", "size"), [("a", "1"), ("longer name", "20")])
    assert out(made) == "name         size\na            1\nlonger name  20\n"


def test_a_table_without_rows_has_its_columns() -> None:
    made = console()
    made.table(("name", "size"), [])
    assert out(made) == "name  size\n"


def test_markup_in_a_cell_is_text() -> None:
    made = console(colour=True)
    made.table(("name",), [("[bold]x[/bold] :smile:",)])
    assert "[bold]x[/bold] :smile:" in out(made)


def test_a_narrow_terminal_folds_cells_and_loses_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    made = console(colour=True)
    name = "workflow_release-1.2.3-py3-none-any.whl"
    made.table(("artifact", "file"), [("wheel:workflow-release", name)])
    lines = [line for line in out(made).splitlines()[1:] if line]
    assert all(len(line) <= 30 for line in lines)
    assert "".join("".join(lines).split()).count("release") >= 1
    letters = sorted("".join(lines).replace(" ", ""))
    assert letters == sorted(f"wheel:workflow-release{name}")


def test_json_is_one_ascii_document() -> None:
    made = console()
    made.json({"b": "é\x1b\u202e", "a": [1]})
    assert out(made).isascii()
    assert "\x1b" not in out(made)
    assert json.loads(out(made)) == {"a": [1], "b": "é\x1b\u202e"}
    assert err(made) == ""


def test_an_error_is_marked_on_every_line_with_its_remedy_at_the_end() -> None:
    made = console()
    made.error(ReleaseError("one\ntwo", remedy="mend it"))
    made.error(ReleaseError("three"))
    assert err(made) == "error: one\nerror: two\nremedy: mend it\nerror: three\n"


def test_an_error_is_red_on_a_terminal() -> None:
    made = console(live=True)
    made.error(ReleaseError("one"))
    assert err(made) == "\x1b[1;31merror\x1b[0m: one\n"


def test_work_is_watched_as_the_terminal_allows() -> None:
    with console().progress() as progress:
        assert isinstance(progress, PlainProgress)
    with console(live=True).progress() as progress:
        assert isinstance(progress, LiveProgress)


@pytest.mark.parametrize(
    ("environment", "colour", "live"),
    [
        ({}, True, True),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, False, False),
        ({"CI": "true"}, True, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_a_terminal_is_used_as_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str], *, colour: bool, live: bool
) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(sys, "stderr", Terminal())
    made = Console.of(environment)
    assert (made.colour, made.live) == (colour, live)


def test_a_pipe_is_plain_unless_colour_is_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    made = Console.of({})
    assert (made.colour, made.live) == (False, False)
    assert Console.of({"FORCE_COLOR": "1"}).colour


def test_a_terminal_of_few_letters_is_not_drawn_on(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(terminal, "encoding", "ANSI_X3.4-1968", raising=False)
    monkeypatch.setattr(sys, "stderr", terminal)
    assert not Console.of({}).live


SAY = """
from workflow_sbom.terminal.console import Console
console = Console.of({"FORCE_COLOR": "1"})
console.result("é ✓")
console.table(("spalte",), [("ü",)])
console.say("é ✓")
with console.progress() as progress:
    progress.expect(1)
    progress.started("ö")
    progress.finished("ö", reused=False)
console.flush()
"""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_what_an_encoding_cannot_write_is_an_escape(encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SAY],
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": encoding, "LC_ALL": "C"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    expected = "é ✓".encode(encoding, "backslashreplace")
    assert expected in done.stdout
    assert expected in done.stderr


CLOSED = """
from workflow_sbom.terminal.console import Console
console = Console.of({})
console.result("nobody hears")
console.say("nobody hears")
console.flush()
"""


@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_swallow_what_is_said(redirection: str) -> None:
    script = f'"$0" -c "$1" {redirection}'
    done = subprocess.run(["sh", "-c", script, sys.executable, CLOSED], check=False)
    assert done.returncode == 0


def test_what_was_abandoned_is_heard_no_more(tmp_path: Path) -> None:
    paths = (tmp_path / "out", tmp_path / "err")
    with paths[0].open("w") as first, paths[1].open("w") as second:
        made = Console(out=first, err=second, colour=False, live=False)
        made.result("nobody hears")
        made.abandon()
        made.result("nobody hears")
        made.flush()
    assert [path.read_text() for path in paths] == ["", ""]


class Stream(io.TextIOWrapper):
    """A terminal, or a pipe."""

    terminal = False

    def isatty(self) -> bool:
        return self.terminal


def test_a_document_goes_to_a_pipe_byte_for_byte_and_to_a_terminal_fit_to_be_shown() -> None:
    data = '{\n  "name": "\x85 \u202e \U0001f600\U000e0001 ä"\n}\n'.encode()
    stream = Stream(io.BytesIO(), encoding="utf-8")
    console = Console(out=stream, err=io.StringIO(), colour=False, live=False)
    console.document(data)
    assert stream.buffer.getvalue() == data  # type: ignore[attr-defined]
    stream = Stream(io.BytesIO(), encoding="utf-8")
    stream.terminal = True
    Console(out=stream, err=io.StringIO(), colour=False, live=False).document(data)
    stream.flush()
    shown = stream.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert shown == '{\n  "name": "\\u0085 \\u202e \U0001f600\\udb40\\udc01 ä"\n}\n'
    assert json.loads(shown) == json.loads(data)
