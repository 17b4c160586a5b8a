"""The image's own Python on this machine: unpacked once from the locked packages, then run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workflow_containers import architecture
from workflow_containers.building.recipe import package_entries
from workflow_containers.debian.lock import Package
from workflow_containers.errors import InterpreterError, MemberError
from workflow_containers.layers.entries import Entry
from workflow_containers.layers.unpack import unpack
from workflow_containers.platform import Platform
from workflow_containers.python.bytecode import Compiler, Source
from workflow_containers.python.interpreter import Interpreter
from workflow_containers.run import Run
from workflow_containers.store import Store
from workflow_sbom import canonical
from workflow_sbom.digest import Digest


def identity(python: str, packages: Mapping[Platform, Sequence[Package]]) -> str:
    """The interpreter by its packages' versions; one for all platforms, for they share bytecode.

    Raises `InterpreterError` when they differ between platforms.
    """
    found = {
        ", ".join(f"{p.name}={p.version}" for p in each if f"python{python}" in p.name)
        for each in packages.values()
    }
    if len(found) != 1 or "" in found:
        raise InterpreterError(
            f"Python {python} is not locked in one version for every platform:"
            f" {'; '.join(sorted(found)) or 'none'}; run workflow-containers lock"
        )
    return found.pop()


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPython:
    """Compiles by the locked interpreter; implements `Compile`. Unpacks it on first use."""

    version: str
    native: Platform
    packages: Sequence[Package]
    exclude: Sequence[str]
    store: Store
    run: Run

    def __call__(self, sources: Sequence[Source]) -> tuple[bytes | None, ...]:
        """See `Compile`."""
        root, program = self._root(), f"usr/bin/python{self.version}"
        if not (root / program).is_file():
            raise InterpreterError(
                f"no package brings {program}",
                remedy=f"add python{self.version}-minimal to packages, and lock again",
            )
        interpreter = Interpreter.debian(root, architecture.of(self.native), program)
        return Compiler(interpreter, self.run)(sources)

    def _root(self) -> Path:
        digests = [package.sha256.hex for package in self.packages]
        key = Digest.of(canonical.encode(["root", digests, self.exclude]))
        return self.store.root(key, self._unpack)

    def _unpack(self, folder: Path) -> None:
        try:
            # in one go, for unpack refuses to write through a link that any of them brought
            unpack(self._entries(), folder)
        except MemberError as error:
            raise MemberError(f"the packages together: {error}") from error

    def _entries(self) -> Iterator[Entry]:
        for package in self.packages:
            yield from package_entries(self.store, package, self.exclude)
