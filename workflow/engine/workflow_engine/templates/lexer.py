"""Template text into text and actions, and an action's text into tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from workflow_engine.errors import TemplateError

MAX_LENGTH: Final = 64 * 1024

_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      |(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)
      |(?P<number>[-+]?[0-9]{1,18}(?:\.[0-9]{1,18})?(?![\w.]))
      |(?P<path>\$?(?:\.[A-Za-z_][\w]*(?:-\w+)*)+|\.|\$(?![\w]))
      |(?P<word>[A-Za-z_]\w*)
      |(?P<mark>[()|])
    """,
    re.VERBOSE | re.ASCII,
)
_ESCAPES: Final = {
    "n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\",
}  # fmt: skip
_COMMENT: Final = re.compile(r"[ \t\r\n]*/\*")
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """One token of an action: its kind (`string`, `number`, `path`, `word`, `mark`) and text."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of template: plain text, or an action's tokens."""

    text: str = ""
    tokens: tuple[Token, ...] | None = None


def pieces(source: str) -> Iterator[Piece]:
    """The stretches of a template, in order; raises `TemplateError`."""
    if len(source) > MAX_LENGTH:
        raise TemplateError(f"a template of {len(source)} characters; {MAX_LENGTH} are allowed")
    at, trim = 0, False
    while (start := source.find("{{", at)) >= 0:
        text = source[at:start]
        inside, at, trim_left, trim_right = _action(source, start)
        yield Piece(_trimmed(text, left=trim, right=trim_left))
        trim = trim_right
        if inside is not None:
            yield Piece(tokens=tuple(_tokens(inside)))
    yield Piece(_trimmed(source[at:], left=trim, right=False))


def _trimmed(text: str, *, left: bool, right: bool) -> str:
    text = text.lstrip(" \t\r\n") if left else text
    return text.rstrip(" \t\r\n") if right else text


def _action(source: str, start: int) -> tuple[str | None, int, bool, bool]:
    """An action's inside (None for a comment), where it ends, and its trim markers."""
    begin = start + 2
    trim_left = source[begin : begin + 1] == "-" and source[begin + 1 : begin + 2].isspace()
    begin += trim_left
    if _COMMENT.match(source, begin):
        return _comment(source, begin, trim_left)
    end = _end_of_action(source, begin)
    inside = source[begin:end]
    trim_right = inside.endswith("-") and inside[-2:-1].isspace()
    return inside[:-1] if trim_right else inside, end + 2, trim_left, trim_right


def _comment(source: str, begin: int, trim_left: bool) -> tuple[None, int, bool, bool]:
    closed = source.find("*/", source.find("/*", begin) + 2)
    end = source.find("}}", closed) if closed >= 0 else -1
    if end < 0 or source[closed + 2 : end].strip() not in {"", "-"}:
        raise TemplateError("a comment that is never closed", remedy="{{/* … */}}")
    return None, end + 2, trim_left, "-" in source[closed + 2 : end]


def _end_of_action(source: str, begin: int) -> int:
    """Where `}}` closes the action; one inside a string does not."""
    at = begin
    while at < len(source):
        if source.startswith("}}", at):
            return at
        quoted = _TOKEN.match(source, at) if source[at] in '"`' else None
        at = quoted.end() if quoted else at + 1
    raise TemplateError("an action that is never closed", remedy="end it with }}")


def _tokens(inside: str) -> Iterator[Token]:
    at = 0
    while at < len(inside):
        match = _TOKEN.match(inside, at)
        if match is None or match.lastgroup is None:
            raise TemplateError(f"{inside[at : at + 20]!r} can't stand in a template")
        at = match.end()
        if match.lastgroup != "space":
            yield Token(match.lastgroup, match[0])


def unquote(quoted: str) -> str:
    """A string literal's value; raises `TemplateError` for an escape Go does not know."""
    if quoted[0] == "`":
        return quoted[1:-1]
    return _ESCAPE.sub(_escape, quoted[1:-1])


def _escape(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) == 5:
        return chr(int(code[1:], 16))
    if code not in _ESCAPES:
        raise TemplateError(f"the escape \\{code} is not known")
    return _ESCAPES[code]
