"""A database URL, taken apart. Its password reaches the driver and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from workflow_migrate.errors import AddressError

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteAddress:
    """A database in a file."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresAddress:
    """A connection URL as libpq reads it. Its text is left out of `repr`."""

    url: str = field(repr=False)


Address = SqliteAddress | PostgresAddress


def parse(text: str) -> Address:
    """Read `sqlite:///relative`, `sqlite:////absolute` or a `postgresql://` URL.

    Raises `AddressError`, which never repeats the text.
    """
    if text.startswith(_POSTGRES):
        return PostgresAddress(url=text)
    if text.startswith(_SQLITE):
        return SqliteAddress(path=_file(text.removeprefix(_SQLITE)))
    raise AddressError(
        "the database URL is of no known kind", remedy="sqlite:///path or postgresql://host/name"
    )


def _file(path: str) -> Path:
    if path in {"", ":memory:"} or not path.isprintable():
        raise AddressError(
            "the SQLite URL names no file", remedy="sqlite:///relative or sqlite:////absolute"
        )
    if "?" in path or "#" in path:
        raise AddressError("a SQLite URL takes no options", remedy="sqlite:///path and no more")
    return Path(path)
