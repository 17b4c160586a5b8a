"""Compiled templates: one text, or a tree of values with templates among its strings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from workflow_engine.errors import TemplateError
from workflow_engine.templates.evaluate import Data, Evaluator
from workflow_engine.templates.parser import parse
from workflow_engine.templates.syntax import Action, Node
from workflow_engine.templates.values import JsonText, is_true

_NO: Final = frozenset({"", "false", "0"})


@contextmanager
def _recursion_bounded() -> Iterator[None]:
    """Data nested too deep to print is a fault of the data, not of the interpreter."""
    try:
        yield
    except RecursionError:
        raise TemplateError("a value nested too deep") from None


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template. `source` is the text it was parsed from."""

    source: str
    nodes: tuple[Node, ...]

    @classmethod
    def parse(cls, value: object) -> Template:
        """Compile a text (or a number or boolean, as it prints); raises `TemplateError`."""
        if isinstance(value, bool):
            value = "true" if value else "false"
        if isinstance(value, int | float):
            value = str(value)
        if not isinstance(value, str):
            raise TemplateError("a text is expected")
        return cls(value, parse(value))

    def render(self, data: Data) -> str:
        """The text it makes of `data`; raises `TemplateError`."""
        with _recursion_bounded():
            return Evaluator(data).text(self.nodes)

    def value(self, data: Data) -> Any:
        """What it stands for as a value.

        A template that is one action and nothing else gives that action's own value; made with
        `json`, the value so encoded. A text that merely looks like JSON stays a text: what a
        caller sent never changes its kind.
        """
        if len(self.nodes) != 1 or not isinstance(self.nodes[0], Action):
            return self.render(data)
        with _recursion_bounded():
            found = Evaluator(data).value(self.nodes[0].expression)
        return json.loads(found) if isinstance(found, JsonText) else found

    def holds(self, data: Data) -> bool:
        """Whether it comes out as anything but nothing, `false`, `0` or an empty text."""
        if len(self.nodes) != 1 or not isinstance(self.nodes[0], Action):
            return self.render(data).strip() not in _NO
        with _recursion_bounded():
            found = Evaluator(data).value(self.nodes[0].expression, quiet=True)
        return found.strip() not in _NO if isinstance(found, str) else is_true(found)


@dataclass(frozen=True, slots=True)
class Tree:
    """A value from the configuration, its strings compiled."""

    root: Any

    @classmethod
    def parse(cls, value: object) -> Tree:
        """Compile every string in `value` that holds an action; raises `TemplateError`."""
        return cls(_compiled(value))

    def texts(self, data: Data) -> Any:
        """The tree with every template rendered to text."""
        return _filled(self.root, lambda template: template.render(data))

    def values(self, data: Data) -> Any:
        """The tree with every template as the value it stands for; see `Template.value`."""
        return _filled(self.root, lambda template: template.value(data))


def _compiled(value: Any) -> Any:
    match value:
        case str() if "{{" in value:
            return Template.parse(value)
        case Mapping():
            return {key: _compiled(item) for key, item in value.items()}
        case list():
            return [_compiled(item) for item in value]
        case _:
            return value


def _filled(value: Any, fill: Any) -> Any:
    match value:
        case Template():
            return fill(value)
        case dict():
            return {key: _filled(item, fill) for key, item in value.items()}
        case list():
            return [_filled(item, fill) for item in value]
        case _:
            return value
