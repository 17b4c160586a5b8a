from __future__ import annotations

import pytest

from workflow_sbom.debian.relations import MAX_RELATIONS, Relation, parse
from workflow_sbom.errors import InventoryError


def test_needs_and_their_alternatives() -> None:
    assert parse("libc6 (>= 2.36), awk | mawk:any (<<1:2~), \n python3:amd64(=3),") == (
        (Relation("libc6", None, ">=", "2.36"),),
        (Relation("awk"), Relation("mawk", "any", "<<", "1:2~")),
        (Relation("python3", "amd64", "=", "3"),),
    )
    assert parse("") == parse(" , ") == ()


@pytest.mark.parametrize(
    ("relation", "version", "admitted"),
    [
        ("aa", None, True),
        ("aa", "1", True),
        ("aa (>= 2)", None, False),
        ("aa (>= 2)", "2~rc1", False),
        ("aa (>= 2)", "2", True),
        ("aa (>> 2)", "2", False),
        ("aa (> 2)", "2", True),
        ("aa (<= 2)", "2", True),
        ("aa (<< 2)", "2", False),
        ("aa (< 2)", "2", True),
        ("aa (= 2)", "0:2", True),
        ("aa (= 2)", "1:2", False),
    ],
)
def test_versions_that_do(relation: str, version: str | None, admitted: bool) -> None:
    (((found,)),) = parse(relation)
    assert found.admits(version) is admitted


@pytest.mark.parametrize("text", ["A", "a (>= )", "a (2)", "a |", "a (>= 2) b", "a;b", "\x1b[2J"])
def test_what_is_no_relation_is_refused(text: str) -> None:
    with pytest.raises(InventoryError, match="no relation between packages"):
        parse(text)


def test_a_field_without_end_is_refused() -> None:
    with pytest.raises(InventoryError, match="in one field"):
        parse("aa," * (MAX_RELATIONS + 1))
