from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import pytest
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from workflow_sbom.errors import ModelError
from workflow_sbom.licensing.expressions import (
    AllOf,
    AnyOf,
    Ruling,
    Term,
    evaluate,
    is_within,
    overlaps,
    parse,
    terms,
)


def only(*allowed: str) -> Callable[[Term], Ruling]:
    return lambda term: Ruling.ALLOWED if str(term) in allowed else Ruling.REFUSED


def test_and_binds_closer_than_or() -> None:
    tree = parse("MIT OR Apache-2.0 AND BSD-3-Clause")
    assert tree == AnyOf((Term("MIT"), AllOf((Term("Apache-2.0"), Term("BSD-3-Clause")))))
    assert [str(each) for each in terms(tree)] == ["MIT", "Apache-2.0", "BSD-3-Clause"]


@pytest.mark.parametrize(
    ("text", "allowed", "ruling"),
    [
        ("MIT OR GPL-3.0-only", ("MIT",), Ruling.ALLOWED),
        ("MIT AND GPL-3.0-only", ("MIT",), Ruling.REFUSED),
        ("(MIT OR ISC) AND Zlib", ("ISC", "Zlib"), Ruling.ALLOWED),
        ("MIT OR ISC AND Zlib", ("ISC",), Ruling.REFUSED),
        ("GPL-2.0-only WITH Classpath-exception-2.0", ("GPL-2.0-only",), Ruling.REFUSED),
    ],
)
def test_expressions_are_evaluated(text: str, allowed: tuple[str, ...], ruling: Ruling) -> None:
    assert evaluate(parse(text), only(*allowed)) is ruling


@pytest.mark.parametrize(
    ("text", "spelt", "known"),
    [
        ("mit", "MIT", True),
        ("GPL-2.0", "GPL-2.0-only", True),
        ("LGPL-2.1+", "LGPL-2.1-or-later", True),
        ("GFDL-1.3", "GFDL-1.3-only", True),
        ("apache-2.0+", "Apache-2.0+", True),
        (
            "GPL-2.0-with-classpath-exception",
            "GPL-2.0-only WITH Classpath-exception-2.0",
            True,
        ),
        (
            "gpl-2.0+ with classpath-exception-2.0",
            "GPL-2.0-or-later WITH Classpath-exception-2.0",
            True,
        ),
        # license-expression's own table says these two are the MIT and the GPL
        ("LicenseRef-MIT-Diehl", "LicenseRef-MIT-Diehl", False),
        ("LicenseRef-GPL-2.0", "LicenseRef-GPL-2.0", False),
        ("DocumentRef-a:LicenseRef-b", "DocumentRef-a:LicenseRef-b", False),
        ("Anything-1.0", "Anything-1.0", False),
        ("MIT WITH AdditionRef-ours", "MIT WITH AdditionRef-ours", False),
    ],
)
def test_identifiers_are_spelt_as_spdx_lists_them(text: str, spelt: str, known: bool) -> None:
    term = Term.parse(text)
    assert (str(term), term.known) == (spelt, known)


@pytest.mark.parametrize(
    "text",
    ["", " ", "MIT/X11", "MIT MIT", "(MIT", "AND", "MIT OR", "MIT WITH", "A WITH B WITH C",
     "(MIT OR ISC) WITH C", "MIT\x1b[0m", "MIT, ISC", "MIT +", "\u0405PDX", "( )",
     "( ( )", "(AND MIT", "MIT AND ISC AND", "(MIT) ISC AND", "MIT WITH (ISC)"],
)  # fmt: skip
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ModelError):
        parse(text)


def test_packaging_takes_the_same_for_an_expression() -> None:
    words = ["(", ")", "AND", "or", "WITH", "MIT", "Classpath-exception-2.0"]
    for length in range(1, 6):
        for chosen in itertools.product(words, repeat=length):
            text = " ".join(chosen)
            assert reads(text) is is_canonical(text), text


def reads(text: str) -> bool:
    try:
        return all(term.known for term in terms(parse(text)))
    except ModelError:
        return False


def is_canonical(text: str) -> bool:
    try:
        return bool(canonicalize_license_expression(text))
    except InvalidLicenseExpression:
        return False


def test_a_policy_entry_is_one_licence() -> None:
    with pytest.raises(ModelError, match="one by one"):
        Term.parse("MIT OR ISC")


@pytest.mark.parametrize(
    "text",
    ["(" * 15_000, "(" * 51 + "MIT" + ")" * 51, "MIT AND " * 4000 + "MIT", "M" * 10_000_000],
)
def test_expressions_are_bounded(text: str) -> None:
    started = time.process_time()
    with pytest.raises(ModelError, match=r"longer than|deeper than"):
        parse(text)
    assert time.process_time() - started < 1


def test_many_groups_are_not_deep() -> None:
    tree = parse(" AND ".join(["(MIT OR ISC)"] * 200))
    assert isinstance(tree, AllOf)
    assert len(tree.members) == 200
    assert parse("(" * 50 + "MIT" + ")" * 50) == Term("MIT")


def test_a_wide_expression_is_read_soon() -> None:
    started = time.process_time()
    tree = parse(" OR ".join(["MIT"] * 2400))
    assert evaluate(tree, only("MIT")) is Ruling.ALLOWED
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("one", "other", "meet", "within"),
    [
        ("MIT", "MIT", True, True),
        ("MIT", "ISC", False, False),
        ("MIT", "MIT-0", False, False),
        ("MIT+", "MIT", True, False),
        ("GPL-2.0-or-later", "GPL-2.0-only", True, False),
        ("GPL-2.0-only", "GPL-2.0-or-later", True, True),
        ("GPL-3.0-only", "GPL-2.0-or-later", True, True),
        ("GPL-2.0-or-later", "GPL-3.0-only", True, False),
        ("GPL-2.0-only", "GPL-3.0-or-later", False, False),
        ("GPL-3.0-or-later", "GPL-2.0-or-later", True, True),
        ("GPL-2.0-or-later", "GPL-3.0-or-later", True, False),
        ("GPL-2.0-only", "LGPL-2.0-only", False, False),
        ("Apache-1.1+", "Apache-2.0", True, False),
        ("CC-BY-3.0", "CC-BY-SA-3.0", False, False),
        ("LicenseRef-A-1.0", "LicenseRef-a-1.0", True, True),
        ("LicenseRef-a-2.0", "LicenseRef-a-1.0-or-later", False, False),
        ("GPL-2.0-only WITH GCC-exception-2.0", "GPL-2.0-only", False, False),
        (
            "GPL-2.0-or-later WITH GCC-exception-2.0",
            "GPL-2.0-only WITH GCC-exception-2.0",
            True,
            False,
        ),
    ],
)  # fmt: skip
def test_licences_are_sets_of_versions(one: str, other: str, meet: bool, within: bool) -> None:
    a, b = Term.parse(one), Term.parse(other)
    assert (overlaps(a, b), overlaps(b, a), is_within(a, b)) == (meet, meet, within)
