"""Laws of challenges: what is written is read back, and any text is read or refused."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from workflow_containers.access.challenge import Challenge, parse
from workflow_containers.errors import RegistryError
from workflow_containers.network.address import Address

TOKENS = st.text("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+.^_`|~-", min_size=1, max_size=12)
VALUES = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f")
    | st.just("\t"),
    max_size=30,
).filter(lambda text: "\x7f" not in text)
PARAMETERS = st.lists(st.tuples(TOKENS, VALUES), max_size=5, unique_by=lambda pair: pair[0])
TOKEN68 = st.from_regex(r"[A-Za-z0-9._~+/-]{1,20}={0,2}", fullmatch=True)
CHALLENGES = st.builds(
    lambda scheme, pairs: Challenge(scheme=scheme, parameters=tuple(pairs)), TOKENS, PARAMETERS
) | st.builds(lambda scheme, token: Challenge(scheme=scheme, token68=token), TOKENS, TOKEN68)
PIECES = st.sampled_from(
    ["Bearer", "Basic", " ", ",", "=", '"', "\\", "realm", "https://a.test", "\t", "\x00", "é", "a"]
)


@given(st.lists(CHALLENGES, max_size=5))
def test_what_is_written_is_read_back(challenges: list[Challenge]) -> None:
    assert parse(", ".join(map(str, challenges))) == tuple(challenges)


@given(st.text(max_size=200) | st.lists(PIECES, max_size=40).map("".join))
def test_any_text_is_read_or_refused_and_reading_is_stable(text: str) -> None:
    with contextlib.suppress(RegistryError):
        found = parse(text)
        assert parse(", ".join(map(str, found))) == found


@given(st.text(max_size=100) | st.lists(
    st.sampled_from(["http", "s", "://", "/", "@", ":", "?", "#", "[", "]", "a.test", "127.0.0.1",
                     "\\", ".", "0", " ", "%", "é", "\r\n", "::1"]),
    max_size=12,
).map("".join))  # fmt: skip
def test_any_address_is_read_or_refused_and_reading_is_stable(text: str) -> None:
    with contextlib.suppress(RegistryError):
        found = Address.parse(text)
        assert Address.parse(found.url) == found
        assert Address.parse(found.origin).origin == found.origin
