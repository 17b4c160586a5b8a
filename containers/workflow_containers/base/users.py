"""The user an image runs as, where the base does not know its number."""

from __future__ import annotations

from collections.abc import Iterator

from workflow_containers.layers.entries import Directory, Entry, File
from workflow_containers.layers.tree import Tree

_NAME = "nonroot"


def entries(base: Tree, user: int) -> Iterator[Entry]:
    """`etc/passwd` and `etc/group` with one more line, and a home; nothing when both know it.

    These two files are the only ones of a base that are replaced.
    """
    passwd, group = base.file("etc/passwd") or b"", base.file("etc/group") or b""
    if str(user) in _fields(passwd, 2) and str(user) in _fields(group, 2):
        return
    name = _NAME if _NAME not in _fields(passwd, 0) | _fields(group, 0) else f"{_NAME}{user}"
    if str(user) not in _fields(passwd, 2):
        line = f"{name}:x:{user}:{user}:{name}:/home/{name}:/sbin/nologin\n"
        yield Directory(base.place(f"home/{name}"))
        yield File(base.resolve("etc/passwd"), 0o644, _more(passwd, line))
    if str(user) not in _fields(group, 2):
        yield File(base.resolve("etc/group"), 0o644, _more(group, f"{name}:x:{user}:\n"))


def _fields(table: bytes, at: int) -> set[str]:
    lines = table.decode(errors="replace").splitlines()
    return {parts[at] for line in lines if len(parts := line.split(":")) > at}


def _more(table: bytes, line: str) -> bytes:
    return table + (b"\n" if table and not table.endswith(b"\n") else b"") + line.encode()
