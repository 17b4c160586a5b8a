"""Nodes and data into text, within a budget."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, assert_never

from workflow_engine.errors import TemplateError
from workflow_engine.templates.collections import index
from workflow_engine.templates.functions import FUNCTIONS, IN_A_RUN
from workflow_engine.templates.syntax import (
    Action,
    Block,
    Call,
    Expression,
    Literal,
    Node,
    Path,
    Text,
    Within,
)
from workflow_engine.templates.values import bounded, is_true, member, text_of

MAX_WORK: Final = 20_000
_LAYOUT: Final = {
    "2006": "%Y", "01": "%m", "02": "%d", "15": "%H", "04": "%M", "05": "%S", "Jan": "%b",
    "January": "%B", "Mon": "%a", "Monday": "%A", "MST": "UTC", "Z07:00": "Z",
}  # fmt: skip
_LAYOUT_PART: Final = re.compile("|".join(sorted(map(re.escape, _LAYOUT), key=len, reverse=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What a template may see: `root` is the dot it starts with; `missing` hears of every path
    that leads nowhere and may raise.
    """

    root: Mapping[str, Any]
    now: Callable[[], datetime]
    new_uuid: Callable[[], str]
    missing: Callable[[str], None] = lambda _path: None


@dataclass(slots=True)
class Evaluator:
    """One evaluation; raises `TemplateError` once it has cost too much."""

    data: Data
    work: int = 0
    written: int = 0
    _dots: list[Any] = field(default_factory=list)

    def text(self, nodes: Iterable[Node]) -> str:
        """The text the nodes make."""
        parts: list[str] = []
        self._write(nodes, parts)
        return "".join(parts)

    def _write(self, nodes: Iterable[Node], parts: list[str]) -> None:
        for node in nodes:
            self._spend()
            match node:
                case Text():
                    self._add(node.text, parts)
                case Action():
                    self._add(text_of(self.value(node.expression)), parts)
                case Block():
                    self._block(node, parts)
                case _:
                    assert_never(node)

    def _add(self, text: str, parts: list[str]) -> None:
        self.written += len(bounded(text))
        if self.written > 1 << 20:
            raise TemplateError("the template writes too much")
        parts.append(text)

    def _spend(self) -> None:
        self.work += 1
        if self.work > MAX_WORK:
            raise TemplateError("the template does too much")

    def _block(self, block: Block, parts: list[str]) -> None:
        value = self.value(block.expression, quiet=True)
        if not is_true(value):
            self._write(block.otherwise, parts)
        elif block.keyword == "if":
            self._write(block.body, parts)
        else:
            for dot in _items(value) if block.keyword == "range" else (value,):
                self._dots.append(dot)
                self._write(block.body, parts)
                self._dots.pop()

    def value(self, expression: Expression, *, quiet: bool = False) -> Any:
        """What an expression stands for; `quiet` where a missing path is nothing to speak of."""
        self._spend()
        match expression:
            case Literal():
                return expression.value
            case Path():
                return self._path(expression, quiet=quiet)
            case Within():
                return _walk(self.value(expression.inner), expression.names)
            case Call():
                return self._call(expression, quiet=quiet)
            case _:
                assert_never(expression)

    def _path(self, path: Path, *, quiet: bool) -> Any:
        at_root = path.from_root or not self._dots
        start = self.data.root if at_root else self._dots[-1]
        value = _walk(start, path.names)
        if value is None and path.names and not quiet:
            self.data.missing("." + ".".join(path.names))
        return value

    def _call(self, call: Call, *, quiet: bool) -> Any:
        quiet = quiet or call.function in {"default", "coalesce", "or", "and", "not"}
        arguments = [self.value(argument, quiet=quiet) for argument in call.arguments]
        if call.function in IN_A_RUN:
            return self._from_run(call.function, arguments)
        value = FUNCTIONS[call.function].call(*arguments)
        return bounded(value) if isinstance(value, str) else value

    def _from_run(self, function: str, arguments: Sequence[Any]) -> Any:
        match function:
            case "now":
                return moment(self.data.now(), *map(text_of, arguments))
            case "step":
                return index(member(self.data.root, "steps"), *arguments)
            case "trigger":
                return index(member(self.data.root, "trigger"), *arguments)
            case _:
                return self.data.new_uuid()


def _walk(value: Any, names: Iterable[str]) -> Any:
    for name in names:
        value = member(value, name)
    return value


def _items(value: Any) -> Iterable[Any]:
    """What `range` goes through: a list's items, a table's values by sorted key."""
    if isinstance(value, Mapping):
        return [value[key] for key in sorted(value)]
    if isinstance(value, list | tuple):
        return value
    raise TemplateError(f"range over {text_of(value)[:40]!r}, which is no list")


def moment(now: datetime, layout: str = "RFC3339") -> str:
    """A moment in UTC as RFC 3339, or by one of Go's layouts (`2006-01-02 15:04:05`)."""
    if layout in {"RFC3339", ""}:
        return now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return _LAYOUT_PART.sub(lambda part: now.strftime(_LAYOUT[part[0]]), layout)
