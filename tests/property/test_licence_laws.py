"""Laws of licence expressions, against an evaluator that knows only truth tables."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from workflow_sbom.licensing.expressions import (
    Ruling,
    Term,
    evaluate,
    is_within,
    overlaps,
    parse,
)

NAMES = ["MIT", "ISC", "Zlib", "BSD-3-Clause", "LicenseRef-x"]
TREES = st.recursive(
    st.sampled_from(NAMES),
    lambda inner: st.tuples(st.sampled_from(["AND", "OR"]), inner, inner),
    max_leaves=12,
)
VERSIONS = [f"GPL-{v}{s}" for v in ("1.0", "2.0", "3.0") for s in ("-only", "-or-later")]


def written(tree: object) -> str:
    match tree:
        case (operator, left, right):
            return f"({written(left)} {operator} {written(right)})"
    return str(tree)


def choices(tree: object) -> Iterator[frozenset[str]]:
    """Every set of licences by which the receiver may take it: its disjunctive normal form."""
    match tree:
        case ("OR", left, right):
            yield from choices(left)
            yield from choices(right)
        case ("AND", left, right):
            for one, other in itertools.product(choices(left), choices(right)):
                yield one | other
        case _:
            yield frozenset({str(tree)})


@given(TREES, st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_an_expression_is_as_good_as_its_best_choice(
    tree: object, allowed: set[str], unknown: set[str]
) -> None:
    def rule(term: Term) -> Ruling:
        if str(term) in allowed:
            return Ruling.ALLOWED
        return Ruling.UNKNOWN if str(term) in unknown else Ruling.REFUSED

    if any(choice <= allowed for choice in choices(tree)):
        expected = Ruling.ALLOWED
    elif any(choice <= allowed | unknown for choice in choices(tree)):
        expected = Ruling.UNKNOWN
    else:
        expected = Ruling.REFUSED
    assert evaluate(parse(written(tree)), rule) is expected


def versions(name: str) -> frozenset[str]:
    """The versions that may be chosen, of those there are and one to come."""
    known = ["1.0", "2.0", "3.0", "4.0"]
    number = name.split("-")[1]
    return frozenset(known[known.index(number) :] if name.endswith("later") else [number])


@given(st.sampled_from(VERSIONS), st.sampled_from(VERSIONS))
def test_licences_are_compared_as_the_versions_they_let_choose(one: str, other: str) -> None:
    a, b = Term.parse(one), Term.parse(other)
    assert overlaps(a, b) is bool(versions(one) & versions(other))
    assert is_within(a, b) is (versions(one) <= versions(other))


@given(st.text("MITORANDWH()+ -.:\n\x1bé", max_size=40))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        tree = parse(text)
    except ValueError:
        return
    assert evaluate(tree, lambda _: Ruling.ALLOWED) is Ruling.ALLOWED
