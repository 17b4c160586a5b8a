"""Tar headers written by hand (POSIX.1-2001 pax, ustar where it suffices): one form for a value.

Owner root but for the folders of a base, one constant time after 1980 (some readers refuse earlier
ones; the commit's time would change every layer with every commit), no user names, no device
numbers.
"""

from __future__ import annotations

from typing import assert_never

from workflow_containers.layers.entries import Directory, Entry, File, Hardlink, Symlink

BLOCK = 512
MTIME = 1_577_836_800
END = bytes(2 * BLOCK)
_MAX_OCTAL = 8**11
_MAX_OWNER = 8**7 - 1


def encode(entry: Entry) -> bytes:
    """The entry's header, with its contents padded to whole blocks."""
    return b"".join(pieces(entry))


def pieces(entry: Entry) -> tuple[bytes, ...]:
    """The same without a copy of a file's contents, which may be large."""
    if isinstance(entry, File):
        size = len(entry.data)
        return (
            header(entry.path, b"0", mode=entry.mode, size=size),
            entry.data,
            bytes(-size % BLOCK),
        )
    return (_bare(entry),)


def _bare(entry: Symlink | Hardlink | Directory) -> bytes:
    match entry:
        case Symlink(path, target):
            return header(path, b"2", mode=0o777, target=target)
        case Hardlink(path, target):
            return header(path, b"1", mode=0o644, target=target)
        case Directory(path, mode, owner):
            return header(f"{path}/", b"5", mode=mode, owner=owner)
        case _:
            assert_never(entry)


def header(
    path: str, kind: bytes, *, mode: int, size: int = 0, target: str = "",
    owner: tuple[int, int] = (0, 0),
) -> bytes:  # fmt: skip
    """One member's header blocks; a pax header goes before it where ustar's fields don't do."""
    if size >= _MAX_OCTAL:
        raise ValueError(f"{path}: {size} bytes do not fit a ustar header")
    prefix, name, fits = _split(path.encode())
    records = b"" if fits else _record(b"path", path.encode())
    link = target.encode()
    if len(link) > 100 or not target.isascii():
        records += _record(b"linkpath", link)
        link = _ascii(link)[:100]
    for key, number in zip((b"uid", b"gid"), owner, strict=True):
        records += _record(key, b"%d" % number) if number > _MAX_OWNER else b""
    block = _block(name, kind, mode=mode, size=size, link=link, prefix=prefix, owner=owner)
    if not records:
        return block
    extended = _block(b"PaxHeaders/0", b"x", mode=0o644, size=len(records), link=b"", prefix=b"")
    return extended + records + bytes(-len(records) % BLOCK) + block


def _split(path: bytes) -> tuple[bytes, bytes, bool]:
    """The prefix and name fields, and whether they say the whole path."""
    if not path.isascii():
        return b"", _ascii(path)[:100], False
    if len(path) <= 100:
        return b"", path, True
    at = path.find(b"/", len(path) - 101)
    if 0 < at <= 155 and at + 1 < len(path):
        return path[:at], path[at + 1 :], True
    return b"", path[:100], False


def _ascii(text: bytes) -> bytes:
    return text.decode().encode("ascii", errors="replace")


def _record(key: bytes, value: bytes) -> bytes:
    """A pax record, which begins with its own length in decimal."""
    rest = b" %s=%s\n" % (key, value)
    length = len(rest)
    while len(rest) + len(b"%d" % length) != length:
        length = len(rest) + len(b"%d" % length)
    return b"%d%s" % (length, rest)


def _block(
    name: bytes, kind: bytes, *, mode: int, size: int, link: bytes, prefix: bytes,
    owner: tuple[int, int] = (0, 0),
) -> bytes:  # fmt: skip
    before = b"%s%07o\0%07o\0%07o\0%011o\0%011o\0" % (
        name.ljust(100, b"\0"),
        mode,
        min(owner[0], _MAX_OWNER),
        min(owner[1], _MAX_OWNER),
        size,
        MTIME,
    )
    after = b"%s%sustar\x0000%s0000000\x000000000\x00%s" % (
        kind,
        link.ljust(100, b"\0"),
        bytes(64),
        prefix.ljust(155, b"\0") + bytes(12),
    )
    checksum = sum(before) + sum(b" " * 8) + sum(after)
    return b"%s%06o\x00 %s" % (before, checksum, after)
