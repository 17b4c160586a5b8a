from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.desk import PROJECT, Desk, everything_below
from support.git_repository import GitRepository
from workflow_release.errors import ConfigError, GateError, SigningError, VersionError

VERSION = "0.1.0-dev.1"
FILES = {
    "thing-0.1.0.dev1.tar.gz",
    "thing-0.1.0.dev1.tar.gz.cdx.json",
    "thing-0.1.0.dev1-py3-none-any.whl",
    "thing-0.1.0.dev1-py3-none-any.whl.cdx.json",
    f"thing-{VERSION}.cdx.json",
    "SHA256SUMS",
    "provenance.sigstore.json",
    "release.json",
    "release.json.sigstore.json",
}


def test_a_release_is_made_verified_and_told(desk: Desk, repository: GitRepository) -> None:
    done = desk.run("cut", "--verify")
    folder = desk.folder / "dist" / VERSION
    assert done.code == 0
    assert {path.name for path in folder.iterdir()} == FILES
    assert done.out.startswith(f"thing {VERSION}: made: {folder}\npassed ")
    assert f"VERIFIED thing {VERSION}: 2 artifacts, 9 files\n" in done.out
    assert done.err.endswith(f"next: workflow-release verify {folder}\n")
    assert repository.git("status", "--porcelain") == ""


def test_the_same_again_is_already_there(desk: Desk) -> None:
    assert desk.run("cut", "--json").json["published"][0]["created"] is True
    before = everything_below(desk.folder / "dist" / VERSION)
    again = desk.run("cut")
    assert again.code == 0
    assert ": already there, the same: " in again.out
    assert everything_below(desk.folder / "dist" / VERSION) == before


def test_standard_output_is_one_document_and_progress_goes_elsewhere(desk: Desk) -> None:
    done = desk.run("cut", "--json", "--verify")
    assert done.json["version"] == VERSION
    assert done.json["gates"]
    assert done.json["published"] == [
        {"target": "directory", "location": str(desk.folder / "dist" / VERSION), "created": True}
    ]
    assert [each["ok"] for each in done.json["verified"]] == [True]
    assert "[5/5] publish" in done.err


def test_without_verify_nothing_claims_to_be_verified(desk: Desk) -> None:
    assert desk.run("cut", "--json").json["verified"] == []


@pytest.mark.parametrize("words", [[], ["--json"], ["--verify"]])
def test_a_dry_run_writes_nothing_at_all(desk: Desk, tmp_path: Path, words: list[str]) -> None:
    alone = Desk(folder=desk.folder, scratch=tmp_path / "home")
    before = everything_below(tmp_path)
    done = alone.run("cut", "--dry-run", *words)
    assert everything_below(tmp_path) == before
    assert not alone.scratch.exists()
    assert "dry run: nothing was made" in done.err
    if "--json" in words:
        assert done.json["version"]["semver"] == VERSION
    else:
        assert f"goes to dist/{VERSION}/" in done.out


def test_a_tag_is_released_as_what_it_names(desk: Desk, repository: GitRepository) -> None:
    repository.git("tag", "v1.4.0")
    assert desk.run("cut", "--tag", "v1.4.0", "--json").json["version"] == "1.4.0"


@pytest.mark.parametrize(
    ("there", "asked", "said"),
    [
        ("v1.4.0", "v2.0.0", "v2.0.0 is no version tag of this commit; it names 1.4.0"),
        ("", "v2.0.0", f"v2.0.0 is no version tag of this commit; the version is {VERSION}"),
        ("v0.18.10.1", "v0.18.10.1", "v0.18.10.1 is no version tag of this commit"),
        ("v1.4.0", "v1.4.0\n", "v1.4.0\n is no version tag of this commit"),
        ("v1.4.0", "1.4.0", "1.4.0 is no version tag of this commit"),
    ],
)
def test_another_tag_is_refused_before_anything_else(
    desk: Desk, repository: GitRepository, there: str, asked: str, said: str
) -> None:
    if there:
        repository.git("tag", there)
    with pytest.raises(VersionError) as caught:
        desk.run("cut", "--tag", asked)
    assert caught.value.message.startswith(said)
    assert not (desk.folder / "dist").exists()


