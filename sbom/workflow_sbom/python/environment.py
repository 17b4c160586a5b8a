"""The Python environment that requirements are evaluated for: declared, never the one at hand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName

from workflow_sbom.errors import InventoryError, ModelError

System = Literal["darwin", "linux", "win32"]
_SYSTEMS: dict[str, tuple[str, str]] = {
    "darwin": ("posix", "Darwin"),
    "linux": ("posix", "Linux"),
    "win32": ("nt", "Windows"),
}
_RELEASE = re.compile(r"3\.\d+\.\d+((a|b|rc)\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A CPython on a system and machine, as environment markers name them.

    `python` is the full version (`3.11.2`), `machine` what the system calls the processor
    (`x86_64`, `aarch64`). Raises `ModelError` for what is none of these.
    """

    python: str
    system: System = "linux"
    machine: str = "x86_64"

    def __post_init__(self) -> None:
        if not _RELEASE.fullmatch(self.python):
            raise ModelError(f"{self.python[:40]!r} is no full CPython version such as 3.11.2")
        if self.system not in _SYSTEMS or not re.fullmatch(r"\w+", self.machine, re.ASCII):
            raise ModelError(f"{self.system[:40]!r}, {self.machine[:40]!r} is no known platform")

    def __str__(self) -> str:
        """One line for people and documents: `cpython 3.11.2 linux x86_64`."""
        return f"cpython {self.python} {self.system} {self.machine}"

    def holds(self, marker: Marker | None, extra: str = "") -> bool:
        """Whether a requirement with this marker applies here, asked for with `extra`.

        Raises `InventoryError` for a marker that can't be evaluated.
        """
        if marker is None:
            return True
        try:
            return marker.evaluate({**self._variables(), "extra": extra})
        except (UndefinedComparison, UndefinedEnvironmentName) as error:
            raise InventoryError(f"the marker {str(marker)[:200]!r} can't be evaluated") from error

    def _variables(self) -> dict[str, str]:
        """Every variable, so that none is taken from the interpreter that runs this.

        The kernel's release and version are facts of one machine, which no wheel is made for.
        """
        os_name, platform_system = _SYSTEMS[self.system]
        return {
            "implementation_name": "cpython",
            "implementation_version": self.python,
            "os_name": os_name,
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": platform_system,
            "platform_version": "",
            "python_full_version": self.python,
            "python_version": ".".join(self.python.split(".")[:2]),
            "sys_platform": self.system,
        }
