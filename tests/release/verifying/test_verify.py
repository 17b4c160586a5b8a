"""Verifying a release folder: what is honest passes, and every way of cheating is told.

Each attack is a release that differs in one thing from an honest one; where a signer must have
taken part, it is signed again with the good key. Where a verifier fell for it before, its
advisory is named.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulators import releases
from simulators.releases import MemoryFolder, expected, judged, make, signer, told
from workflow_release import names
from workflow_release.attesting.provenance import GitHubBuilder
from workflow_release.errors import VerificationError
from workflow_release.signing.trust import TrustedKey, TrustStore
from workflow_release.verifying.verify import expectation, verify, verify_directory
from workflow_release.version import Version
from workflow_sbom import canonical
from workflow_sbom.digest import Digest

GOOD = signer(1)
EVIL = signer(666)
FILES = make().files
WHEEL = "rocket-1.2.3-py3-none-any.whl"
SDIST = "rocket-1.2.3.tar.gz"


def _write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def test_an_honest_release_is_verified_file_by_file(tmp_path: Path) -> None:
    verdict = verify_directory(_write(tmp_path / "r", FILES), expected())
    assert verdict.ok
    assert verdict.findings == ()
    assert {line.name for line in verdict.lines} == FILES.keys()
    assert {(line.status, line.reason) for line in verdict.lines} == {("verified", "")}
    assert [(line.name, line.size, line.digest) for line in verdict.artifacts] == [
        (name, len(data), Digest.of(data)) for name, data in releases.contents().values()
    ]
    assert verdict.signer == GOOD.trusted
    assert verdict.release == make().release


def test_a_release_of_a_github_workflow_is_verified_and_names_it() -> None:
    builder = _workflow_of("acme/rocket")
    made = make(planned=releases.on_github(releases.plan()), builder=builder)
    verdict = judged(made.files)
    assert told(verdict) == []
    assert verdict.origin is not None
    assert verdict.origin.builder == builder


@pytest.mark.parametrize(
    "text",
    ["1.2.3-dev.4", "1.2.3-rc.1", "1.2.3-dev.4+g0123456789ab.dirty", "1.2.3+g0123456789ab.dirty"],
)
def test_versions_of_every_channel_are_verified(text: str) -> None:
    version = Version.parse(text)
    planned = replace(releases.plan(), version=version, source=replace(releases.source(), tag=None))
    pep440, file = version.render("pep440"), version.render("file")
    holding = {
        "sdist:rocket": (f"rocket-{pep440}.tar.gz", b"source"),
        "wheel:rocket": (f"rocket-{pep440}-py3-none-any.whl", b"wheel"),
        "ui:panel": (f"panel-{file}.tar.gz", b"ui"),
        "image:pad": (f"pad-{file}.oci.tar", b"image"),
    }
    assert told(judged(make(planned=planned, holding=holding).files)) == []


# ---- who and what is expected ----------------------------------------------------------------


def test_the_expected_release_passes() -> None:
    for repository in (
        releases.REPOSITORY,
        f"{releases.REPOSITORY}/",
        f"{releases.REPOSITORY}.git",
    ):
        assert judged(FILES, expected(repository=repository, version="1.2.3")).ok


def test_without_anybody_expected_there_is_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(VerificationError, match="nobody is expected") as refused:
        expectation(releases.host(tmp_path), (), None, None)
    assert "--key" in refused.value.remedy
    assert "workflow-release trust add" in refused.value.remedy


def test_nobody_is_expected_because_of_the_folder_or_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # CVE-2023-32076: configuration from ambient folders weakens the policy.
    folder = _write(tmp_path / "r", FILES)
    for place in (folder, folder / "config", tmp_path / "r/.config/workflow-release"):
        TrustStore(replace(releases.host(place), config=place)).add(GOOD.trusted)
    monkeypatch.chdir(folder)
    with pytest.raises(VerificationError, match="nobody is expected"):
        expectation(releases.host(tmp_path / "home"), (), None, None)


def test_the_trust_store_says_who_is_expected(tmp_path: Path) -> None:
    host = releases.host(tmp_path)
    TrustStore(host).add(GOOD.trusted)
    assert judged(FILES, expectation(host, (), None, None)).ok


def test_a_named_key_replaces_the_trust_store(tmp_path: Path) -> None:
    host = releases.host(tmp_path)
    TrustStore(host).add(GOOD.trusted)
    (tmp_path / "evil.pem").write_bytes(EVIL.public_key_pem)
    verdict = judged(FILES, expectation(host, (tmp_path / "evil.pem",), None, None))
    assert not verdict.ok


def test_a_release_by_somebody_else_is_refused_and_nothing_of_it_is_read() -> None:
    folder = MemoryFolder(make(EVIL).files)
    verdict = verify(folder, expected(GOOD))
    assert [each.subject for each in verdict.findings] == [names.SEAL]
    assert "signed by a key that is not expected" in verdict.findings[0].message
    assert {line.status for line in verdict.lines} == {"unchecked"}
    assert folder.read == [names.SEAL]


@pytest.mark.parametrize(
    ("repository", "version", "reason"),
    [
        (
            "https://example.org/acme/moon",
            None,
            "acme/rocket, and https://example.org/acme/moon is expected",
        ),
        ("https://example.org/acme", None, "is expected"),
        ("https://example.org/acme/rocket/../moon", None, "is expected"),
        (None, "1.2.4", "this is version 1.2.3, and 1.2.4 is expected"),
        (None, "v1.2.3", "and v1.2.3 is expected"),
        (None, "", "is expected"),
        ("", None, "is expected"),
    ],
)
def test_another_release_than_expected_is_refused(
    repository: str | None, version: str | None, reason: str
) -> None:
    # GHSA-r2xv-vpr2-42m9, CVE-2022-36056: another package or version; expectations ignored.
    verdict = judged(FILES, expected(repository=repository, version=version))
    assert not verdict.ok
    assert verdict.findings[0].gate == "expectation"
    assert reason in verdict.findings[0].message
    assert {line.status for line in verdict.artifacts} == {"failed"}


def test_a_release_of_no_repository_is_not_of_the_expected_one() -> None:
    planned = replace(releases.plan(), source=replace(releases.source(), repository=None))
    made = make(planned=planned)
    assert judged(made.files).ok
    assert not judged(made.files, expected(repository=releases.REPOSITORY)).ok


def test_a_key_trusted_for_one_repository_can_not_sign_for_another() -> None:
    # CVE-2024-47534: a delegation that covers more than was meant.
    here = TrustedKey(pem=GOOD.public_key_pem, repository=releases.REPOSITORY)
    there = TrustedKey(pem=GOOD.public_key_pem, repository="https://example.org/acme/moon")
    assert judged(FILES, replace(expected(), keys=(here,))).ok
    verdict = judged(FILES, replace(expected(), keys=(there,)))
    assert not verdict.ok
    assert any("is trusted for https://example.org/acme/moon only" in t for t in told(verdict))


def test_the_provenance_too_is_by_an_expected_key() -> None:
    provenance = releases.restated(FILES[names.PROVENANCE], EVIL, lambda _: None)
    files = releases.with_document(FILES, GOOD, names.PROVENANCE, provenance)
    verdict = judged(files)
    assert not verdict.ok
    assert verdict.origin is None
    assert any("signed by a key that is not expected" in t for t in told(verdict))
    assert judged(files, expected(GOOD, EVIL)).ok


# ---- the folder ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_missing_file_is_told(name: str) -> None:
    verdict = judged({key: data for key, data in FILES.items() if key != name})
    assert not verdict.ok
    assert any(name in text and "missing" in text for text in told(verdict))


@pytest.mark.parametrize("name", ["extra.whl", "zz.cdx.json", ".hidden", "RELEASE.JSON", "x y"])
def test_an_extra_file_is_told(name: str) -> None:
    verdict = judged({**FILES, name: b"?"})
    assert told(verdict) == [f"files {name}: is no file of this release"]


@pytest.mark.parametrize("name", sorted(FILES.keys() - {names.RECORD, names.SEAL}))
def test_a_renamed_file_is_told_with_both_its_names(name: str) -> None:
    files = {key: data for key, data in FILES.items() if key != name} | {"other": FILES[name]}
    assert told(judged(files)) == [
        f"files {name}: missing",
        f"files other: is no file of this release, but {name} under another name",
    ]


def test_two_swapped_files_are_told_by_what_they_hold() -> None:
    verdict = judged({**FILES, WHEEL: FILES[SDIST], SDIST: FILES[WHEEL]})
    assert told(verdict) == [
        f"artifact {SDIST}: holds the bytes of {WHEEL}",
        f"artifact {WHEEL}: holds the bytes of {SDIST}",
    ]


def test_swapped_files_of_other_sizes_are_told_as_well() -> None:
    verdict = judged({**FILES, WHEEL: FILES[names.SUMS], names.SUMS: FILES[WHEEL]})
    assert f"sums {names.SUMS}: holds the bytes of {WHEEL}" in told(verdict)
    assert f"artifact {WHEEL}: holds the bytes of {names.SUMS}" in told(verdict)


def test_a_changed_file_is_told_by_its_digests() -> None:
    data = bytes([FILES[WHEEL][0] ^ 1]) + FILES[WHEEL][1:]
    verdict = judged({**FILES, WHEEL: data})
    found, signed = Digest.of(data), Digest.of(FILES[WHEEL])
    assert told(verdict) == [f"artifact {WHEEL}: its digest is {found}, and {signed} was signed"]
    assert [line.name for line in verdict.lines if line.status != "verified"] == [WHEEL]


def test_a_longer_file_is_told_without_being_read() -> None:
    # CVE-2024-45395, CVE-2024-29902: endless data.
    folder = MemoryFolder({**FILES, WHEEL: FILES[WHEEL] + b" " * 5000})
    verdict = verify(folder, expected())
    assert told(verdict) == [f"artifact {WHEEL}: is 5022 bytes long, and 22 were signed"]
    assert WHEEL not in folder.read


def test_a_huge_record_or_seal_is_not_read(tmp_path: Path) -> None:
    for name in (names.RECORD, names.SEAL):
        folder = _write(tmp_path / name, FILES)
        with (folder / name).open("r+b") as stream:
            stream.truncate(1 << 40)
        verdict = verify_directory(folder, expected())
        assert told(verdict) == [f"signature {name}: {name} is larger than it may be"]


@pytest.mark.parametrize("name", [WHEEL, f"{WHEEL}.cdx.json", names.SUMS, names.PROVENANCE])
def test_a_link_to_the_very_same_bytes_is_refused(name: str, tmp_path: Path) -> None:
    folder = _write(tmp_path / "r", FILES)
    (folder / name).rename(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    verdict = verify_directory(folder, expected())
    assert not verdict.ok
    assert any(f"{name}: is a symbolic link, not a file" in text for text in told(verdict))


@pytest.mark.parametrize("name", [names.RECORD, names.SEAL])
def test_a_linked_record_is_refused(name: str, tmp_path: Path) -> None:
    folder = _write(tmp_path / "r", FILES)
    (folder / name).rename(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    verdict = verify_directory(folder, expected())
    assert told(verdict) == [f"signature {name}: {name} is a symbolic link"]


def test_a_folder_inside_is_refused(tmp_path: Path) -> None:
    folder = _write(tmp_path / "r", FILES)
    (folder / "more").mkdir()
    verdict = verify_directory(folder, expected())
    assert told(verdict) == ["files more: is no file of this release, but a folder"]


def test_an_empty_folder_is_no_release(tmp_path: Path) -> None:
    # CVE-2025-25204: nothing to verify is not success.
    (tmp_path / "r").mkdir()
    verdict = verify_directory(tmp_path / "r", expected())
    assert not verdict.ok
    assert verdict.lines == ()


def test_names_are_shown_without_what_a_terminal_would_act_on(tmp_path: Path) -> None:
    # CVE-2026-45803: terminal escapes in output.
    folder = _write(tmp_path / "r", FILES)
    for name in (b"a\x1b[2Jverified", b"\xff\xfe", "b\u202egpj.exe".encode(), b"c\nok"):
        (Path(folder) / name.decode("utf-8", "surrogateescape")).touch()
    verdict = verify_directory(folder, expected())
    assert [line.name for line in verdict.lines if line.status == "unexpected"] == [
        "a\\x1b[2Jverified",
        "b\\u202egpj.exe",
        "c\\nok",
        "\\udcff\\udcfe",
    ]
    assert all(text.isprintable() for text in told(verdict))


def test_nothing_is_unpacked() -> None:
    # CVE-2026-48702, CVE-2026-1703: archives are bytes here; this is none.
    holding = {**releases.contents(), "wheel:rocket": (WHEEL, b"PK\x03\x04 no archive at all")}
    assert judged(make(holding=holding).files).ok


# ---- signatures and statements ---------------------------------------------------------------


def _seal(change: Callable[[Any], None]) -> dict[str, bytes]:
    return {**FILES, names.SEAL: releases.restated(FILES[names.SEAL], GOOD, change)}


def _set(*path: Any) -> Callable[[Any], None]:
    *way, last, value = path

    def change(table: Any) -> None:
        for key in way:
            table = table[key]
        table[last] = value

    return change


def _without_digest(stated: Any) -> None:
    stated["subject"][0]["digest"] = {"sha512": "a" * 128}


def _second_subject(stated: Any) -> None:
    stated["subject"].append({"name": "x", "digest": {"sha256": "a" * 64}})


def _no_predicate(stated: Any) -> None:
    del stated["predicate"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_set("predicateType", "https://slsa.dev/provenance/v1"), "predicateType: says"),
        (_set("predicateType", "https://example.org/known-bad/v1"), "predicateType: says"),
        (_set("_type", "https://in-toto.io/Statement/v0.1"), "_type: says"),
        (_set("subject", []), "subject: says []"),
        (_set("subject", 0, "name", WHEEL), "subject[0].name: says"),
        (_set("subject", 0, "digest", "sha256", "a" * 64), "subject[0].digest.sha256: says"),
        (_without_digest, "subject[0].digest.sha256: missing"),
        (_second_subject, "subject: says"),
        (_set("predicate", "version", "1.2.4"), "predicate.version: says '1.2.4'"),
        (_set("predicate", "name", "moon"), "predicate.name: says 'moon'"),
        (_set("predicate", "extra", 1), "predicate.extra: is unknown"),
        (_set("extra", 1), "extra: is unknown"),
        (_no_predicate, "predicate"),
    ],
)
def test_a_seal_that_says_something_else_is_refused(
    change: Callable[[Any], None], reason: str
) -> None:
    # CVE-2022-35929, CVE-2022-35930: a statement of another predicate type satisfies.
    verdict = judged(_seal(change))
    assert not verdict.ok
    assert reason in verdict.findings[0].message


@pytest.mark.parametrize("payload", [b"", b"not json", b"[]", b"null", b'{"a":1,"a":2}', b"\xff"])
def test_a_payload_that_can_not_be_read_is_refused(payload: bytes) -> None:
    # CVE-2026-39395, CVE-2026-44310: an unparseable payload passes, a crash passes.
    verdict = judged({**FILES, names.SEAL: GOOD.sign_statement(payload)})
    assert not verdict.ok
    assert "the signed statement is" in verdict.findings[0].message


def _retyped(payload_type: str) -> bytes:
    from workflow_release.attesting import bundle, dsse
    from workflow_release.signing import p256

    payload = bundle.decode(FILES[names.SEAL]).envelope.payload
    signature = p256.sign(GOOD.key, dsse.pae(payload_type, payload))
    envelope = dsse.Envelope(payload_type=payload_type, payload=payload, signature=signature)
    return bundle.encode(bundle.Bundle(hint=GOOD.trusted.hint, envelope=envelope))


def test_a_payload_signed_as_another_type_is_refused() -> None:
    verdict = judged({**FILES, names.SEAL: _retyped("application/json")})
    assert "the payload's type is not" in verdict.findings[0].message


def test_a_payload_type_swapped_after_signing_is_refused() -> None:
    seal = FILES[names.SEAL].replace(b"application/vnd.in-toto+json", b"application/json")
    verdict = judged({**FILES, names.SEAL: seal})
    assert "the signature is not by that key over these bytes" in verdict.findings[0].message


def test_a_signature_over_the_payload_alone_is_refused() -> None:
    from workflow_release.attesting import bundle
    from workflow_release.signing import p256

    read = bundle.decode(FILES[names.SEAL])
    envelope = replace(read.envelope, signature=p256.sign(GOOD.key, read.envelope.payload))
    seal = bundle.encode(replace(read, envelope=envelope))
    assert not judged({**FILES, names.SEAL: seal}).ok


def test_the_bundles_can_not_stand_for_each_other() -> None:
    swapped = {
        **FILES,
        names.SEAL: FILES[names.PROVENANCE],
        names.PROVENANCE: FILES[names.SEAL],
    }
    verdict = judged(swapped)
    assert not verdict.ok
    assert "predicateType: says 'https://slsa.dev/provenance/v1'" in verdict.findings[0].message


def test_a_hint_at_a_trusted_key_does_not_make_a_signature() -> None:
    evil = json.loads(releases.restated(FILES[names.SEAL], EVIL, lambda _: None))
    evil["verificationMaterial"]["publicKey"]["hint"] = GOOD.trusted.hint
    verdict = judged({**FILES, names.SEAL: canonical.encode(evil) + b"\n"})
    assert "the signature is not by that key over these bytes" in verdict.findings[0].message


def test_a_certificate_where_a_key_is_expected_is_refused() -> None:
    # The downgrade in either direction is refused by kind.
    table = json.loads(FILES[names.SEAL])
    table["verificationMaterial"] = {"certificate": {"rawBytes": "AAAA"}}
    verdict = judged({**FILES, names.SEAL: canonical.encode(table) + b"\n"})
    assert "signed by a certificate, and a key is expected" in verdict.findings[0].message


@pytest.mark.parametrize(
    "name", [names.RECORD, names.SEAL, names.PROVENANCE, names.SUMS, WHEEL, f"{WHEEL}.cdx.json"]
)
def test_a_part_of_another_release_by_the_same_signer_is_refused(name: str) -> None:
    # GHSA-r2xv-vpr2-42m9: signed by the right key, and of something else.
    other = {**releases.contents(), "wheel:rocket": (WHEEL, b"a wheel from elsewhere")}
    files = make(holding=other).files
    assert judged(files).ok
    assert not judged({**FILES, name: files[name]}).ok


# ---- a signed record that says something wrong -----------------------------------------------


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "a/b", "..", "-rf", "a\u001bb"]
)
def test_a_signed_name_that_leads_elsewhere_is_never_opened(name: str) -> None:
    # CVE-2021-41131, CVE-2026-24686: path traversal by a signed name.
    files = releases.rerecorded(FILES, GOOD, _set("artifacts", 0, "name", name))
    folder = MemoryFolder(files)
    verdict = verify(folder, expected())
    assert not verdict.ok
    assert "is no portable file name" in verdict.findings[0].message
    assert folder.read == [names.SEAL, names.RECORD]


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"\xff", b"{" * 5000, b'{"a":' + b"1" * 5000 + b"}", b"NaN"]
)
def test_a_signed_record_that_can_not_be_read_is_refused(data: bytes) -> None:
    verdict = judged(releases.sealed_again(FILES, GOOD, data))
    assert not verdict.ok
    assert verdict.release is None
    assert verdict.findings[0].subject == names.RECORD


def test_a_record_with_an_unknown_field_is_refused() -> None:
    files = releases.rerecorded(FILES, GOOD, _set("plan", "approved", True))
    assert "plan.approved: unknown key" in judged(files).findings[0].message


def test_an_artifact_left_out_of_the_record_is_unexpected() -> None:
    def drop(table: Any) -> None:
        del table["artifacts"][0]

    verdict = judged(releases.rerecorded(FILES, GOOD, drop))
    assert not verdict.ok
    assert f"files {SDIST}: is no file of this release" in told(verdict)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_set("plan", "source", "commit", "d" * 40), "gitCommit: says"),
        (_set("plan", "source", "branch", "evil"), None),
        (_set("plan", "source", "tag", "v9.9.9"), "the tag v9.9.9 does not name the version 1.2.3"),
        (_set("plan", "source", "repository", "https://example.org/acme/moon"), "repository: says"),
        (_set("plan", "version", "1.2.4"), "of another release"),
        (_set("plan", "name", "moon"), "of another release"),
        (_set("artifacts", 0, "locks", []), None),
        (_set("artifacts", 1, "recipe", "sdist:rocket"), "is not what sdist:rocket makes"),
    ],
)
def test_a_record_that_the_provenance_does_not_bear_out_is_refused(
    change: Callable[[Any], None], reason: str | None
) -> None:
    # A tag moved between deciding and releasing; a commit or repository of somebody else.
    verdict = judged(releases.rerecorded(FILES, GOOD, change))
    if reason is None:
        # What the provenance does not repeat stands on the record's own signature.
        assert verdict.ok
        return
    assert not verdict.ok
    assert any(reason in text for text in told(verdict))
    assert "verified" not in {line.status for line in verdict.artifacts}


def test_an_artifact_of_another_version_is_refused() -> None:
    old = "rocket-1.2.2-py3-none-any.whl"
    holding = {**releases.contents(), "wheel:rocket": (old, b"old")}
    reason = f"{old} is not what wheel:rocket makes of version 1.2.3"
    assert told(judged(make(holding=holding).files)) == [f"names release.json: {reason}"]


# ---- provenance, sums and SBOMs that the record names ----------------------------------------


def _workflow_of(repository: str) -> GitHubBuilder:
    return GitHubBuilder(
        server="https://github.com",
        repository=repository,
        workflow=".github/workflows/release.yml",
        ref="refs/tags/v1.2.3",
        event="push",
        repository_id="1",
        owner_id="2",
        runner="github-hosted",
        run="3",
        attempt="1",
    )


def _drop_subject(stated: Any) -> None:
    del stated["subject"][2]


def _add_subject(stated: Any) -> None:
    stated["subject"].append({"name": "zz", "digest": {"sha256": "a" * 64}})


def _weak_subject(stated: Any) -> None:
    stated["subject"][1]["digest"] = {"sha1": "a" * 40}


def _twofold_subject(stated: Any) -> None:
    stated["subject"].append(stated["subject"][0])


DEFINITION = ("predicate", "buildDefinition")
EXTERNAL = (*DEFINITION, "externalParameters")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_drop_subject, "subject: says nothing of pad-1.2.3.oci.tar.cdx.json"),
        (_add_subject, "names files that this release has not"),
        (_twofold_subject, "names files that this release has not"),
        (_weak_subject, "subject: says other bytes of pad-1.2.3.oci.tar"),
        (_set("subject", 1, "digest", "sha256", "a" * 64), "says other bytes of pad-1.2.3.oci.tar"),
        (_set("subject", "x"), "subject: says nothing of SHA256SUMS"),
        (_set("_type", "https://in-toto.io/Statement/v0.1"), "_type: says"),
        (_set("predicateType", "https://slsa.dev/provenance/v0.2"), "predicateType: says"),
        (_set(*EXTERNAL, "version", "1.2.4"), "externalParameters.version: says '1.2.4'"),
        (_set(*EXTERNAL, "ref", "refs/heads/evil"), "externalParameters.ref: says"),
        (_set(*EXTERNAL, "repository", "https://x.example/y"), "externalParameters.repository"),
        (_set(*EXTERNAL, "debug", True), "externalParameters.debug: is unknown"),
        (_set(*DEFINITION, "buildType", "https://x.example"), "buildType: says"),
        (_set(*DEFINITION, "resolvedDependencies", []), "resolvedDependencies: says []"),
        (
            _set(*DEFINITION, "resolvedDependencies", 0, "digest", "gitCommit", "d" * 40),
            "resolvedDependencies[0].digest.gitCommit: says",
        ),
        (_set("predicate", "runDetails", "builder", "id", "https://x.example"), "no builder"),
        (_set("predicate", "runDetails", "builder", "version", {}), "builder.version: is unknown"),
        (_set("predicate", "runDetails", "metadata", {}), "runDetails.metadata: is unknown"),
        (_set("predicate", None), "no builder"),
    ],
)
def test_a_provenance_that_says_something_else_is_refused(
    change: Callable[[Any], None], reason: str
) -> None:
    provenance = releases.restated(FILES[names.PROVENANCE], GOOD, change)
    verdict = judged(releases.with_document(FILES, GOOD, names.PROVENANCE, provenance))
    assert not verdict.ok
    assert verdict.origin is None
    assert [each.subject for each in verdict.findings] == [names.PROVENANCE]
    assert reason in verdict.findings[0].message
    assert {line.status for line in verdict.artifacts} == {"failed"}


def test_a_workflow_of_another_repository_can_not_vouch_for_this_one() -> None:
    planned = releases.on_github(releases.plan())
    verdict = judged(make(planned=planned, builder=_workflow_of("evil/rocket")).files)
    assert not verdict.ok
    assert "built by a workflow of https://github.com/evil/rocket" in verdict.findings[0].message


def test_a_builder_that_is_not_the_workflow_it_names_is_refused() -> None:
    planned = releases.on_github(releases.plan())
    files = make(planned=planned, builder=_workflow_of("acme/rocket")).files
    identity = "https://github.com/acme/rocket/.github/workflows/other.yml@refs/tags/v1.2.3"
    change = _set("predicate", "runDetails", "builder", "id", identity)
    provenance = releases.restated(files[names.PROVENANCE], GOOD, change)
    verdict = judged(releases.with_document(files, GOOD, names.PROVENANCE, provenance))
    assert "runDetails.builder.id: says" in verdict.findings[0].message


def test_any_other_signed_statement_is_no_provenance() -> None:
    files = releases.with_document(FILES, GOOD, names.PROVENANCE, FILES[names.SEAL])
    assert not judged(files).ok


@pytest.mark.parametrize("data", [b"", b"junk\n", FILES[names.SUMS][:-1], FILES[names.SUMS] * 2])
def test_sums_that_say_something_else_are_refused(data: bytes) -> None:
    verdict = judged(releases.with_document(FILES, GOOD, names.SUMS, data))
    assert not verdict.ok
    assert any(each.subject == names.SUMS for each in verdict.findings)


def test_a_sum_left_out_is_told_by_its_file() -> None:
    data = b"".join(FILES[names.SUMS].splitlines(keepends=True)[1:])
    verdict = judged(releases.with_document(FILES, GOOD, names.SUMS, data))
    assert f"sums {names.SUMS}: pad-1.2.3.oci.tar: missing" in told(verdict)


SBOM = f"{WHEEL}.cdx.json"
COMPONENT = ("metadata", "component")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_set(*COMPONENT, "hashes", 0, "content", "a" * 64), "describes other bytes"),
        (_set(*COMPONENT, "hashes", []), "describes other bytes (None)"),
        (_set(*COMPONENT, "hashes", 0, "alg", "SHA-1"), "describes other bytes (None)"),
        (_set(*COMPONENT, "hashes", 0, "content", "short"), "no SHA-256 digest"),
        (_set(*COMPONENT, "hashes", 0, "content", ["list"]), ""),
        (_set(*COMPONENT, "hashes", "x"), "no array"),
        (_set(*COMPONENT, "version", "1.2.2"), "describes version 1.2.2, not 1.2.3"),
        (_set(*COMPONENT, "version", None), "describes version None, not 1.2.3"),
        (_set("metadata", {}), "names no subject"),
        (_set("bomFormat", "SPDX"), "no CycloneDX document"),
    ],
)
def test_an_sbom_of_something_else_is_refused(change: Callable[[Any], None], reason: str) -> None:
    table = json.loads(FILES[SBOM])
    change(table)
    files = releases.with_document(FILES, GOOD, SBOM, canonical.document(table))
    verdict = judged(files)
    assert not verdict.ok
    finding = next(each for each in verdict.findings if each.subject == SBOM)
    assert reason in finding.message
    line = next(line for line in verdict.artifacts if line.name == WHEEL)
    assert line.status == "failed"


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b'{"a":1,"a":1}', b"[" * 5000])
def test_an_sbom_that_can_not_be_read_is_refused(data: bytes) -> None:
    verdict = judged(releases.with_document(FILES, GOOD, SBOM, data))
    assert any(each.subject == SBOM for each in verdict.findings)
    assert not verdict.ok


def _without_parts(table: Any) -> None:
    del table["metadata"]["component"]["components"]


def _without_a_part(table: Any) -> None:
    parts = table["metadata"]["component"]["components"]
    table["metadata"]["component"]["components"] = [p for p in parts if p["name"] != WHEEL]


def _with_a_part(table: Any) -> None:
    part = {"hashes": [{"alg": "SHA-256", "content": "a" * 64}]}
    table["metadata"]["component"]["components"].append(part)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_set(*COMPONENT, "version", "1.2.2"), "describes version 1.2.2, not 1.2.3"),
        (_set(*COMPONENT, "name", "moon"), "describes moon, not rocket"),
        (_without_parts, "its subject does not hold the artifacts with their digests"),
        (_without_a_part, f"does not hold {WHEEL} with its digest"),
        (_with_a_part, "holds an artifact that this release has not"),
        (_set("metadata", []), "names no subject"),
    ],
)
def test_the_sbom_of_the_release_holds_exactly_its_artifacts(
    change: Callable[[Any], None], reason: str
) -> None:
    name = "rocket-1.2.3.cdx.json"
    table = json.loads(FILES[name])
    change(table)
    verdict = judged(releases.with_document(FILES, GOOD, name, canonical.document(table)))
    assert any(text.startswith(f"sbom {name}: ") and reason in text for text in told(verdict))
    assert not verdict.ok


def test_a_document_too_large_to_check_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflow_release.verifying.verify.MAX_DOCUMENT", 300)
    verdict = judged(FILES)
    assert not verdict.ok
    assert any("larger than the 300 bytes that are read" in text for text in told(verdict))


def test_what_can_not_be_read_is_told() -> None:
    for name in (WHEEL, SBOM, names.SUMS, names.PROVENANCE):
        verdict = verify(MemoryFolder(FILES, unreadable=frozenset({name})), expected())
        assert any(f"{name} can't be read" in text for text in told(verdict))
        assert not verdict.ok
    verdict = verify(
        MemoryFolder({**FILES, "new": FILES[WHEEL]}, unreadable=frozenset({"new"})), expected()
    )
    assert told(verdict) == ["files new: is no file of this release"]


def test_the_sbom_of_the_release_carries_its_name_and_version() -> None:
    files = releases.rerecorded(FILES, GOOD, _set("release_sbom", "name", "moon-9.cdx.json"))
    assert "names release.json: moon-9.cdx.json does not carry the release's name and version" in (
        told(judged(files))
    )


def test_every_file_is_read_once() -> None:
    folder = MemoryFolder(FILES)
    assert verify(folder, expected()).ok
    assert sorted(folder.read) == sorted(FILES)
    assert folder.read[0] == names.SEAL
