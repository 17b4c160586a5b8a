from __future__ import annotations

from typing import Any

import pytest

from support import osv
from workflow_sbom.errors import DocumentError
from workflow_sbom.policy.advisories.record import Affected, Event, Range, read

VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"  # 6.1


def test_a_record_is_read() -> None:
    data = osv.encoded(
        "GHSA-1",
        osv.affected("x", ("introduced", "0"), ("fixed", "2.0"), versions=("1.0",)),
        aliases=["CVE-2026-1", "GHSA-1"],
        summary="A flaw",
        database_specific={"severity": "HIGH"},
    )
    advisory = read(data)
    assert advisory.names == ("GHSA-1", "CVE-2026-1")
    assert (advisory.summary, advisory.severity, advisory.withdrawn) == ("A flaw", "high", False)
    events = (Event("introduced", "0"), Event("fixed", "2.0"))
    assert advisory.affected == (Affected("PyPI", "x", ("1.0",), (Range("ECOSYSTEM", events),)),)


def test_a_withdrawn_record_says_so() -> None:
    assert read(osv.encoded(withdrawn="2026-01-01T00:00:00Z")).withdrawn


def test_what_the_schema_lets_be_absent_or_null_may_be() -> None:
    advisory = read(osv.encoded(aliases=None, affected=None, severity=None, summary=None))
    assert (advisory.affected, advisory.severity) == ((), "unknown")
    assert read(osv.encoded("X", {"package": None})).affected == ()


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ({}, "unknown"),
        ({"severity": [{"type": "CVSS_V3", "score": VECTOR}]}, "medium"),
        ({"severity": [{"type": "CVSS_V4", "score": "CVSS:4.0/AV:N"}]}, "unknown"),
        ({"affected": [{"severity": [{"type": "CVSS_V3", "score": VECTOR}]}]}, "medium"),
        ({"database_specific": {"severity": "LOW"}, "severity": [{"score": VECTOR}]}, "low"),
        ({"database_specific": {"severity": 7}}, "unknown"),
    ],
)
def test_severity(more: dict[str, Any], severity: str) -> None:
    assert read(osv.encoded(**more)).severity == severity


def test_debian_s_tracker_names_the_cve_upstream() -> None:
    assert read(osv.encoded("DEBIAN-CVE-2026-1", upstream=["CVE-2026-1"])).names == (
        "DEBIAN-CVE-2026-1",
        "CVE-2026-1",
    )
    assert read(osv.encoded("DSA-1-1", upstream=["CVE-2026-1"])).names == ("DSA-1-1",)


def ranged(**item: Any) -> dict[str, Any]:
    package = {"ecosystem": "PyPI", "name": "x"}
    return {"affected": [{"package": package, "ranges": [item]}]}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"id": 7}, "id"),
        ({"id": "../../x\x1b[0m"}, "id"),
        ({"aliases": "CVE-1"}, "aliases"),
        ({"aliases": [None]}, "aliases"),
        ({"affected": {}}, "affected"),
        ({"affected": ["x"]}, "affected"),
        ({"affected": [{"package": "x"}]}, "package"),
        ({"affected": [{"package": {"name": "x"}}]}, "ecosystem"),
        (ranged(type="MAGIC", events=[]), "MAGIC"),
        (ranged(type="SEMVER", events=[{"fixed": "1"}]), "introduced"),
        (ranged(type="SEMVER", events=[{"introduced": 1}]), "version"),
        (ranged(type="SEMVER", events=[{"introduced": ""}]), "version"),
        (ranged(type="SEMVER", events=[{"introduced": "1" * 1_000_000}]), "version"),
        ({"summary": 1}, "summary"),
        ({"severity": [{"score": 9}]}, "score"),
    ],
)
def test_what_is_ill_typed_is_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        read(osv.encoded(**more))


@pytest.mark.parametrize(
    "data", [b"[]", b"{", b'{"id": "a", "id": "b"}', b"\xff", b"[" * 100_000, b" " * (9 << 20)]
)
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError):
        read(data)


def test_a_range_of_commits_needs_no_events() -> None:
    assert read(osv.encoded(**ranged(type="GIT", events=[]))).affected[0].ranges[0].kind == "GIT"
