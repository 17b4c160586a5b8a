"""Platforms as OCI names them: `linux/amd64`, `linux/arm64`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workflow_containers.errors import PlatformError

_PART = re.compile(r"[a-z0-9][a-z0-9_.-]*", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Platform:
    """An operating system and an architecture, in Go's names (OCI image index specification)."""

    os: str
    architecture: str

    def __post_init__(self) -> None:
        if not (_PART.fullmatch(self.os) and _PART.fullmatch(self.architecture)):
            raise PlatformError(
                f"{self.os[:40]!r}/{self.architecture[:40]!r} is no platform;"
                " write it like linux/amd64"
            )

    def __str__(self) -> str:
        return f"{self.os}/{self.architecture}"

    @classmethod
    def parse(cls, text: str) -> Platform:
        """Read `os/architecture`; raises `PlatformError`."""
        os, slash, architecture = text.partition("/")
        if not slash:
            raise PlatformError(f"{text[:80]!r} is no platform; write it like linux/amd64")
        return cls(os, architecture)


AMD64 = Platform("linux", "amd64")
ARM64 = Platform("linux", "arm64")
