"""Whole signed releases in memory, small enough to change every byte of."""

from __future__ import annotations

import base64
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from workflow_containers.platform import AMD64, ARM64
from workflow_release import names
from workflow_release.attesting import attest
from workflow_release.attesting.provenance import Builder, LocalBuilder
from workflow_release.attesting.record import Release
from workflow_release.attesting.statement import encode
from workflow_release.errors import VerificationError
from workflow_release.machine.host import Host
from workflow_release.model import (
    Artifact,
    Attested,
    Change,
    DirectoryTarget,
    File,
    Image,
    Lock,
    Plan,
    Sdist,
    Source,
    UiBundle,
    Wheel,
)
from workflow_release.signing.local import KeySigner
from workflow_release.verifying.checks import Expected
from workflow_release.verifying.folder import Present
from workflow_release.verifying.verdict import Verdict
from workflow_release.verifying.verify import verify
from workflow_release.version import Version
from workflow_sbom import canonical
from workflow_sbom.digest import Digest, Measured
from workflow_sbom.formats import cyclonedx
from workflow_sbom.merging.release import merge_release
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Sbom
from workflow_sbom.model.parts import Hash

REPOSITORY = "https://example.org/acme/rocket"
VERSION = Version.parse("1.2.3")
LOCK = Lock(name="locks/build.txt", digest=Digest.of(b"a lock"))


def host(folder: Path, **environment: str) -> Host:
    """A machine whose every folder is under `folder`."""
    return Host(
        environment=environment,
        home=folder,
        cache=folder / "cache",
        config=folder / "config",
        python=Path("/usr/bin/python3"),
        processors=1,
    )


def signer(secret: int = 1) -> KeySigner:
    """A key that is the same every time: `secret` is its private number."""
    return KeySigner(key=ec.derive_private_key(secret, ec.SECP256R1()), origin=f"key {secret}")


def source() -> Source:
    """A clean tagged commit on main."""
    return Source(
        commit="c" * 40,
        committed_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        tag="v1.2.3",
        refused_tags=("v1.2.3.4",),
        branch="main",
        on_main=True,
        clean=True,
        repository=REPOSITORY,
    )


def plan() -> Plan:
    """A plan with a recipe of most kinds."""
    return Plan(
        name="rocket",
        version=VERSION,
        source=source(),
        previous=Version.parse("1.2.2"),
        released=(Version.parse("1.2.1"), Version.parse("1.2.2")),
        changes=(
            Change(
                commit="d" * 40, kind="fix", scope="nose", breaking=False, summary="keep «it» on"
            ),
        ),
        recipes=(
            Sdist(distribution="rocket", project=PurePosixPath()),
            Wheel(distribution="rocket", project=PurePosixPath(), check=("rocket", "--version")),
            UiBundle(name="panel", project=PurePosixPath("panel")),
            Image(
                name="pad",
                definition=PurePosixPath("pad.toml"),
                platforms=(AMD64, ARM64),
                wheels=("rocket",),
            ),
        ),
        targets=(DirectoryTarget(path=PurePosixPath("dist")),),
    )


def contents() -> dict[str, tuple[str, bytes]]:
    """Artifacts by recipe: file name and bytes, two of them of one size."""
    return {
        "sdist:rocket": ("rocket-1.2.3.tar.gz", b"the source of a rocket"),
        "wheel:rocket": ("rocket-1.2.3-py3-none-any.whl", b"a wheel for a rocket!!"),
        "ui:panel": ("panel-1.2.3.tar.gz", b"buttons"),
        "image:pad": ("pad-1.2.3.oci.tar", b"concrete and steel"),
    }


def artifact(recipe: str, name: str, data: bytes) -> Artifact:
    """An artifact whose path leads nowhere: nothing may read it again."""
    return Artifact(
        recipe=recipe,
        name=name,
        media_type="application/octet-stream",
        platforms=(AMD64, ARM64) if recipe.startswith("image:") else (),
        size=len(data),
        digest=Digest.of(data),
        path=Path("/nonexistent") / name,
        locks=(LOCK,),
        index=index_of(data) if recipe.startswith("image:") else None,
    )


def index_of(data: bytes) -> Digest:
    """The index of a real archive; what is none has one all the same."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            index = tar.extractfile("index.json")
            assert index is not None
            (entry,) = json.load(index)["manifests"]
    except (tarfile.TarError, KeyError, ValueError):
        return Digest.of(b"index of " + data)
    return Digest.parse(entry["digest"])


def described(artifact: Artifact, version: str) -> Sbom:
    """What an artifact without any parts is made of."""
    return Sbom(
        subject=Component(
            ref=f"artifact:{artifact.name}",
            kind="file",
            name=artifact.name,
            version=version,
            hashes=(Hash.sha256(artifact.digest),),
        )
    )


def sbom_file(name: str, sbom: Sbom) -> File:
    """An SBOM as a file of the release."""
    rendered = cyclonedx.render(sbom, created=source().committed_at, tool_version="1")
    return File.of(name, cyclonedx.MEDIA_TYPE, rendered)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A whole release: its values and the bytes of all its files."""

    release: Release
    attested: Attested
    files: dict[str, bytes]


