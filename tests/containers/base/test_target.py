from __future__ import annotations

from pathlib import Path

import pytest

from simulators import bases
from simulators.bases import Base, Member, file
from simulators.images import elf, tar
from workflow_containers.base.bringing import from_layouts
from workflow_containers.base.image import load
from workflow_containers.base.python import find
from workflow_containers.base.target import BaseTarget
from workflow_containers.errors import InterpreterError, LayoutError
from workflow_containers.platform import AMD64
from workflow_containers.python.bytecode import Source
from workflow_containers.run import Command, Completed
from workflow_containers.store import Store


class Noting:
    """Notes what is run, and answers that nothing compiles."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def __call__(self, command: Command, /) -> Completed:
        self.commands.append(command)
        return Completed(code=0, stdout=b"\0")


def target(folder: Path, run: Noting, *members: Member) -> BaseTarget:
    layers = [tar(bases.system(AMD64)), tar([*bases.python(AMD64), *members])]
    reference = Base(layers={AMD64: layers}).write(folder / "base")
    store = Store(folder / "store")
    base = load(reference, AMD64, store, from_layouts([folder / "base"]))
    python = find(base, "3.13", ["/usr/local/bin/python3"])
    return BaseTarget(base=base, python=python, store=store, run=run)


def program(*needed: str, runpath: str = "") -> Member:
    data = elf(62, needed=needed, runpath=runpath) + b"\x003.13.5\0"
    return file("usr/local/bin/python3.13", data, mode=0o755)


def test_it_is_run_by_its_own_linker_from_what_it_needs_and_nothing_else(tmp_path: Path) -> None:
    run = Noting()
    library = file("usr/local/lib/libown.so.1", elf(62, needed=("libc.so.6",)))
    made = target(tmp_path, run, program("libown.so.1", runpath="$ORIGIN/../lib"), library)
    made([Source("a.py", b"(")])
    made([Source("b.py", b"(")])
    root = run.commands[0].cwd
    assert [command.cwd for command in run.commands] == [root, root]
    assert sorted(str(p.relative_to(root)) for p in root.rglob("*") if not p.is_dir()) == [
        "libraries/libc.so.6",
        "libraries/libown.so.1",
        "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
        "usr/local/bin/python3.13",
        "usr/local/lib/python3.13/os.py",
        "usr/local/lib/python3.13/site.py",
    ]
    argv = [str(part) for part in run.commands[0].argv]
    assert argv[:4] == [
        f"{root}/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
        "--inhibit-cache",
        "--library-path",
        f"{root}/libraries",
    ]
    assert run.commands[0].env["PYTHONHOME"] == f"{root}/usr/local"


@pytest.mark.parametrize("name", ["libgone.so", "../../etc/passwd"])
def test_a_library_that_the_base_lacks_is_told(tmp_path: Path, name: str) -> None:
    run = Noting()
    with pytest.raises(InterpreterError, match="which is not there") as caught:
        target(tmp_path, run, program(name))([Source("a.py", b"")])
    assert name in str(caught.value)
    assert run.commands == []


def test_layers_that_left_the_store_are_told_apart_from_the_interpreter(tmp_path: Path) -> None:
    run = Noting()
    made = target(tmp_path, run, program("libc.so.6"))
    for blob in made.base.blobs:
        made.store.blob(blob.digest).write_bytes(b"\x1f\x8b\x08damaged")
    with pytest.raises(LayoutError):
        made([Source("a.py", b"")])
    assert not list((made.store.folder / "roots").glob("*"))
