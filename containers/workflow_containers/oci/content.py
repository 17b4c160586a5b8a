"""A blob's bytes where they are: read in pieces, from any place in it, by several at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from workflow_containers.errors import LayoutError
from workflow_sbom.digest import CHUNK, Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A blob: its digest, its size in bytes, and what gives its bytes from a start to a stop."""

    digest: Digest
    size: int
    pieces: Callable[[int, int], Iterator[bytes]]

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Bytes in memory."""

        def pieces(start: int, stop: int) -> Iterator[bytes]:
            yield data[start:stop]

        return cls(digest=Digest.of(data), size=len(data), pieces=pieces)

    @classmethod
    def in_file(cls, file: int, offset: int, size: int, digest: Digest) -> Self:
        """A part of an open file, by its descriptor; raises `LayoutError` when it became shorter.

        Whoever reads moves no common position, so threads may.
        """

        def pieces(start: int, stop: int) -> Iterator[bytes]:
            while start < stop:
                data = os.pread(file, min(CHUNK, stop - start), offset + start)
                if not data:
                    raise LayoutError("the file was cut short while it was read", remedy=_AGAIN)
                start += len(data)
                yield data

        return cls(digest=digest, size=size, pieces=pieces)

    @classmethod
    def at(cls, path: Path, size: int, digest: Digest) -> Self:
        """A file of its own, which is opened whenever it is read."""

        def pieces(start: int, stop: int) -> Iterator[bytes]:
            with path.open("rb") as stream:
                yield from cls.in_file(stream.fileno(), 0, size, digest).pieces(start, stop)

        return cls(digest=digest, size=size, pieces=pieces)

    def through(self, flow: Callable[[Iterator[bytes]], Iterator[bytes]]) -> Self:
        """The same bytes, which pass through something on the way."""
        return replace(self, pieces=lambda start, stop: flow(self.pieces(start, stop)))


_AGAIN = "leave it alone meanwhile, and try again"
