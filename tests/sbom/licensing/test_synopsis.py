from __future__ import annotations

import pytest

from workflow_sbom.licensing.synopsis import MAX_DEPTH, All, Any, Name, Terms, leaves, parse

A, B, C, D = (Name(each) for each in "ABCD")


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("A", A),
        ("A and B", All((A, B))),
        ("A or B and C", Any((A, All((B, C))))),
        ("A and B or C", Any((All((A, B)), C))),
        ("A or B, and C", All((Any((A, B)), C))),
        ("A, or B and C", Any((A, All((B, C))))),
        ("A, and B, or C, and D", Any((All((A, B)), All((C, D))))),
        ("A and B, and C", All((A, B, C))),
        ("A | B OR C", Any((A, B, C))),
        ("(A or B) and C", All((Any((A, B)), C))),
        ("A  and\n B", All((A, B))),
        (
            "GPL-2+ with Font exception or A",
            Any((Name("GPL-2+ with Font exception"), A)),
        ),
        (
            "B and GPL-2+ with OpenSSL linking exception",
            All((B, Name("GPL-2+ with OpenSSL linking exception"))),
        ),
    ],
)
def test_and_binds_more_tightly_and_a_comma_less(text: str, terms: Terms) -> None:
    assert parse(text) == terms


@pytest.mark.parametrize(
    "text",
    [
        "",
        "same as above",
        "GPL-2 or later",
        "GPL version 2",
        "Apache-2.0 and/or Expat",
        "A, B",
        "A, B and C",
        "A and",
        "or A",
        "(A",
        "A)",
        "A (B)",
        "()",
        "GPL-2 with the Font exception from B",
    ],
)
def test_what_is_no_expression_stays_one_name(text: str) -> None:
    assert parse(text) == Name(text)


def test_names_from_left_to_right() -> None:
    assert list(leaves(parse("(A or B) and C or D"))) == [A, B, C, D]


def test_what_is_too_deep_or_too_long_is_one_name() -> None:
    deep = "(" * MAX_DEPTH + "A" + ")" * MAX_DEPTH
    assert parse(deep) == A
    assert parse(f"({deep})") == Name(f"({deep})")
    assert parse("(" * 100_000) == Name("(" * 100_000)
    assert isinstance(parse("A and " * 1000 + "A"), Name)
