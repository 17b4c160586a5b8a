"""Is this folder the release it says it is, made and signed by who is expected? Fails closed.

The order matters: first the signature over `release.json`, by an expected key; then, from that
record alone, every file. Nothing is parsed before its digest is known to be the signed one, what
is parsed is what was hashed, and nothing is unpacked or run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from workflow_release import names
from workflow_release.attesting import bundle, record, statement
from workflow_release.attesting.record import Entry
from workflow_release.errors import RecordError, VerificationError
from workflow_release.machine.host import Host
from workflow_release.model import Finding
from workflow_release.signing.trust import TrustStore, read_key
from workflow_release.verifying import checks
from workflow_release.verifying.checks import Expected, Origin, Sealed
from workflow_release.verifying.folder import Folder, Present, open_folder
from workflow_release.verifying.verdict import Line, Role, Status, Verdict
from workflow_sbom.digest import Digest, Measured
from workflow_sbom.printable import printable

MAX_DOCUMENT = 64 << 20
_AGAIN = "get the release again from where it was published"
_ELSE = "get the release that you expect"


def expectation(
    host: Host, keys: tuple[Path, ...], repository: str | None, version: str | None
) -> Expected:
    """Who is expected: the keys that the user names, else those in the user's trust store.

    Raises `VerificationError` when that is nobody, or a key can't be read.
    """
    known = tuple(map(read_key, keys)) if keys else TrustStore(host).keys()
    return Expected(keys=known, repository=repository, version=version)


def verify_directory(path: Path, expected: Expected) -> Verdict:
    """Verify a release folder; raises `VerificationError` only when it can't be listed."""
    with open_folder(path) as folder:
        return verify(folder, expected)


def verify(folder: Folder, expected: Expected) -> Verdict:
    """Verify a release wherever its bytes are; raises `VerificationError` as the folder does."""
    present = {each.name: each for each in folder.present()}
    doubtful = names.SEAL
    try:
        seal = folder.content(names.SEAL, bundle.MAX_BYTES)
        signed = checks.authenticate(seal, expected.keys, statement.RELEASE)
        doubtful = names.RECORD
        data = folder.content(names.RECORD, record.MAX_BYTES)
        sealed = checks.unseal(data, signed)
    except (VerificationError, RecordError) as error:
        finding = _finding("signature", doubtful, error.message, error.remedy)
        return _unsealed(present.values(), finding)
    own = (_verified(names.RECORD, "record", data), _verified(names.SEAL, "signature", seal))
    return _Examination(folder, present, expected, sealed).verdict(own)


def _unsealed(present: Iterable[Present], finding: Finding) -> Verdict:
    """Without a trusted record nothing is known of any file, and none is read."""
    reason = "no trusted record says what this is"
    return Verdict(
        release=None,
        signer=None,
        origin=None,
        lines=tuple(_stranger(each, "unchecked", reason) for each in present),
        findings=(finding,),
    )


