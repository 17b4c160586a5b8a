from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workflow_containers.errors import ConflictError, IntegrityError
from workflow_containers.registry.saving import save
from workflow_sbom.digest import Digest

DATA = b"one two"
DIGEST = Digest.of(DATA)


def pieces() -> Iterator[bytes]:
    yield b"one "
    yield b"two"


def unwanted() -> Iterator[bytes]:
    """Nothing has to be fetched."""
    yield b""
    raise AssertionError


def test_a_file_is_written_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    assert save(pieces(), path, DIGEST) is True
    assert path.read_bytes() == DATA
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(path.parent.iterdir()) == [path]


def test_the_same_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "b"
    path.write_bytes(DATA)
    assert save(unwanted(), path, DIGEST) is False


def test_another_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "b"
    path.write_bytes(b"mine")
    with pytest.raises(ConflictError, match="is there already, and is another file"):
        save(unwanted(), path, DIGEST)
    assert path.read_bytes() == b"mine"


@pytest.mark.parametrize("dangling", [True, False])
def test_no_link_is_followed(tmp_path: Path, dangling: bool) -> None:
    path, target = tmp_path / "b", tmp_path / "target"
    if not dangling:
        target.write_bytes(DATA)
    path.symlink_to(target)
    with pytest.raises(ConflictError):
        save(unwanted(), path, DIGEST)
    assert target.exists() is not dangling


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with pytest.raises(ConflictError):
        save(unwanted(), tmp_path / "b", DIGEST)


def test_what_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"one "
        raise IntegrityError("others")

    with pytest.raises(IntegrityError):
        save(broken(), tmp_path / "b", DIGEST)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("content", "conflict"), [(DATA, False), (b"mine", True)])
def test_somebody_may_be_faster(tmp_path: Path, content: bytes, conflict: bool) -> None:
    path = tmp_path / "b"

    def slow() -> Iterator[bytes]:
        yield from pieces()
        path.write_bytes(content)

    if conflict:
        with pytest.raises(ConflictError):
            save(slow(), path, DIGEST)
    else:
        assert save(slow(), path, DIGEST) is False
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]
