"""Licence files of real projects are recognised; a word more, and they are not."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from workflow_sbom.licensing import recognising
from workflow_sbom.licensing.recognising import concluded, recognise
from workflow_sbom.model.licence import Licence, NamedLicence, SpdxLicence

MIT = """\
{title}
Copyright (c) 2019 Ann Öz
All rights reserved.

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""
PLAIN = MIT.format(title="MIT License\n")
FOUND = SpdxLicence("MIT", "concluded")


@pytest.mark.parametrize("title", ["", "MIT License\n", "# The MIT License (MIT)\n"])
def test_whatever_stands_above_it(title: str) -> None:
    assert recognise(MIT.format(title=title)) == FOUND


@pytest.mark.parametrize("old", ["\n", " "])
def test_however_its_lines_are_broken(old: str) -> None:
    assert recognise(PLAIN.replace("free of charge, to", f"free of charge,{old}to")) == FOUND
    assert recognise(PLAIN.replace("\n", "\r\n")) == FOUND


def test_whoever_holds_it() -> None:
    assert recognise(PLAIN.replace("AUTHORS OR COPYRIGHT HOLDERS", "Company, Inc.")) == FOUND


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SOFTWARE.\n", "SOFTWARE.\n\nIt shall be used for good, not evil.\n"),
        ("free of charge, ", ""),
        ("Ann Öz\n", "Ann Öz. You may not sell it.\n"),
        ("Ann Öz\n", "Ann Öz. Licensed to friends.\n"),
        ("AUTHORS OR", "AUTHORS OR ANYBODY SHALL PAY OR"),
        ("IN NO EVENT", "IN ONE EVENT"),
    ],
)
def test_a_word_more_or_less_is_another_licence(old: str, new: str) -> None:
    assert old in PLAIN
    assert recognise(PLAIN.replace(old, new)) is None


def test_two_licences_in_one_file_are_neither() -> None:
    assert recognise(PLAIN + PLAIN) is None
    assert recognise("") is None


def test_a_long_file_is_not_looked_into() -> None:
    assert recognise(" " * (recognising.LONGEST + 1)) is None


@pytest.mark.parametrize(
    "part",
    ["copyright ", "neither the name of a ", "in no event shall a ", "* ", "\n(c) may", "(1) "],
)
def test_hostile_texts_end_soon(part: str) -> None:
    assert recognise(part * (recognising.LONGEST // len(part))) is None


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ((), FOUND),
        ((SpdxLicence("MIT"),), FOUND),
        ((NamedLicence("MIT/X11"),), FOUND),
        ((SpdxLicence("MIT OR Apache-2.0"),), None),
        ((NamedLicence("Apache Software License"),), None),
        ((SpdxLicence("MIT"), NamedLicence("Dual License")), None),
    ],
)
def test_what_is_declared_must_not_speak_against_it(
    declared: tuple[Licence, ...], expected: SpdxLicence | None
) -> None:
    assert concluded(declared, FOUND) == expected
    assert concluded(declared, None) is None


@pytest.mark.parametrize(
    ("name", "expression"),
    [("packaging", "Apache-2.0"), ("packaging", "BSD-2-Clause"), ("idna", "BSD-3-Clause")],
)
def test_files_of_this_environment(name: str, expression: str) -> None:
    files = [each for each in importlib.metadata.files(name) or () if "LICENSE" in each.name]
    texts = [Path(str(each.locate())).read_text(encoding="utf-8") for each in files]
    assert SpdxLicence(expression, "concluded") in [recognise(text) for text in texts]
