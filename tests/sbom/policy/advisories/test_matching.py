from __future__ import annotations

import itertools
import time

import pytest

from workflow_sbom.policy.advisories.matching import Undecided, fix, match
from workflow_sbom.policy.advisories.record import Affected, Event, Range, RangeKind


def ranged(
    *events: tuple[str, str], ecosystem: str = "PyPI", kind: RangeKind = "ECOSYSTEM"
) -> Affected:
    given = tuple(Event(which, version) for which, version in events)  # type: ignore[arg-type]
    return Affected(ecosystem, "x", (), (Range(kind, given),))


ALL = ("introduced", "0")


@pytest.mark.parametrize(
    ("events", "inside", "outside"),
    [
        ([ALL], ["0.0.1.dev1", "1.0", "999"], []),
        ([ALL, ("fixed", "2.0")], ["1.9", "2.0rc1"], ["2.0", "2.0.0", "3"]),
        ([("introduced", "1.0"), ("fixed", "2.0")], ["1.0", "1.5"], ["1.0rc1", "0.9", "2.0"]),
        ([ALL, ("last_affected", "2.0")], ["2.0", "1"], ["2.0.post1", "2.1"]),
        ([("introduced", "2.0"), ("last_affected", "2.0")], ["2.0"], ["1.9", "2.1"]),
        (
            [ALL, ("fixed", "1.5"), ("introduced", "2.0"), ("fixed", "2.5")],
            ["1.0", "2.0", "2.4"],
            ["1.5", "1.9", "2.5", "3.0"],
        ),
        ([ALL, ("limit", "2.0")], ["1.9"], ["2.0", "2.1"]),
        ([ALL, ("limit", "2.0"), ("limit", "*")], ["1.9", "2.0"], []),
        ([ALL, ("fixed", "1.0"), ("introduced", "1.0")], ["0.9", "1.0", "2.0"], []),
        ([ALL, ("fixed", "0")], [], ["1.0"]),
    ],
)
def test_events_are_evaluated_in_any_order(
    events: list[tuple[str, str]], inside: list[str], outside: list[str]
) -> None:
    for unsorted in itertools.permutations(events):
        for version in inside:
            assert match(ranged(*unsorted), version) == "affected", (unsorted, version)
        for version in outside:
            assert match(ranged(*unsorted), version) == "unaffected", (unsorted, version)


def test_a_listed_version_is_affected_in_any_spelling() -> None:
    affected = Affected("PyPI", "x", ("not a version", "1.0"), ())
    assert match(affected, "1.0") == "affected"
    assert match(affected, "1.0.0") == "affected"
    assert match(affected, "1.0.1") == "unaffected"


def test_one_range_of_several_is_enough() -> None:
    first, second = ranged(ALL, ("fixed", "1.0")), ranged(("introduced", "2.0"))
    both = Affected("PyPI", "x", (), first.ranges + second.ranges)
    assert [match(both, each) for each in ("0.9", "1.5", "2.0")] == [
        "affected",
        "unaffected",
        "affected",
    ]


@pytest.mark.parametrize(
    ("ecosystem", "fixed", "before", "after"),
    [
        ("npm", "1.10.0", "1.9.0", "1.10.0"),
        ("Go", "1.10.0", "v1.9.0", "v1.10.0"),
        ("Go", "1.22.1", "1.22", "1.22.1"),
        ("Debian:13", "2.41-12+deb13u2", "2.41-12+deb13u1", "2.41-12+deb13u10"),
        ("Debian:13", "1:1.0-1", "9.0-1", "1:1.0-1"),
    ],
)
def test_ecosystems_have_their_own_order(
    ecosystem: str, fixed: str, before: str, after: str
) -> None:
    affected = ranged(ALL, ("fixed", fixed), ecosystem=ecosystem)
    assert (match(affected, before), match(affected, after)) == ("affected", "unaffected")


@pytest.mark.parametrize(
    ("affected", "version", "reason"),
    [
        (ranged(ALL, ecosystem="Maven"), "1", "the order of versions in Maven is not known"),
        (ranged(ALL), "latest", "'latest' is no version of PyPI"),
        (ranged(ALL, kind="GIT"), "1", "it is told by commits only, or not at all"),
        (Affected("PyPI", "x", (), ()), "1", "it is told by commits only, or not at all"),
    ],
)
def test_what_can_not_be_told_is_undecided(affected: Affected, version: str, reason: str) -> None:
    assert match(affected, version) == Undecided(reason)


def test_a_range_that_has_no_order_is_undecided() -> None:
    answer = match(ranged(ALL, ("fixed", "yesterday")), "1")
    assert isinstance(answer, Undecided)
    assert "yesterday" in answer.reason
    assert isinstance(match(ranged(ALL, ("limit", "some")), "1"), Undecided)


def test_commits_besides_versions_do_not_matter() -> None:
    commits = Range("GIT", (Event("introduced", "0"),))
    assert match(Affected("PyPI", "x", ("1.0",), (commits,)), "2.0") == "unaffected"
    listed = ranged(ALL, ("fixed", "2.0"))
    both = Affected("PyPI", "x", (), (*listed.ranges, commits))
    assert match(both, "2.0") == "unaffected"
    assert fix(both, "1.0") == "2.0"


def test_many_events_are_evaluated_soon() -> None:
    events = [(("introduced", "fixed")[n % 2], f"{n}.0") for n in range(20_000)]
    started = time.process_time()
    assert match(ranged(*reversed(events)), "19998.5") == "affected"
    assert time.process_time() - started < 3
