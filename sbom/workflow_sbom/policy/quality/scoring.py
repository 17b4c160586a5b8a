"""The score of a document by the checklist, and what is missing in it or only looks like a value.

A field counts by the share of its places that have a true value, a category by its fields, the
whole by the categories' weights; a field or category that nothing in the document is asked for
does not count. Scores are of 100, rounded down: 100 means that nothing is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from workflow_sbom.policy.findings import FieldMissing, Finding, Place, Placeholder, QualityLow
from workflow_sbom.policy.items import Named, place
from workflow_sbom.policy.quality.checklist import FIELDS, WEIGHTS, Asked, Category, Field
from workflow_sbom.policy.quality.placeholders import placeholders
from workflow_sbom.policy.verdict import Score

_Places = Sequence[tuple[Field, Sequence[Asked]]]


def score(given: Named) -> Score:
    """The score of one document."""
    return _score(given, _places(given))


def check(given: Named, minimum: int) -> tuple[Score, Sequence[Finding]]:
    """The score of one document, and everything that keeps it from 100."""
    places = _places(given)
    scored = _score(given, places)
    found: list[Finding] = [*_missing(given, places), *_placeholders(given)]
    if scored.total < minimum:
        found.append(QualityLow(Place(document=given.name), scored.total, minimum))
    return scored, found


def _places(given: Named) -> _Places:
    return [(field, tuple(field.places(given.document))) for field in FIELDS]


def _score(given: Named, places: _Places) -> Score:
    shares = {category: _share(places, category) for category in WEIGHTS}
    counted = {category: share for category, share in shares.items() if share is not None}
    return Score(
        document=given.name,
        total=_of_100((WEIGHTS[category], share) for category, share in counted.items()),
        categories=tuple((category, int(share * 100)) for category, share in counted.items()),
    )


def _share(places: _Places, category: Category) -> Fraction | None:
    fields = [
        (field.weight, Fraction(sum(each.present for each in asked), len(asked)))
        for field, asked in places
        if field.category == category and asked
    ]
    return _mean(fields) if fields else None


def _mean(weighted: Iterable[tuple[int, Fraction]]) -> Fraction:
    pairs = tuple(weighted)
    return sum((weight * share for weight, share in pairs), Fraction()) / sum(
        weight for weight, _ in pairs
    )


def _of_100(weighted: Iterable[tuple[int, Fraction]]) -> int:
    return int(_mean(weighted) * 100)


def _missing(given: Named, places: _Places) -> Iterator[FieldMissing]:
    for field, asked in places:
        for each in asked:
            if not each.present:
                here = Place(document=given.name, path=each.path)
                yield FieldMissing(place(given, each.part) if each.part else here, field.name)


def _placeholders(given: Named) -> Iterator[Placeholder]:
    for path, text in placeholders(given.document.json):
        yield Placeholder(Place(document=given.name, path=path), text[:80])
