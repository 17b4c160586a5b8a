"""Laws of the table reader: it agrees with its own schema, and never fails but by faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import jsonschema_rs
from hypothesis import given
from hypothesis import strategies as st

from workflow_sbom import tables
from workflow_sbom.errors import TableError
from workflow_sbom.tables import described


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """One kind."""

    size: int
    kind: Literal["left"] = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """The other kind."""

    names: tuple[str, ...] = ()
    kind: Literal["right"] = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Everything a field may be."""

    name: str = described("a name", pattern="[a-z]+")
    flag: bool = False
    level: Literal["low", "high"] = "low"
    side: Left | Right | None = None
    sides: tuple[Left, ...] = ()
    counts: Mapping[str, int] | None = None


VALIDATOR = jsonschema_rs.Draft202012Validator(tables.schema(Table, "table"))

SCALARS = st.booleans() | st.integers(-9, 9) | st.sampled_from(["low", "abc", "left", "right", "A"])
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kind", "size", "names", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
LEFT = st.fixed_dictionaries(
    {"kind": st.just("left"), "size": st.integers(-9, 9) | SCALARS}, optional={"x": SCALARS}
)
RIGHT = st.fixed_dictionaries(
    {"kind": st.just("right")}, optional={"names": st.lists(st.text(max_size=3) | SCALARS)}
)
NEARLY_RIGHT = st.fixed_dictionaries(
    {"name": st.just("abc") | SCALARS},
    optional={
        "flag": st.booleans() | ANYTHING,
        "level": st.sampled_from(["low", "high"]) | ANYTHING,
        "side": LEFT | RIGHT | ANYTHING,
        "sides": st.lists(LEFT, max_size=3) | ANYTHING,
        "counts": st.dictionaries(st.text(max_size=3), st.integers(-9, 9)) | ANYTHING,
        "extra": ANYTHING,
    },
)


def accepts(table: Any) -> bool:
    try:
        tables.read(Table, table)
    except TableError:
        return False
    return True


@given(NEARLY_RIGHT | ANYTHING)
def test_the_reader_accepts_exactly_what_its_schema_accepts(table: Any) -> None:
    # A table that is told apart by `kind` needs it, though the schema gives its default.
    if isinstance(table, dict) and isinstance(table.get("side"), dict):
        table["side"].setdefault("kind", "neither")
    assert accepts(table) is VALIDATOR.is_valid(table)


@given(NEARLY_RIGHT)
def test_reading_leaves_its_input_alone(table: dict[str, Any]) -> None:
    before = repr(table)
    accepts(table)
    assert repr(table) == before


@given(NEARLY_RIGHT, st.randoms(use_true_random=False))
def test_the_order_of_keys_changes_no_fault(table: dict[str, Any], random: Any) -> None:
    keys = list(table)
    random.shuffle(keys)
    assert faults(table) == faults({key: table[key] for key in keys})


def faults(table: dict[str, Any]) -> list[str]:
    try:
        tables.read(Table, table)
    except TableError as error:
        return [str(fault) for fault in error.faults]
    return []
