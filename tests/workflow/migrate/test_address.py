from __future__ import annotations

from pathlib import Path

import pytest

from workflow_migrate.address import PostgresAddress, SqliteAddress, parse
from workflow_migrate.databases.postgres_url import PostgresUrl
from workflow_migrate.errors import AddressError

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("text", "path"),
    [("sqlite:///app.db", "app.db"), ("sqlite:////var/lib/app.db", "/var/lib/app.db")],
)
def test_three_slashes_are_relative_and_four_absolute(text: str, path: str) -> None:
    assert parse(text) == SqliteAddress(path=Path(path))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "app.db",
        "sqlite://app.db",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///app.db?mode=ro",
        "sqlite:///app\x1b.db",
        "mysql://u:hunter2@host/db",
        "host=localhost password=hunter2",
    ],
)
def test_what_is_no_url_of_ours_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(AddressError) as raised:
        parse(text)

    assert SECRET not in raised.value.message + raised.value.remedy


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hun@ter2@host/db",
        "postgresql://u:hun/ter2@host/db",
        "postgresql://u:ter2%zz@host/db",
        "postgresql://u:hun#ter2@host/ter2@db",
        "postgresql://u@host:ter2/db",
        "postgresql://host/db?ter2=1",
    ],
)
def test_a_badly_escaped_password_is_never_shown_in_pieces(url: str) -> None:
    with pytest.raises(AddressError) as raised:
        PostgresUrl.read(PostgresAddress(url=url))

    assert "ter2" not in raised.value.message + raised.value.remedy
    assert raised.value.__context__ is None or raised.value.__suppress_context__


def test_what_may_be_shown_of_a_url_is_its_host_port_and_name() -> None:
    address = parse("postgres://user:hunter2@db.internal:6432/app?sslmode=require")
    assert isinstance(address, PostgresAddress)

    url = PostgresUrl.read(address)

    assert url.name == "postgresql://db.internal:6432/app"
    assert SECRET not in repr(address) + repr(url)
    assert url.redacted("no user with\npassword hunter2") == "no user with password ***"
    assert "password=hunter2" in url.conninfo()


def test_the_url_decides_over_our_defaults_but_not_over_the_encoding() -> None:
    address = PostgresAddress(url="postgresql://h/d?connect_timeout=3&client_encoding=latin1")

    fields = PostgresUrl.read(address).conninfo().split()

    assert sorted(fields) == [
        "application_name=workflow-migrate",
        "client_encoding=utf8",
        "connect_timeout=3",
        "dbname=d",
        "host=h",
    ]
