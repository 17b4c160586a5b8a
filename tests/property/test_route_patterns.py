"""A pattern's text is the pattern, and a path made from it matches it with the same names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workflow_engine.patterns import Pattern

WORDS = st.text(alphabet="abc-.~1", min_size=1, max_size=5).filter(lambda word: word.strip("."))
NAMES = ["id", "name", "x"]


@st.composite
def patterns(draw: st.DrawFn) -> str:
    segments = draw(st.lists(WORDS, max_size=3))
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3)):
        segments.insert(draw(st.integers(0, len(segments))), f"{{{name}}}")
    if draw(st.booleans()):
        segments.append("{rest...}")
    return "/" + "/".join(segments)


@given(patterns())
def test_parse_and_format_are_inverse(text: str) -> None:
    assert str(Pattern.parse(text)) == text


@given(patterns(), st.lists(WORDS, min_size=4, max_size=4))
def test_a_path_made_from_a_pattern_matches_it(text: str, words: list[str]) -> None:
    values = dict(zip([*NAMES, "rest"], words, strict=True))
    path = text
    for name, word in values.items():
        path = path.replace(f"{{{name}}}", word).replace(f"{{{name}...}}", word)
    expected = {name: word for name, word in values.items() if f"{{{name}" in text}
    assert Pattern.parse(text).match(path) == expected


@given(patterns(), st.text(alphabet="/abc.", max_size=12))
def test_names_never_hold_a_slash_but_the_rest_may(text: str, path: str) -> None:
    found = Pattern.parse(text).match(path) or {}
    assert all("/" not in value for name, value in found.items() if name != "rest")
