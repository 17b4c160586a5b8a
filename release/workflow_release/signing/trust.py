"""Whom a user trusts: public keys in the user's own configuration folder, by fingerprint.

An entry is two files under `trust/`: `<fingerprint>.pem`, the key, and `<fingerprint>.json`, its
label and the repository it may sign for. The fingerprint is the SHA-256 of the key's
SubjectPublicKeyInfo in DER. A key without its second file is refused: it may have had a limit.
"""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass
from pathlib import Path

from workflow_release.errors import VerificationError
from workflow_release.machine.host import Host
from workflow_release.signing import p256, private_files
from workflow_release.signing.private_files import OTHERS_WRITE, UnsafeFileError
from workflow_sbom import canonical, tables
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DocumentError, TableError
from workflow_sbom.printable import printable

_REPOSITORY = re.compile(r"https://[^\s@?#]+[^\s@?#/]", re.ASCII)
_MAX_LABEL = 100
_MIN_PREFIX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """A public key whose signatures are believed.

    `pem` is SubjectPublicKeyInfo in PEM; `label` the user's words for it; `repository` the only
    repository whose releases it may sign, or None for any. Raises `VerificationError`.
    """

    pem: bytes
    label: str = ""
    repository: str | None = None

    def __post_init__(self) -> None:
        if not (self.label.isprintable() and len(self.label) <= _MAX_LABEL):
            raise VerificationError(
                "the label of a key is not one short line", remedy="give it another label"
            )
        if self.repository is not None and not _REPOSITORY.fullmatch(self.repository):
            raise VerificationError(
                f"{printable(self.repository[:80])!r} is no address of a repository",
                remedy="write it like https://example.org/owner/name",
            )
        try:
            canonical_pem = p256.public_pem(p256.read_public(self.pem))
        except p256.KeyFormatError as error:
            raise VerificationError(
                f"not a key to trust: {error}",
                remedy="give the PEM file of an ECDSA P-256 public key",
            ) from error
        object.__setattr__(self, "pem", canonical_pem)

    @property
    def fingerprint(self) -> Digest:
        """The SHA-256 of the key itself, whatever its PEM looked like."""
        return p256.fingerprint(p256.read_public(self.pem))

    @property
    def hint(self) -> str:
        """What a bundle says about its key: the fingerprint in base64."""
        return base64.b64encode(bytes.fromhex(self.fingerprint.hex)).decode("ascii")

    def __str__(self) -> str:
        return f"key {self.fingerprint}{f' ({self.label})' if self.label else ''}"


def read_key(path: Path) -> TrustedKey:
    """The key in a PEM file that the user named; raises `VerificationError`."""
    try:
        with path.open("rb") as stream:
            pem = stream.read(private_files.MAX_BYTES)
    except OSError as error:
        raise VerificationError(
            f"{path}: {error.strerror}", remedy="give the PEM file of a public key"
        ) from error
    return TrustedKey(pem=pem, label=printable(path.name)[:_MAX_LABEL])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Note:
    """What `<fingerprint>.json` holds."""

    label: str
    repository: str | None


@dataclass(frozen=True, slots=True)
class TrustStore:
    """The keys this user trusts, in `<configuration>/trust/`."""

    host: Host

    @property
    def folder(self) -> Path:
        """Where the entries are."""
        return self.host.config / "trust"

    def keys(self) -> tuple[TrustedKey, ...]:
        """Every trusted key, by fingerprint; raises `VerificationError` for a doubtful entry."""
        try:
            private_files.require_folder(self.folder, forbidden=OTHERS_WRITE)
            paths = sorted(path for path in self.folder.iterdir() if path.suffix == ".pem")
        except FileNotFoundError:
            return ()
        except (UnsafeFileError, OSError) as error:
            raise _doubtful(error) from error
        return tuple(key for path in paths if (key := _entry(path)) is not None)

    def add(self, key: TrustedKey) -> None:
        """Trust a key from now on; an entry of the same key is replaced.

        Raises `VerificationError`.
        """
        note = canonical.document({"label": key.label, "repository": key.repository})
        pem = self.folder / f"{key.fingerprint.hex}.pem"
        try:
            private_files.make_folder(self.folder, forbidden=OTHERS_WRITE)
            # The key comes last: only with it the entry exists, so never without its limits.
            private_files.replace(pem.with_suffix(".json"), note, 0o600)
            private_files.replace(pem, key.pem, 0o600)
        except (UnsafeFileError, OSError) as error:
            raise _doubtful(error) from error

    def find(self, fingerprint: str) -> TrustedKey:
        """The one key whose fingerprint starts so (at least 8 digits).

        Raises `VerificationError` when there is none, or more than one.
        """
        wanted = fingerprint.removeprefix("sha256:").lower()
        found = [key for key in self.keys() if key.fingerprint.hex.startswith(wanted)]
        if len(wanted) < _MIN_PREFIX or len(found) != 1:
            raise VerificationError(
                f"{printable(fingerprint[:80])!r} names {'no' if not found else 'more than one'}"
                " trusted key, or has fewer than 8 digits",
                remedy="see: workflow-release trust list",
            )
        return found[0]

    def remove(self, fingerprint: str) -> TrustedKey:
        """Stop trusting the one key whose fingerprint starts so; raises `VerificationError`."""
        key = self.find(fingerprint)
        self.forget(key)
        return key

    def forget(self, key: TrustedKey) -> None:
        """Stop trusting this very key, if it was trusted; raises `VerificationError`."""
        pem = self.folder / f"{key.fingerprint.hex}.pem"
        try:
            pem.unlink(missing_ok=True)
            pem.with_suffix(".json").unlink(missing_ok=True)
        except OSError as error:
            raise _doubtful(error) from error


def _entry(path: Path) -> TrustedKey | None:
    """The key of an entry; None when another process removed it since it was listed."""
    try:
        pem = private_files.read(path, forbidden=OTHERS_WRITE)
        data = private_files.read(path.with_suffix(".json"), forbidden=OTHERS_WRITE)
        note = tables.read(_Note, canonical.decode(data))
        key = TrustedKey(pem=pem, label=note.label, repository=note.repository)
    except (UnsafeFileError, OSError, DocumentError, TableError) as error:
        if isinstance(error, FileNotFoundError) and not os.path.lexists(path):
            return None
        raise _doubtful(error, path) from error
    if path.stem != key.fingerprint.hex:
        raise VerificationError(
            f"{path}: holds the key {key.fingerprint}, not the one it is named after",
            remedy="remove the file, and add the key with: workflow-release trust add",
        )
    return key


def _doubtful(error: Exception, path: Path | None = None) -> VerificationError:
    where = f"{path}: " if path and str(path) not in str(error) else ""
    remedy = getattr(error, "remedy", "") or (
        "remove the entry, and add the key with: workflow-release trust add"
    )
    return VerificationError(f"the trust store is in doubt: {where}{error}", remedy=remedy)
