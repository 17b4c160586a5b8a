"""What this process was given: environment, processor, folders.

The only reader of `os.environ` in this package.
"""

from __future__ import annotations

import os
import platform as machine
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from workflow_containers import architecture
from workflow_containers.platform import Platform


def environment() -> Mapping[str, str]:
    """The process's environment as it was when asked."""
    return MappingProxyType(dict(os.environ))


def native_platform() -> Platform | None:
    """The platform whose programs this machine runs as they are, if images are built for it."""
    return architecture.running_on(machine.system(), machine.machine())


def cache_folder(given: Mapping[str, str]) -> Path:
    """Where the store is unless a caller names another place (XDG base directories)."""
    if own := given.get("WORKFLOW_CONTAINERS_STORE"):
        return Path(own).absolute()
    base = given.get("XDG_CACHE_HOME", "")
    home = Path(given.get("HOME") or Path.home())
    parent = Path(base) if base.startswith("/") else home / ".cache"
    return parent / "workflow-containers"
