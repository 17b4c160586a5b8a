"""Laws of the canonical encoder: one value, one text; what is written is read back."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workflow_sbom import canonical
from workflow_sbom.errors import DocumentError

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
DECIMALS = st.floats(allow_nan=False, allow_infinity=False).map(repr).map(Decimal)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | DECIMALS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def _reversed(value: Any) -> Any:
    """The same value with every object's keys given in the opposite order."""
    if isinstance(value, dict):
        return {key: _reversed(value[key]) for key in reversed(list(value))}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


def _ordered(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


@given(JSON)
def test_decode_reads_what_encode_writes(value: Any) -> None:
    assert canonical.decode(canonical.encode(value)) == value
    assert canonical.decode(canonical.document(value)) == value


@given(JSON)
def test_the_order_of_keys_has_no_effect(value: Any) -> None:
    assert canonical.encode(_reversed(value)) == canonical.encode(value)
    assert canonical.document(_reversed(value)) == canonical.document(value)


@given(JSON, JSON)
def test_different_values_have_different_texts(one: Any, other: Any) -> None:
    same = _ordered(one) == _ordered(other)
    assert (canonical.encode(one) == canonical.encode(other)) is same


@given(JSON)
def test_encoding_again_changes_nothing(value: Any) -> None:
    text = canonical.encode(value)
    assert canonical.encode(canonical.decode(text)) == text


@given(DECIMALS)
def test_a_number_is_kept_digit_by_digit(number: Decimal) -> None:
    back = canonical.decode(canonical.encode([number]))
    assert [str(each) for each in back] == [str(number)]


@given(st.binary(max_size=200) | TEXT.map(str.encode))
def test_arbitrary_bytes_are_read_or_refused_cleanly(data: bytes) -> None:
    try:
        value = canonical.decode(data)
    except DocumentError as error:
        assert len(str(error)) < 300  # noqa: PT017 - a refusal is fine; its length is what counts
    else:
        assert json.loads(data, parse_float=Decimal) == value
