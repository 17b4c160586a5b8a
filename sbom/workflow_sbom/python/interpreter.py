"""The Python an environment is for, as far as its own files tell: `pyvenv.cfg` and wheel tags."""

from __future__ import annotations

import re
from pathlib import Path

from workflow_sbom.errors import InventoryError
from workflow_sbom.python.environment import Environment, System
from workflow_sbom.python.regular import open_regular

_MAX_CONFIGURATION = 1 << 16
_VERSION = re.compile(
    r"^version(?:_info)?\s*=\s*(?P<release>3\.\d+\.\d+)(?:\.?(?P<level>a|b|rc|alpha|beta|candidate)"
    r"\.?(?P<serial>\d+))?(?:\.final\.0)?\s*$",
    re.ASCII | re.MULTILINE,
)
_LEVELS = {"alpha": "a", "beta": "b", "candidate": "rc"}
_PLATFORMS: tuple[tuple[re.Pattern[str], System], ...] = (
    (re.compile(r"(?:many|musl)?linux(?:\d+_|_\d+_\d+_|_)(?P<machine>\w+)", re.ASCII), "linux"),
    (re.compile(r"macosx_\d+_\d+_(?P<machine>\w+)", re.ASCII), "darwin"),
    (re.compile(r"win_(?P<machine>\w+)", re.ASCII), "win32"),
)
_WINDOWS_MACHINES = {"amd64": "AMD64", "arm64": "ARM64"}


def detect(root: Path, platform: str | None, assumed: Environment | None = None) -> Environment:
    """The environment's Python: by its `pyvenv.cfg` and the platform tag of a wheel in it.

    What those do not tell is taken from `assumed`; raises `InventoryError` where that is missing.
    """
    python = _version(root) or (assumed.python if assumed else None)
    if python is None:
        raise InventoryError(
            f"{root}: nothing tells which Python it is for",
            remedy="say its full version, such as 3.13.1",
        )
    system, machine = _platform(platform or "")
    fallback = assumed or Environment(python=python)
    return Environment(
        python=python, system=system or fallback.system, machine=machine or fallback.machine
    )


def _version(root: Path) -> str | None:
    """`version` of the standard library's venv, `version_info` of virtualenv and uv."""
    try:
        with open_regular(root / "pyvenv.cfg") as stream:
            text = stream.read(_MAX_CONFIGURATION).decode("utf-8", "replace")
    except OSError:
        return None
    found = _VERSION.search(text)
    if found is None:
        return None
    level = found["level"] or ""
    return f"{found['release']}{_LEVELS.get(level, level)}{found['serial'] or ''}"


def _platform(tag: str) -> tuple[System | None, str | None]:
    for pattern, system in _PLATFORMS:
        if found := pattern.fullmatch(tag):
            machine = found["machine"]
            if system == "darwin" and machine.startswith("universal"):
                return system, None
            return system, _WINDOWS_MACHINES.get(machine, machine) if system == "win32" else machine
    return None, None
