from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from workflow_sbom import canonical
from workflow_sbom.errors import DocumentError


def test_compact_form() -> None:
    assert (
        canonical.encode({"b": [1, True, None], "a": "ü"}) == '{"a":"ü","b":[1,true,null]}'.encode()
    )


def test_values_of_like_kinds_are_written_as_those() -> None:
    class Name(str):
        __slots__ = ()

    value: Any = MappingProxyType({"b": Name("x"), "a": (True, MappingProxyType({}))})
    assert canonical.encode(value) == b'{"a":[true,{}],"b":"x"}'


def test_document_form() -> None:
    assert canonical.document({"b": (), "a": {"c": "d"}}) == (
        b'{\n  "a": {\n    "c": "d"\n  },\n  "b": []\n}\n'
    )


def test_keys_are_sorted_by_code_point() -> None:
    assert (
        canonical.encode({"é": 0, "z": 0, "Z": 0, "a": 0}) == '{"Z":0,"a":0,"z":0,"é":0}'.encode()
    )


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        float("nan"),
        Decimal("NaN"),
        Decimal("-Infinity"),
        b"bytes",
        {1: "a"},
        object(),
        {"a": {2.5}},
    ],
)
def test_refuses_what_has_no_canonical_form(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical.encode(value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a":1,"b":2,"a":3}', "'a' stands twice"),
        (b'{"x":{"a":1,"a":1}}', "'a' stands twice"),
        (b"[NaN]", "NaN is no JSON number"),
        (b"[-Infinity]", "-Infinity is no JSON number"),
        (b"[1e999]", "too large"),
        (b"[-1.5E-999]", "too small"),
        (b"[1e-99999999999999999999]", "too small"),
        (b"[0." + b"1" * 5000 + b"]", "5002 digits"),
        (b"[" + b"9" * 5000 + b"]", "5000 digits"),
        (b'"\xff"', "not UTF-8 at byte 1"),
        (b'\xef\xbb\xbf"a"', "no JSON"),
        (b'"\\ud800"', "lone surrogate"),
        (b'{"\\udfff":1}', "lone surrogate"),
        (b"[1,]", "no JSON"),
        (b"", "no JSON"),
        (b"{} {}", "no JSON"),
        (b"[" * 200 + b"]" * 200, "nested deeper"),
        (b'{"a":' * 200_000, "nested deeper"),
    ],
)
def test_refuses_what_readers_disagree_about(data: bytes, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        canonical.decode(data)


@pytest.mark.parametrize("text", ["0.80", "0.0", "-0.0", "1E-7", "9.8", "0.1234567890123456789012"])
def test_a_number_with_a_fraction_is_kept_as_it_is_written(text: str) -> None:
    assert canonical.encode(canonical.decode(f"[{text}]".encode())) == f"[{text}]".encode()


def test_refuses_what_is_too_large() -> None:
    with pytest.raises(DocumentError, match="at most 10"):
        canonical.decode(b'"0123456789"', limit=10)


def test_nesting_up_to_the_limit_is_read() -> None:
    depth = canonical.MAX_DEPTH
    assert canonical.decode(b"[" * depth + b"]" * depth) is not None


def test_a_repeated_key_among_many_is_found_in_linear_time() -> None:
    keys = ",".join(f'"k{number}":0' for number in range(200_000))
    with pytest.raises(DocumentError, match="'k7' stands twice"):
        canonical.decode(f'{{{keys},"k7":1}}'.encode())
