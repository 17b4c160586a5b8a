"""The functions a template may call: one table, a line each. Arguments come as in Go templates,
the value that a pipe hands over last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from workflow_engine.templates import collections as lists
from workflow_engine.templates import scalars
from workflow_engine.templates.values import is_true, json_of

_MANY: Final = 16


@dataclass(frozen=True, slots=True)
class Function:
    """A function, and the fewest and most arguments it takes."""

    call: Callable[..., Any]
    least: int
    most: int


def _default(fallback: Any, value: Any = None) -> Any:
    return value if is_true(value) else fallback


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if is_true(value)), None)


def _and(*values: Any) -> Any:
    return next((value for value in values if not is_true(value)), values[-1])


def _or(*values: Any) -> Any:
    return next((value for value in values if is_true(value)), values[-1])


def _not(value: Any) -> bool:
    return not is_true(value)


# `now`, `uuid`, `step` and `trigger` need the run they are called in; the evaluator answers them.
IN_A_RUN: Final = frozenset({"now", "uuid", "uuidv4", "step", "trigger"})


def _in_a_run(*_: Any) -> Any:
    raise AssertionError("answered by the evaluator")


FUNCTIONS: Final[Mapping[str, Function]] = {
    "now": Function(_in_a_run, 0, 1),
    "uuid": Function(_in_a_run, 0, 0),
    "uuidv4": Function(_in_a_run, 0, 0),
    "step": Function(_in_a_run, 1, _MANY),
    "trigger": Function(_in_a_run, 0, _MANY),
    "lower": Function(scalars.lower, 1, 1),
    "upper": Function(scalars.upper, 1, 1),
    "title": Function(scalars.title, 1, 1),
    "replace": Function(scalars.replace, 3, 3),
    "contains": Function(scalars.contains, 2, 2),
    "hasPrefix": Function(scalars.has_prefix, 2, 2),
    "hasSuffix": Function(scalars.has_suffix, 2, 2),
    "split": Function(scalars.split, 2, 2),
    "join": Function(scalars.join, 2, 2),
    "trimSpace": Function(scalars.trim_space, 1, 1),
    "trimPrefix": Function(scalars.trim_prefix, 2, 2),
    "trimSuffix": Function(scalars.trim_suffix, 2, 2),
    "urlEncode": Function(scalars.url_encode, 1, 1),
    "b64": Function(scalars.b64, 1, 1),
    "printf": Function(scalars.printf, 1, _MANY),
    "toString": Function(scalars.to_string, 1, 1),
    "toInt": Function(scalars.to_int, 1, 1),
    "toFloat": Function(scalars.to_float, 1, 1),
    "add": Function(scalars.add, 2, 2),
    "sub": Function(scalars.sub, 2, 2),
    "mul": Function(scalars.mul, 2, 2),
    "div": Function(scalars.div, 2, 2),
    "eq": Function(scalars.eq, 2, _MANY),
    "ne": Function(scalars.ne, 2, 2),
    "lt": Function(scalars.lt, 2, 2),
    "le": Function(scalars.le, 2, 2),
    "gt": Function(scalars.gt, 2, 2),
    "ge": Function(scalars.ge, 2, 2),
    "and": Function(_and, 1, _MANY),
    "or": Function(_or, 1, _MANY),
    "not": Function(_not, 1, 1),
    "default": Function(_default, 1, 2),
    "coalesce": Function(_coalesce, 1, _MANY),
    "json": Function(json_of, 1, 1),
    "index": Function(lists.index, 1, _MANY),
    "len": Function(lists.length, 1, 1),
    "length": Function(lists.length, 1, 1),
    "first": Function(lists.first, 1, 1),
    "last": Function(lists.last, 1, 1),
    "sum": Function(lists.total, 1, 2),
    "min": Function(lists.smallest, 1, 2),
    "max": Function(lists.largest, 1, 2),
    "pluck": Function(lists.pluck, 2, 2),
    "flatten": Function(lists.flatten, 1, 1),
    "unique": Function(lists.unique, 1, 2),
    "groupBy": Function(lists.group_by, 2, 2),
    "sortBy": Function(lists.sort_by, 2, 2),
}