def make(
    by: KeySigner | None = None,
    *,
    planned: Plan | None = None,
    holding: Mapping[str, tuple[str, bytes]] | None = None,
    builder: Builder | None = None,
) -> Made:
    """Attest, record and seal a release as `cut` does."""
    by, planned, holding = by or signer(), planned or plan(), holding or contents()
    artifacts = tuple(artifact(recipe, *each) for recipe, each in holding.items())
    version = str(planned.version)
    parts = [described(each, version) for each in artifacts]
    sboms = tuple(sbom_file(names.sbom_of(part.subject.name), part) for part in parts)
    merged = merge_release(planned.name, version, parts)
    whole = sbom_file(names.release_sbom_of(planned.name, planned.version), merged)
    attested = attest.attest(
        planned, artifacts, sboms, whole, by, builder=builder or LocalBuilder()
    )
    release = Release.of(planned, attested, ("clean-tree", "strict-tag"))
    files = dict(holding.values())
    for file in (*attested.files, *attest.seal(release, by)):
        assert file.content is not None
        files[file.name] = file.content
    return Made(release=release, attested=attested, files=files)


@dataclass(frozen=True)
class MemoryFolder:
    """A release folder in memory; implements `Folder` and remembers what was read."""

    files: Mapping[str, bytes]
    unreadable: frozenset[str] = frozenset()
    read: list[str] = field(default_factory=list)

    def present(self) -> tuple[Present, ...]:
        return tuple(
            Present(name=name, size=len(data)) for name, data in sorted(self.files.items())
        )

    def content(self, name: str, limit: int) -> bytes:
        self.read.append(name)
        if name not in self.files:
            raise VerificationError(f"{name} is missing")
        if name in self.unreadable:
            raise VerificationError(f"{name} can't be read: I/O error")
        if len(self.files[name]) > limit:
            raise VerificationError(f"{name} is larger than it may be")
        return self.files[name]

    def measure(self, name: str, limit: int) -> Measured:
        data = self.content(name, limit)
        return Measured(Digest.of(data), len(data))


def expected(*by: KeySigner, repository: str | None = None, version: str | None = None) -> Expected:
    """The expectation of those signers' keys; of the first key when none is given."""
    keys = tuple(each.trusted for each in by or (signer(),))
    return Expected(keys=keys, repository=repository, version=version)


def judged(files: Mapping[str, bytes], wanted: Expected | None = None) -> Verdict:
    """The verdict over a folder of these files."""
    return verify(MemoryFolder(files), wanted or expected())


def told(verdict: Verdict) -> list[str]:
    """Every finding as `gate subject: message`."""
    return [f"{each.gate} {each.subject}: {each.message}" for each in verdict.findings]


Tweak = Callable[[Any], None]


def restated(bundle: bytes, by: KeySigner, change: Tweak) -> bytes:
    """The bundle over a changed statement, signed again with a good key."""
    stated = statement_in(bundle)
    change(stated)
    return by.sign_statement(encode(stated))


def statement_in(bundle: bytes) -> Any:
    """The statement inside a bundle, unverified."""
    return json.loads(base64.b64decode(json.loads(bundle)["dsseEnvelope"]["payload"]))


def rerecorded(files: Mapping[str, bytes], by: KeySigner, change: Tweak) -> dict[str, bytes]:
    """The files with a changed `release.json`, sealed again with a good key."""
    table = json.loads(files[names.RECORD])
    change(table)
    return sealed_again(files, by, canonical.document(table))


def sealed_again(files: Mapping[str, bytes], by: KeySigner, data: bytes) -> dict[str, bytes]:
    """The files with this `release.json`, sealed again with a good key."""

    def point(stated: Any) -> None:
        stated["subject"][0]["digest"]["sha256"] = Digest.of(data).hex

    seal = restated(files[names.SEAL], by, point)
    return {**files, names.RECORD: data, names.SEAL: seal}


def with_document(
    files: Mapping[str, bytes], by: KeySigner, name: str, data: bytes
) -> dict[str, bytes]:
    """The files with another document of that name, which the record and its seal agree to."""

    def note(table: Any) -> None:
        entries = [table["sums"], table["provenance"], table["release_sbom"]]
        entries += [built["sbom"] for built in table["artifacts"]]
        entry = next(each for each in entries if each["name"] == name)
        entry["size"], entry["digest"] = len(data), str(Digest.of(data))

    return rerecorded({**files, name: data}, by, note)


def on_github(planned: Plan) -> Plan:
    """The plan, of a repository on GitHub."""
    repository = "https://github.com/acme/rocket"
    return replace(planned, source=replace(planned.source, repository=repository))
