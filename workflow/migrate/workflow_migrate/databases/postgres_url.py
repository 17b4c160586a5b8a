"""What of a PostgreSQL URL may be shown. libpq reads it; its password goes nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from psycopg import ProgrammingError, conninfo

from workflow_migrate.address import PostgresAddress
from workflow_migrate.errors import AddressError

_DEFAULTS: Final = {"connect_timeout": "15", "application_name": "workflow-migrate"}
# The scripts are sent as UTF-8, whatever the environment says.
_SETTLED: Final = {"client_encoding": "utf8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresUrl:
    """A URL's fields, as libpq tells them apart; `repr` shows none."""

    fields: dict[str, str] = field(repr=False)

    def __post_init__(self) -> None:
        # An unescaped @ or / moves a piece of the password into a field that would be shown.
        shown = (self.fields.get("host", ""), self.fields.get("dbname", ""))
        port = self.fields.get("port", "").replace(",", "")
        if any("@" in each or not each.isprintable() for each in shown) or not _number(port):
            raise _unreadable()

    @classmethod
    def read(cls, address: PostgresAddress) -> PostgresUrl:
        """Take it apart; raises `AddressError`, which repeats nothing of it."""
        try:
            fields = conninfo.conninfo_to_dict(address.url)
        except ProgrammingError:
            # libpq's own complaint may quote a piece of the password.
            raise _unreadable() from None
        return cls(fields={name: str(value) for name, value in fields.items()})

    @property
    def name(self) -> str:
        """Which database this is: host, port and name."""
        host, port = self.fields.get("host", ""), self.fields.get("port", "")
        return f"postgresql://{host}{':' + port if port else ''}/{self.fields.get('dbname', '')}"

    def conninfo(self) -> str:
        """The text for the driver; holds the password."""
        return conninfo.make_conninfo("", **(_DEFAULTS | self.fields | _SETTLED))

    def redacted(self, text: str) -> str:
        """A text of the driver's on one line, without the password."""
        line = " ".join(text.split())
        password = self.fields.get("password", "")
        return line.replace(password, "***") if password else line


def _number(text: str) -> bool:
    return not text or (text.isascii() and text.isdecimal())


def _unreadable() -> AddressError:
    return AddressError(
        "the PostgreSQL URL can't be read",
        remedy="percent-encode @ : / ? # % in its user and password",
    )
