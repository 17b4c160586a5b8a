"""What a repository's policy says of the SBOMs of its release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from workflow_release.errors import BuildError, ConfigError
from workflow_release.model import Attested, File
from workflow_release.planning.config import InRepository
from workflow_sbom.documents import view
from workflow_sbom.errors import DocumentError, TableError
from workflow_sbom.policy import opening, table
from workflow_sbom.policy.check import check
from workflow_sbom.policy.items import Named
from workflow_sbom.policy.package import Package, read
from workflow_sbom.policy.table import LicenceException, Policy
from workflow_sbom.policy.verdict import Verdict
from workflow_sbom.purl import package_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """A policy, the folder that its paths start from, and the world it is judged in.

    `now` is when, for the age of what is known; `database` the folder or zip of OSV records that
    counts rather than the one the policy names.
    """

    policy: Policy
    folder: Path
    now: datetime
    database: Path | None = None

    def verdict(self, attested: Attested) -> Verdict:
        """The answer for all SBOMs of the release; raises `BuildError` when one is no document."""
        given = tuple(map(_read, (*attested.sboms, attested.release_sbom)))
        policy = _with_whole(self.policy, given[-1], own=tuple(_released(given)))
        world = opening.world(policy, self.folder, given, now=self.now, database=self.database)
        return check(given, policy, world)


def demanded(
    root: Path, named: InRepository | None, now: datetime, database: Path | None
) -> Demands | None:
    """The policy of a repository; None when it names none and has none in the usual place.

    Raises `ConfigError` with every fault, and for a named one that is not there.
    """
    path = root / (named.path if named else table.FILE_NAME)
    try:
        policy = opening.read(path)
    except FileNotFoundError as error:
        if named is None and database is None:
            return None
        raise ConfigError(
            f"{path}: no policy is there",
            remedy="write it, or name it in release.toml: [policy] file; "
            "workflow-sbom schema policy tells what it says",
        ) from error
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from error
    except TableError as error:
        raise ConfigError(
            "\n".join(f"{path}: {fault}" for fault in error.faults),
            remedy="every key is described by: workflow-sbom schema policy",
        ) from error
    return Demands(policy=policy, folder=path.parent, now=now, database=database)


def _with_whole(policy: Policy, release: Named, own: tuple[Package, ...]) -> Policy:
    """The policy, which asks nobody about what is released, nor for a licence of the whole.

    Each part of a release states its own.
    """
    policy = replace(policy, own=(*policy.own, *own))
    subject = release.document.subject
    if policy.licences is None or subject is None or not subject.purl or subject.licences:
        return policy
    whole = LicenceException(
        package=Package(subject.purl), reason="each part of the release states its own"
    )
    table = replace(policy.licences, exception=(*policy.licences.exception, whole))
    return replace(policy, licences=table)


def _released(given: Iterable[Named]) -> Iterator[Package]:
    """What is released here: nobody can have an advisory about a version that is not out yet."""
    for each in given:
        subject = each.document.subject
        url = read(subject.purl) if subject and subject.purl else None
        if url is not None:
            yield Package(package_url(url.type, url.name, url.version, namespace=url.namespace))


def _read(file: File) -> Named:
    try:
        return Named(file.name, view.read(file.content or b""))
    except DocumentError as error:
        raise BuildError(
            f"{file.name}: no SBOM that its specification allows: {error}",
            remedy="this is a fault of the toolkit; report it with that file",
        ) from error
