"""Expansion puts in what is known, once, and leaves everything else as it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workflow_engine.expansion import expand, expand_tree, unresolved

NAMES = st.sampled_from(["A", "B_2", "_c"])
TEXTS = st.text(alphabet="ab ${}:-", max_size=12)
VARIABLES = st.dictionaries(NAMES, TEXTS, max_size=3)


@given(st.text(), VARIABLES)
def test_text_without_a_reference_is_untouched(text: str, variables: dict[str, str]) -> None:
    plain = text.replace("${", "")
    assert expand(plain, variables) == plain


@given(NAMES, TEXTS, TEXTS, TEXTS)
def test_a_value_is_put_in_as_it_is(name: str, value: str, before: str, after: str) -> None:
    before, after = before.replace("$", ""), after.replace("$", "")
    assert expand(f"{before}${{{name}}}{after}", {name: value}) == before + value + after
    assert expand(f"{before}${{env:{name}}}{after}", {name: value}) == before + value + after


@given(NAMES, st.text(alphabet="ab :-/.", max_size=10), TEXTS)
def test_a_default_serves_for_unset_and_empty(name: str, default: str, value: str) -> None:
    text = f"${{{name}:-{default}}}"
    assert expand(text, {}) == default
    assert expand(text, {name: ""}) == default
    assert expand(text, {name: value}) == (value or default)


@given(TEXTS)
def test_nothing_known_changes_nothing_but_defaults(text: str) -> None:
    if ":-" not in text:
        assert expand(text, {}) == text


@given(st.recursive(TEXTS | st.integers() | st.none(), st.lists, max_leaves=8))
def test_a_tree_keeps_its_shape(tree: object) -> None:
    if ":-" not in str(tree):
        assert expand_tree(tree, {}) == tree


def test_an_unset_variable_stays_and_is_named() -> None:
    assert expand("${A}/${vault:x}/${B:-b}", {}) == "${A}/${vault:x}/b"
    assert unresolved("${A}/${vault:x}/${B}") == ("A", "B")
