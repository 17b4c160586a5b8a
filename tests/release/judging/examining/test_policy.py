"""A repository's policy: found, read, and asked about the SBOMs of a release."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from support import candidates
from workflow_release.errors import BuildError, ConfigError
from workflow_release.judging.examining.policy import Demands, demanded
from workflow_release.model import Attested, File
from workflow_release.planning.config import InRepository
from workflow_sbom.policy.findings import NotJudged, what

NOW = datetime(2026, 11, 26, tzinfo=UTC)
NAMED = InRepository(PurePosixPath("rules/ours.toml"))


def sbom(name: str, licence: str) -> File:
    component: dict[str, Any] = {
        "type": "library",
        "name": "part",
        "version": "1",
        "purl": "pkg:pypi/part@1",
        "licenses": [{"expression": licence}],
    }
    table = {"bomFormat": "CycloneDX", "specVersion": "1.7", "components": [component]}
    return File.of(name, "application/json", json.dumps(table).encode())


def attested(*licences: str) -> Attested:
    whole = candidates.candidate().attested
    return replace(
        whole,
        artifacts=whole.artifacts[: len(licences)],
        sboms=tuple(sbom(f"{at}.cdx.json", each) for at, each in enumerate(licences)),
        release_sbom=sbom("all.cdx.json", licences[0]),
    )


def written(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def found(root: Path, named: InRepository | None = None, database: Path | None = None) -> Demands:
    demands = demanded(root, named, NOW, database)
    assert demands is not None
    return demands


def test_a_repository_without_a_policy_demands_nothing(tmp_path: Path) -> None:
    assert demanded(tmp_path, None, NOW, None) is None


def test_the_usual_place_is_looked_at_unless_another_is_named(tmp_path: Path) -> None:
    written(tmp_path, "sbom/policy.toml", '[licences]\nallow = ["MIT"]\n')
    written(tmp_path, "rules/ours.toml", '[licences]\nallow = ["0BSD"]\n')
    assert found(tmp_path).verdict(attested("MIT")).answer == "pass"
    assert found(tmp_path, NAMED).verdict(attested("MIT")).answer == "fail"


@pytest.mark.parametrize(("named", "database"), [(NAMED, None), (None, Path("osv"))])
def test_a_policy_that_is_counted_on_and_is_not_there_is_an_error(
    tmp_path: Path, named: InRepository | None, database: Path | None
) -> None:
    with pytest.raises(ConfigError, match="no policy is there") as caught:
        demanded(tmp_path, named, NOW, database)
    assert "workflow-sbom schema policy" in caught.value.remedy


def test_every_fault_of_a_policy_is_told_before_anything_is_built(tmp_path: Path) -> None:
    written(tmp_path, "sbom/policy.toml", '[licences]\nalow = ["MIT"]\n[quality]\n')
    with pytest.raises(ConfigError) as caught:
        demanded(tmp_path, None, NOW, None)
    assert len(caught.value.message.splitlines()) == 3
    assert f"{tmp_path}/sbom/policy.toml: licences.alow: unknown key" in caught.value.message


def test_a_policy_that_is_a_folder_can_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "sbom/policy.toml").mkdir(parents=True)
    with pytest.raises(ConfigError, match="can't be read: Is a directory"):
        demanded(tmp_path, None, NOW, None)


def test_every_sbom_of_the_release_is_judged(tmp_path: Path) -> None:
    written(tmp_path, "sbom/policy.toml", '[licences]\nallow = ["MIT"]\n')
    verdict = found(tmp_path).verdict(attested("0BSD", "MIT"))
    assert [each.where.document for each in verdict.findings] == ["0.cdx.json", "all.cdx.json"]


def test_what_is_known_is_where_the_policy_or_the_command_line_says(tmp_path: Path) -> None:
    policy = '[vulnerabilities]\ndatabase = "osv"\nmax-age-days = 7\n'
    written(tmp_path, "sbom/policy.toml", policy)
    missing = found(tmp_path).verdict(attested("MIT"))
    assert missing.answer == "unknown"
    record = {
        "schema_version": "1.7.0",
        "id": "GHSA-1",
        "modified": "2026-11-25T00:00:00Z",
        "affected": [{"package": {"ecosystem": "PyPI", "name": "part"}, "versions": ["1"]}],
    }
    written(tmp_path, "sbom/osv/GHSA-1.json", json.dumps(record))
    verdict = found(tmp_path).verdict(attested("MIT"))
    assert any(what(each).startswith("GHSA-1") for each in verdict.weighing("fail"))
    record["affected"] = []
    written(tmp_path, "other/GHSA-1.json", json.dumps(record))
    verdict = found(tmp_path, database=tmp_path / "other").verdict(attested("MIT"))
    assert verdict.answer != "fail"


def test_what_is_released_is_in_no_database_and_need_not_be(tmp_path: Path) -> None:
    written(tmp_path, "sbom/policy.toml", "[vulnerabilities]\nmax-age-days = 7\n")
    whole = attested("MIT")
    table = json.loads(whole.release_sbom.content or b"")
    subject = {"type": "library", "name": "part", "purl": "pkg:pypi/part@1?file_name=x.whl"}
    other = {**subject, "purl": "pkg:pypi/part@2"}
    for component, asked in ((subject, 0), (other, 3)):
        content = json.dumps(table | {"metadata": {"component": component}}).encode()
        release = File.of("all.cdx.json", "application/json", content)
        verdict = found(tmp_path).verdict(replace(whole, release_sbom=release))
        judged = [each for each in verdict.findings if isinstance(each, NotJudged)]
        assert len(judged) <= asked
        assert bool(judged) == bool(asked)


def test_a_release_as_a_whole_need_state_no_licence(tmp_path: Path) -> None:
    written(tmp_path, "sbom/policy.toml", '[licences]\nallow = ["MIT"]\n')
    whole = attested("MIT")
    table = json.loads(whole.release_sbom.content or b"")
    subject = {"type": "application", "name": "all", "purl": "pkg:generic/all@1"}
    for licences, answer in (({}, "pass"), ({"licenses": [{"expression": "0BSD"}]}, "fail")):
        metadata = {"metadata": {"component": {**subject, **licences}}}
        content = json.dumps(table | metadata).encode()
        release = File.of("all.cdx.json", "application/json", content)
        assert found(tmp_path).verdict(replace(whole, release_sbom=release)).answer == answer


def test_an_sbom_that_its_specification_forbids_stops_everything(tmp_path: Path) -> None:
    written(tmp_path, "sbom/policy.toml", "")
    bad = replace(attested("MIT"), release_sbom=File.of("x.cdx.json", "x", b"{}"))
    with pytest.raises(BuildError, match=r"x\.cdx\.json: no SBOM"):
        found(tmp_path).verdict(bad)
