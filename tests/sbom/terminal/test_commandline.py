from __future__ import annotations

from pathlib import Path

import pytest

from workflow_sbom.errors import UsageError
from workflow_sbom.terminal.commandline import Command, CommandLine, Parser


def _words(words: Parser) -> None:
    words.add_argument("archive", type=Path)
    words.add_argument("--network", default="none")


LINE = CommandLine(
    program="boxes", version="1", description="", epilog="", package="boxes",
    commands={"run": Command("Run it", _words, passes_on=True), "keep": Command("Keep it", _words)},
)  # fmt: skip


@pytest.mark.parametrize(
    ("words", "rest"),
    [
        (["run", "a.tar"], None),
        (["run", "a.tar", "--network", "host"], None),
        (["run", "a.tar", "--network", "host", "--"], ()),
        (["run", "--network", "host", "a.tar", "--", "--help", "x"], ("--help", "x")),
        (["run", "--network=host", "a.tar", "--", "a", "--", "b"], ("a", "--", "b")),
    ],
)
def test_words_after_two_dashes_are_another_programs(
    words: list[str], rest: tuple[str, ...] | None
) -> None:
    asked = LINE.parse(words)
    assert (asked.archive, asked.rest) == (Path("a.tar"), rest)
    assert asked.network == ("host" if len(words) > 2 else "none")


@pytest.mark.parametrize("words", [["run", "--", "a.tar"], ["keep", "a.tar", "--", "b"]])
def test_and_no_others(words: list[str]) -> None:
    with pytest.raises(UsageError):
        LINE.parse(words)
