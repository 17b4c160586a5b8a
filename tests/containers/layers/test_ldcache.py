from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from pathlib import Path

import pytest

from simulators.images import elf
from support.absent import absent
from workflow_containers import architecture
from workflow_containers.layers import fragment, ldcache
from workflow_containers.layers.entries import Entry, File, Symlink
from workflow_containers.layers.fragment import Fragment, Search
from workflow_containers.layers.ldcache import Library
from workflow_containers.platform import AMD64, ARM64
from workflow_containers.run import Command, run
from workflow_containers.store import Store

AMD, ARM = architecture.of(AMD64), architecture.of(ARM64)
CONF = "etc/ld.so.conf.d/x86_64-linux-gnu.conf"
MULTIARCH = (
    b"# Multiarch support\n/usr/local/lib/x86_64-linux-gnu\n"
    b"/lib/x86_64-linux-gnu\n/usr/lib/x86_64-linux-gnu\n"
)
LIB = "usr/lib/x86_64-linux-gnu"


def library(path: str, soname: str | None = None, machine: int = 62) -> File:
    return File(path, 0o644, elf(machine, soname=soname))


def packed(tmp_path: Path, *entries: Entry) -> Fragment:
    return fragment.write(Store(tmp_path / "store"), "a package", entries)


def found(tmp_path: Path, *entries: Entry) -> list[tuple[str, str]]:
    made = packed(tmp_path, *entries)
    return [(each.soname, each.path) for each in ldcache.libraries([made], AMD)]


def decoded(data: bytes) -> list[tuple[int, str, str]]:
    """The file read by its format."""
    assert data[:20] == b"glibc-ld.so.cache1.1"
    count, length = struct.unpack_from("<II", data, 20)
    assert len(data) == 48 + 24 * count + length

    def text(at: int) -> str:
        return data[at : data.index(0, at)].decode()

    entries = [struct.unpack_from("<iIIIQ", data, 48 + 24 * at) for at in range(count)]
    assert all(entry[3:] == (0, 0) for entry in entries)
    return [(flags, text(key), text(value)) for flags, key, value, *_ in entries]


def test_a_library_is_listed_by_its_soname_where_a_link_of_that_name_is(tmp_path: Path) -> None:
    assert found(
        tmp_path,
        File(CONF, 0o644, MULTIARCH),
        library(f"{LIB}/libz.so.1.3.1", "libz.so.1"),
        Symlink(f"{LIB}/libz.so.1", "libz.so.1.3.1"),
        library(f"{LIB}/libm.so.6", "libm.so.6"),
        library(f"{LIB}/libplain.so"),
        library(f"{LIB}/libmissing.so.2.1", "libmissing.so.2"),
        library(f"{LIB}/plugin.so", "plugin.so"),
        library("usr/bin/tool"),
    ) == [
        ("libz.so.1", "/lib/x86_64-linux-gnu/libz.so.1"),
        ("libplain.so", "/lib/x86_64-linux-gnu/libplain.so"),
        ("libm.so.6", "/lib/x86_64-linux-gnu/libm.so.6"),
    ]


def test_the_folders_come_in_the_order_of_their_files_then_the_linkers_own(tmp_path: Path) -> None:
    assert found(
        tmp_path,
        File("etc/ld.so.conf.d/b.conf", 0o644, b"/opt/b\n"),
        File("etc/ld.so.conf.d/a.conf", 0o644, b"relative\n  /opt/a/  # mine\ninclude /opt/c\n"),
        File("etc/ld.so.conf.d/.hidden.conf", 0o644, b"/opt/c\n"),
        File("etc/ld.so.conf.d/deeper/x.conf", 0o644, b"/opt/c\n"),
        library("opt/a/libx.so.1", "libx.so.1"),
        library("opt/b/libx.so.1", "libx.so.1"),
        library("opt/c/libx.so.1", "libx.so.1"),
        library("usr/lib/libx.so.1", "libx.so.1"),
    ) == [
        ("libx.so.1", "/opt/a/libx.so.1"),
        ("libx.so.1", "/opt/b/libx.so.1"),
        ("libx.so.1", "/lib/libx.so.1"),
    ]


def test_another_processors_libraries_are_not_listed(tmp_path: Path) -> None:
    entries = (library("usr/lib/libx.so.1", machine=183), library("usr/lib/liby.so.1"))
    assert found(tmp_path, *entries) == [("liby.so.1", "/lib/liby.so.1")]


def test_a_library_with_a_form_for_better_processors_is_left_to_the_linker(tmp_path: Path) -> None:
    better = f"{LIB}/glibc-hwcaps/x86-64-v3/libx.so.1"
    entries = (library("usr/lib/libx.so.1", "libx.so.1"), library(better, "libx.so.1"))
    assert found(tmp_path, *entries) == []


def test_names_stand_in_glibcs_order(tmp_path: Path) -> None:
    names = ("liba.so.2", "liba.so.10", "liba.so", "liba-b.so.1", "lib1.so", "libz3.so.4")
    listed = [name for name, _ in found(tmp_path, *(library(f"usr/lib/{n}") for n in names))]
    assert listed == [
        "lib1.so", "libz3.so.4", "liba.so.10", "liba.so.2", "liba.so", "liba-b.so.1",
    ]  # fmt: skip


