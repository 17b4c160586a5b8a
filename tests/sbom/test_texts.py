from __future__ import annotations

import time

import pytest

from workflow_sbom.texts import is_address, is_email, readable, require_text


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("ann@example.org", True),
        ("Julian+jsonschema@GrayVines.com", True),
        ("41898282+bot@users.noreply.example.org", True),
        ("ann@localhost", True),
        ("ann", False),
        ("ann@", False),
        ("ann at example.org", False),
        ("a@b@c", False),
        ("a..b@example.org", False),
        ("a@example..org", False),
        ("a@-x", False),
        ("ann@example.org\n", False),
        ("ä@example.org", False),
        ("a" * 65 + "@example.org", False),
    ],
)
def test_is_email(text: str, answer: bool) -> None:
    assert is_email(text) is answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("https://example.org/a?b=c%20d#e", True),
        ("pkg:npm/%40scope/name@1.0#node_modules/x", True),
        ("git+https://user@example.org/x.git", True),
        ("https://example.org/%zz", False),
        ("https://example.org/a b", False),
        ("https://example.org/é", False),
        ("/relative", False),
        ("https://x/a#b#c", False),
        ("https://x/<script>", False),
        ("", False),
    ],
)
def test_is_address(text: str, answer: bool) -> None:
    assert is_address(text) is answer


def test_hostile_texts_are_judged_quickly() -> None:
    started = time.process_time()
    for text in ("a." * 100_000 + "@", "a@" + "b-" * 120, "x:" + "/" * 1999 + " ", "a:" * 999):
        is_email(text)
        is_address(text)
    assert time.process_time() - started < 1


def test_a_readable_text_is_one_that_may_stand_anywhere() -> None:
    assert readable("a\r\nb\rc\fd\te\x1b[m\u202e\x85") == "a\nb\nc\nd\te�[m��"
    require_text("the text", readable("".join(map(chr, range(0x2100)))))
