from __future__ import annotations

import pytest

from workflow_release import names
from workflow_release.version import Version
from workflow_sbom.printable import printable


@pytest.mark.parametrize(
    "name",
    [
        "rocket-1.2.3.tar.gz",
        "rocket-1.2.3-py3-none-any.whl",
        "rocket-1.2.3+g0123456789ab.tar.gz",
        "SHA256SUMS",
        "a",
        "a" * 255,
    ],
)
def test_portable_names_pass(name: str) -> None:
    assert names.fault_in(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "..", ".hidden", "-rf", "a/b", "../a", "/a", "a\\b", "C:a", "a\nb", "a\x1b[2Jb",
        "a\x00b", "a b", "a*", "café", "a\u202eb", "\u0430", "a" * 256, "a.", "~a", "a\n",
        "a\udcff",
    ],
)  # fmt: skip
def test_other_names_are_refused_in_printable_words(name: str) -> None:
    fault = names.fault_in(name)
    assert fault is not None
    assert fault.isprintable()


@pytest.mark.parametrize(
    "name",
    [
        *sorted(names.RESERVED),
        "sha256sums",
        "Release.json",
        "a.cdx.json",
        "a.CDX.json",
        "a.sigstore.json",
    ],
)
def test_an_artifact_may_not_pose_as_a_document_of_the_release(name: str) -> None:
    assert names.faults_in_artifact(name) is not None


def test_an_artifact_has_its_own_name() -> None:
    assert names.faults_in_artifact("rocket-1.2.3.tar.gz") is None


def test_names_that_one_file_system_takes_for_the_same() -> None:
    assert names.twice(["a", "B", "b", "c", "a"]) == ("a", "b")
    assert names.twice(["a", "b"]) == ()


def test_sbom_names_carry_artifact_and_version() -> None:
    assert names.sbom_of("a.whl") == "a.whl.cdx.json"
    version = Version.parse("1.2.3-dev.4+g0123456789ab")
    assert names.release_sbom_of("rocket", version) == "rocket-1.2.3-dev.4_g0123456789ab.cdx.json"


def test_printable_shows_what_a_terminal_would_act_on() -> None:
    assert printable("a\x1b[31m\u202e\n\udcffé") == "a\\x1b[31m\\u202e\\n\\udcffé"
