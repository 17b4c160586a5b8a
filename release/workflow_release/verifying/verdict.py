"""What a verification showed, file by file and as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workflow_release.attesting.record import Release
from workflow_release.model import Finding
from workflow_release.signing.trust import TrustedKey
from workflow_release.verifying.checks import Origin
from workflow_sbom.digest import Digest

Role = Literal["artifact", "sbom", "sums", "provenance", "record", "signature", "unknown"]
Status = Literal["verified", "failed", "missing", "unexpected", "unchecked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What became of one file: `reason` is empty exactly when it is verified.

    `size` (bytes) and `digest` are those found where it was read, else those recorded, else None.
    """

    name: str
    role: Role
    size: int | None
    digest: Digest | None
    status: Status
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a verification showed. Only `ok` says that a release may be trusted.

    `release` is None when its record could not be trusted; `signer` is who signed it, `origin` who
    built it. Every text is printable on one line, save those inside `release`.
    """

    release: Release | None
    signer: TrustedKey | None
    origin: Origin | None
    lines: tuple[Line, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether everything holds: something was verified, and nothing is missing or amiss."""
        return (
            self.release is not None
            and self.signer is not None
            and self.origin is not None
            and not self.findings
            and bool(self.artifacts)
            and all(line.status == "verified" for line in self.lines)
        )

    @property
    def artifacts(self) -> tuple[Line, ...]:
        """The lines of the artifacts alone."""
        return tuple(line for line in self.lines if line.role == "artifact")
