"""How bad a vulnerability is, in the words of CVSS, or unknown.

A word that the record's database gives is taken before a CVSS 3 vector, whose base score is
computed (https://www.first.org/cvss/v3.1/specification-document, section 7.1). Vectors of other
versions give no word: what is unknown is never below a threshold.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal

Word = Literal["none", "low", "medium", "high", "critical", "unknown"]
_WORDS: dict[str, Word] = {
    "none": "none",
    "low": "low",
    "medium": "medium",
    "moderate": "medium",
    "high": "high",
    "important": "high",
    "critical": "critical",
}
_RANK: dict[str, int] = {"any": -1, "none": 0, "low": 1, "medium": 2, "high": 3, "critical": 4}
_BOUNDS: tuple[tuple[float, Word], ...] = (
    (9.0, "critical"),
    (7.0, "high"),
    (4.0, "medium"),
    (0.1, "low"),
    (0.0, "none"),
)
_VALUES: dict[str, dict[str, float]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "S": {"U": 0, "C": 1},
    "C": {"H": 0.56, "L": 0.22, "N": 0},
    "I": {"H": 0.56, "L": 0.22, "N": 0},
    "A": {"H": 0.56, "L": 0.22, "N": 0},
}
_PRIVILEGES: dict[str, tuple[float, float]] = {
    "N": (0.85, 0.85),
    "L": (0.62, 0.68),
    "H": (0.27, 0.5),
}
_LONGEST = 300


def from_word(text: str) -> Word:
    """A database's own word (`MODERATE`); `unknown` for one that is none."""
    return _WORDS.get(text.casefold(), "unknown")


def from_vector(vector: str) -> Word:
    """The word for the base score of a CVSS 3.0 or 3.1 vector; `unknown` for any other text."""
    score = base_score(vector)
    if score is None:
        return "unknown"
    return next(word for bound, word in _BOUNDS if score >= bound)


def base_score(vector: str) -> float | None:
    """The base score of a CVSS 3.0 or 3.1 vector, or None for any other text."""
    if not vector.startswith(("CVSS:3.0/", "CVSS:3.1/")) or len(vector) > _LONGEST:
        return None
    metrics = dict(part.partition(":")[::2] for part in vector.split("/")[1:])
    try:
        values = {key: choices[metrics[key]] for key, choices in _VALUES.items()}
        values["PR"] = _PRIVILEGES[metrics["PR"]][int(values["S"])]
    except KeyError:
        return None
    return _score(values)


def _score(values: Mapping[str, float]) -> float:
    changed = bool(values["S"])
    loss = 1 - (1 - values["C"]) * (1 - values["I"]) * (1 - values["A"])
    impact = 6.42 * loss
    if changed:
        impact = 7.52 * (loss - 0.029) - 3.25 * (loss - 0.02) ** 15
    if impact <= 0:
        return 0.0
    ease = 8.22 * values["AV"] * values["AC"] * values["PR"] * values["UI"]
    return _up(min(10, (impact + ease) * (1.08 if changed else 1)))


def _up(score: float) -> float:
    """Rounded up to a tenth, as appendix A of the specification does."""
    whole = round(score * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (math.floor(whole / 10_000) + 1) / 10


def worst(words: Iterable[Word]) -> Word:
    """The worst of them; `unknown` when one is unknown and none is critical, or there is none."""
    found = set(words)
    if "critical" in found:
        return "critical"
    if "unknown" in found or not found:
        return "unknown"
    return max(found, key=_RANK.__getitem__)


def counts(word: Word, threshold: str) -> bool:
    """Whether a severity reaches a threshold (`any`, `low` …); an unknown one always does."""
    return word == "unknown" or _RANK[word] >= _RANK[threshold]
