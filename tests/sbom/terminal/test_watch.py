"""Views of long work: counts, seconds, outcomes, and nothing a terminal acts on."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from workflow_sbom.terminal.progress import Progress
from workflow_sbom.terminal.watch import PlainProgress, Tally, live

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def work(progress: Progress) -> None:
    progress.expect(3)
    progress.started("sdist:a")
    progress.note("fetching")
    progress.finished("sdist:a", reused=False)
    progress.started("wheel:a")
    progress.finished("wheel:a", reused=True)
    progress.started("ui:b")
    progress.failed("ui:b", Path("/logs/ui-b.log"))
    progress.skipped("image:c", "ui:b")


def test_a_line_an_event_where_nobody_draws() -> None:
    lines: list[str] = []
    work(PlainProgress(say=lines.append))
    assert lines == [
        "  fetching",
        "[1/3] sdist:a: 0.0 s",
        "[2/3] wheel:a: reused",
        "[3/3] ui:b: FAILED, see /logs/ui-b.log",
        "[4/4] image:c: not tried: ui:b failed",
    ]


def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What stays on a terminal of forty columns, line by line."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "40")
    terminal = Terminal()
    with live(terminal) as progress:
        work(progress)
    return [line.strip() for line in re.split(r"[\r\n]+", ESCAPE.sub("", terminal.getvalue()))]


def test_outcomes_stay_on_a_terminal_and_what_was_reused_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = drawn(monkeypatch)
    for stays in (
        "fetching",
        "[1/3] ✓ sdist:a: 0.0 s",
        "[3/3] ✗ ui:b: FAILED, see /logs/ui-b.log",
        "[4/4] - image:c: not tried: ui:b failed",
    ):
        assert stays in lines
    assert not any("✓ wheel:a" in line for line in lines)


def test_the_count_and_the_time_are_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    assert any(re.fullmatch(r". 0:00:00 \[4/4\] done", line) for line in drawn(monkeypatch))


@pytest.mark.parametrize("name", ["a\x1b[2Jb", "a\nb", "a\u202eb", "[bold]a[/bold]", "ui:a:"])
def test_no_name_draws_by_itself(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal, lines = Terminal(), list[str]()
    with live(terminal) as progress:
        for view in (progress, PlainProgress(say=lines.append)):
            view.expect(3)
            for task in (name, "next"):
                view.started(task)
            view.failed(name, None)
            view.skipped(name, name)
            view.note(name)
    shown = name.encode("unicode_escape").decode()
    assert lines == [
        f"[1/3] {shown}: FAILED",
        f"[2/3] {shown}: not tried: {shown} failed",
        f"  {shown}",
    ]
    assert f"✗ {shown}: FAILED" in ESCAPE.sub("", terminal.getvalue())
    assert "\x1b[2J" not in terminal.getvalue()


def test_seconds_are_counted_from_the_start() -> None:
    tally = Tally()
    tally.expect(2)
    tally.start("a")
    tally._started["a"] -= 7.5
    count, seconds = tally.end("a")
    assert count == "[1/2]"
    assert 7.5 <= seconds < 8.5
    assert tally.end("never started") == ("[2/2]", 0)
