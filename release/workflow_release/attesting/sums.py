"""`SHA256SUMS`: what `sha256sum -c` reads. A line a file, `<hex>  <name>`, sorted by name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from workflow_release import names
from workflow_release.errors import RecordError
from workflow_sbom.digest import Digest

_LINE = re.compile(r"([0-9a-f]{64})  ([^\s\\]+)", re.ASCII)
_REMEDY = "make the release again; sums are never edited"


@dataclass(frozen=True, slots=True)
class Sum:
    """One file's name and digest."""

    name: str
    digest: Digest

    def __post_init__(self) -> None:
        if fault := names.fault_in(self.name):
            raise RecordError(fault, remedy=_REMEDY)


def render(sums: Iterable[Sum]) -> bytes:
    """The file's bytes; raises `RecordError` when a name stands twice."""
    ordered = sorted(sums, key=lambda each: each.name)
    if twice := names.twice(each.name for each in ordered):
        raise RecordError(f"{names.SUMS}: twice {', '.join(twice)}", remedy=_REMEDY)
    return "".join(f"{each.digest.hex}  {each.name}\n" for each in ordered).encode("ascii")


def parse(data: bytes) -> tuple[Sum, ...]:
    """Read what `render` writes and nothing else; raises `RecordError`."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as error:
        raise RecordError(
            f"{names.SUMS}: no ASCII at byte {error.start}", remedy=_REMEDY
        ) from error
    read = tuple(_line(at, line) for at, line in enumerate(text.splitlines(), start=1))
    if render(read) != data:
        raise RecordError(
            f"{names.SUMS}: not sorted by name, or line ends that are no single line feed",
            remedy=_REMEDY,
        )
    return read


def _line(number: int, line: str) -> Sum:
    found = _LINE.fullmatch(line)
    if not found:
        raise RecordError(
            f"{names.SUMS}: line {number} is not a digest, two spaces and a name", remedy=_REMEDY
        )
    return Sum(found[2], Digest(found[1]))
