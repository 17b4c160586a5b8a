from __future__ import annotations

import re
import time
import tracemalloc
from pathlib import Path

import pytest

from workflow_sbom.debian.copyright import MAX_BYTES, MAX_HOLDERS, Copyright, read
from workflow_sbom.errors import InventoryError
from workflow_sbom.model.licence import SpdxLicence

FORMAT = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
EXPAT = """\
 Permission is hereby granted to deal in the Software without restriction.
 .
 This shall be included in all copies or substantial portions of the Software.
"""
SHOP = f"""{FORMAT}Upstream-Name: shop
Source: https://example.org/shop

Files: *
Copyright: 2001-2024 Ada
           2010 Bo <bo@example.org>
License: GPL-2+

Files: lib/*
Copyright: 2010 Bo <bo@example.org>
License: LGPL-2.1+ or Own-1

Files: debian/*
Copyright: 2020 Cy
License: Expat

License: Own-1
 You may do
 .
   as you like.

License: GPL-2+
 See /usr/share/common-licenses/GPL-2.
"""


def parsed(text: str | bytes) -> Copyright:
    data = text.encode() if isinstance(text, str) else text
    return read(data, "usr/share/doc/shop/copyright")


def expression(*licences: str) -> str:
    """What paragraphs with these `License` fields come to, without the digests."""
    files = "".join(f"\nFiles: f{at}\nLicense: {each}\n" for at, each in enumerate(licences))
    return re.sub(r"-[0-9a-f]{16}", "-…", parsed(FORMAT + files).licence.expression)


def test_a_package_is_under_all_that_its_paragraphs_declare() -> None:
    found = parsed(SHOP)
    assert found.machine_readable
    (own,) = found.licence.texts
    assert own.text == "You may do\n\n  as you like."
    assert re.fullmatch(r"LicenseRef-debian-Own-1-[0-9a-f]{16}", own.identifier)
    assert found.licence.expression == (
        f"GPL-2.0-or-later AND (LGPL-2.1-or-later OR {own.identifier}) AND MIT"
    )
    assert found.licence.acknowledgement == "declared"


def test_holders_are_stated_once_and_in_their_order() -> None:
    assert parsed(SHOP).holders == "2001-2024 Ada\n2010 Bo <bo@example.org>\n2020 Cy"


def test_expressions_are_joined_without_repetition() -> None:
    assert expression("GPL-2+", "GPL-2.0+", "gpl-2+") == "GPL-2.0-or-later"
    assert expression("A-1 and Expat, and B-1") == (
        "LicenseRef-debian-A-1-… AND LicenseRef-debian-B-1-… AND MIT"
    )
    assert expression("Artistic or GPL-1+", "GPL-1+ or Artistic") == (
        "Artistic-1.0-Perl OR GPL-1.0-or-later"
    )
    assert expression("Expat or ISC and GPL-2", "Zlib") == (
        "((GPL-2.0-only AND ISC) OR MIT) AND Zlib"
    )
    assert expression("(Expat and ISC) or GPL-2") == "GPL-2.0-only OR (ISC AND MIT)"
    assert expression("Expat or Expat", "ISC") == "ISC AND MIT"


def test_words_that_are_no_expression_are_one_licence() -> None:
    assert expression("same as above\n text") == "LicenseRef-debian-same-as-above-…"
    assert expression("\n A text of\n its own.") == "LicenseRef-debian-unnamed-…"
    assert expression("\n GPL-2+") == "GPL-2.0-or-later"


def test_a_name_means_what_its_text_says() -> None:
    """One name with two texts is two licences; one without a text is another still."""
    texts = ["X\n one", "X\n two", "X", "X\n one"]
    assert len(set(expression_ids(texts))) == 3
    assert expression("MIT\n" + EXPAT.rstrip()) == "MIT"
    assert expression("MIT\n Another one.") == "LicenseRef-debian-MIT-…"
    assert expression("MIT") == "LicenseRef-debian-MIT-…"


def expression_ids(licences: list[str]) -> list[str]:
    files = "".join(f"\nFiles: f{at}\nLicense: {each}\n" for at, each in enumerate(licences))
    return parsed(FORMAT + files).licence.expression.split(" AND ")


MIT = Path(__file__).parents[3].joinpath("LICENSE").read_text(encoding="utf-8")


def test_a_text_that_is_known_word_for_word_is_that_licence() -> None:
    text = "".join(f" {line}\n" for line in MIT.replace("\n\n", "\n.\n").splitlines())
    own = f"\nLicense: Own\n{text}"
    assert expression(f"Own\n{text.rstrip()}") == "MIT"
    assert parsed(f"{FORMAT}\nFiles: *\nLicense: Own or ISC\n{own}").licence.expression == (
        "ISC OR MIT"
    )
    assert expression(f"Own\n{text} And one word.") == "LicenseRef-debian-Own-…"
    shared = f"{FORMAT}\nFiles: *\nLicense: Own and Second\n{text}"
    assert len(parsed(shared).licence.texts) == 2  # whose text it is, nobody says


def test_a_file_that_is_one_known_text_is_that_licence() -> None:
    found = parsed(MIT)
    assert (found.licence, found.machine_readable) == (SpdxLicence("MIT"), False)
    assert found.holders is not None
    assert parsed(f"{MIT}\nAnd more.").licence.texts


def test_the_text_of_several_is_the_text_of_each_that_has_none() -> None:
    text = f"{FORMAT}\nFiles: *\nLicense: A-1 and B-1\n of both\n\nLicense: B-1\n of b\n"
    found = parsed(text).licence
    assert sorted(each.text for each in found.texts) == ["of b", "of both"]


