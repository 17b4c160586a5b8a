from __future__ import annotations

from pathlib import Path

import pytest

from simulators import releases
from support.desk import Desk
from workflow_release.errors import ReleaseError, UsageError


@pytest.fixture
def person(desk: Desk, tmp_path: Path) -> Desk:
    """Somebody who trusts nobody yet."""
    return Desk(folder=desk.folder, scratch=tmp_path / "person")


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    path = tmp_path / "publisher.pem"
    path.write_bytes(releases.signer().public_key_pem)
    return path


def test_nobody_is_trusted_at_first(person: Desk) -> None:
    assert person.run("trust", "list", "--json").json == []
    done = person.run("trust", "list")
    assert done.out == "fingerprint  repository  label\n"
    assert done.err.startswith("next: workflow-release trust add PEM")


def test_a_key_is_added_listed_exported_and_removed(person: Desk, pem: Path) -> None:
    added = person.run("trust", "add", str(pem), "--repository", "https://example.org/acme/rocket")
    assert added.err.startswith("trusted from now on: ")
    (key,) = person.run("trust", "list", "--json").json
    assert key["repository"] == "https://example.org/acme/rocket"
    fingerprint = key["fingerprint"].removeprefix("sha256:")
    assert fingerprint in person.run("trust", "list").out
    exported = person.run("trust", "export", fingerprint)
    assert exported.out.encode() == pem.read_bytes()
    assert person.run("trust", "export").out == exported.out  # there is but one
    removed = person.run("trust", "remove", fingerprint)
    assert removed.err.startswith("no longer trusted: ")
    assert person.run("trust", "list", "--json").json == []


@pytest.mark.parametrize(
    ("action", "needs"),
    [("add", "a PEM file"), ("remove", "a fingerprint"), ("export", "a fingerprint")],
)
def test_what_an_action_needs_is_told(person: Desk, action: str, needs: str) -> None:
    with pytest.raises(UsageError, match=f"trust {action} needs {needs}"):
        person.run("trust", action)


@pytest.mark.parametrize("words", [["add", "/absent.pem"], ["remove", "00"], ["export", "00"]])
def test_what_is_not_there_is_an_error_with_a_remedy(person: Desk, words: list[str]) -> None:
    with pytest.raises(ReleaseError) as caught:
        person.run("trust", *words)
    assert caught.value.remedy
