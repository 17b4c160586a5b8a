"""What is checked of a release's documents, over bytes and values. Pure; fails closed.

Every statement is made again from the record and compared whole, so that nothing a signer added,
left out or changed goes unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workflow_release import names
from workflow_release.attesting import bundle, dsse, provenance, record, statement, sums
from workflow_release.attesting.provenance import Builder
from workflow_release.attesting.record import Built, Release
from workflow_release.attesting.statement import Subject
from workflow_release.errors import RecordError, VerificationError, VersionError
from workflow_release.planning.plan import expected_name
from workflow_release.signing import p256
from workflow_release.signing.trust import TrustedKey
from workflow_release.version import FORMATS, Format, Version
from workflow_sbom import canonical
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DigestError, DocumentError
from workflow_sbom.formats.cyclonedx import described
from workflow_sbom.printable import printable

_REMEDY = "get the release again from where it was published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Who must have signed, and which release it must be; never taken from the release itself.

    `repository` and `version` are None where the user did not say. Raises `VerificationError`
    without any key.
    """

    keys: tuple[TrustedKey, ...]
    repository: str | None = None
    version: str | None = None

    def __post_init__(self) -> None:
        if not self.keys:
            raise VerificationError(
                "nobody is expected: no key was given, and your trust store is empty",
                remedy="name the signer's public key with --key PEM,"
                " or trust it from now on with: workflow-release trust add PEM",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """An in-toto statement whose signature holds, and whose it is."""

    key: TrustedKey
    stated: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A record that an expected key signed."""

    key: TrustedKey
    release: Release


def authenticate(data: bytes, keys: Iterable[TrustedKey], predicate_type: str) -> Signed:
    """Read the bundle of a statement of that type; raises `VerificationError`.

    Nothing of the payload is looked at before the signature holds.
    """
    read = bundle.decode(data)
    key = next((key for key in keys if key.hint == read.hint), None)
    if key is None:
        hint = printable(read.hint[:80])
        raise VerificationError(
            f"signed by a key that is not expected (hint '{hint}')",
            remedy="give the signer's key with --key PEM, if you trust it",
        )
    envelope = read.envelope
    public = p256.read_public(key.pem)
    if fault := p256.fault_in_signature(public, envelope.signed, envelope.signature):
        raise VerificationError(f"{key}: {fault}", remedy=_REMEDY)
    if envelope.payload_type != dsse.IN_TOTO:
        raise VerificationError(f"the payload's type is not {dsse.IN_TOTO}", remedy=_REMEDY)
    return Signed(key=key, stated=_statement(envelope.payload, predicate_type))


def _statement(payload: bytes, predicate_type: str) -> Mapping[str, Any]:
    try:
        stated = canonical.decode(payload, limit=bundle.MAX_BYTES)
    except DocumentError as error:
        raise VerificationError(f"the signed statement is {error}", remedy=_REMEDY) from error
    if not isinstance(stated, Mapping):
        raise VerificationError("the signed statement is no object", remedy=_REMEDY)
    wanted = {"_type": statement.TYPE, "predicateType": predicate_type}
    found = {key: stated[key] for key in wanted if key in stated}
    _require_same("the signed statement is of another kind", wanted, found)
    return stated


def unseal(data: bytes, signed: Signed) -> Sealed:
    """Read `release.json`, if its bytes are those that an expected key signed.

    Raises `VerificationError`, and `RecordError` for a signed record that can't be read.
    """
    subject = Subject(names.RECORD, Digest.of(data))
    envelope = statement.statement([subject], statement.RELEASE, signed.stated.get("predicate", {}))
    _require_same(f"{names.RECORD} is not what {signed.key} signed", envelope, signed.stated)
    release = record.parse(data)
    whole = statement.of_release(subject, release.plan.name, str(release.plan.version))
    _require_same("the signed statement is of another release", whole, signed.stated)
    return Sealed(key=signed.key, release=release)


def _require_same(what: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    if different := list(statement.differences(expected, found)):
        raise VerificationError(f"{what}: {'; '.join(different[:5])}", remedy=_REMEDY)


def expectation_faults(sealed: Sealed, expected: Expected) -> Iterator[str]:
    """Where a release is not the one that the user asked for."""
    source, version = sealed.release.plan.source, str(sealed.release.plan.version)
    if expected.version is not None and expected.version != version:
        yield f"this is version {version}, and {expected.version} is expected"
    if expected.repository is not None and not _same(expected.repository, source.repository):
        yield f"this is of repository {source.repository}, and {expected.repository} is expected"
    yield from scope_faults(sealed.key, source.repository)


def scope_faults(key: TrustedKey, repository: str | None) -> Iterator[str]:
    """Where a key signed for a repository that it is not trusted for."""
    if key.repository is not None and not _same(key.repository, repository):
        yield f"{key} is trusted for {key.repository} only, and this is of {repository}"


def _same(wanted: str, found: str | None) -> bool:
    return found is not None and _address(wanted) == _address(found)


def _address(text: str) -> str:
    return text.rstrip("/").removesuffix(".git")


def name_faults(release: Release) -> Iterator[str]:
    """Where names disagree with the version: a tag, or an artifact that belongs to another one."""
    plan = release.plan
    tag = plan.source.tag
    if tag is not None and plan.version.publishable and not tag.endswith(str(plan.version)):
        yield f"the tag {tag} does not name the version {plan.version}"
    if release.release_sbom.name != names.release_sbom_of(plan.name, plan.version):
        yield f"{release.release_sbom.name} does not carry the release's name and version"
    for built in release.artifacts:
        before, _, after = expected_name(plan.recipe(built.recipe), plan.version).partition("*")
        if not (built.name.startswith(before) and built.name.endswith(after)):
            yield f"{built.name} is not what {built.recipe} makes of version {plan.version}"


def sums_faults(data: bytes, release: Release) -> Iterator[str]:
    """Where `SHA256SUMS` says something else than the record."""
    try:
        found = {each.name: each.digest for each in sums.parse(data)}
    except RecordError as error:
        yield str(error)
        return
    wanted = {entry.name: entry.digest for entry in release.described}
    yield from statement.differences(
        {name: digest.hex for name, digest in wanted.items()},
        {name: digest.hex for name, digest in found.items()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who built, as a provenance says whose signature and content hold."""

    builder: Builder
    key: TrustedKey


def origin(data: bytes, release: Release, expected: Expected) -> Origin:
    """Check the provenance whole; raises `VerificationError` with every difference."""
    signed = authenticate(data, expected.keys, provenance.PREDICATE)
    builder = provenance.builder_in(signed.stated)
    files = [Subject(entry.name, entry.digest) for entry in (*release.described, release.sums)]
    subjects = [*files, *provenance.images(release.plan, release.artifacts)]
    locks = [lock for built in release.artifacts for lock in built.locks]
    compressor = provenance.compressor_in(signed.stated) if release.plan.has_images else None
    wanted = provenance.provenance(release.plan, subjects, locks, builder, compressor)
    faults = [
        *_subject_faults(wanted["subject"], signed.stated.get("subject")),
        *statement.differences(_rest(wanted), _rest(signed.stated)),
        *scope_faults(signed.key, release.plan.source.repository),
        *_builder_faults(builder, release),
    ]
    if faults:
        raise VerificationError("; ".join(faults), remedy=_REMEDY)
    return Origin(builder=builder, key=signed.key)


def _rest(stated: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in stated.items() if key != "subject"}


def _subject_faults(wanted: Any, found: Any) -> Iterator[str]:
    """Subjects by name, for a reason that names the file; their order and form by comparison."""
    if wanted == found:
        return
    given = found if isinstance(found, list) else []
    there = {each.get("name"): each for each in given if _is_named(each)}
    told = False
    for subject in wanted:
        if there.get(subject["name"]) != subject:
            told = True
            what = "other bytes" if subject["name"] in there else "nothing"
            yield f"subject: says {what} of {subject['name']}"
    if not told:
        yield "subject: names files that this release has not, or in another order"


def _is_named(subject: Any) -> bool:
    return isinstance(subject, Mapping) and isinstance(subject.get("name"), str)


def _builder_faults(builder: Builder, release: Release) -> Iterator[str]:
    """A workflow can only vouch for the repository it is in."""
    repository = release.plan.source.repository
    if isinstance(builder, provenance.GitHubBuilder) and builder.address != repository:
        yield f"built by a workflow of {builder.address}, not of {repository}"


def sbom_faults(data: bytes, built: Built, version: Version) -> Iterator[str]:
    """Where an SBOM is no CycloneDX document of this very artifact."""
    try:
        about = described(data)
    except (DocumentError, DigestError) as error:
        yield str(error)
        return
    yield from _version_faults(about.version, version)
    if about.digest != built.digest:
        yield f"describes other bytes ({about.digest}) than those of {built.name}"


def release_sbom_faults(data: bytes, release: Release) -> Iterator[str]:
    """Where the SBOM of the release does not hold exactly its artifacts."""
    try:
        about = described(data)
        held = _artifacts_in(canonical.decode(data))
    except (DocumentError, DigestError) as error:
        yield str(error)
        return
    yield from _version_faults(about.version, release.plan.version)
    if about.name != release.plan.name:
        yield f"describes {printable(about.name[:80])}, not {release.plan.name}"
    for built in release.artifacts:
        if built.digest.hex not in held:
            yield f"does not hold {built.name} with its digest"
    if held - {built.digest.hex for built in release.artifacts}:
        yield "holds an artifact that this release has not"


def _artifacts_in(document: Any) -> frozenset[str]:
    """The SHA-256 of each component nested in the subject, which are the artifacts."""
    try:
        return frozenset(
            str(each["content"])
            for component in document["metadata"]["component"]["components"]
            for each in component["hashes"]
            if each["alg"] == "SHA-256"
        )
    except (KeyError, TypeError) as error:
        raise DocumentError("its subject does not hold the artifacts with their digests") from error


def _version_faults(found: str | None, version: Version) -> Iterator[str]:
    if found not in set(_spellings(version)):
        yield f"describes version {printable(str(found))}, not {version}"


def _spellings(version: Version) -> Iterator[str]:
    for form in FORMATS:
        if (text := _spelt(version, form)) is not None:
            yield text


def _spelt(version: Version, form: Format) -> str | None:
    try:
        return version.render(form)
    except VersionError:
        return None
