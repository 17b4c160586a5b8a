"""ECDSA on P-256 with SHA-256: one message and key have one acceptable signature text.

A signature is DER in its only canonical form with the lower of the two values of S, so it can't be
changed into another valid one. Signing is deterministic (RFC 6979) where OpenSSL can do it.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from workflow_sbom.digest import Digest

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
PrivateKey = ec.EllipticCurvePrivateKey
PublicKey = ec.EllipticCurvePublicKey


class KeyFormatError(ValueError):
    """Bytes that are no P-256 key of the expected half; turned into the caller's own error."""


def sign(key: PrivateKey, message: bytes) -> bytes:
    """The DER signature with low S."""
    r, s = utils.decode_dss_signature(key.sign(message, _algorithm()))
    return utils.encode_dss_signature(r, min(s, ORDER - s))


def _algorithm() -> ec.ECDSA:
    try:
        return ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    except UnsupportedAlgorithm:
        return ec.ECDSA(hashes.SHA256())


def fault_in_signature(key: PublicKey, message: bytes, signature: bytes) -> str | None:
    """Why this is not the key's signature of the message, or None."""
    try:
        r, s = utils.decode_dss_signature(signature)
    except ValueError:
        return "the signature is no DER"
    if r < 1 or s < 1 or utils.encode_dss_signature(r, s) != signature:
        return "the signature is no canonical DER"
    if s > ORDER // 2:
        return "the signature has the higher of the two values of S"
    try:
        key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return "the signature is not by that key over these bytes"
    return None


def generate() -> PrivateKey:
    """A new key from the system's randomness."""
    return ec.generate_private_key(ec.SECP256R1())


def private_pem(key: PrivateKey) -> bytes:
    """PKCS #8 in PEM, not encrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def public_pem(key: PublicKey) -> bytes:
    """SubjectPublicKeyInfo in PEM."""
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def fingerprint(key: PublicKey) -> Digest:
    """The SHA-256 of the SubjectPublicKeyInfo in DER."""
    return Digest.of(
        key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


def read_private(pem: bytes) -> PrivateKey:
    """Read one unencrypted private key; raises `KeyFormatError`."""
    _require_one(pem)
    try:
        key = serialization.load_pem_private_key(pem, None)
    except TypeError as error:
        raise KeyFormatError("the key is encrypted") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFormatError("no private key in PEM") from error
    if not isinstance(key, PrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyFormatError("a key of another kind than ECDSA P-256")
    return key


def read_public(pem: bytes) -> PublicKey:
    """Read one public key; raises `KeyFormatError`."""
    _require_one(pem)
    if b"PRIVATE KEY" in pem:
        raise KeyFormatError("a private key, which belongs to nobody but its signer")
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFormatError("no public key in PEM") from error
    if not isinstance(key, PublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyFormatError("a key of another kind than ECDSA P-256")
    return key


def _require_one(pem: bytes) -> None:
    if pem.count(b"-----BEGIN") != 1:
        raise KeyFormatError("not exactly one PEM block")
