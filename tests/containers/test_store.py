from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from workflow_containers.store import Store
from workflow_sbom.digest import Digest


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_bytes_come_back_by_their_digest(store: Store) -> None:
    digest = store.put(b"abc")
    assert digest == Digest.of(b"abc")
    assert store.has(digest)
    assert store.read(digest) == b"abc"
    assert store.put(b"abc") == digest


def test_what_is_not_there_is_none(store: Store) -> None:
    assert store.read(Digest.of(b"abc")) is None
    assert not store.has(Digest.of(b"abc"))
    assert store.recall(Digest.of(b"key")) is None


@pytest.mark.parametrize("data", [b"", b"abd", b"abcd"])
def test_bytes_that_changed_are_removed_not_used(store: Store, data: bytes) -> None:
    digest = store.put(b"abc")
    store.blob(digest).write_bytes(data)
    assert store.read(digest) is None
    store.put(b"abc")
    store.blob(digest).write_bytes(data)
    assert not store.has(digest)
    assert not store.blob(digest).exists()


def test_bytes_that_rot_with_their_time_are_found_out_when_they_are_read(store: Store) -> None:
    """A disk tells no time. Whether they are there is asked cheaply; what is used is hashed."""
    digest = store.put(b"abc")
    rot(store.blob(digest))
    assert store.has(digest)
    assert store.read(digest) is None
    store.put(b"abc")
    rot(store.blob(digest))
    assert not store.verified(digest)
    assert not store.blob(digest).exists()
    assert not store.verified(digest)


def rot(path: Path) -> None:
    before = path.stat()
    path.write_bytes(b"abd")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_bytes_of_another_time_are_hashed_once(store: Store) -> None:
    """As in a store that was copied."""
    digest = store.put(b"abc")
    written = store.blob(digest).stat().st_mtime
    os.utime(store.blob(digest))
    assert store.has(digest)
    assert store.blob(digest).stat().st_mtime == written


def test_what_was_remembered_comes_back(store: Store) -> None:
    key = Digest.of(b"key")
    store.remember(key, {"a": ["1", 2]})
    assert store.recall(key) == {"a": ["1", 2]}


def test_a_damaged_memory_is_forgotten(store: Store) -> None:
    key = Digest.of(b"key")
    store.remember(key, {"a": 1})
    (store.folder / "memo" / f"{key.hex}.json").write_bytes(b'{"a":')
    assert store.recall(key) is None


def test_a_write_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(TypeError), store.writing() as stream:
        stream.write("no bytes")  # type: ignore[call-overload] # what fails is not the point
    assert list((store.folder / "scratch").iterdir()) == []


def test_work_is_done_by_one_at_a_time(store: Store) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        with store.alone(Digest.of(b"key")):
            inside.append(1)
            most.append(len(inside))
            threading.Event().wait(0.01)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5


def test_other_work_goes_on_meanwhile(store: Store) -> None:
    with store.alone(Digest.of(b"a")), store.alone(Digest.of(b"b")):
        assert len(list((store.folder / "locks").iterdir())) == 2


def test_a_root_is_filled_once(store: Store) -> None:
    filled: list[Path] = []

    def fill(folder: Path) -> None:
        filled.append(folder)
        (folder / "a").write_text("1", encoding="utf-8")

    first = store.root(Digest.of(b"key"), fill)
    assert store.root(Digest.of(b"key"), fill) == first
    assert len(filled) == 1
    assert (first / "a").read_text(encoding="utf-8") == "1"
    assert first.stat().st_mode & 0o777 == 0o755
    assert list(store.scratch().iterdir()) == []


def test_a_root_that_can_not_be_filled_is_not_there(store: Store) -> None:
    def fill(folder: Path) -> None:
        (folder / "half").write_text("1", encoding="utf-8")
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        store.root(Digest.of(b"key"), fill)
    assert not (store.folder / "roots").exists()
    assert list(store.scratch().iterdir()) == []
