"""Any text at all is read or refused; what is written plainly is read back."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workflow_engine import document
from workflow_engine.errors import ConfigError, TemplateError
from workflow_engine.templates import Template

WORDS = st.text(alphabet=st.characters(codec="ascii", min_codepoint=32, max_codepoint=126))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=10,
)


@given(VALUES)
def test_json_is_yaml(value: Any) -> None:
    assert document.read(json.dumps(value).encode()) == value


@given(st.binary(max_size=200) | st.text(alphabet="[]{}&*!|>'\"%@`#-?:, \nab", max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes | str) -> None:
    with contextlib.suppress(ConfigError):
        document.read(data.encode() if isinstance(data, str) else data)


@given(st.text(alphabet='{}.-|()"`/*$ ifrangelsdw0\n', max_size=60))
def test_any_template_is_parsed_or_refused(text: str) -> None:
    with contextlib.suppress(TemplateError):
        Template.parse(text)
