"""RECORD, a wheel's own list of its files (PEP 376, PEP 427), as values; nothing is trusted yet."""

from __future__ import annotations

import base64
import binascii
import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from workflow_sbom.digest import Digest
from workflow_sbom.printable import printable

MAX_ROWS = 200_000
UNHASHED = ("RECORD", "RECORD.jws", "RECORD.p7s")
"""What RECORD can't hold the digest of: itself, and the signatures over it."""

_COLUMNS = 3
_WEAK = frozenset({"md5", "sha1"})


@dataclass(frozen=True, slots=True)
class Record:
    """The digest that RECORD gives each path, None where it gives none; and what is wrong with it.

    A digest by another algorithm than SHA-256 counts as none: it can't be compared here.
    """

    digests: Mapping[str, Digest | None] = field(hash=False)
    faults: tuple[str, ...]


def parse(data: bytes) -> Record:
    """Read RECORD; what is malformed in it is one of the faults."""
    faults: list[str] = []
    rows = list(_rows(data, faults))
    for path, count in Counter(path for path, _ in rows).items():
        if count > 1:
            faults.append(f"lists {path[:120]!a} {count} times")
    digests: dict[str, Digest | None] = {}
    for path, text in rows:
        try:
            digests[path] = _digest(text)
        except ValueError as error:
            faults.append(f"gives {path[:120]!a} {error}")
            digests[path] = None
    return Record(digests, tuple(faults))


def _rows(data: bytes, faults: list[str]) -> Iterator[tuple[str, str]]:
    try:
        lines = io.StringIO(data.decode("utf-8"), newline="")
        for number, row in enumerate(csv.reader(lines, strict=True), start=1):
            if number > MAX_ROWS:
                faults.append(f"has more than {MAX_ROWS} lines")
                return
            if len(row) == _COLUMNS:
                yield row[0], row[1]
            elif row:
                faults.append(f"has {len(row)} columns in line {number} instead of {_COLUMNS}")
    except UnicodeDecodeError as error:
        faults.append(f"is no UTF-8 at byte {error.start}")
    except csv.Error as error:
        faults.append(f"is no CSV: {printable(str(error))[:80]}")


def _digest(text: str) -> Digest | None:
    """A digest as RECORD writes it, `sha256=<urlsafe base64 without padding>`."""
    if not text:
        return None
    algorithm, _, encoded = text.partition("=")
    if algorithm in _WEAK:
        raise ValueError(f"a digest by {algorithm}, which the specification forbids")
    if algorithm != "sha256":
        return None
    try:
        raw = base64.b64decode(encoded.rstrip("=") + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("a digest that is no base64") from error
    return Digest(raw.hex())
