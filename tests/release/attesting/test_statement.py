from __future__ import annotations

from typing import Any

import pytest

from workflow_release.attesting import statement
from workflow_release.attesting.statement import Subject
from workflow_sbom.digest import Digest

A = Digest("a" * 64)


def test_a_statement_names_its_subjects_by_digest_in_order() -> None:
    stated = statement.statement([Subject("b", A), Subject("a", A)], "https://x/v1", {"k": 1})
    assert statement.encode(stated) == (
        b'{"_type":"https://in-toto.io/Statement/v1","predicate":{"k":1},'
        b'"predicateType":"https://x/v1","subject":['
        b'{"digest":{"sha256":"' + b"a" * 64 + b'"},"name":"a"},'
        b'{"digest":{"sha256":"' + b"a" * 64 + b'"},"name":"b"}]}'
    )


@pytest.mark.parametrize(
    ("expected", "found", "lines"),
    [
        ({"a": [1, {"b": "c"}]}, {"a": [1, {"b": "c"}]}, []),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["a.b: says 2, expected is 1"]),
        ({"a": 1}, {}, ["a: missing"]),
        ({}, {"a": 1}, ["a: is unknown"]),
        ({"a": [1]}, {"a": [1, 2]}, ["a: says [1, 2], expected is [1]"]),
        ({"a": [1, 2]}, {"a": [2, 2]}, ["a[0]: says 2, expected is 1"]),
        ({"a": 1}, {"a": True}, ["a: says True, expected is 1"]),
        ({"a": ""}, {"a": []}, ["a: says [], expected is ''"]),
        ({"a": None}, {"a": {}}, ["a: says {}, expected is None"]),
        ({}, [], ["the statement: says [], expected is {}"]),
        ({"a": "x"}, {"a": "y" * 500}, [f"a: says '{'y' * 116}..., expected is 'x'"]),
    ],
)
def test_differences_are_told_by_path(expected: Any, found: Any, lines: list[str]) -> None:
    assert list(statement.differences(expected, found)) == lines
