from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import PurePosixPath

import pytest

from support.vex import analysed, cyclonedx, openvex, said
from workflow_sbom.policy.findings import Expired, Place, StatementRefused
from workflow_sbom.policy.table import Day, InFolder, VexTable
from workflow_sbom.policy.vex.reading import read
from workflow_sbom.policy.vex.statement import Statement

NOW = datetime(2026, 11, 26, 23, 59, tzinfo=UTC)


def found(data: bytes | None, until: date = date(2026, 11, 26)) -> list[object]:
    table = VexTable(file=InFolder(PurePosixPath("v/x.json")), until=Day(until))
    return list(read([table], {} if data is None else {"v/x.json": data}, NOW, {}))


@pytest.mark.parametrize("data", [openvex(said()), cyclonedx(analysed())])
def test_both_formats_are_read(data: bytes) -> None:
    assert [type(each) for each in found(data)] == [Statement]


def test_a_file_past_its_day_states_nothing() -> None:
    expected = [Expired(Place(document="v/x.json"), "2026-11-25")]
    assert found(openvex(said()), date(2026, 11, 25)) == expected
    assert found(None, date(2026, 11, 25)) == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "could not be read"),
        (b"", "no JSON"),
        (b"[]", "no object"),
        (b"{}", "neither CycloneDX nor OpenVEX"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b"[" * 10_000, "nested deeper"),
        (openvex(said(), **{"@context": "https://openvex.dev/ns"}), "neither"),
        (openvex(said(), author=""), "author"),
        (cyclonedx(analysed(), specVersion="1.2"), "specVersion"),
        (cyclonedx(analysed(), components=[{}]), "components"),
        (cyclonedx(analysed(), metadata=[]), "metadata"),
    ],
)
def test_a_file_that_is_no_vex_is_refused(data: bytes | None, message: str) -> None:
    (refused,) = found(data)
    assert isinstance(refused, StatementRefused)
    assert message in refused.reason
