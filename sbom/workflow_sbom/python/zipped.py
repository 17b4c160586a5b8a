"""The files of an open wheel, as a tree of its contents."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO


@dataclass(frozen=True, slots=True)
class ZipTree:
    """See `Tree`; reading raises what `zipfile` raises for damaged members."""

    archive: zipfile.ZipFile

    def names(self) -> Iterable[str]:
        """See `Tree.names`: every member that is no folder."""
        return (name for name in self.archive.namelist() if not name.endswith("/"))

    def open(self, name: str) -> IO[bytes]:
        """See `Tree.open`."""
        return self.archive.open(name)
