"""Names of the files in a release folder: which there are, and which an artifact may have.

A name from outside is data until it passed `fault_in`: it is never a path, and it is shown through
`printable`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from workflow_release.version import Version
from workflow_sbom.printable import printable

SUMS = "SHA256SUMS"
PROVENANCE = "provenance.sigstore.json"
RECORD = "release.json"
SEAL = "release.json.sigstore.json"
RESERVED = frozenset({SUMS, PROVENANCE, RECORD, SEAL})

NAMESPACE = "https://github.com/GoCodeAlone/workflow"
"""Under this address stand the types of our own statements and documents."""

SBOM_SUFFIX = ".cdx.json"
BUNDLE_SUFFIX = ".sigstore.json"
_PORTABLE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._+~!-]{0,253}[A-Za-z0-9+])?", re.ASCII)


def sbom_of(artifact: str) -> str:
    """The file that says what the artifact of this name is made of."""
    return f"{artifact}{SBOM_SUFFIX}"


def release_sbom_of(project: str, version: Version) -> str:
    """The file that says what the whole release is made of."""
    return f"{project}-{version.render('file')}{SBOM_SUFFIX}"


def fault_in(name: str) -> str | None:
    """Why this is no name for a file of a release, or None.

    Letters, digits and `._+~!-` in ASCII, at most 255, with a letter or digit first: the same
    file on every file system, an option to no program, hidden nowhere.
    """
    if _PORTABLE.fullmatch(name):
        return None
    return (
        f"'{printable(name[:80])}' is no portable file name: ASCII letters, digits and ._+~!-,"
        " a letter or digit first"
    )


def faults_in_artifact(name: str) -> str | None:
    """As `fault_in`, and refuses the names that the release's own documents have."""
    if name.casefold() in {reserved.casefold() for reserved in RESERVED}:
        return f"'{name}' is the name of one of the release's own documents"
    if name.casefold().endswith((SBOM_SUFFIX, BUNDLE_SUFFIX)):
        return f"'{printable(name[:80])}' has the ending of an SBOM or a signature"
    return fault_in(name)


def twice(names: Iterable[str]) -> tuple[str, ...]:
    """The names that occur more than once on a file system that ignores case, sorted."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name.casefold()] = seen.get(name.casefold(), 0) + 1
    return tuple(sorted(name for name, count in seen.items() if count > 1))
