"""One entry of an archive or of an unpacked root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from workflow_sbom.digest import Digest
from workflow_sbom.errors import ModelError
from workflow_sbom.texts import require_choice

Kind = Literal["file", "directory", "symlink", "hardlink", "device", "fifo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: its path from the root (`usr/bin/env`), what it is, and what it holds.

    `digest` is a file's; `target` where a link leads, as written.
    """

    path: str
    kind: Kind
    digest: Digest | None = None
    target: str | None = None

    def __post_init__(self) -> None:
        require_choice("entry", self.kind, get_args(Kind))
        if (self.kind == "file") != (self.digest is not None):
            raise ModelError(f"{self.path[:80]!a}: a file has a digest, and nothing else has one")