def test_what_the_header_declares_counts() -> None:
    found = parsed(f"{FORMAT}License: GPL-3+\nCopyright: 2001 Ada\n\nFiles: x\nLicense: ISC\n")
    assert found.licence.expression == "GPL-3.0-or-later AND ISC"
    assert parsed(f"{FORMAT}License: GPL-3+\n").licence.expression == "GPL-3.0-or-later"


@pytest.mark.parametrize(
    "text",
    [
        SHOP.removeprefix(FORMAT),
        SHOP.replace(FORMAT, f"Format-Specification: {FORMAT[8:]}"),
        SHOP.replace("\n .\n", "\n\n"),
        SHOP.replace("\n", "\r\n"),
        f"\ufeff{SHOP}",
        f"# a remark\n{SHOP}",
    ],
)
def test_a_file_that_is_clear_is_read_though_it_is_not_quite_right(text: str) -> None:
    assert parsed(text) == parsed(SHOP)


FREE = """\
This package was put together by Ada.

Shop is Copyright (C) 2001-2024 Ada and others.
Copyright © 1999 Bo

It is free software under the GNU General Public License; see /usr/share/common-licenses/GPL-2.
"""


@pytest.mark.parametrize(
    "text",
    [
        FREE,
        f"{SHOP}\nA remark between the paragraphs.\n",
        SHOP.replace("License: Expat\n", ""),
        f"{FORMAT}\nComment: nothing else\n",
        "\n\nLicense: GPL-2+\n",
    ],
)
def test_a_free_text_is_a_licence_of_its_own(text: str) -> None:
    found = parsed(text)
    assert not found.machine_readable
    (whole,) = found.licence.texts
    assert found.licence.expression == whole.identifier
    assert re.fullmatch(r"LicenseRef-debian-copyright-[0-9a-f]{16}", whole.identifier)
    assert whole.text == text


def test_statements_of_a_free_text_name_its_holders() -> None:
    assert parsed(FREE).holders == (
        "Shop is Copyright (C) 2001-2024 Ada and others.\nCopyright © 1999 Bo"
    )
    assert parsed("Nothing is said of anybody.").holders is None


def test_two_free_texts_are_two_licences() -> None:
    assert parsed(FREE).licence != parsed(f"{FREE} ").licence


# ------------------------------------------------------------------------------------ hostile files


def test_what_a_terminal_would_act_on_is_replaced() -> None:
    hostile = SHOP.replace("as you like", "as \x1b[2J\u202eyou\x00 like\x85").encode()
    hostile = hostile.replace(b"2020 Cy", b"2020 Ren\xe9")
    found = parsed(hostile)
    assert found.licence.texts[0].text == "You may do\n\n  as �[2J�you� like�."
    assert found.holders is not None
    assert found.holders.endswith("2020 Ren�")


def test_binary_garbage_is_a_free_text_of_replacements() -> None:
    found = parsed(bytes(range(256)) * 100)
    assert not found.machine_readable
    assert "\x00" not in found.licence.texts[0].text


@pytest.mark.parametrize("data", [b"", b" \n\t\n", b"\xef\xbb\xbf", b"x" * (MAX_BYTES + 1)])
def test_what_is_no_file_of_the_kind_is_refused(data: bytes) -> None:
    with pytest.raises(InventoryError, match=r"usr/share/doc/shop/copyright: .*(empty|at most)"):
        read(data, "usr/share/doc/shop/copyright")


def many(count: int, licence: str) -> str:
    return FORMAT + "".join(f"\nFiles: f\nLicense: {licence.format(at)}\n" for at in range(count))


HOSTILE = [
    many(100_000, "N{}"),
    many(1_000, "(" * 4_000),
    many(10, " and ".join(f"n{at}" for at in range(300)) + "{}\n " + "long text " * 30_000),
    f"{FORMAT}\nFiles: *\nLicense: X\n" + " .\n" * 300_000,
    f"{FORMAT}\nFiles: *\nCopyright: {'©' * 2_000_000}\nLicense: X\n",
    "Copyright " * 400_000,
    "Copyright " + "(c) " * 1_000_000,
    "x" + "\n" * MAX_BYTES,
    "a:" * 2_000_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_file_takes_bounded_time(text: str) -> None:
    started = time.process_time()
    found = parsed(text.encode()[:MAX_BYTES])
    assert time.process_time() - started < 5
    assert sum(len(each.text) for each in found.licence.texts) <= MAX_BYTES
    assert len(found.holders or "") <= MAX_HOLDERS + 100


@pytest.mark.parametrize("text", HOSTILE[2:5], ids=range(2, 5))
def test_a_hostile_file_takes_bounded_memory(text: str) -> None:
    tracemalloc.start()
    parsed(text.encode()[:MAX_BYTES])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 150 << 20


def test_paragraphs_without_end_are_told_by_what_they_say() -> None:
    assert parsed(many(60_000, "GPL-2+")).licence.expression == "GPL-2.0-or-later"
    assert not parsed(many(501, "N{}")).machine_readable


def test_holders_without_end_are_cut_at_a_line() -> None:
    lines = "\n".join(f" 2001 Holder {at}" for at in range(10_000))
    found = parsed(f"{FORMAT}\nFiles: *\nCopyright:\n{lines}\nLicense: ISC\n").holders
    assert found is not None
    assert found.startswith("2001 Holder 0\n2001 Holder 1\n")
    assert found.endswith("\n… and others, whom the copyright file names")