@dataclass(frozen=True, slots=True)
class _Examination:
    """One pass over a folder whose record is trusted."""

    folder: Folder
    present: Mapping[str, Present]
    expected: Expected
    sealed: Sealed

    def verdict(self, own: tuple[Line, ...]) -> Verdict:
        """Every file against the record, then the record against what is expected."""
        origin, provenance = self._provenance()
        lines = (*self._artifacts(), *self._sboms(), self._sums(), provenance, *own)
        lines = (*lines, *self._unexpected({line.name for line in lines}))
        whole = tuple(self._of_release())
        return Verdict(
            release=self.sealed.release,
            signer=self.sealed.key,
            origin=origin,
            lines=tuple(_tainted(line, lines, whole) for line in lines),
            findings=(*whole, *(_of_line(line) for line in lines if line.status != "verified")),
        )

    def _of_release(self) -> Iterator[Finding]:
        for fault in checks.expectation_faults(self.sealed, self.expected):
            yield _finding("expectation", names.RECORD, fault, _ELSE)
        for fault in checks.name_faults(self.sealed.release):
            yield _finding("names", names.RECORD, fault, _AGAIN)

    def _artifacts(self) -> Iterator[Line]:
        for built in self.sealed.release.artifacts:
            yield self._compared(built, "artifact")

    def _sboms(self) -> Iterator[Line]:
        release = self.sealed.release
        for built in release.artifacts:
            line, data = self._document(built.sbom, "sbom")
            found = () if data is None else checks.sbom_faults(data, built, release.plan.version)
            yield _judged(line, found)
        line, data = self._document(release.release_sbom, "sbom")
        yield _judged(line, () if data is None else checks.release_sbom_faults(data, release))

    def _sums(self) -> Line:
        release = self.sealed.release
        line, data = self._document(release.sums, "sums")
        return _judged(line, () if data is None else checks.sums_faults(data, release))

    def _provenance(self) -> tuple[Origin | None, Line]:
        line, data = self._document(self.sealed.release.provenance, "provenance")
        if data is None:
            return None, line
        try:
            return checks.origin(data, self.sealed.release, self.expected), line
        except VerificationError as error:
            return None, _judged(line, [error.message])

    def _document(self, entry: Entry, role: Role) -> tuple[Line, bytes | None]:
        """A document's line, and its bytes only when they are the recorded ones."""
        there = self.present.get(entry.name)
        if there is None or there.oddity or there.size != entry.size:
            return self._compared(entry, role), None
        if entry.size > MAX_DOCUMENT:
            return _recorded(
                entry, role, f"larger than the {MAX_DOCUMENT} bytes that are read"
            ), None
        try:
            data = self.folder.content(entry.name, entry.size)
        except VerificationError as error:
            return _recorded(entry, role, error.message), None
        line = self._matched(entry, role, Measured(Digest.of(data), len(data)))
        return line, data if line.status == "verified" else None

    def _compared(self, entry: Entry, role: Role) -> Line:
        """A file's line from its digest alone; what can't be any file of a release is not read."""
        there = self.present.get(entry.name)
        if there is None:
            return _recorded(entry, role, "missing", "missing")
        if there.oddity:
            return _recorded(entry, role, f"is {there.oddity}, not a file")
        if there.size not in {each.size for each in self.sealed.release.files}:
            reason = f"is {there.size} bytes long, and {entry.size} were signed"
            return _recorded(entry, role, reason)
        try:
            return self._matched(entry, role, self.folder.measure(entry.name, there.size))
        except VerificationError as error:
            return _recorded(entry, role, error.message)

    def _matched(self, entry: Entry, role: Role, measured: Measured) -> Line:
        if measured == Measured(entry.digest, entry.size):
            return _line(entry.name, role, measured, "verified", "")
        other = self._named(measured.digest)
        reason = (
            f"holds the bytes of {other}"
            if other
            else f"its digest is {measured.digest}, and {entry.digest} was signed"
        )
        return _line(entry.name, role, measured, "failed", reason)

    def _unexpected(self, known: set[str]) -> Iterator[Line]:
        for name in sorted(self.present.keys() - known):
            there = self.present[name]
            yield _stranger(there, "unexpected", self._why_unexpected(there))

    def _why_unexpected(self, there: Present) -> str:
        reason = "is no file of this release"
        if there.oddity:
            return f"{reason}, but {there.oddity}"
        if there.size not in {each.size for each in self.sealed.release.files}:
            return reason
        try:
            other = self._named(self.folder.measure(there.name, there.size).digest)
        except VerificationError:
            return reason
        return f"{reason}, but {other} under another name" if other else reason

    def _named(self, digest: Digest) -> str | None:
        return next((e.name for e in self.sealed.release.files if e.digest == digest), None)


def _tainted(line: Line, lines: tuple[Line, ...], whole: tuple[Finding, ...]) -> Line:
    """An artifact is verified only with its SBOM, the sums, the provenance and the release."""
    if line.role != "artifact" or line.status != "verified":
        return line
    if whole:
        return replace(line, status="failed", reason=whole[0].message)
    for other in lines:
        vouching = other.role in {"sums", "provenance"} or other.name == names.sbom_of(line.name)
        if vouching and other.status != "verified":
            return replace(line, status="failed", reason=f"{other.name}: {other.reason}")
    return line


def _judged(line: Line, faults: Iterable[str]) -> Line:
    found = tuple(faults)
    return replace(line, status="failed", reason=printable("; ".join(found))) if found else line


def _line(name: str, role: Role, measured: Measured, status: Status, reason: str) -> Line:
    return Line(
        name=name,
        role=role,
        size=measured.size,
        digest=measured.digest,
        status=status,
        reason=printable(reason),
    )


def _verified(name: str, role: Role, data: bytes) -> Line:
    return _line(name, role, Measured(Digest.of(data), len(data)), "verified", "")


def _recorded(entry: Entry, role: Role, reason: str, status: Status = "failed") -> Line:
    return _line(entry.name, role, Measured(entry.digest, entry.size), status, reason)


def _stranger(there: Present, status: Status, reason: str) -> Line:
    return Line(
        name=printable(there.name),
        role="unknown",
        size=there.size,
        digest=None,
        status=status,
        reason=reason,
    )


def _of_line(line: Line) -> Finding:
    gate = "files" if line.status in {"missing", "unexpected"} else line.role
    return _finding(gate, line.name, line.reason, _AGAIN)


def _finding(gate: str, subject: str, message: str, remedy: str) -> Finding:
    return Finding(gate=gate, subject=subject, message=printable(message), remedy=remedy)
