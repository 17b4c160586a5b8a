"""Opening files of a folder from outside: regular ones alone, without waiting and without links."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import IO

from workflow_sbom.errors import InventoryError


def open_regular(path: str | Path) -> IO[bytes]:
    """The bytes of a regular file.

    Raises `InventoryError` for a folder, a pipe or a device, and `OSError` as `open` does; a link
    as the last part of the path is such an error, too.
    """
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise InventoryError(f"{path}: no regular file")
    return os.fdopen(number, "rb")
