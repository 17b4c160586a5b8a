from __future__ import annotations

import pytest

from workflow_engine.patterns import Method, Pattern


@pytest.mark.parametrize(
    ("pattern", "path", "params"),
    [
        ("/", "/", {}),
        ("/a/b", "/a/b", {}),
        ("/a/b", "/a/b/", None),
        ("/a/", "/a/", {}),
        ("/a/", "/a", None),
        ("/o/{id}", "/o/7", {"id": "7"}),
        ("/o/{id}", "/o/", None),
        ("/o/{id}", "/o/7/x", None),
        ("/o/{id}/x", "/o/7/x", {"id": "7"}),
        ("/f/{rest...}", "/f/a/b", {"rest": "a/b"}),
        ("/f/{rest...}", "/f/", {"rest": ""}),
        ("/f/{rest...}", "/f", None),
        ("/{rest...}", "/", {"rest": ""}),
        ("/{rest...}", "", None),
        ("/{rest...}", "*", None),
    ],
)
def test_a_path_matches_or_not(pattern: str, path: str, params: dict[str, str] | None) -> None:
    assert Pattern.parse(pattern).match(path) == params


@pytest.mark.parametrize(
    "text",
    ["", "a", "/a//b", "/{a", "/{a}{b}", "/{a...}/b", "/{a}/{a}", "/a b", "/..", "/a/../b", "/%2e"],
)
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"path|segment|name"):
        Pattern.parse(text)


def test_the_more_specific_pattern_sorts_first() -> None:
    texts = ["/{rest...}", "/o/{id}", "/o/new", "/o/{rest...}", "/o/{id}/x"]
    ordered = sorted(map(Pattern.parse, texts), key=lambda pattern: pattern.shape)
    matching = [str(pattern) for pattern in ordered if pattern.match("/o/new") is not None]
    assert matching == ["/o/new", "/o/{id}", "/o/{rest...}", "/{rest...}"]


def test_names_do_not_tell_patterns_apart() -> None:
    assert Pattern.parse("/o/{id}").shape == Pattern.parse("/o/{order}").shape


def test_methods_are_upper_case_and_known() -> None:
    assert Method.parse("get") == "GET"
    with pytest.raises(ValueError, match="'TRACE' is no method"):
        Method.parse("TRACE")
