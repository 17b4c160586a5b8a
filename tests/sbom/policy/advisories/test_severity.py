from __future__ import annotations

import pytest

from workflow_sbom.policy.advisories.severity import (
    Word,
    base_score,
    counts,
    from_vector,
    from_word,
    worst,
)


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1),
        ("CVSS:3.1/AV:N/AC:H/PR:H/UI:N/S:U/C:H/I:N/A:N", 4.4),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", 9.9),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P", 9.8),
    ],
)
def test_base_scores_are_those_of_the_specification(vector: str, score: float) -> None:
    assert base_score(vector) == score


@pytest.mark.parametrize(
    "vector",
    [
        "",
        "9.8",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
        "AV:N/AC:L/Au:N/C:P/I:P/A:P",
        "CVSS:3.1/AV:N",
        "CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:3.1/" + "AV:N/" * 100_000,
    ],
)
def test_other_texts_have_no_score(vector: str) -> None:
    assert base_score(vector) is None
    assert from_vector(vector) == "unknown"


def test_words() -> None:
    assert from_vector("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N") == "medium"
    assert from_vector("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N") == "none"
    assert from_word("MODERATE") == "medium"
    assert from_word("dreadful") == "unknown"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "unknown"),
        (("low", "high"), "high"),
        (("low", "unknown"), "unknown"),
        (("critical", "unknown"), "critical"),
    ],
)
def test_the_worst_of_several(words: tuple[Word, ...], expected: str) -> None:
    assert worst(words) == expected


@pytest.mark.parametrize(
    ("word", "threshold", "expected"),
    [
        ("none", "any", True),
        ("low", "medium", False),
        ("medium", "medium", True),
        ("critical", "high", True),
        ("unknown", "critical", True),
    ],
)
def test_what_is_unknown_is_never_below_a_threshold(
    word: Word, threshold: str, expected: bool
) -> None:
    assert counts(word, threshold) is expected
