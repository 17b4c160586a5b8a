"""Laws of matching versions, against an evaluator that only counts."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from support import osv
from workflow_sbom.digest import Digest
from workflow_sbom.policy.advisories.lookup import Lookup
from workflow_sbom.policy.advisories.matching import match
from workflow_sbom.policy.advisories.record import Affected, Event, Range
from workflow_sbom.policy.advisories.snapshot import Collecting, Hit
from workflow_sbom.policy.vulnerabilities import join

SPELT: dict[str, Callable[[int], str]] = {
    "PyPI": lambda n: f"{n}.0",
    "npm": lambda n: f"{n}.0.0",
    "Go": lambda n: f"v{n}.0.0",
    "Debian:13": lambda n: f"{n}-1",
}
X = Lookup("PyPI", "x", "1")
# Alternating introductions and fixes, as records have them.
POINTS = st.lists(st.integers(1, 40), unique=True, min_size=1, max_size=8).map(sorted)


@given(st.data(), st.sampled_from(sorted(SPELT)), POINTS, st.integers(0, 41))
def test_a_version_is_affected_between_introduction_and_fix(
    data: st.DataObject, ecosystem: str, points: list[int], asked: int
) -> None:
    spelt = SPELT[ecosystem]
    events = [
        Event("fixed" if at % 2 else "introduced", spelt(point)) for at, point in enumerate(points)
    ]
    unsorted = tuple(data.draw(st.permutations(events)))
    affected = Affected(ecosystem, "x", (), (Range("ECOSYSTEM", unsorted),))
    passed = sum(point <= asked for point in points)
    expected = "affected" if passed % 2 else "unaffected"
    assert match(affected, spelt(asked)) == expected


@given(st.sampled_from(sorted(SPELT)), st.integers(0, 20), st.integers(1, 20))
def test_last_affected_is_the_step_before_fixed(ecosystem: str, asked: int, last: int) -> None:
    spelt = SPELT[ecosystem]

    def answer(end: Event) -> object:
        events = (Event("introduced", "0"), end)
        return match(Affected(ecosystem, "x", (), (Range("ECOSYSTEM", events),)), spelt(asked))

    assert answer(Event("last_affected", spelt(last))) == answer(Event("fixed", spelt(last + 1)))


@given(
    st.lists(st.lists(st.integers(0, 15), min_size=1, max_size=3), max_size=10),
    st.randoms(use_true_random=False),
)
def test_joining_is_the_same_in_any_order_and_loses_no_name(
    groups: list[list[int]], random: Random
) -> None:
    hits = [hit([f"A-{n}" for n in group]) for group in groups]
    found = join(hits, X)
    shuffled = list(hits)
    random.shuffle(shuffled)
    assert join(shuffled, X) == found
    names = [name for flaw in found for name in flaw.names]
    assert len(names) == len(set(names))
    assert set(names) == {f"A-{n}" for group in groups for n in group}
    for group in groups:
        assert any({f"A-{n}" for n in group} <= set(flaw.names) for flaw in found)


def hit(names: list[str]) -> Hit:
    collecting = Collecting([X])
    collecting.add("a", osv.encoded(names[0], osv.affected("x"), aliases=names[1:]))
    ((found,),) = collecting.done("a", Digest.of(b"")).hits.values()
    return found


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_record_or_told_by_name(data: bytes) -> None:
    collecting = Collecting([X])
    collecting.add("some.json", data)
    assert [each.where.document for each in collecting.unread] == ["some.json"]
