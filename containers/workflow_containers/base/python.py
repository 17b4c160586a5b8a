"""The Python that a base brings: where it is, which it is, and where it looks for wheels.

All of it is read from the base's files, for every platform alike; nothing is run to find out.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workflow_containers import architecture
from workflow_containers.architecture import Architecture
from workflow_containers.base.image import BaseImage
from workflow_containers.errors import InterpreterError, MemberError
from workflow_containers.layers.tree import File, Tree
from workflow_containers.python.wheel import Site

_PATH = "/usr/local/bin:/usr/bin:/bin"
_GLIBC = re.compile(rb"stable release version 2\.([0-9]{1,3})[.\s]")
_PARTS = {bytes((byte,)) for byte in b"0123456789."}
_MAX_FOLDERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class BasePython:
    """A base's interpreter; paths are canonical. `release` is its full version, `3.13.5`.

    `home` is its prefix, `glibc` the minor version of the C library it runs on, `loader` the
    dynamic linker, `folders` where that looks for libraries.
    """

    release: str
    program: str
    home: str
    site: Site
    glibc: int
    loader: str
    folders: tuple[str, ...]


def find(base: BaseImage, version: str, entrypoint: Sequence[str]) -> BasePython:
    """The interpreter of that version; raises `InterpreterError` with everything that is amiss.

    It is the one that the entrypoint starts, or else the first on the base's `PATH`.
    """
    arch, tree = architecture.of(base.platform), base.tree
    where = f"{base.reference} for {base.platform}"
    program = _program(base, version, entrypoint, where)
    home = posixpath.dirname(posixpath.dirname(program))
    folders, loader = library_folders(tree, arch), loader_of(tree, arch)
    release, glibc = release_of(tree, program, version, folders), _glibc(tree, folders)
    library = f"{home}/lib/python{version}"
    node = tree.find(program)
    faults = [
        fault
        for wrong, fault in (
            (not isinstance(node, File) or node.elf is None, f"{program} is no program"),
            (
                isinstance(node, File) and node.elf and node.elf.machine != arch.elf,
                f"{program} is for another processor",
            ),
            (release is None, f"{program} does not tell one version of Python {version}"),
            (tree.find(f"{library}/os.py") is None, f"no standard library in {library}"),
            (loader is None or glibc is None, "no glibc, which wheels are chosen for"),
        )
        if wrong
    ]
    if faults or release is None or loader is None or glibc is None:
        raise InterpreterError(
            f"{where}: {'; '.join(faults)}", remedy=f"name a base with CPython {version} on glibc"
        )
    return BasePython(
        release=release,
        program=program,
        home=home,
        site=_site(tree, home, version, program),
        glibc=glibc,
        loader=loader,
        folders=folders,
    )


def _program(base: BaseImage, version: str, entrypoint: Sequence[str], where: str) -> str:
    named = entrypoint[0] if posixpath.basename(entrypoint[0]).startswith("python") else ""
    name = named or f"python{version}"
    path = dict(_environment(base)).get("PATH", _PATH)
    candidates = [name] if "/" in name else [f"{folder}/{name}" for folder in path.split(":")]
    for candidate in candidates:
        there = candidate.lstrip("/")
        if not isinstance(base.tree.find(there), File):
            continue
        _require_no_environment(base.tree, there, where)
        program = base.tree.resolve(there)
        if posixpath.basename(program) == f"python{version}":
            return program
        raise InterpreterError(
            f"{where}: {candidate} is {program}, not python{version}",
            remedy="name that version in the definition, or another base",
        )
    raise InterpreterError(
        f"{where}: no {name} {'' if '/' in name else f'on its PATH ({path[:200]})'}".rstrip(),
        remedy="name an interpreter that the base has, or another base",
    )


def _environment(base: BaseImage) -> Iterator[tuple[str, str]]:
    execution = base.config.get("config") or {}
    listed = execution.get("Env") if isinstance(execution, dict) else None
    for line in listed if isinstance(listed, list) else ():
        name, _, value = str(line).partition("=")
        yield name, value


def _require_no_environment(tree: Tree, candidate: str, where: str) -> None:
    """A virtual environment's interpreter looks for wheels in another place than its own."""
    home = posixpath.dirname(posixpath.dirname(tree.place(candidate)))
    if tree.find(f"{home}/pyvenv.cfg") is not None:
        raise InterpreterError(
            f"{where}: {candidate} is of the virtual environment {home}",
            remedy="start the interpreter itself: wheels are put beside it",
        )


def release_of(tree: Tree, program: str, version: str, folders: Sequence[str]) -> str | None:
    """The version that the program, or the library it is in, has in it; None unless it is one."""
    literal = re.compile(
        re.escape(version).encode() + rb"\.[0-9]{1,3}(?:(?:a|b|rc)[0-9]+)?\+?(?=\0)"
    )
    name = f"libpython{version}.so.1.0"
    library = posixpath.dirname(posixpath.dirname(program)) + f"/lib/{name}"
    for path in (program, library, *(f"{folder}/{name}" for folder in folders)):
        data = tree.file(path) or b""
        found = {
            match[0]
            for match in literal.finditer(data)
            if data[match.start() - 1 : match.start()] not in _PARTS  # not of a longer number
        }
        if found:
            return found.pop().decode() if len(found) == 1 else None
    return None


def _site(tree: Tree, home: str, version: str, program: str) -> Site:
    """Debian's own Python keeps what did not come from packages apart (its site.py says where)."""
    debian = b"dist-packages" in (tree.file(f"{home}/lib/python{version}/site.py") or b"")
    prefix, name = (f"{home}/local", "dist-packages") if debian else (home, "site-packages")
    return Site(packages=f"{prefix}/lib/python{version}/{name}", prefix=prefix, python=program)


def loader_of(tree: Tree, arch: Architecture) -> str | None:
    """The dynamic linker, at the path that the processor's ABI fixes."""
    folder, _, name = arch.loader.rpartition("/")
    for path in (f"lib64/{name}", f"lib/{name}", f"{folder}/{name}"):
        if isinstance(tree.find(path), File):
            return tree.resolve(path)
    return None


def _glibc(tree: Tree, folders: Sequence[str]) -> int | None:
    for folder in folders:
        if found := _GLIBC.search(tree.file(f"{folder}/libc.so.6") or b""):
            return int(found[1])
    return None


def library_folders(tree: Tree, arch: Architecture) -> tuple[str, ...]:
    """Where the base's dynamic linker looks: its configuration, then what is built in."""
    files = ["etc/ld.so.conf", *(path for path, _ in tree.below("etc/ld.so.conf.d"))]
    lines = [
        line.strip()
        for path in files
        for line in (tree.file(path) or b"").decode(errors="replace").splitlines()
    ]
    built_in = (f"/lib/{arch.triplet}", f"/usr/lib/{arch.triplet}", "/lib64", "/usr/lib64")
    named = [*(line for line in lines if line.startswith("/")), *built_in, "/lib", "/usr/lib"]
    found = dict.fromkeys(_resolved(tree, folder) for folder in named[:_MAX_FOLDERS])
    return tuple(folder for folder in found if folder)


def _resolved(tree: Tree, folder: str) -> str:
    try:
        return tree.resolve(folder)
    except MemberError:
        return ""
