"""Which texts may stand where: every text of a bill of materials comes from outside."""

from __future__ import annotations

import re

from workflow_sbom.errors import ModelError

_LONGEST_EMAIL = 254
_LONGEST_ADDRESS = 2000
_DIRECTIONS = r"\u202a-\u202e\u2066-\u2069"
_NO_LINE = re.compile(rf"[\x00-\x1f\x7f-\x9f\u2028\u2029{_DIRECTIONS}]")
_NO_TEXT = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{_DIRECTIONS}]")
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"(?=[^.]{1,63}(?:\.|$))[0-9a-z]+(?:-[0-9a-z]+)*"
_EMAIL = re.compile(
    rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*", re.ASCII | re.IGNORECASE
)
_ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]*:(//[\w.:@~!$&'()*+,;=-]*)?([\w.~:/?@!$&'()*+,;=-]|%[0-9a-f]{2})*"
    r"(#([\w.~:/?@!$&'()*+,;=-]|%[0-9a-f]{2})*)?",
    re.ASCII | re.IGNORECASE,
)


def is_email(text: str) -> bool:
    """Whether a text can stand where an e-mail address is asked for."""
    return len(text) <= _LONGEST_EMAIL and bool(_EMAIL.fullmatch(text))


def is_address(text: str) -> bool:
    """Whether a text can stand where an address (RFC 3986, absolute) is asked for."""
    return len(text) <= _LONGEST_ADDRESS and bool(_ADDRESS.fullmatch(text))


def require_email(text: str) -> None:
    """Raise `ModelError` for what is no e-mail address."""
    if not is_email(text):
        raise ModelError(f"{text[:80]!r} is no e-mail address")


def require_address(text: str) -> None:
    """Raise `ModelError` for what is no absolute address."""
    if not is_address(text):
        raise ModelError(f"{text[:80]!r} is no address: an absolute URI in ASCII")


def require_line(what: str, text: str | None) -> None:
    """Names, versions, references: raise `ModelError` for what a terminal would act on."""
    if text is not None and (not text.strip() or _NO_LINE.search(text)):
        raise ModelError(f"{what} {text[:80]!r} is empty or holds control characters")


def require_text(what: str, text: str | None) -> None:
    """Texts of several lines: raise `ModelError` for what a terminal would act on."""
    if text is not None and (not text.strip() or _NO_TEXT.search(text)):
        raise ModelError(f"{what} {text[:80]!r} is empty or holds control characters")


def readable(text: str) -> str:
    """A text of several lines as `require_text` takes it: ends of lines are made one kind, and
    each character that a terminal would act on becomes U+FFFD, so that none is lost unseen.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", lines)


def require_choice(what: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise `ModelError` for what is none of the choices."""
    if value not in choices:
        raise ModelError(f"{value[:80]!r} is no kind of {what}; known: {', '.join(choices)}")
