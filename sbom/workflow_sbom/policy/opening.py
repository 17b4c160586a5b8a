"""A policy and what it names, read from the paths that it is handed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from workflow_sbom import canonical
from workflow_sbom.errors import DocumentError
from workflow_sbom.policy import table
from workflow_sbom.policy.advisories import opening
from workflow_sbom.policy.advisories.snapshot import Snapshot
from workflow_sbom.policy.check import World, wanted
from workflow_sbom.policy.items import Named
from workflow_sbom.policy.table import Policy
from workflow_sbom.policy.vulnerabilities import NoDatabase


def read(path: Path) -> Policy:
    """Read `sbom/policy.toml`; raises `TableError` with every fault, `OSError`."""
    with path.open("rb") as stream:
        return table.parse(stream.read(table.MAX_BYTES + 1))


def world(
    policy: Policy,
    folder: Path,
    documents: Sequence[Named],
    *,
    now: datetime,
    database: Path | None = None,
) -> World:
    """What the policy needs besides the documents, of which it is asked only what they need.

    `folder` is the policy's own; `database` counts rather than the one that the policy names. What
    can't be read is not raised but missing, for the verdict to say so.
    """
    return World(
        now=now,
        database=_database(policy, folder, documents, database),
        vex=dict(_vex(policy, folder)),
    )


def _database(
    policy: Policy, folder: Path, documents: Sequence[Named], given: Path | None
) -> Snapshot | NoDatabase:
    asked = policy.vulnerabilities
    path = given or (folder / asked.database.path if asked and asked.database else None)
    if asked is None or path is None:
        return NoDatabase("no database of vulnerabilities is given")
    try:
        return opening.read(path, wanted(documents, policy))
    except OSError as error:
        return NoDatabase(f"{path.name}: {error.strerror or 'it can not be read'}")
    except DocumentError as error:
        return NoDatabase(f"{path.name}: {error.message}")


def _vex(policy: Policy, folder: Path) -> Iterator[tuple[str, bytes]]:
    for each in policy.vex:
        try:
            with (folder / each.file.path).open("rb") as stream:
                yield str(each.file.path), stream.read(canonical.MAX_BYTES + 1)
        except OSError:
            continue
