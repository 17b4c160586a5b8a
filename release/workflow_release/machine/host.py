"""What this process was given: environment, folders, processors.

The only reader of `os.environ` in this package.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from workflow_sbom.machine import host, surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The machine as one run of the toolkit sees it; made once, at the door.

    `environment` holds whatever secrets the process was given, so it is never shown.
    """

    environment: Mapping[str, str] = field(repr=False)
    home: Path
    cache: Path
    config: Path
    python: Path
    processors: int
    now: Callable[[], datetime] = host.now
    """This machine's time: for the age of what is known, never for what is written."""

    @classmethod
    def detect(cls) -> Host:
        """Read this process's surroundings."""
        environment = MappingProxyType(dict(os.environ))
        home = _home(environment)
        return cls(
            environment=environment,
            home=home,
            cache=_folder(environment, "WORKFLOW_RELEASE_CACHE", "XDG_CACHE_HOME", home / ".cache"),
            config=_folder(
                environment, "WORKFLOW_RELEASE_CONFIG", "XDG_CONFIG_HOME", home / ".config"
            ),
            python=Path(sys.executable),
            processors=surroundings.processors(),
        )

    @property
    def in_ci(self) -> bool:
        """Whether a CI service runs this process (`CI` is set to something true)."""
        return self.environment.get("CI", "").lower() not in {"", "0", "false", "no"}

    def build_environment(self) -> dict[str, str]:
        """What a program that runs a project's own code may see (`surroundings`)."""
        return surroundings.build_environment(self.environment)

    def tool_environment(self) -> dict[str, str]:
        """What a tool that fetches packages may see (`surroundings`)."""
        return surroundings.fetching_environment(self.environment, str(self.home))


def _home(environment: Mapping[str, str]) -> Path:
    """The user's home; the root when there is none, whose refusal then names the path."""
    if given := environment.get("HOME"):
        return Path(given).absolute()
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")


def _folder(environment: Mapping[str, str], own: str, base: str, fallback: Path) -> Path:
    if given := environment.get(own):
        return Path(given).absolute()
    parent = environment.get(base, "")
    return (Path(parent) if parent.startswith("/") else fallback) / "workflow-release"