def test_a_dirty_tree_is_refused_and_leaves_no_folder(
    desk: Desk, repository: GitRepository
) -> None:
    repository.write("thing.py", "changed = True\n")
    with pytest.raises(GateError, match="clean-tree"):
        desk.run("cut")
    assert not (desk.folder / "dist").exists()


def test_an_unknown_signer_is_refused_before_anything_is_built(desk: Desk) -> None:
    with pytest.raises(SigningError, match="no signer is called 'kms:x'"):
        desk.run("cut", "--signer", "kms:x")
    assert not (desk.folder / "dist").exists()


def test_what_a_stranger_signed_is_not_verified_by_this_users_trust(
    desk: Desk, tmp_path: Path
) -> None:
    other = Desk(folder=desk.folder, scratch=tmp_path / "other")
    other.run("cut")
    key = tmp_path / "key.pem"
    shutil.copy(other.scratch / "config" / "keys" / "default.pem", key)
    shutil.rmtree(desk.folder / "dist")
    done = desk.run("cut", "--signer", f"file:{key}", "--verify")
    assert done.code == 11
    assert "NOT VERIFIED" in done.out


def test_every_target_gets_the_release(desk: Desk, repository: GitRepository) -> None:
    targets = '[[target]]\nkind = "directory"\npath = "{}"\n'
    repository.commit(
        "feat: two",
        **{"release.toml": PROJECT["release.toml"] + targets.format("one") + targets.format("two")},
    )
    done = desk.run("cut", "--verify", "--json")
    assert [each["location"] for each in done.json["published"]] == [
        str(desk.folder / name / "0.1.0-dev.2") for name in ("one", "two")
    ]
    assert [each["ok"] for each in done.json["verified"]] == [True, True]


def test_requirements_must_be_committed(desk: Desk, repository: GitRepository) -> None:
    text = PROJECT["release.toml"] + 'requirements = "locks/absent.txt"\n'
    repository.commit("feat: x", **{"release.toml": text})
    with pytest.raises(ConfigError, match=r"locks/absent\.txt: "):
        desk.run("cut")
    assert not (desk.folder / "dist").exists()


POLICY = '[licences]\nallow = ["MIT"]\n[vulnerabilities]\nmax-age-days = 7\n'


def test_what_a_policy_cannot_tell_of_a_pre_release_is_said_and_recorded(
    desk: Desk, repository: GitRepository
) -> None:
    repository.commit("feat: y", **{"sbom/policy.toml": POLICY})
    done = desk.run("cut", "--json")
    assert "policy" not in done.json["gates"]
    assert "coverage" in done.json["gates"]
    assert [each["message"] for each in done.json["undecided"]] == [
        "no database of vulnerabilities is given"
    ]
    (folder,) = (Path(each["location"]) for each in done.json["published"])
    assert json.loads((folder / "release.json").read_bytes())["undecided"] == ["policy"]
    again = desk.run("cut", "--verify")
    assert "not known: policy: vulnerabilities: no database of vulnerabilities" in again.err
    assert "VERIFIED thing" in again.out


def test_a_database_decides(desk: Desk, repository: GitRepository, tmp_path: Path) -> None:
    repository.commit("feat: y", **{"sbom/policy.toml": POLICY})
    osv = tmp_path / "osv"
    osv.mkdir()
    modified = datetime.now(UTC).isoformat()
    record = {"schema_version": "1.7.0", "id": "GHSA-1", "modified": modified, "affected": []}
    (osv / "GHSA-1.json").write_text(json.dumps(record))
    done = desk.run("cut", "--json", "--osv", str(osv))
    assert done.json["undecided"] == []
    assert "policy" in done.json["gates"]


def test_a_policy_that_is_named_and_not_there_stops_before_anything_is_built(
    desk: Desk, repository: GitRepository
) -> None:
    named = PROJECT["release.toml"] + '[policy]\nfile = "rules.toml"\n'
    repository.commit("feat: y", **{"release.toml": named})
    with pytest.raises(ConfigError, match=r"rules\.toml: no policy is there"):
        desk.run("cut")
    assert not (desk.folder / "dist").exists()
