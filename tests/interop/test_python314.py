"""Compiling by a real Python 3.14, whose code marshal version 2 can't write: Debian's next one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from support.absent import absent
from workflow_containers.debian import fetch, mirror, resolve
from workflow_containers.debian.lock import Package
from workflow_containers.errors import ContainersError
from workflow_containers.host import native_platform
from workflow_containers.network.transport import fetcher
from workflow_containers.python.bytecode import Source
from workflow_containers.python.interpreter import Interpreter
from workflow_containers.python.target_python import TargetPython
from workflow_containers.run import Command, Completed, run
from workflow_containers.store import Store

SUITE = "forky"
NAMES = (
    "libc6",
    "libexpat1",
    "libpython3.14-minimal",
    "libpython3.14-stdlib",
    "python3.14-minimal",
    "zlib1g",
)
LIBRARY = "usr/lib/python3.14"
# What each compiled file holds is what this interpreter makes of its source at that moment.
CHECK = """
import marshal, pathlib, sys
root = pathlib.Path(sys.argv[1])
for path in sorted(root.rglob("*.pyc")):
    source = path.with_suffix(".py")
    name = "/" + str(source.relative_to(root))
    code = compile(source.read_bytes(), name, "exec", dont_inherit=True, optimize=0)
    if marshal.loads(path.read_bytes()[16:]) != code:
        sys.exit(name)
print(len(list(root.rglob("*.pyc"))))
"""


def patient(command: Command) -> Completed:
    """apt, content with a signed index that its mirror kept too long: any Python will do."""
    apt, *words = command.argv
    return run(replace(command, argv=[apt, "-o", "Acquire::Check-Valid-Until=false", *words]))


def resolved() -> tuple[Package, ...]:
    platform = native_platform()
    assert platform is not None
    try:
        with tempfile.TemporaryDirectory() as folder:
            apt = resolve.Apt(
                folder=Path(folder),
                mirrors=mirror.find(environment=os.environ),
                keyring=resolve.keyring(),
                environment=os.environ,
                run=patient,
            )
            return apt.open(SUITE, platform).named(NAMES)
    except ContainersError as error:
        absent(f"no Python 3.14 of Debian {SUITE}: {error}")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> TargetPython:
    packages, store = resolved(), Store(tmp_path_factory.mktemp("store"))
    mirrors = mirror.find(environment=os.environ)
    fetch.packages(packages, store=store, mirrors=mirrors, fetch=fetcher(os.environ))
    native = native_platform()
    assert native is not None
    return TargetPython(
        version="3.14", native=native, packages=packages, exclude=(), store=store, run=run
    )


@pytest.fixture(scope="module")
def library(python: TargetPython) -> list[Source]:
    python([])  # unpacks it
    (root,) = (python.store.folder / "roots").iterdir()
    files = sorted(path for path in (root / LIBRARY).rglob("*.py") if not path.is_symlink())
    return [Source(str(path.relative_to(root)), path.read_bytes()) for path in files]


def asked(python: TargetPython, *words: str) -> Completed:
    from workflow_containers import architecture

    (root,) = (python.store.folder / "roots").iterdir()
    interpreter = Interpreter.debian(
        root, architecture.of(python.native), f"usr/bin/python{python.version}"
    )
    return interpreter.run(run, ("-S", "-s", "-c", *words))


def test_it_is_what_marshal_version_2_can_not_write(python: TargetPython) -> None:
    python([])
    done = asked(python, "import marshal; marshal.dumps(compile('a[1:2]', '', 'exec'), 2)")
    assert done.code != 0
    assert "unmarshallable" in done.last_words


def test_its_library_is_compiled_whole_and_in_any_order_to_the_same_bytes(
    python: TargetPython, library: Sequence[Source], tmp_path: Path
) -> None:
    forwards = python(library)
    backwards = python(library[::-1])[::-1]
    assert len(library) > 500
    assert [s.path for s, pyc in zip(library, forwards, strict=True) if pyc is None] == []
    assert forwards == backwards
    for source, pyc in zip(library, forwards, strict=True):
        assert pyc is not None
        path = tmp_path / source.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.data)
        path.with_suffix(".pyc").write_bytes(pyc)
    done = asked(python, CHECK, str(tmp_path))
    assert (done.code, done.stdout.strip()) == (0, b"%d" % len(library)), done.stderr
