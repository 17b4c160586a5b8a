"""Laws of reading Debian's copyright files: nothing is lost, and order and names decide nothing."""

from __future__ import annotations

import re
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from workflow_sbom.debian.copyright import read
from workflow_sbom.licensing import debian
from workflow_sbom.licensing.synopsis import All, Any, Name, Terms, leaves, parse
from workflow_sbom.texts import require_text

FORMAT = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
SHORT = st.sampled_from(
    ("GPL-2+", "Expat", "ISC", "Own-1", "public-domain", "GPL-2+ with X exception")
)
TEXTS = st.sampled_from(("", "\n one text", "\n another\n .\n text"))
FIELDS = st.builds("{}{}".format, SHORT, TEXTS)


def names(depth: int = 0) -> st.SearchStrategy[Terms]:
    word = st.from_regex(r"[A-Z][a-z]{0,5}-[0-9]\+?", fullmatch=True).map(Name)
    if depth == 2:
        return word
    some = st.lists(names(depth + 1), min_size=2, max_size=3).map(tuple)
    return word | st.builds(All, some) | st.builds(Any, some)


def written(terms: Terms) -> str:
    match terms:
        case Name(text):
            return text
        case All(parts):
            return " and ".join(f"({written(each)})" for each in parts)
        case Any(parts):
            return " or ".join(f"({written(each)})" for each in parts)


def meaning(terms: Terms, true: frozenset[str]) -> bool:
    """Whether the terms are met where some of the names are."""
    match terms:
        case Name(text):
            return text in true
        case All(parts):
            return all(meaning(each, true) for each in parts)
        case Any(parts):
            return any(meaning(each, true) for each in parts)


def file(fields: list[str]) -> bytes:
    return (FORMAT + "".join(f"\nFiles: f\nLicense: {each}\n" for each in fields)).encode()


@given(st.binary(min_size=1, max_size=400).filter(lambda data: data.strip()))
def test_any_bytes_are_some_licence_with_a_text_that_can_be_shown(data: bytes) -> None:
    found = read(data, "x") if data.decode(errors="replace").strip("\ufeff \t\n\r\f\v") else None
    if found is not None:
        for each in found.licence.texts:
            require_text("the text", each.text)
        require_text("the holders", found.holders)
        assert found == read(data, "x")


@given(st.lists(FIELDS, min_size=1, max_size=4))
def test_the_order_of_paragraphs_decides_nothing(fields: list[str]) -> None:
    assert len({read(file([*each]), "x").licence for each in permutations(fields)}) == 1


@given(st.lists(FIELDS, min_size=1, max_size=6, unique=True))
def test_another_name_or_text_is_another_licence(fields: list[str]) -> None:
    """Each name that SPDX has not has as many identifiers as it has texts."""
    found = read(file(fields), "x").licence
    unknown = {each for each in fields if debian.identifier(each.partition("\n")[0]) is None}
    assert len(set(re.findall(r"LicenseRef-[A-Za-z0-9.-]+", found.expression))) == len(unknown)
    assert {each.text for each in found.texts} <= {
        each.partition("\n")[2].replace(" .\n", "\n").replace("\n ", "\n").strip()
        for each in unknown
    }


@given(names())
def test_an_expression_means_what_was_written(terms: Terms) -> None:
    found = parse(written(terms))
    words = sorted({each.text for each in leaves(terms)})
    assert {each.text for each in leaves(found)} == set(words)
    for mask in range(1 << min(len(words), 5)):
        true = frozenset(word for at, word in enumerate(words) if mask >> at & 1)
        assert meaning(found, true) == meaning(terms, true)


@given(st.text(max_size=200))
def test_any_synopsis_is_some_expression(text: str) -> None:
    found = parse(text)
    assert list(leaves(found))
    for each in leaves(found):
        debian.identifier(each.text)
