"""The image's own Python on this machine: unpacked once from the locked packages, then run."""

from __future__ import annotations

import shutil
import tempfile
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
    native: Platform | None
    packages: Sequence[Package]
    exclude: Sequence[str]
    store: Store
    run: Run

    def __call__(self, sources: Sequence[Source]) -> tuple[bytes | None, ...]:
        """See `Compile`; raises `InterpreterError` where no locked interpreter runs."""
        if self.native is None or not self.packages:
            raise InterpreterError(
                "no locked interpreter runs on this machine, and bytecode must be compiled by the"
                " image's own; build on Linux with an amd64 or arm64 processor"
            )
        interpreter = Interpreter(
            root=self._root(),
            architecture=architecture.of(self.native),
            program=f"usr/bin/python{self.version}",
        )
        return Compiler(interpreter, self.run)(sources)

    def _root(self) -> Path:
        digests = [package.sha256.hex for package in self.packages]
        key = Digest.of(canonical.encode(["root", digests, self.exclude]))
        folder = self.store.folder / "roots" / key.hex
        with self.store.alone(key):
            if not folder.is_dir():
                self._unpack(folder)
        return folder

    def _unpack(self, folder: Path) -> None:
        scratch = Path(tempfile.mkdtemp(dir=self.store.scratch()))
        try:
            # in one go, for unpack refuses to write through a link that any of them brought
            unpack(self._entries(), scratch)
            folder.parent.mkdir(parents=True, exist_ok=True)
            scratch.chmod(0o755)
            scratch.rename(folder)
        except MemberError as error:
            raise MemberError(f"the packages together: {error}") from error
        except OSError:
            if not folder.is_dir():
                raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _entries(self) -> Iterator[Entry]:
        for package in self.packages:
            yield from package_entries(self.store, package, self.exclude)
