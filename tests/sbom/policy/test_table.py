from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path, PurePosixPath

import jsonschema_rs
import pytest

from workflow_sbom.errors import TableError
from workflow_sbom.licensing.expressions import Term
from workflow_sbom.policy import table
from workflow_sbom.policy.table import Day, InFolder, Policy

WHOLE = b"""
[licences]
allow = ["MIT", "gpl-2.0+", "GPL-3.0-only WITH GCC-exception-3.1", "LicenseRef-ours"]
deny = ["AGPL-3.0-only"]
exceptions = "any"
unknown = "fail"
[licences.build]
allow = ["GPL-3.0-only"]
[[licences.exception]]
package = "pkg:pypi/x@1"
licence = "LGPL-3.0-only"
reason = "it is linked dynamically"
until = "2027-06-30"

[vulnerabilities]
database = "osv/all.zip"
max-age-days = 3
severity = "high"
ecosystems = ["PyPI", "Debian:13", "crates.io"]

[[vex]]
file = "vex/x.json"
until = "2027-01-01"

[quality]
minimum = 90
"""


EXCEPTED = """
[licences]
allow = []
[[licences.exception]]
package = "pkg:pypi/x"
reason = "for ten years"
"""


def test_a_whole_policy_is_read() -> None:
    policy = table.parse(WHOLE)
    assert policy.licences is not None
    assert policy.licences.allow[1] == Term("GPL-2.0-or-later")
    assert policy.licences.build.allow == (Term("GPL-3.0-only"),)
    assert policy.licences.exception[0].until == Day(date(2027, 6, 30))
    assert policy.vulnerabilities is not None
    assert policy.vulnerabilities.database == InFolder(PurePosixPath("osv/all.zip"))
    assert policy.vex[0].until.date.year == 2027
    assert policy.quality is not None
    assert policy.quality.minimum == 90


def test_an_empty_policy_asks_for_nothing() -> None:
    assert table.parse(b"") == Policy()


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("[licenses]", "licenses", "did you mean 'licences'"),
        ("[licences]\nallow=['Apache2']", "licences.allow[0]", "SPDX lists no licence Apache2"),
        ("[licences]\nallow=['apache-2']", "licences.allow[0]", "did you mean 'Apache-2.0'"),
        ("[licences]\nallow=['MIT OR ISC']", "licences.allow[0]", "one by one"),
        ("[licences]\nallow=['MIT']\ndeny=['MIT']", "licences.allow[0]", "denied by MIT"),
        (
            "[licences]\nallow=[]\nalso={deb=['MIT']}\ndeny=['MIT']",
            "licences.also.deb[0]",
            "denied by MIT",
        ),
        (
            "[licences]\nallow=[]\nalso={deb=['Qqqqq']}",
            "licences.also.deb[0]",
            "one that it does not list is a LicenseRef-",
        ),
        ("[licences]\nallow=['MIT']\nunknown='pass'", "licences.unknown", "choices"),
        (
            "[licences]\nallow=[]\n[[licences.exception]]\npackage='pkg:pypi/x'\nreason='x'",
            "licences.exception[0].reason",
            "does not match",
        ),
        (
            "[licences]\nallow=[]\n[[licences.exception]]\npackage='x'\nreason='for ten years'",
            "licences.exception[0].package",
            "no package URL",
        ),
        (
            f"{EXCEPTED}licence='MIT/X11'",
            "licences.exception[0]",
            "no licence identifier",
        ),
        ("[vulnerabilities]\ndatabase='../x'", "vulnerabilities.database", "leaves"),
        ("[vulnerabilities]\ndatabase='/x'", "vulnerabilities.database", "leaves"),
        ("[vulnerabilities]\ndatabase='a\\b'", "vulnerabilities.database", "portable"),
        ("[vulnerabilities]\nmax-age-days=-1", "vulnerabilities.max-age-days", "0 to 3650"),
        ("[vulnerabilities]\necosystems=['../x']", "vulnerabilities.ecosystems", "match"),
        ("[[vex]]\nfile='x'\nuntil='2027-6-30'", "vex[0].until", "write it as 2027-06-30"),
        ("[[vex]]\nfile='x'\nuntil='20270630'", "vex[0].until", "write it as 2027-06-30"),
        ("[[vex]]\nfile='x'", "vex[0].until", "missing"),
        ("[quality]\nminimum=101", "quality.minimum", "0 to 100"),
        ("[quality", "", "no TOML"),
        ("a=" + "[" * 5000, "", "no TOML"),
    ],
)
def test_faults_are_told_where_they_are(text: str, path: str, message: str) -> None:
    with pytest.raises(TableError) as caught:
        table.parse(text.encode())
    assert message in str(caught.value)
    assert [fault.path for fault in caught.value.faults] == [path]


@pytest.mark.parametrize("data", [b"\xff", b"#" * ((1 << 20) + 1)])
def test_what_is_no_text_or_too_much_is_refused(data: bytes) -> None:
    with pytest.raises(TableError):
        table.parse(data)


def test_the_schema_says_what_may_stand_where() -> None:
    schema = table.schema()
    assert set(schema["properties"]) == {
        "licences",
        "own",
        "quality",
        "unjudged",
        "vex",
        "vulnerabilities",
    }
    assert schema["properties"]["quality"]["required"] == ["minimum"]


def test_this_repository_s_own_policy_is_one() -> None:
    data = (Path(__file__).parents[3] / "sbom/policy.toml").read_bytes()
    policy = table.parse(data)
    assert policy.licences is not None
    assert policy.vulnerabilities is not None
    validator = jsonschema_rs.Draft202012Validator(table.schema())
    validator.validate(tomllib.loads(data.decode()))
    assert not validator.is_valid({"quality": {"minimum": "90"}})
