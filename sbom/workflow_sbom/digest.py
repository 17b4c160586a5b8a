"""SHA-256 digests as values: no text that merely looks like one gets past the door."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from workflow_sbom.errors import DigestError

CHUNK = 1 << 20
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A SHA-256 digest; `hex` is its 64 lower-case hexadecimal digits.

    Raises `DigestError` for anything else.
    """

    hex: str

    def __post_init__(self) -> None:
        if not _HEX.fullmatch(self.hex):
            raise DigestError(f"{self.hex[:80]!r} is no SHA-256 digest: 64 lower-case hex digits")

    def __str__(self) -> str:
        """The OCI form, `sha256:<hex>`."""
        return f"sha256:{self.hex}"

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Read the OCI form, `sha256:<hex>`; raises `DigestError`."""
        algorithm, colon, hex_digits = text.partition(":")
        if not colon or algorithm != "sha256":
            raise DigestError(f"{text[:80]!r} is no digest of the form sha256:<hex>")
        return cls(hex_digits)

    @classmethod
    def of(cls, data: bytes) -> Digest:
        """The digest of bytes in memory."""
        return cls(hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True)
class Measured:
    """What one reading of a stream showed: its digest and its size in bytes."""

    digest: Digest
    size: int


def measure(stream: BinaryIO) -> Measured:
    """Hash a stream to its end in constant memory."""
    state, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        state.update(chunk)
        size += len(chunk)
    return Measured(Digest(state.hexdigest()), size)


def measure_file(path: Path) -> Measured:
    """Hash a file in constant memory; raises `OSError`."""
    with path.open("rb") as stream:
        return measure(stream)
