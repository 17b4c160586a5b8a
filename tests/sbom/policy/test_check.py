from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support import osv
from support.boms import bom, component, named
from support.vex import analysed, cyclonedx, openvex, said
from workflow_sbom.errors import TableError
from workflow_sbom.policy import opening, table
from workflow_sbom.policy.check import check, wanted
from workflow_sbom.policy.findings import remedy, what
from workflow_sbom.policy.verdict import Verdict

NOW = datetime(2026, 11, 26, tzinfo=UTC)
OWN = "own = ['pkg:pypi/subject']\n"
POLICY = f"""{OWN}
[licences]
allow = ["MIT"]
[vulnerabilities]
database = "all.zip"
[[vex]]
file = "vex.json"
until = "2027-01-01"
[quality]
minimum = 100
"""
FLAW = osv.encoded(
    "GHSA-1",
    osv.affected("x", ("introduced", "0"), ("fixed", "2.0")),
    aliases=["CVE-2026-1"],
    summary="It bites",
)


def judged(folder: Path, policy: str = POLICY, *, database: Path | None = None) -> Verdict:
    documents = [named(bom(component()))]
    read = opening.read(_written(folder, policy))
    world = opening.world(read, folder, documents, now=NOW, database=database)
    return check(documents, read, world)


def _written(folder: Path, policy: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(policy)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("GHSA-1.json", FLAW)
    (tmp_path / "vex.json").write_bytes(openvex(said()))
    return tmp_path


def told(verdict: Verdict) -> list[str]:
    return [f"{type(each).__name__}: {what(each)}" for each in verdict.findings]


def test_an_excused_flaw_passes_and_is_told(folder: Path) -> None:
    verdict = judged(folder)
    assert verdict.answer == "pass"
    (excused,) = told(verdict)
    assert excused.startswith("Suppressed: CVE-2026-1 (GHSA-1), severity unknown: It bites; ")
    assert excused.endswith("by vex.json: statements[0]: vulnerable_code_not_present")
    assert verdict.database is not None
    assert (verdict.database.name, verdict.database.records) == ("all.zip", 1)
    assert [each.total for each in verdict.scores] == [100]


def test_without_the_statement_it_fails(folder: Path) -> None:
    (folder / "vex.json").write_bytes(openvex(said("CVE-2026-2")))
    verdict = judged(folder)
    assert verdict.answer == "fail"
    assert told(verdict) == [
        "Vulnerable: CVE-2026-1 (GHSA-1), severity unknown: It bites",
        "Unused: excuses nothing that is there",
    ]


def test_a_bom_link_leads_to_a_document_that_is_checked(folder: Path) -> None:
    link = "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg:pypi/x@1.0"
    (folder / "vex.json").write_bytes(cyclonedx(analysed(link)))
    assert judged(folder).answer == "pass"


def test_no_database_leaves_everything_unknown_by_name(folder: Path) -> None:
    (folder / "all.zip").unlink()
    verdict = judged(folder)
    assert verdict.answer == "unknown"
    assert verdict.database is None
    assert told(verdict) == [
        "NotJudged: whether it is vulnerable is not known: there is no database to ask",
        "DatabaseUnfit: all.zip: No such file or directory",
        "Unused: excuses nothing that is there",
    ]


def test_what_is_no_database_is_told(folder: Path) -> None:
    (folder / "all.zip").write_bytes(b"no zip")
    assert "all.zip: no zip file" in str(told(judged(folder)))
    policy = f"{OWN}[vulnerabilities]"
    assert "no database of vulnerabilities is given" in str(told(judged(folder, policy)))


def test_a_database_given_counts_rather_than_the_policy_s(folder: Path) -> None:
    base = folder / "osv"
    base.mkdir()
    (base / "a.json").write_bytes(osv.encoded("GHSA-2", osv.affected("x", ("introduced", "0"))))
    assert "GHSA-2" in str(told(judged(folder, database=base)))


def test_bad_records_are_told_with_the_rest(folder: Path) -> None:
    with zipfile.ZipFile(folder / "all.zip", "a") as archive:
        archive.writestr("bad.json", b"{")
    verdict = judged(folder)
    assert verdict.answer == "unknown"
    assert "RecordUnread" in str(told(verdict))


def test_a_missing_vex_file_is_told(folder: Path) -> None:
    (folder / "vex.json").unlink()
    verdict = judged(folder)
    assert verdict.answer == "fail"
    assert "StatementRefused: no acceptable VEX statement: the file could not be read" in told(
        verdict
    )


def test_what_a_policy_has_no_table_for_is_not_asked(folder: Path) -> None:
    verdict = judged(folder, "")
    assert (verdict.findings, verdict.database, verdict.scores) == ((), None, ())
    assert "LicenceRefused" in str(told(judged(folder, "[licences]\nallow=['ISC']")))


def test_only_what_is_in_the_documents_is_asked_for() -> None:
    documents = [named(bom(component()))]
    policy = table.parse(f"{OWN}[vulnerabilities]".encode())
    assert [each.name for each in wanted(documents, policy)] == ["x"]
    assert wanted(documents, table.parse(OWN.encode())) == frozenset()


@pytest.mark.parametrize(("build", "answer"), [("true", "fail"), ("false", "pass")])
def test_what_only_builds_counts_unless_the_policy_says_not(
    folder: Path, build: str, answer: str
) -> None:
    formula = [{"bom-ref": "f", "components": [component()]}]
    documents = [named(bom(formulation=formula))]
    policy = table.parse(f"{OWN}[vulnerabilities]\nbuild={build}".encode())
    world = opening.world(policy, folder, documents, now=NOW, database=folder / "all.zip")
    assert check(documents, policy, world).answer == answer
    itself = [{"id": "CVE-2026-7", "affects": [{"ref": "pkg:pypi/x@1.0"}]}]
    documents = [named(bom(formulation=formula, vulnerabilities=itself))]
    assert ("CVE-2026-7" in str(told(check(documents, policy, world)))) is (answer == "fail")


def test_a_policy_of_endless_length_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(b"#" * (2 << 20))
    with pytest.raises(TableError, match="1048577 bytes"):
        opening.read(path)


def test_what_a_document_states_of_itself_counts_until_it_is_excused(folder: Path) -> None:
    stated = [{"id": "CVE-2026-7", "affects": [{"ref": "pkg:pypi/x@1.0"}]}]
    documents = [named(bom(component(), vulnerabilities=stated))]
    policy = opening.read(_written(folder, POLICY))
    (folder / "vex.json").write_bytes(openvex(said()))
    world = opening.world(policy, folder, documents, now=NOW)
    assert "Vulnerable: CVE-2026-7" in str(told(check(documents, policy, world)))
    (folder / "vex.json").write_bytes(openvex(said(), said("CVE-2026-7")))
    world = opening.world(policy, folder, documents, now=NOW)
    assert check(documents, policy, world).answer == "pass"


DEB = "pkg:deb/debian/libc6@2.41-12%2Bdeb13u5?arch=amd64&distro=debian-13"


@pytest.mark.parametrize(
    ("purl", "ecosystem", "name", "fixed", "fine"),
    [
        (DEB, "Debian:13", "glibc", "2.41-12+deb13u10", "2.41-12+deb13u5"),
        ("pkg:npm/%40babel/core@7.9.0", "npm", "@babel/core", "7.10.0", "7.9.0"),
        ("pkg:golang/golang.org/x/net@v0.9.0", "Go", "golang.org/x/net", "0.10.0", "0.9.0"),
        ("pkg:golang/std@1.22.1", "Go", "stdlib", "1.22.2", "1.22.1"),
        ("pkg:cargo/serde@1.0.9", "crates.io", "serde", "1.0.10", "1.0.9"),
        ("pkg:pypi/ruamel-yaml@0.9", "PyPI", "ruamel.yaml", "0.10", "0.9"),
    ],
)
def test_every_ecosystem_is_asked_by_its_own_names_and_order(
    tmp_path: Path, purl: str, ecosystem: str, name: str, fixed: str, fine: str
) -> None:
    source = {"name": "workflow:debian:source", "value": "glibc"}
    part = component(purl=purl, properties=[source], **{"bom-ref": purl})
    documents = [named(bom(part))]
    policy = table.parse(f"{OWN}[vulnerabilities]".encode())
    for version, answer in ((fixed, "fail"), (fine, "pass")):
        package = osv.affected(name, ("introduced", "0"), ("fixed", version), ecosystem=ecosystem)
        (tmp_path / "A-1.json").write_bytes(osv.encoded("A-1", package))
        world = opening.world(policy, tmp_path, documents, now=NOW, database=tmp_path)
        verdict = check(documents, policy, world)
        assert verdict.answer == answer, told(verdict)
        assert (answer == "pass") or f"upgrade to {fixed}" in remedy(verdict.findings[0])
