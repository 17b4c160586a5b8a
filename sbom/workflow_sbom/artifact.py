"""The file a bill of materials is about, hashed in one reading."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from workflow_sbom.digest import CHUNK, Digest
from workflow_sbom.errors import InventoryError
from workflow_sbom.model.parts import Hash


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactFile:
    """A built file: where its bytes are, what it is called, and its hashes."""

    path: Path
    name: str
    hashes: tuple[Hash, ...]

    @classmethod
    def measure(
        cls, path: Path, *, name: str | None = None, expected: Digest | None = None
    ) -> ArtifactFile:
        """Hash a file (SHA-256 and SHA-512) in constant memory.

        `name` is what it is called in the release when that differs from the path's last part.
        Raises `InventoryError` when the bytes are not those of `expected`, `OSError` when the
        file can't be read.
        """
        sha256, sha512 = hashlib.sha256(), hashlib.sha512()
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                sha256.update(chunk)
                sha512.update(chunk)
        found = Digest(sha256.hexdigest())
        if expected is not None and found != expected:
            raise InventoryError(
                f"{path.name}: the file's digest is {found}, not {expected}; "
                "it changed after it was built: build it again"
            )
        hashes = (Hash.sha256(found), Hash("SHA-512", sha512.hexdigest()))
        return cls(path=path, name=name or path.name, hashes=hashes)

    @property
    def ref(self) -> str:
        """What documents call this file: `artifact:<name>`; names are unique in a release."""
        return f"artifact:{self.name}"

    @property
    def digest(self) -> Digest:
        """The SHA-256."""
        return Digest(next(each.hex for each in self.hashes if each.algorithm == "SHA-256"))
