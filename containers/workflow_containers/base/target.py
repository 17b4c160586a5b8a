"""The base's own Python on this machine: what it needs to run, unpacked once, then run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workflow_containers.base.image import BaseImage, opened
from workflow_containers.base.python import BasePython
from workflow_containers.errors import InterpreterError
from workflow_containers.layers import extract
from workflow_containers.layers.tree import File
from workflow_containers.python.bytecode import Compiler, Source
from workflow_containers.python.interpreter import Interpreter
from workflow_containers.run import Run
from workflow_containers.store import Store
from workflow_sbom import canonical
from workflow_sbom.digest import Digest

_LIBRARIES = "libraries"
_PACKAGES = ("/site-packages/", "/dist-packages/")


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseTarget:
    """Compiles by a base's interpreter; implements `Compile`."""

    base: BaseImage
    python: BasePython
    store: Store
    run: Run

    def __call__(self, sources: Sequence[Source]) -> tuple[bytes | None, ...]:
        """See `Compile`."""
        return Compiler(self._interpreter(), self.run)(sources)

    def _interpreter(self) -> Interpreter:
        python = self.python
        key = Digest.of(canonical.encode(["base root", self.base.manifest.hex, python.program]))
        return Interpreter(
            root=self.store.root(key, self._unpack),
            program=python.program,
            home=python.home,
            loader=python.loader,
            folders=(_LIBRARIES,),
        )

    def _unpack(self, folder: Path) -> None:
        """The program, its linker, the libraries it names, the standard library: no link at all."""
        base = self.base
        wanted = {
            **dict(self._needed(self.python.program)),
            **dict(self._standard_library()),
            self.python.program: self._file(self.python.program),
            self.python.loader: self._file(self.python.loader),
        }
        origin = f"{base.reference} for {base.platform}"
        extract.files(wanted, lambda number: opened(base.blobs[number], self.store, origin), folder)

    def _needed(self, program: str) -> Iterator[tuple[str, File]]:
        """The libraries that a program loads, and those that they load, by their names."""
        todo, seen = [program], set[str]()
        while todo:
            path = todo.pop()
            found = self._file(path).elf
            for name in found.needed if found else ():
                if name not in seen:
                    seen.add(name)
                    todo.append(self._library(name, path, found.runpath if found else ()))
                    yield f"{_LIBRARIES}/{name}", self._file(todo[-1])

    def _library(self, name: str, path: str, runpath: Sequence[str]) -> str:
        origin = posixpath.dirname(f"/{path}")
        own = [each.replace("${ORIGIN}", origin).replace("$ORIGIN", origin) for each in runpath]
        for folder in (*own, *self.python.folders):
            if "/" not in name and isinstance(self.base.tree.find(f"{folder}/{name}"), File):
                return self.base.tree.resolve(f"{folder}/{name}")
        raise InterpreterError(
            f"{self.base.reference}: {path} needs {name}, which is not there",
            remedy="name a base whose Python runs",
        )

    def _standard_library(self) -> Iterator[tuple[str, File]]:
        home = self.python.home
        for path, node in self.base.tree.below(f"{home}/lib/python{_minor(self.python.release)}"):
            packaged = any(part in path for part in _PACKAGES)
            if isinstance(node, File) and path.endswith(".py") and not packaged:
                yield path, node

    def _file(self, path: str) -> File:
        found = self.base.tree.nodes[path]
        if not isinstance(found, File):
            raise InterpreterError(f"{self.base.reference}: {path} is no file")
        return found


def _minor(release: str) -> str:
    return ".".join(release.split(".")[:2])
