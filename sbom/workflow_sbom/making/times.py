"""When an artifact was made, as far as its own bytes tell: never the clock of this machine.

Build tools that know no time write one that is always the same; such a time tells nothing.
"""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

from workflow_sbom.errors import InventoryError
from workflow_sbom.golang import goformat
from workflow_sbom.making.kinds import MAX_MEMBERS, UNREADABLE, Kind, Recognised
from workflow_sbom.python import installed

_TOLD_BY_NOBODY = frozenset(
    {
        datetime(1970, 1, 1, tzinfo=UTC),  # no time at all
        datetime(1980, 1, 1, tzinfo=UTC),  # the first that a zip can hold
        datetime(2016, 1, 1, tzinfo=UTC),  # flit
        datetime(2020, 2, 2, tzinfo=UTC),  # hatchling
    }
)


def newest(found: Recognised) -> datetime | None:
    """The newest time that is known of it, in UTC; None when none is.

    Of an archive that of its members (a zip's are read as UTC, which reproducible builds write), of
    a Go program its commit's, of an environment that of the last installation into it. Raises
    `InventoryError`.
    """
    try:
        return max((time for time in _times(found) if time not in _TOLD_BY_NOBODY), default=None)
    except UNREADABLE as error:
        raise InventoryError(
            f"{found.path}: no readable archive: {str(error)[:120]}", remedy="get it again"
        ) from error


def _times(found: Recognised) -> Iterator[datetime]:
    match found.kind:
        case Kind.WHEEL:
            return _zip(found.path)
        case Kind.SDIST | Kind.WEB:
            return _tar(found.path)
        case Kind.GO:
            return _program(found.path)
        case Kind.ENVIRONMENT:
            return _installed(found.path)
        case Kind.WHEELS:
            return (time for wheel in found.path.glob("*.whl") for time in _zip(wheel))
        case _:
            assert_never(found.kind)


def _zip(path: Path) -> Iterator[datetime]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            with suppress(ValueError):  # a month 0, say: no time is told
                yield datetime(*member.date_time, tzinfo=UTC)


def _tar(path: Path) -> Iterator[datetime]:
    with tarfile.open(path, mode="r|gz", encoding="utf-8") as archive:
        for number, member in enumerate(archive):
            if number >= MAX_MEMBERS:
                return
            with suppress(ValueError, OverflowError, OSError):
                yield datetime.fromtimestamp(int(member.mtime), UTC)


def _program(path: Path) -> Iterator[datetime]:
    settings = dict(goformat.read(path).settings)
    with suppress(ValueError):
        moment = datetime.fromisoformat(settings.get("vcs.time", ""))
        if moment.tzinfo is not None:
            yield moment.astimezone(UTC)


def _installed(root: Path) -> Iterator[datetime]:
    """When each RECORD was written, which installers write last."""
    for each in installed.read(root).distributions:
        record = (root / (each.place or "")).with_name("RECORD")
        with suppress(OSError):
            yield datetime.fromtimestamp(int(record.lstat().st_mtime), UTC)
