from __future__ import annotations

import pytest

from workflow_sbom.coverage import records
from workflow_sbom.coverage.records import parse
from workflow_sbom.digest import Digest

EMPTY = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"


def test_digests_are_read_as_values() -> None:
    record = parse(f'a,sha256={EMPTY},0\n"b,c",sha256={EMPTY}=,\n\nd,sha512=xyz,1\nR,,\n'.encode())
    digest = Digest.of(b"")
    assert record.digests == {"a": digest, "b,c": digest, "d": None, "R": None}
    assert record.faults == ()


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"a,b\n", "has 2 columns in line 1 instead of 3"),
        (b"\xff,,\n", "is no UTF-8 at byte 0"),
        (b'"a,,\n', "is no CSV: unexpected end of data"),
        (b"a,sha256=!!,1\n", "gives 'a' a digest that is no base64"),
        (b"a,sha256=AAAA,1\n", "gives 'a' "),
        (b"a,sha1=AAAA,1\n", "gives 'a' a digest by sha1, which the specification forbids"),
        (b"a,,\na,,\na,,\n", "lists 'a' 3 times"),
        (b"\x1b[2J,,\n\x1b[2J,,\n", r"lists '\x1b[2J' 2 times"),
    ],
)
def test_what_is_malformed_is_said(data: bytes, fault: str) -> None:
    assert parse(data).faults[0].startswith(fault)


def test_no_more_lines_than_are_sane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_ROWS", 2)
    assert parse(b"a,,\nb,,\nc,,\n").faults == ("has more than 2 lines",)
