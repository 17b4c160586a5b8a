"""What reading an archive shows, and the bounds of that; nothing is unpacked, nothing judged."""

from __future__ import annotations

import hashlib
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, NoReturn

from workflow_release.errors import BuildError
from workflow_release.judging.evidence import Member
from workflow_sbom.digest import CHUNK, Digest
from workflow_sbom.errors import InventoryError

MAX_MEMBERS = 200_000
MAX_UNPACKED = 8 << 30
MAX_KEPT = 4 << 20
_SCANNED = 64 << 10
_PRIVATE_KEY = re.compile(
    rb"^-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s[A-Za-z0-9+/=:,\s-]{40,}?^-----END ", re.MULTILINE
)

Keep = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """An archive's entries in their order, the bytes that were asked for, every file's digest.

    `offsets` says where a file's bytes begin in an archive that is not compressed.
    """

    members: tuple[Member, ...]
    kept: Mapping[str, bytes]
    digests: Mapping[str, Digest]
    offsets: Mapping[str, int]


def nothing(_: str) -> bool:
    """Keep no file's bytes."""
    return False


class Reading:
    """What was read so far; refuses what goes beyond the bounds."""

    def __init__(self, keep: Keep) -> None:
        self.members: list[Member] = []
        self.kept: dict[str, bytes] = {}
        self.digests: dict[str, Digest] = {}
        self.offsets: dict[str, int] = {}
        self._keep = keep
        self._total = 0

    def admit(self, size: int) -> None:
        """One more entry of that size, if there is room for it."""
        self._total += size
        if len(self.members) >= MAX_MEMBERS or self._total > MAX_UNPACKED:
            refuse(f"more than {MAX_MEMBERS} entries or {MAX_UNPACKED} bytes")

    def content(self, path: str, stream: IO[bytes], size: int) -> bool:
        """Read a file; returns whether it holds a private key."""
        keep = self._keep(path)
        if keep and size > MAX_KEPT:
            refuse(f"{path!r} has {size} bytes; at most {MAX_KEPT} are read")
        state, head = hashlib.sha256(), bytearray()
        while chunk := stream.read(CHUNK):
            state.update(chunk)
            if keep or size <= _SCANNED:
                head += chunk
        self.digests[path] = Digest(state.hexdigest())
        if keep:
            self.kept[path] = bytes(head)
        return size <= _SCANNED and _PRIVATE_KEY.search(head) is not None

    def done(self) -> Contents:
        """All of it."""
        return Contents(
            members=tuple(self.members), kept=self.kept, digests=self.digests, offsets=self.offsets
        )


@contextmanager
def readable() -> Iterator[None]:
    """Whatever is wrong with an archive's bytes becomes `BuildError`."""
    try:
        yield
    except InventoryError as error:
        raise BuildError(str(error)) from error
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, struct.error) as error:
        raise BuildError(f"no readable archive: {str(error)[:200]}") from error
    except (
        OSError,
        EOFError,
        ValueError,
        OverflowError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise BuildError(f"no readable archive: {str(error)[:200]}") from error


def refuse(what: str) -> NoReturn:
    """Raise `BuildError`."""
    raise BuildError(what)
