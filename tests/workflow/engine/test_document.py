from __future__ import annotations

import time

import pytest

from workflow_engine import document
from workflow_engine.errors import ConfigError


def faults(text: str | bytes) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        document.read(text.encode() if isinstance(text, str) else text)
    return [str(fault) for fault in caught.value.faults]


def test_values_follow_the_core_schema() -> None:
    text = """
    text: yes
    quoted: "1"
    whole: 12
    negative: -3
    hex: 0x1f
    fraction: 1.5
    exponent: 1e3
    none: ~
    empty:
    truth: true
    date: 2026-01-02
    version: 1.2.3
    block: |
      a
      b
    list: [1, [], {}]
    explicit: !!str 5
    """
    assert document.read(text.encode()) == {
        "text": "yes",
        "quoted": "1",
        "whole": 12,
        "negative": -3,
        "hex": 31,
        "fraction": 1.5,
        "exponent": 1000.0,
        "none": None,
        "empty": None,
        "truth": True,
        "date": "2026-01-02",
        "version": "1.2.3",
        "block": "a\nb\n",
        "list": [1, [], {}],
        "explicit": "5",
    }


def test_keys_are_texts() -> None:
    assert document.read(b"200: ok\ntrue: 1\n") == {"200": "ok", "true": 1}


def test_an_alias_is_the_value_it_names() -> None:
    assert document.read(b"a: &x [1, 2]\nb: *x\n") == {"a": [1, 2], "b": [1, 2]}


def test_nothing_at_all_is_null() -> None:
    assert document.read(b"# only a comment\n") is None


def test_every_duplicate_key_is_reported_with_its_path_and_line() -> None:
    text = "modules:\n  - name: a\n    name: b\nworkflows: {}\nworkflows: {}\n"
    assert faults(text) == [
        "modules[0].name: duplicate key (line 3)",
        "workflows: duplicate key (line 5)",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: [1", "line 1, column 6: expected ',' or ']', but got '<stream end>'"),
        ("a: 1\n---\nb: 2", "line 2: a second document; one is expected"),
        ("? [a]\n: 1", "a key must be a string (line 1)"),
        ("a: &a [*a]", "a[0]: the alias names no finished value (line 1)"),
        ("a: &x k\n*x : 1", "a key can't be an alias (line 2)"),
        ("x: !!python/object/apply:os.system [id]", "x: a tag that is not supported (line 1)"),
        ("x: !!binary aGk=", "x: a tag that is not supported (line 1)"),
        ("x: !custom {a: 1}", "x: a tag that is not supported (line 1)"),
        ("a: &x {b: 1}\nc:\n  <<: *x", "c: merge keys are not supported (line 3)"),
        ('x: "a\\x1b[31m"', "x: a control character (line 1)"),
        (b"\xff\xfe", "not UTF-8 at byte 0"),
        (b"a: \x00", "this is not YAML"),
    ],
)
def test_what_is_refused(text: str | bytes, fault: str) -> None:
    assert faults(text) == [fault]


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]\n" for at in range(1, 10)
)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (BOMB, "a4: more than 100000 values, aliases spelled out"),
        ("[" * 100_000, "nested deeper than 64 levels (line 1)"),
        ("{a: " * 100_000, "nested deeper than 64 levels (line 1)"),
        ("- " * 100_000, "nested deeper than 64 levels (line 1)"),
        (" " * ((1 << 20) + 1), "1048577 bytes are more than the 1048576 allowed"),
    ],
    ids=["aliases", "lists", "tables", "dashes", "size"],
)
def test_a_bomb_is_refused_before_it_costs_anything(text: str, fault: str) -> None:
    began = time.perf_counter()
    assert faults(text) == [fault]
    assert time.perf_counter() - began < 5


def test_a_number_too_long_to_be_one_stays_text() -> None:
    digits = "9" * 5000
    assert document.read(f"a: {digits}\nb: 1e999".encode()) == {"a": digits, "b": "1e999"}
