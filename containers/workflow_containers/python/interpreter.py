"""Running an image's own Python without root, container or emulator.

The interpreter is started through the image's own dynamic linker with the image's own libraries,
so nothing of the host but its kernel takes part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workflow_containers.architecture import Architecture
from workflow_containers.errors import InterpreterError, ToolError
from workflow_containers.run import Command, Completed, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python in an unpacked root, by paths there: `program`, and `home`, its PYTHONHOME.

    `loader` is the dynamic linker, which looks for libraries in `folders`.
    """

    root: Path
    program: str
    home: str
    loader: str
    folders: tuple[str, ...]

    @classmethod
    def debian(cls, root: Path, architecture: Architecture, program: str) -> Interpreter:
        """The one of Debian's packages."""
        return cls(
            root=root,
            program=program,
            home="usr",
            loader=architecture.loader,
            folders=(f"usr/lib/{architecture.triplet}",),
        )

    @property
    def argv(self) -> tuple[str | Path, ...]:
        """How it is started, before its arguments; `PYTHONHOME` must name its home."""
        libraries = ":".join(str(self.root / folder) for folder in self.folders)
        return (
            *(self.root / self.loader, "--inhibit-cache", "--library-path", libraries),
            *("--argv0", f"/{self.program}", self.root / self.program),
        )

    def run(
        self,
        run: Run,
        arguments: Sequence[str | Path],
        *,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        timeout: float = 120,
    ) -> Completed:
        """Run it to its end with only the given environment; raises `InterpreterError`."""
        fixed = {
            "PYTHONHOME": str(self.root / self.home),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONSAFEPATH": "1",
            "LC_ALL": "C.UTF-8",
            "PATH": "/nonexistent",
        }
        try:
            return run(
                Command(
                    argv=[*self.argv, *arguments],
                    cwd=self.root,
                    env={**(env or {}), **fixed},
                    stdin=stdin,
                    timeout=timeout,
                )
            )
        except ToolError as error:
            raise InterpreterError(f"the image's interpreter: {error}") from error
