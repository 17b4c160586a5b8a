"""What a person or a program sees: the only place of the toolkit that prints.

Results go to standard output, everything else to standard error. On a terminal there is colour
and a live view; in CI, plain lines. No control character from outside reaches either.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from workflow_sbom.errors import ToolkitError
from workflow_sbom.printable import printable

if TYPE_CHECKING:
    from workflow_sbom.terminal.progress import Progress

_STYLES = {
    **dict.fromkeys(("ok", "made", "added", "upgraded"), "green"),
    **dict.fromkeys(("FAILED", "BYTES CHANGED"), "bold red"),
    **dict.fromkeys(("dropped", "downgraded", "unexplained"), "yellow"),
    "reused": "dim",
}


def printable_lines(text: str) -> str:
    """The text, its lines kept, with every other character a terminal acts on as an escape."""
    return "\n".join(printable(line) for line in text.expandtabs().split("\n"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """Where to say things, and whether that is a terminal."""

    out: TextIO
    err: TextIO
    colour: bool
    live: bool

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Console:
        """The process's own streams; NO_COLOR, FORCE_COLOR, TERM and CI are honoured.

        What a stream's encoding can't write is written as an escape.
        """
        out, err = _tolerant(sys.stdout), _tolerant(sys.stderr)
        plain = bool(environment.get("NO_COLOR")) or environment.get("TERM") == "dumb"
        wanted = bool(environment.get("FORCE_COLOR")) or out.isatty()
        watched = err.isatty() and not environment.get("CI") and _is_unicode(err)
        return cls(out=out, err=err, colour=wanted and not plain, live=watched and not plain)

    def result(self, text: str) -> None:
        """A result, on standard output."""
        print(printable_lines(text), file=self.out)

    def json(self, value: Any) -> None:
        """A result for programs: one JSON document on standard output, in ASCII."""
        import json

        print(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=True), file=self.out)

    def document(self, data: bytes) -> None:
        """A JSON document as it is, byte for byte; on a terminal, fit to be shown there."""
        binary = getattr(self.out, "buffer", None)
        if binary is None or self.out.isatty():
            self.out.write(_escaped(data.decode()))
            return
        self.out.flush()
        binary.write(data)

    def say(self, text: str) -> None:
        """A remark, on standard error."""
        print(printable_lines(text), file=self.err, flush=True)

    def next_step(self, text: str) -> None:
        """What a person would do next."""
        self.say(f"next: {text}")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Rows under columns: aligned, coloured on a terminal, plain text elsewhere."""
        shown = [[printable(cell) for cell in row] for row in rows]
        if self.colour:
            self._coloured_table(columns, shown)
            return
        widths = [max(len(row[at]) for row in (columns, *shown)) for at in range(len(columns))]
        for row in (columns, *shown):
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.result(line.rstrip())

    def _coloured_table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        from rich.console import Console as Rich
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
        Rich(file=self.out, force_terminal=True).print(table)

    def error(self, error: ToolkitError) -> None:
        """An error: what and where, a line each, then the remedy."""
        mark = "\x1b[1;31merror\x1b[0m" if self.live else "error"
        for line in printable_lines(error.message).split("\n"):
            print(f"{mark}: {line}", file=self.err)
        if error.remedy:
            self.say(f"remedy: {error.remedy}")

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A view of long work: live on a terminal, a line an event elsewhere."""
        from workflow_sbom.terminal import watch

        if not self.live:
            yield watch.PlainProgress(say=self.say)
            return
        with watch.live(self.err) as progress:
            yield progress

    def flush(self) -> None:
        """Hand on what was said; raises `BrokenPipeError` when nobody reads it any more."""
        self.out.flush()
        self.err.flush()

    def abandon(self) -> None:
        """Say nothing more: whoever read it has gone, and what is buffered goes nowhere."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (self.out, self.err):
            os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _escaped(text: str) -> str:
    """JSON of the same meaning without a character that a terminal acts on."""
    return "".join(char if char.isprintable() or char == "\n" else _escape(char) for char in text)


def _escape(char: str) -> str:
    """As JSON writes it (RFC 8259, section 7): its UTF-16 code units in hexadecimal digits."""
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _tolerant(stream: TextIO | None) -> TextIO:
    """The stream, writing an escape for what its encoding has not; a closed one swallows."""
    if stream is None:
        return io.StringIO()
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


def _is_unicode(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().replace("-", "").startswith("utf")
