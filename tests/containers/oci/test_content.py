from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workflow_containers.errors import LayoutError
from workflow_containers.oci.content import Content
from workflow_sbom.digest import CHUNK, Digest

DATA = bytes(range(256)) * 20_000
DIGEST = Digest.of(DATA)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "blob"
    path.write_bytes(b"before" + DATA + b"after")
    return path


def read(content: Content, start: int = 0, stop: int | None = None) -> bytes:
    return b"".join(content.pieces(start, content.size if stop is None else stop))


def test_bytes_in_memory() -> None:
    content = Content.of(DATA)
    assert (content.digest, content.size) == (DIGEST, len(DATA))
    assert read(content, 3, 9) == DATA[3:9]


def test_a_part_of_an_open_file_in_bounded_pieces(path: Path) -> None:
    with path.open("rb") as stream:
        content = Content.in_file(stream.fileno(), 6, len(DATA), DIGEST)
        assert read(content) == DATA
        assert read(content, 3, len(DATA) - 3) == DATA[3:-3]
        assert max(map(len, content.pieces(0, content.size))) == CHUNK
        assert stream.tell() == 0


def test_several_read_one_file_at_once(path: Path) -> None:
    with path.open("rb") as stream, ThreadPoolExecutor(4) as pool:
        content = Content.in_file(stream.fileno(), 6, len(DATA), DIGEST)
        starts = range(0, 40_000, 1000)
        found = list(pool.map(lambda start: read(content, start), starts))
    assert all(data == DATA[start:] for start, data in zip(starts, found, strict=True))


def test_a_file_of_its_own_is_opened_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "later"
    content = Content.at(path, 3, Digest.of(b"abc"))
    path.write_bytes(b"abc")
    assert read(content, 1) == b"bc"


def test_a_file_that_became_shorter_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "short"
    path.write_bytes(b"ab")
    with pytest.raises(LayoutError, match="cut short"):
        read(Content.at(path, 3, Digest.of(b"abc")))


def test_bytes_pass_through_what_is_put_in_their_way() -> None:
    content = Content.of(b"abc").through(lambda pieces: (piece.upper() for piece in pieces))
    assert read(content, 1) == b"BC"