@pytest.mark.parametrize(("arch", "flags"), [(AMD, 0x0303), (ARM, 0x0A03)])
def test_the_bytes_say_what_was_listed(arch: architecture.Architecture, flags: int) -> None:
    listed = [Library("libz.so.1", "/lib/libz.so.1"), Library("libb.so", "/opt/other.so")]
    assert decoded(ldcache.encode(listed, arch)) == [
        (flags, "libz.so.1", "/lib/libz.so.1"),
        (flags, "libb.so", "/opt/other.so"),
    ]


def test_what_a_fragment_knows_comes_back_from_the_store(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    made = packed(tmp_path, File(CONF, 0o644, MULTIARCH), library(f"{LIB}/libz.so.1"))
    assert made.searches == (
        Search(
            CONF,
            (
                "/usr/local/lib/x86_64-linux-gnu",
                "/lib/x86_64-linux-gnu",
                "/usr/lib/x86_64-linux-gnu",
            ),
        ),
    )
    fragment.remember(store, made.blob, made)
    assert fragment.recall(store, made.blob) == made


def tree(root: Path, entries: Iterable[Entry]) -> None:
    """The entries as files of a merged root."""
    for name in AMD.links:
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    for entry in entries:
        path = root / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(entry, File):
            path.write_bytes(entry.data)
            path.chmod(entry.mode)
        elif isinstance(entry, Symlink):
            path.symlink_to(entry.target)


def hosts(tmp_path: Path) -> tuple[Path, list[Entry]]:
    """A root with libraries of this machine, one of them in a folder of its own."""
    host = Path("/") / LIB
    if not (host / "libcrypto.so.3").exists() or not Path("/sbin/ldconfig").exists():
        absent("ldconfig and OpenSSL of Debian for amd64")
    entries: list[Entry] = [
        File(CONF, 0o644, MULTIARCH),
        File("etc/ld.so.conf.d/own.conf", 0o644, b"/opt/own/lib\n"),
    ]
    for name in ("libc.so.6", "libm.so.6", "libz.so.1", "libssl.so.3", "ld-linux-x86-64.so.2"):
        real = (host / name).resolve(strict=True)
        entries.append(File(f"{LIB}/{real.name}", 0o755, real.read_bytes()))
        if real.name != name:
            entries.append(Symlink(f"{LIB}/{name}", real.name))
    crypto = (host / "libcrypto.so.3").read_bytes()
    entries.append(File("opt/own/lib/libcrypto.so.3", 0o755, crypto))
    root = tmp_path / "root"
    tree(root, [*entries, File("etc/ld.so.conf", 0o644, b"include /etc/ld.so.conf.d/*.conf\n")])
    return root, entries


def ours(tmp_path: Path, entries: list[Entry]) -> bytes:
    return ldcache.encode(ldcache.libraries([packed(tmp_path, *entries)], AMD), AMD)


def test_it_is_what_the_real_ldconfig_writes(tmp_path: Path) -> None:
    root, entries = hosts(tmp_path)
    done = run(Command(argv=["/sbin/ldconfig", "-r", root, "-X", "-C", "/theirs"], cwd=tmp_path))
    assert done.code == 0, done.last_words
    theirs, made = (root / "theirs").read_bytes(), ours(tmp_path, entries)
    # bytes 32 to 36 are where the extension is which says that ldconfig made it
    assert made[:32] == theirs[:32]
    assert made[36:] == theirs[36 : len(made)]
    assert theirs[len(made) :].lstrip(b"\0").startswith(struct.pack("<I", 0xEAA42174))


def test_the_real_ldconfig_reads_it(tmp_path: Path) -> None:
    _, entries = hosts(tmp_path)
    (tmp_path / "cache").write_bytes(ours(tmp_path, entries))
    shown = run(Command(argv=["/sbin/ldconfig", "-p", "-C", tmp_path / "cache"], cwd=tmp_path))
    assert (shown.code, shown.stdout.partition(b" libs")[0]) == (0, b"6")
    assert b"libcrypto.so.3 (libc6,x86-64) => /opt/own/lib/libcrypto.so.3" in shown.stdout


def test_the_roots_own_linker_finds_by_it_what_it_would_not_find_itself(tmp_path: Path) -> None:
    root, entries = hosts(tmp_path)
    inside = [] if os.geteuid() == 0 else ["unshare", "--map-root-user"]
    asked = Command(
        argv=[*inside, "chroot", root, f"/{AMD.loader}", "--list", f"/{LIB}/libssl.so.3"],
        cwd=tmp_path,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )
    assert b"libcrypto.so.3" in run(asked).stderr
    (root / "etc/ld.so.cache").write_bytes(ours(tmp_path, entries))
    done = run(asked)
    assert done.code == 0, done.last_words
    assert b"libcrypto.so.3 => /opt/own/lib/libcrypto.so.3" in done.stdout
