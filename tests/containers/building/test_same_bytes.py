"""A small image byte for byte, as committed; and that a difference would be seen and named."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from simulators.images import CREATED, FakeMachine, World, world
from support.images import Digests, contents, told_apart
from workflow_containers.building.builder import build_archive
from workflow_containers.definition import load
from workflow_containers.errors import ContainersError
from workflow_containers.run import Command, Completed

GOLDEN = Path(__file__).parents[2] / "golden/containers/image.json"


@dataclass
class Compiling(FakeMachine):
    """A machine whose interpreter answers alike everywhere, but for what leaks into its answers."""

    leak: Iterator[int] = field(default_factory=lambda: itertools.repeat(0))

    def __call__(self, command: Command) -> Completed:
        if "-c" not in command.argv:
            return super().__call__(command)
        answers = b""
        at = 0
        while at < len(command.stdin):
            begin = at
            for _ in range(2):
                at += 4 + int.from_bytes(command.stdin[at : at + 4], "little")
            pyc = hashlib.sha256(command.stdin[begin:at]).digest() + bytes([next(self.leak)])
            answers += b"\1" + len(pyc).to_bytes(4, "little") + pyc
        return Completed(code=0, stdout=answers)


def build(shop: World, folder: Path, *, later: timedelta = timedelta()) -> Path:
    inputs = dataclasses.replace(shop.inputs(), created=CREATED + later)
    archive = folder / "shop.tar"
    build_archive(
        load(shop.root / "images/shop.toml"), inputs, shop.tools(folder / "store"), archive
    )
    return archive


@pytest.fixture
def shop(tmp_path: Path) -> World:
    made = world(tmp_path / "repository", suffix="")
    return dataclasses.replace(made, machine=Compiling(index=made.machine.index))


def test_the_golden_image_is_the_one_that_is_built(shop: World, tmp_path: Path) -> None:
    """A change of bytes makes every user's layers new: it is meant, and seen in the diff."""
    archive = build(shop, tmp_path)
    found = {**dataclasses.asdict(Digests.read(archive)), "contents": contents(archive)}
    text = json.dumps(found, indent=2, sort_keys=True) + "\n"
    if os.environ.get("WORKFLOW_GOLDEN") == "write":
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_the_same_is_told_as_the_same(shop: World, tmp_path: Path) -> None:
    assert told_apart(build(shop, tmp_path / "one"), build(shop, tmp_path / "two")) == ""


def test_a_leak_into_compiled_files_is_told_by_layer_and_file(shop: World, tmp_path: Path) -> None:
    leaking = dataclasses.replace(
        shop, machine=Compiling(index=shop.machine.index, leak=itertools.count(1))
    )
    told = told_apart(build(shop, tmp_path / "one"), build(leaking, tmp_path / "two"))
    files = {line.split(":")[0] for line in told.splitlines()}
    python = "usr/lib/python3.13/__pycache__"
    assert {
        "amd64 configuration",
        "arm64 configuration",
        "amd64 layer 0 compressed",
        f"amd64 layer 0 {python}/abc.cpython-313.pyc",
        f"arm64 layer 0 {python}/os.cpython-313.pyc",
    } <= files
    assert not [name for name in files if name.endswith(".py")]


def test_a_clock_that_leaks_is_told(shop: World, tmp_path: Path) -> None:
    later = timedelta(seconds=1)
    told = told_apart(build(shop, tmp_path / "one"), build(shop, tmp_path / "two", later=later))
    assert [line.split(":")[0] for line in told.splitlines()] == [
        "amd64 configuration",
        "amd64 manifest",
        "arm64 configuration",
        "arm64 manifest",
        "index",
    ]


@pytest.mark.parametrize("forgotten", [True, False], ids=["made anew", "remembered"])
def test_what_rots_in_the_store_is_never_used(
    shop: World, tmp_path: Path, *, forgotten: bool
) -> None:
    """A byte of each blob turned, its time kept: refused or replaced, and whole the next time."""
    whole = build(shop, tmp_path).read_bytes()
    blobs = sorted((tmp_path / "store/blobs").iterdir())
    assert len(blobs) > 20
    for blob in blobs:
        for memo in (tmp_path / "store/memo").iterdir():
            if forgotten and memo.read_bytes().startswith(b"{"):  # all but which wheel is whose
                memo.unlink()
        kept = rot(blob)
        (tmp_path / "shop.tar").unlink()
        with contextlib.suppress(ContainersError):
            assert build(shop, tmp_path).read_bytes() == whole
        assert build(shop, tmp_path).read_bytes() == whole
        blob.write_bytes(kept)  # nothing may have read it


def rot(path: Path) -> bytes:
    before, kept = path.stat(), path.read_bytes()
    data = bytearray(kept)
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return kept


def test_an_archive_that_is_there_is_not_written_again(shop: World, tmp_path: Path) -> None:
    archive = build(shop, tmp_path)
    before = archive.stat()
    assert build(shop, tmp_path).stat() == before
    archive.write_bytes(b"another's")
    assert build(shop, tmp_path).stat().st_size == before.st_size
    archive.unlink()
    assert build(shop, tmp_path).stat().st_size == before.st_size
