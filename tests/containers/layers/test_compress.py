from __future__ import annotations

import gzip
import hashlib
import io
import random

import pytest

from workflow_containers.errors import LayoutError
from workflow_containers.layers.compress import STEP, Member, expand, member

DATA = random.Random(1).randbytes(STEP // 3) + b"words and words " * STEP


def expanded(data: bytes, limit: int = 1 << 30) -> bytes:
    return b"".join(expand(io.BytesIO(data), limit))


def test_a_member_is_gzip() -> None:
    assert gzip.decompress(member(b"abc")) == b"abc"
    assert gzip.decompress(member(b"")) == b""


def test_the_header_names_neither_time_nor_machine() -> None:
    assert member(b"abc")[:10] == bytes.fromhex("1f8b08000000000000ff")


@pytest.mark.parametrize("size", [1, 1000, STEP - 1, STEP, STEP + 1, len(DATA)])
def test_the_bytes_do_not_depend_on_how_they_were_written(size: int) -> None:
    out = io.BytesIO()
    writer = Member(out)
    data = DATA[: 3 * STEP] if size == 1 else DATA
    step = max(size, 997) if size == 1 else size
    for at in range(0, len(data), step):
        writer.write(data[at : at + step])
    writer.finish()
    assert out.getvalue() == member(data)


def test_known_contents_have_known_bytes() -> None:
    """Pinned: another compressor, level or framing changes every layer of every release."""
    assert member(b"hello hello hello\n").hex() == (
        "1f8b08000000000000ffcb48cdc9c957c840905c003b7c8adf12000000"
    )
    lines = b"".join(b"%d words\n" % number for number in range(100_000))
    assert hashlib.sha256(member(lines)).hexdigest() == (
        "b91e45fa70b25ba9f50c06415bc4cf20b0f10d0397eae33dc95e75f7ec42a9e8"
    )


def test_concatenated_members_expand_to_all_their_contents() -> None:
    assert expanded(member(b"a" * 100_000) + member(b"") + member(b"b")) == b"a" * 100_000 + b"b"


def test_a_bomb_is_stopped_at_the_limit() -> None:
    bomb = member(bytes(64 << 20))
    taken: list[int] = []
    with pytest.raises(LayoutError, match="holds more than 1048576 bytes"):
        taken.extend(map(len, expand(io.BytesIO(bomb), 1 << 20)))
    assert sum(taken) <= 1 << 20


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty stream"),
        (b"no gzip at all", "no gzip stream"),
        (member(DATA)[:-1], "cut short"),
        (member(b"a") + b"tail", "no gzip stream"),
        (member(b"abc")[:-8] + b"\0" * 8, "no gzip stream"),
    ],
)
def test_what_is_no_whole_gzip_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(LayoutError, match=message):
        expanded(data)
