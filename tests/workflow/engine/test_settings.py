from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workflow_engine.duration import Duration
from workflow_engine.errors import Faults
from workflow_engine.settings import Reader, camel, did_you_mean, snake


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    max_age: int
    ratio: float = 1.0
    on: bool = False
    level: Literal["low", "high"] = "low"
    wait: Duration | None = None
    inner: tuple[Inner, ...] = ()
    table: Mapping[str, int] | None = None
    anything: Any = None
    if_: str = ""

    def __post_init__(self) -> None:
        if self.max_age < 0:
            raise ValueError("maxAge is not negative")


def read(table: Any, spelling: Any = camel) -> tuple[Sample | None, list[str]]:
    faults = Faults()
    return Reader(faults, spelling).read(Sample, table, "x"), [str(fault) for fault in faults]


def test_a_table_becomes_the_value() -> None:
    table = {
        "maxAge": "60",
        "ratio": 2,
        "on": "true",
        "level": "high",
        "wait": "5s",
        "inner": [{"word": "w"}],
        "table": {"a": 1},
        "anything": {"b": [1]},
    }
    value, faults = read(table)
    assert faults == []
    assert value == Sample(
        max_age=60,
        ratio=2.0,
        on=True,
        level="high",
        wait=Duration(5),
        inner=(Inner(word="w"),),
        table={"a": 1},
        anything={"b": [1]},
    )


def test_pipelines_spell_with_underscores() -> None:
    value, faults = read({"max_age": 1, "if": "{{ .x }}"}, snake)
    assert (value and value.if_, faults) == ("{{ .x }}", [])


def test_all_faults_come_at_once_with_their_paths() -> None:
    table = {
        "ratio": "much",
        "on": 1,
        "level": "hgih",
        "wait": "5",
        "inner": [{"word": 1}, {}, 7],
        "table": {"a": "b"},
        "maxage": 1,
    }
    value, faults = read(table)
    assert value is None
    assert faults == [
        "x.maxage: unknown key (did you mean 'maxAge'?)",
        "x.maxAge: missing",
        "x.ratio: a number is expected, not 'much'",
        "x.on: true or false is expected, not 1",
        "x.level: 'hgih' is not one of the choices (did you mean 'high'?)",
        "x.wait: '5' is no duration such as 30s, 1m30s or 500ms",
        "x.inner[0].word: a string is expected, not 1",
        "x.inner[1].word: missing",
        "x.inner[2]: a table is expected, not 7",
        "x.table.a: an integer is expected, not 'b'",
    ]


def test_what_the_value_itself_refuses_is_a_fault() -> None:
    assert read({"maxAge": -1}) == (None, ["x: maxAge is not negative"])


def test_what_is_no_table_is_a_fault() -> None:
    assert read([1]) == (None, ["x: a table is expected, not a list"])


def test_the_nearest_word_is_offered_or_all() -> None:
    assert did_you_mean("routr", ["router", "server"]) == "did you mean 'router'?"
    assert did_you_mean("zzz", ["b", "a"]) == "known: a, b"
    assert did_you_mean("zzz", []) == "there are none"
