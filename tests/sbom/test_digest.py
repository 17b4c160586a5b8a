from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from workflow_sbom.digest import CHUNK, Digest, Measured, measure, measure_file
from workflow_sbom.errors import DigestError

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_of_known_bytes() -> None:
    assert Digest.of(b"") == Digest(EMPTY)
    assert str(Digest.of(b"")) == f"sha256:{EMPTY}"


def test_parse_reads_what_str_writes() -> None:
    assert Digest.parse(str(Digest(EMPTY))) == Digest(EMPTY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "e3b0",
        EMPTY.upper(),
        EMPTY + "\n",
        EMPTY[:-1] + "g",
        EMPTY[:-1] + "٣",
        f"sha256:{EMPTY}",
        "../../etc/passwd",
    ],
)
def test_refuses_what_only_looks_like_one(text: str) -> None:
    with pytest.raises(DigestError):
        Digest(text)


@pytest.mark.parametrize(
    "text", [EMPTY, f"sha512:{EMPTY}", f"SHA256:{EMPTY}", f" sha256:{EMPTY}", f"sha256:{EMPTY}:x"]
)
def test_parse_refuses_other_forms(text: str) -> None:
    with pytest.raises(DigestError):
        Digest.parse(text)


def test_messages_never_repeat_a_whole_hostile_text() -> None:
    with pytest.raises(DigestError) as caught:
        Digest("x" * 10_000)
    assert len(str(caught.value)) < 200


def test_measure_counts_across_chunks() -> None:
    data = b"ab" * CHUNK
    assert measure(io.BytesIO(data)) == Measured(
        Digest(hashlib.sha256(data).hexdigest()), 2 * CHUNK
    )


def test_measure_file(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert measure_file(tmp_path / "empty") == Measured(Digest(EMPTY), 0)
