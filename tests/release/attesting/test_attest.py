from __future__ import annotations

import pytest

from simulators import releases
from workflow_release import names
from workflow_release.attesting import attest, sums
from workflow_release.attesting.sums import Sum
from workflow_release.errors import PlanError
from workflow_release.model import Artifact, Attested, File
from workflow_sbom.digest import Digest


def _attest(artifact_names: list[str], sbom_names: list[str], whole: str) -> Attested:
    artifacts = tuple(
        releases.artifact("sdist:rocket", name, bytes([at]))
        for at, name in enumerate(artifact_names)
    )
    sboms = tuple(File.of(name, "x", b"{}") for name in sbom_names)
    return attest.attest(
        releases.plan(), artifacts, sboms, File.of(whole, "x", b"{}"), releases.signer()
    )


def test_sums_list_artifacts_and_sboms_alone() -> None:
    made = releases.make()
    described: list[Artifact | File] = [*made.attested.artifacts, *made.attested.sboms]
    described.append(made.attested.release_sbom)
    assert sums.parse(made.files[names.SUMS]) == tuple(
        sorted((Sum(f.name, f.digest) for f in described), key=lambda each: each.name)
    )


def test_the_provenance_names_every_file_made_before_it_and_what_registries_have() -> None:
    made = releases.make()
    stated = releases.statement_in(made.files[names.PROVENANCE])
    subjects = {each["name"]: each["digest"]["sha256"] for each in stated["subject"]}
    rest = made.files.keys() - {names.PROVENANCE, names.RECORD, names.SEAL}
    image = made.files["pad-1.2.3.oci.tar"]
    assert subjects == {
        **{name: Digest.of(made.files[name]).hex for name in rest},
        "pad:1.2.3": Digest.of(b"index of " + image).hex,
    }


def test_the_seal_is_over_the_record_alone() -> None:
    made = releases.make()
    assert releases.statement_in(made.files[names.SEAL]) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {
                "name": "release.json",
                "digest": {"sha256": Digest.of(made.files["release.json"]).hex},
            }
        ],
        "predicateType": "https://github.com/GoCodeAlone/workflow/release-statement/v1",
        "predicate": {"name": "rocket", "version": "1.2.3"},
    }


def test_the_same_release_signed_twice_has_the_same_bytes() -> None:
    assert releases.make().files == releases.make().files


def test_no_artifact_is_read_again() -> None:
    # The artifacts' paths lead nowhere, and everything is made all the same.
    assert not any(each.path.exists() for each in releases.make().attested.artifacts)


GOOD = ["rocket-1.2.3.tar.gz"]
WHOLE = "rocket-1.2.3.cdx.json"


@pytest.mark.parametrize(
    ("artifacts", "sboms", "whole", "reason"),
    [
        (["../a"], ["../a.cdx.json"], WHOLE, "'../a' is no portable file name"),
        (["-rf"], ["-rf.cdx.json"], WHOLE, "'-rf' is no portable"),
        ([".a"], [".a.cdx.json"], WHOLE, "'.a' is no portable"),
        (["a\nb"], ["a\nb.cdx.json"], WHOLE, "'a\\nb' is no portable"),
        (["SHA256SUMS"], ["SHA256SUMS.cdx.json"], WHOLE, "the release's own documents"),
        (["a.sigstore.json"], ["a.sigstore.json.cdx.json"], WHOLE, "ending of an SBOM"),
        (["a", "A"], ["a.cdx.json", "A.cdx.json"], WHOLE, "two files are called 'a'"),
        (["rocket-1.2.3"], [WHOLE], WHOLE, "two files are called 'rocket-1.2.3.cdx.json'"),
        (GOOD, ["b.cdx.json"], WHOLE, "should be 'rocket-1.2.3.tar.gz.cdx.json'"),
        (GOOD, ["rocket-1.2.3.tar.gz.cdx.json"], "x.cdx.json", f"should be '{WHOLE}'"),
        (GOOD, [], WHOLE, "1 artifacts and 0 SBOMs"),
        ([], [], WHOLE, "0 artifacts and 0 SBOMs"),
    ],
)
def test_names_that_can_not_stand_in_a_release_are_refused(
    artifacts: list[str], sboms: list[str], whole: str, reason: str
) -> None:
    with pytest.raises(PlanError) as refused:
        _attest(artifacts, sboms, whole)
    assert reason in refused.value.message


def test_all_faulty_names_are_told_at_once() -> None:
    with pytest.raises(PlanError) as refused:
        _attest([".a", "-b"], [".a.cdx.json", "-b.cdx.json"], WHOLE)
    assert len(refused.value.message.splitlines()) == 4
