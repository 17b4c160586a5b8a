from __future__ import annotations

from pathlib import Path

import pytest

from simulators.images import elf
from workflow_containers import architecture
from workflow_containers.errors import ClosureError
from workflow_containers.layers import closure, fragment
from workflow_containers.layers.closure import NO_LIBRARIES, Libraries
from workflow_containers.layers.entries import File
from workflow_containers.platform import AMD64
from workflow_containers.store import Store

LIB = "usr/lib/x86_64-linux-gnu"
SITE = "usr/local/lib/python3.13/dist-packages"


def checked(tmp_path: Path, files: dict[str, bytes], under: Libraries = NO_LIBRARIES) -> None:
    entries = [File(path, 0o755, data) for path, data in files.items()]
    made = fragment.write(Store(tmp_path), "demo", entries)
    closure.check([made], architecture.of(AMD64), "demo linux/amd64", under)


@pytest.mark.parametrize(
    "files",
    [
        {f"{LIB}/libc.so.6": elf(62), "usr/bin/a": elf(62, needed=("libc.so.6",))},
        {"usr/lib/libd.so": elf(62), "usr/bin/a": elf(62, needed=("libd.so",))},
        {
            f"{SITE}/x.libs/libpq.so.5": elf(62),
            f"{SITE}/x/_x.so": elf(62, needed=("libpq.so.5",), runpath="$ORIGIN/../x.libs"),
        },
        {
            f"{SITE}/x/libq.so": elf(62),
            f"{SITE}/x/_x.so": elf(62, needed=("libq.so",), runpath="/nope:${ORIGIN}"),
        },
        {"etc/motd": b"no program"},
    ],
)
def test_what_is_there_is_found(tmp_path: Path, files: dict[str, bytes]) -> None:
    checked(tmp_path, files)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"usr/bin/a": elf(62, needed=("libc.so.6",))}, "usr/bin/a needs libc.so.6"),
        (
            {f"{SITE}/x.libs/libq.so": elf(62), f"{SITE}/x/_x.so": elf(62, needed=("libq.so",))},
            "_x.so needs libq.so",
        ),
        ({"usr/bin/a": elf(183)}, "usr/bin/a is for another processor than amd64"),
        (
            {"opt/libq.so": elf(62), "usr/bin/a": elf(62, needed=("libq.so",), runpath="/opt/x")},
            "usr/bin/a needs libq.so",
        ),
    ],
)
def test_what_is_missing_is_told(tmp_path: Path, files: dict[str, bytes], message: str) -> None:
    with pytest.raises(ClosureError, match=message):
        checked(tmp_path, files)


def test_what_the_cache_lists_is_found(tmp_path: Path) -> None:
    entries = [File("usr/bin/a", 0o755, elf(62, needed=("liba.so", "libb.so")))]
    made = fragment.write(Store(tmp_path), "demo", entries)
    under = closure.Libraries(cached=frozenset({"liba.so"}))
    with pytest.raises(ClosureError) as caught:
        closure.check([made], architecture.of(AMD64), "demo", under)
    assert "libb.so" in str(caught.value)
    assert "liba.so" not in str(caught.value)


def test_everything_missing_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ClosureError) as caught:
        checked(tmp_path, {"usr/bin/a": elf(62, needed=("b.so", "a.so"))})
    assert str(caught.value) == (
        "demo linux/amd64: usr/bin/a needs a.so, which is not there;"
        " usr/bin/a needs b.so, which is not there"
        " (add the package that has it, or exclude the file)"
    )


def test_what_is_under_the_fragments_counts_and_so_do_its_linkers_folders(tmp_path: Path) -> None:
    files = {"usr/bin/a": elf(62, needed=("libc.so.6", "libown.so"), runpath="/lib")}
    there = {"lib/libc.so.6", "opt/own/libown.so"}
    under = Libraries(has=there.__contains__, folders=("opt/own",))
    checked(tmp_path, files, under)
    with pytest.raises(ClosureError, match=r"usr/bin/a needs libown\.so"):
        checked(tmp_path, files, Libraries(has=there.__contains__))
