from __future__ import annotations

import pytest

from workflow_sbom.debian.paragraphs import read_leniently


def test_fields_of_paragraphs() -> None:
    text = "Format: x\n# a remark\n\n\nFiles: *\n a\n  b\nLicense:GPL-2+ \n\t.\n end\n"
    assert read_leniently(text) == (
        {"format": "x"},
        {"files": "*\na\n b", "license": "GPL-2+\n.\nend"},
    )


def test_a_text_interrupted_by_an_empty_line_goes_on() -> None:
    text = "License: X\n one\n\n two\n\n\n three\nComment: c\n"
    assert read_leniently(text) == ({"license": "X\none\n\ntwo\n\nthree", "comment": "c"},)


def test_a_line_that_lost_its_indentation_goes_on() -> None:
    assert read_leniently("License: X\n one\ntwo\n three") == ({"license": "X\none\ntwo\nthree"},)


def test_paragraphs_that_no_empty_line_divides() -> None:
    text = "Files: a\nLicense: X\nFiles: b\nLicense: Y\nLicense: Y\n text"
    assert read_leniently(text) == (
        {"files": "a", "license": "X"},
        {"files": "b", "license": "Y"},
        {"license": "Y\ntext"},
    )


def test_other_fields_that_stand_twice_are_one() -> None:
    assert read_leniently("Copyright: a\nCopyright: b") == ({"copyright": "a\nb"},)


@pytest.mark.parametrize("text", ["", " indented first", "This is a text.", "A: b\n\nA text."])
def test_what_is_no_such_file_has_no_paragraphs(text: str) -> None:
    assert read_leniently(text) == ()
