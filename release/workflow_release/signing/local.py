"""A key in a file: the user's own, made on first use, or one that is named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workflow_release.attesting import bundle, dsse
from workflow_release.errors import SigningError
from workflow_release.signing import p256, private_files
from workflow_release.signing.private_files import OTHERS_READ, UnsafeFileError
from workflow_release.signing.trust import TrustedKey, TrustStore


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySigner:
    """Signs with an ECDSA P-256 key held in memory; implements `Signer`."""

    key: p256.PrivateKey
    origin: str

    @property
    def trusted(self) -> TrustedKey:
        """The public half, as a verifier holds it."""
        return TrustedKey(pem=self.public_key_pem, label=self.origin)

    @property
    def identity(self) -> str:
        """The key's fingerprint and where it comes from."""
        return str(self.trusted)

    @property
    def public_key_pem(self) -> bytes:
        """The public half in PEM."""
        return p256.public_pem(self.key.public_key())

    def sign_statement(self, statement: bytes) -> bytes:
        """See `Signer.sign_statement`. The same statement gives the same bytes."""
        signature = p256.sign(self.key, dsse.pae(dsse.IN_TOTO, statement))
        envelope = dsse.Envelope(payload_type=dsse.IN_TOTO, payload=statement, signature=signature)
        return bundle.encode(bundle.Bundle(hint=self.trusted.hint, envelope=envelope))

    def __repr__(self) -> str:
        return f"KeySigner({self.identity})"


def own_signer(name: str, store: TrustStore) -> KeySigner:
    """The user's own key of that name, made and trusted when there is none.

    Raises `SigningError` for a key that others could have read or replaced.
    """
    path = store.host.config / "keys" / f"{name}.pem"
    origin = f"local:{name}"
    try:
        private_files.make_folder(path.parent, forbidden=OTHERS_READ)
    except UnsafeFileError as error:
        raise SigningError(str(error), remedy=error.remedy) from error
    try:
        return KeySigner(key=_read(path), origin=origin)
    except FileNotFoundError:
        _make(path, origin, store)
    return KeySigner(key=_read(path), origin=origin)


def file_signer(path: Path) -> KeySigner:
    """The key in a PEM file (PKCS #8, not encrypted); raises `SigningError`."""
    try:
        return KeySigner(key=_read(path), origin=f"file:{path.name}")
    except FileNotFoundError as error:
        raise SigningError(
            f"{path}: there is no such key",
            remedy="name a PEM file with an ECDSA P-256 private key, or sign with local:",
        ) from error


def _read(path: Path) -> p256.PrivateKey:
    try:
        return p256.read_private(private_files.read(path, forbidden=OTHERS_READ))
    except UnsafeFileError as error:
        raise SigningError(str(error), remedy=error.remedy) from error
    except p256.KeyFormatError as error:
        raise SigningError(
            f"{path}: {error}",
            remedy="put an unencrypted ECDSA P-256 key in PKCS #8 PEM there, or move the file away",
        ) from error


def _make(path: Path, origin: str, store: TrustStore) -> None:
    """Make a key; it is trusted before it can sign, and a key made meanwhile wins."""
    signer = KeySigner(key=p256.generate(), origin=origin)
    try:
        temporary = private_files.write_temporary(path.parent, p256.private_pem(signer.key), 0o600)
        store.add(signer.trusted)
        if not private_files.put_if_absent(path, temporary):
            store.forget(signer.trusted)
    except OSError as error:
        raise SigningError(
            f"{path}: the key can't be written: {error.strerror}",
            remedy="make the folder writable, or name a key with file:<path>",
        ) from error
