from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from simulators.images import MIRRORS, FakeMirror, locked
from workflow_containers.debian import fetch
from workflow_containers.errors import AbsentError, MirrorError, NetworkError
from workflow_containers.store import Store
from workflow_sbom.digest import Digest

DATA = b"package" * 1000
PACKAGE = locked(DATA, "demo")
URL = "https://mirror.test/debian/pool/main/d/demo/demo_1.0-1_amd64.deb"


def bring(store: Store, opener: Callable[[str], IO[bytes]]) -> None:
    fetch.packages([PACKAGE], store=store, mirrors=MIRRORS, fetch=opener)


def test_a_package_is_fetched_once(tmp_path: Path) -> None:
    store, mirror = Store(tmp_path), FakeMirror({URL: DATA})
    bring(store, mirror)
    bring(store, mirror)
    assert mirror.asked == [URL]
    assert store.read(Digest.of(DATA)) == DATA


class Failing:
    """Fails so often, then gives what there is."""

    def __init__(self, times: int, error: Exception) -> None:
        self.times, self.error, self.asked = times, error, 0

    def __call__(self, _: str, /) -> IO[bytes]:
        self.asked += 1
        if self.asked <= self.times:
            raise self.error
        return io.BytesIO(DATA)


@pytest.mark.parametrize(
    "error", [OSError("reset"), NetworkError("cut short"), TimeoutError("slow")]
)
def test_a_connection_that_fails_is_tried_again(tmp_path: Path, error: Exception) -> None:
    opener = Failing(2, error)
    bring(Store(tmp_path), opener)
    assert opener.asked == 3


def test_in_the_end_it_gives_up_and_says_why(tmp_path: Path) -> None:
    with pytest.raises(MirrorError) as caught:
        bring(Store(tmp_path), Failing(9, OSError("HTTP status 503")))
    assert str(caught.value) == "demo 1.0-1 (amd64) can't be fetched: HTTP status 503"


def test_a_package_that_is_gone_is_not_tried_again(tmp_path: Path) -> None:
    opener = Failing(9, AbsentError(URL))
    with pytest.raises(MirrorError, match="no longer has demo"):
        bring(Store(tmp_path), opener)
    assert opener.asked == 1


@pytest.mark.parametrize("data", [bytes(len(DATA)), DATA + b"x", DATA * 1000])
def test_other_bytes_are_refused_and_not_kept(tmp_path: Path, data: bytes) -> None:
    store = Store(tmp_path)
    with pytest.raises(MirrorError, match="another demo 1"):
        bring(store, FakeMirror({URL: data}))
    assert not store.has(PACKAGE.sha256)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_no_more_is_read_than_the_lock_says(tmp_path: Path) -> None:
    endless = Endless()
    with pytest.raises(MirrorError, match="than was locked"):
        bring(Store(tmp_path), lambda _: endless)
    assert endless.given <= 2 << 20


class Endless(io.BytesIO):
    """A body without end."""

    given = 0

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        self.given += size
        return bytes(size)


def test_a_body_that_ends_early_is_tried_again(tmp_path: Path) -> None:
    with pytest.raises(MirrorError, match="the connection ended after 3 of 7000 bytes"):
        bring(Store(tmp_path), FakeMirror({URL: b"abc"}))


def test_everything_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    others = [locked(name.encode(), name) for name in ("aa", "bb")]
    with pytest.raises(MirrorError) as caught:
        fetch.packages(others, store=Store(tmp_path), mirrors=MIRRORS, fetch=FakeMirror())
    assert str(caught.value).count("no longer has") == 2
