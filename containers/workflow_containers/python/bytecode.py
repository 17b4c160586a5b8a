"""Compiled Python files that are a function of their source, its path and the interpreter alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workflow_containers.errors import InterpreterError
from workflow_containers.layers.entries import Entry, File
from workflow_containers.python.interpreter import Interpreter
from workflow_containers.run import Run
from workflow_sbom.digest import Digest

DRIVER = Path(__file__).with_name("compiling.py")


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """A Python file: its path in the image and its bytes."""

    path: str
    data: bytes


class Compile(Protocol):
    """Compiles sources; the result has None for a file that is no Python of this version."""

    def __call__(self, sources: Sequence[Source], /) -> tuple[bytes | None, ...]:
        """Compile them, in the given order; raises `InterpreterError`."""
        ...


def nowhere(_: Sequence[Source]) -> tuple[bytes | None, ...]:
    """Compile where no interpreter of the image runs: raises `InterpreterError`."""
    raise InterpreterError(
        "no locked interpreter runs on this machine, and bytecode must be compiled by the"
        " image's own; build on Linux with an amd64 or arm64 processor"
    )


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles by an interpreter, one process for all the sources given at a time."""

    interpreter: Interpreter
    run: Run

    def __call__(self, sources: Sequence[Source]) -> tuple[bytes | None, ...]:
        """See `Compile`."""
        done = self.interpreter.run(
            self.run,
            ("-S", "-s", "-W", "ignore", "-c", DRIVER.read_text(encoding="ascii")),
            stdin=b"".join(
                _framed(f"/{source.path}".encode()) + _framed(source.data) for source in sources
            ),
            timeout=600,
        )
        if done.code != 0:
            raise InterpreterError(f"compiling failed: {done.last_words or done.code}")
        results = tuple(_unframed(done.stdout))
        if len(results) != len(sources):
            raise InterpreterError(f"{len(results)} compiled files for {len(sources)} sources")
        return results


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "little") + data


def _unframed(data: bytes) -> Iterator[bytes | None]:
    at = 0
    while at < len(data):
        if data[at] == 0:
            yield None
            at += 1
            continue
        size = int.from_bytes(data[at + 1 : at + 5], "little")
        yield data[at + 5 : at + 5 + size]
        at += 5 + size


class Sharing:
    """Compiles every distinct source once, whoever asks first: platforms share their sources."""

    def __init__(self, compiler: Compile) -> None:
        self._compile = compiler
        self._lock = threading.Lock()
        self._known: dict[tuple[str, Digest], Future[bytes | None]] = {}

    def __call__(self, sources: Sequence[Source]) -> tuple[bytes | None, ...]:
        """See `Compile`."""
        keys = [(source.path, Digest.of(source.data)) for source in sources]
        mine: list[tuple[Source, Future[bytes | None]]] = []
        with self._lock:
            for key, source in zip(keys, sources, strict=True):
                if key not in self._known:
                    self._known[key] = Future()
                    mine.append((source, self._known[key]))
            wanted = [self._known[key] for key in keys]
        self._resolve(mine)
        return tuple(future.result() for future in wanted)

    def _resolve(self, mine: list[tuple[Source, Future[bytes | None]]]) -> None:
        if not mine:
            return
        try:
            results = self._compile([source for source, _ in mine])
        except BaseException as error:
            for _, future in mine:
                future.set_exception(error)
            raise
        for (_, future), result in zip(mine, results, strict=True):
            future.set_result(result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytecode:
    """How an image's Python files are compiled; `tag` is the cache tag (`cpython-313`, PEP 3147).

    `identity` names the interpreter and its version, for cache keys.
    """

    compile: Compile
    tag: str
    identity: str

    def added(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        """The entries, followed by the compiled form of every Python file among them."""
        sources: list[Source] = []
        for entry in entries:
            if isinstance(entry, File) and entry.path.endswith(".py"):
                sources.append(Source(entry.path, entry.data))
            yield entry
        results = self.compile(sources) if sources else ()
        for source, pyc in zip(sources, results, strict=True):
            if pyc is not None:
                yield File(self._cached(source.path), 0o644, pyc)

    def _cached(self, path: str) -> str:
        folder, _, name = path.rpartition("/")
        return f"{folder}/__pycache__/{name.removesuffix('.py')}.{self.tag}.pyc"
