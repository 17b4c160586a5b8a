from __future__ import annotations

import importlib.util
import marshal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from simulators.images import FakeMachine
from workflow_containers import architecture
from workflow_containers.errors import InterpreterError
from workflow_containers.layers.entries import File
from workflow_containers.platform import AMD64
from workflow_containers.python.bytecode import DRIVER, Bytecode, Compiler, Sharing, Source
from workflow_containers.python.interpreter import Interpreter
from workflow_containers.run import Command, Completed, Run

CODE = b"NAMES = {'b', 'a', 'c'}\ndef f(x):\n    return x in {'u', 'v', 'w'}, 'text', 1.5\n"


def compiler(run: Run | None = None) -> Compiler:
    interpreter = Interpreter.debian(
        Path("/nonexistent-root"), architecture.of(AMD64), "usr/bin/py"
    )
    return Compiler(interpreter, run or Here())


class Here(FakeMachine):
    """This Python in the place of the image's, started where there is a folder."""

    def __call__(self, command: Command, /) -> Completed:
        return super().__call__(
            Command(argv=command.argv, cwd=Path("/"), stdin=command.stdin, env=command.env)
        )


def test_a_compiled_file_is_what_this_python_would_load() -> None:
    (pyc,) = compiler()([Source("usr/lib/python3.13/x.py", CODE)])
    assert pyc is not None
    assert pyc[:4] == importlib.util.MAGIC_NUMBER
    assert pyc[4:8] == b"\x01\0\0\0"  # by hash, unchecked: PEP 552
    assert pyc[8:16] == importlib.util.source_hash(CODE)
    code = marshal.loads(pyc[16:])  # noqa: S302 - compiled above
    assert code.co_filename == "/usr/lib/python3.13/x.py"


def test_what_else_is_compiled_and_in_which_order_changes_nothing() -> None:
    library = sorted(Path(importlib.util.__file__).parent.glob("*.py"))
    sources = [Source(f"lib/{path.name}", path.read_bytes()) for path in library]
    alone = [compiler()([source])[0] for source in sources]
    together = list(compiler()(sources))
    backwards = list(reversed(compiler()(sources[::-1])))
    assert len(sources) > 5
    assert alone == together == backwards


class Apart(Here):
    """This Python, compiling as one does whose code marshal version 2 can't write."""

    def __call__(self, command: Command, /) -> Completed:
        rule = "sys.version_info >= (3, 14)"
        assert any(rule in str(part) for part in command.argv)
        argv = [str(part).replace(rule, "True") for part in command.argv]
        return super().__call__(Command(argv=argv, cwd=command.cwd, stdin=command.stdin))


def test_each_file_compiled_apart_is_the_same_in_any_order_and_the_same_code() -> None:
    library = sorted(Path(importlib.util.__file__).parent.glob("*.py"))
    sources = [Source(f"lib/{path.name}", path.read_bytes()) for path in library]
    sources += [Source("bad.py", b"("), Source("empty.py", b"")]
    alone = [compiler(Apart())([source])[0] for source in sources]
    together = list(compiler(Apart())(sources))
    backwards = list(reversed(compiler(Apart())(sources[::-1])))
    assert alone == together == backwards
    plain = compiler()(sources)
    assert together != list(plain)  # a newer version of marshal
    for one, other in zip(together, plain, strict=True):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert one[:16] == other[:16]
            assert marshal.loads(one[16:]) == marshal.loads(other[16:])  # noqa: S302 - compiled above


def test_a_process_that_fails_on_its_own_stops_the_build() -> None:
    class Failing(Apart):
        def __call__(self, command: Command, /) -> Completed:
            argv = [str(part).replace("status = 0", "status = 3") for part in command.argv]
            return super().__call__(Command(argv=argv, cwd=command.cwd, stdin=command.stdin))

    with pytest.raises(InterpreterError, match=r"a\.py: the compiling process failed"):
        compiler(Failing())([Source("a.py", b"")])


def test_what_is_no_python_is_left_uncompiled() -> None:
    found = compiler()([Source("a.py", b"print 1"), Source("b.py", b"\0"), Source("c.py", b"")])
    assert [each is None for each in found] == [True, True, False]


def test_an_interpreter_that_fails_stops_the_build() -> None:
    def failing(_: Command) -> Completed:
        return Completed(code=127, stdout=b"", stderr=b"cannot open shared object file\n")

    def silent(_: Command) -> Completed:
        return Completed(code=0, stdout=b"")

    with pytest.raises(InterpreterError, match="compiling failed: cannot open shared"):
        compiler(failing)([Source("a.py", b"")])
    with pytest.raises(InterpreterError, match="0 compiled files for 1 sources"):
        compiler(silent)([Source("a.py", b"")])


def test_compiled_files_follow_their_sources() -> None:
    bytecode = Bytecode(compile=compiler(), tag="cpython-313", identity="x")
    files = [File("a/b.py", 0o644, b""), File("c.txt", 0o644, b""), File("d.py", 0o644, b"(")]
    found = list(bytecode.added(iter(files)))
    assert [entry.path for entry in found] == [
        "a/b.py",
        "c.txt",
        "d.py",
        "a/__pycache__/b.cpython-313.pyc",
    ]


class Counting:
    """Notes what it is asked to compile."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, sources: Sequence[Source]) -> tuple[bytes | None, ...]:
        self.asked += [source.path for source in sources]
        return tuple(source.data for source in sources)


def test_two_platforms_compile_their_common_sources_once() -> None:
    counting = Counting()
    sharing = Sharing(counting)
    sources = [Source(f"{number}.py", b"%d" % number) for number in range(50)]
    results: list[tuple[bytes | None, ...]] = []
    threads = [threading.Thread(target=lambda: results.append(sharing(sources))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counting.asked) == sorted(source.path for source in sources)
    assert results == [tuple(source.data for source in sources)] * 4


def test_the_same_path_with_other_contents_is_another_source() -> None:
    counting = Counting()
    sharing = Sharing(counting)
    assert sharing([Source("a.py", b"1")]) == (b"1",)
    assert sharing([Source("a.py", b"2")]) == (b"2",)
    assert counting.asked == ["a.py", "a.py"]


def test_everybody_who_waits_hears_of_a_failure() -> None:
    def failing(_: Sequence[Source]) -> tuple[bytes | None, ...]:
        raise InterpreterError("no")

    sharing = Sharing(failing)
    for _ in range(2):
        with pytest.raises(InterpreterError):
            sharing([Source("a.py", b"")])


def test_the_driver_needs_nothing_but_the_interpreters_core() -> None:
    """It runs before the image's library has any compiled file, so it imports only frozen ones."""
    driver = Path(__file__).parents[3] / "containers/workflow_containers/python/compiling.py"
    imports = {
        line.split()[1]
        for line in driver.read_text(encoding="utf-8").splitlines()
        if line.startswith("import ")
    }
    assert imports <= {"marshal", "posix", "sys", "_imp", "_frozen_importlib_external"}
    assert imports & set(sys.builtin_module_names) == {"marshal", "posix", "sys", "_imp"}


def test_the_driver_can_be_an_argument_in_every_locale() -> None:
    assert DRIVER.read_bytes().isascii()
