"""What a parsed template is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, number, boolean or nil as written."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Path:
    """`.a.b` from the dot, `$.a.b` from the root; no names at all is the dot or root itself."""

    names: tuple[str, ...]
    from_root: bool = False


@dataclass(frozen=True, slots=True)
class Within:
    """`(expression).a.b`."""

    inner: Expression
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments; a pipe is a call whose last argument is what came before."""

    function: str
    arguments: tuple[Expression, ...]


Expression: TypeAlias = Literal | Path | Within | Call


@dataclass(frozen=True, slots=True)
class Text:
    """Text between actions."""

    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """`{{ expression }}`."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Block:
    """`{{ if | with | range expression }} body {{ else }} otherwise {{ end }}`."""

    keyword: str
    expression: Expression
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]


Node: TypeAlias = Text | Action | Block
