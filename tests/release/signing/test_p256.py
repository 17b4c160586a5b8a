from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from workflow_release.signing import p256
from workflow_release.signing.p256 import KeyFormatError

KEY = ec.derive_private_key(7, ec.SECP256R1())
PUBLIC = KEY.public_key()
MESSAGE = b"a message"


def test_a_signature_is_accepted_and_the_same_every_time() -> None:
    signature = p256.sign(KEY, MESSAGE)
    assert signature == p256.sign(KEY, MESSAGE)
    assert p256.fault_in_signature(PUBLIC, MESSAGE, signature) is None


def test_the_deterministic_signature_is_that_of_rfc_6979() -> None:
    # RFC 6979, A.2.5, SHA-256, message "sample"; its S is the higher one, so it is mirrored.
    key = ec.derive_private_key(
        0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721, ec.SECP256R1()
    )
    r, s = utils.decode_dss_signature(p256.sign(key, b"sample"))
    assert r == 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
    high = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
    assert s == p256.ORDER - high


def test_every_signature_has_the_lower_s() -> None:
    for at in range(40):
        _, s = utils.decode_dss_signature(p256.sign(KEY, bytes([at])))
        assert s <= p256.ORDER // 2


def _mirrored() -> bytes:
    r, s = utils.decode_dss_signature(p256.sign(KEY, MESSAGE))
    return utils.encode_dss_signature(r, p256.ORDER - s)


def test_the_mirrored_signature_is_mathematically_good_and_refused() -> None:
    PUBLIC.verify(_mirrored(), MESSAGE, ec.ECDSA(hashes.SHA256()))
    reason = p256.fault_in_signature(PUBLIC, MESSAGE, _mirrored())
    assert reason == "the signature has the higher of the two values of S"


def _long_form(signature: bytes) -> bytes:
    """The same values with the outer length in the long form: BER, not DER."""
    return signature[:1] + b"\x81" + signature[1:]


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        b"\x30\x00",
        bytes(64),
        p256.sign(KEY, MESSAGE) + b"\x00",
        p256.sign(KEY, MESSAGE)[:-1],
        _long_form(p256.sign(KEY, MESSAGE)),
        utils.encode_dss_signature(0, 0),
        utils.encode_dss_signature(1, 0),
        utils.encode_dss_signature(p256.ORDER, 1),
        utils.encode_dss_signature(1, 1),
    ],
)
def test_malformed_and_foreign_signatures_are_refused(signature: bytes) -> None:
    assert p256.fault_in_signature(PUBLIC, MESSAGE, signature) is not None


def test_another_message_or_key_is_refused() -> None:
    signature = p256.sign(KEY, MESSAGE)
    other = ec.derive_private_key(8, ec.SECP256R1()).public_key()
    reason = "the signature is not by that key over these bytes"
    assert p256.fault_in_signature(PUBLIC, b"b message", signature) == reason
    assert p256.fault_in_signature(other, MESSAGE, signature) == reason


def test_a_private_key_is_read_back() -> None:
    read = p256.read_private(p256.private_pem(KEY))
    assert p256.fingerprint(read.public_key()) == p256.fingerprint(PUBLIC)


def test_an_encrypted_key_says_so() -> None:
    pem = KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"word"),
    )
    with pytest.raises(KeyFormatError, match="encrypted"):
        p256.read_private(pem)


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN PRIVATE KEY-----", p256.public_pem(PUBLIC)])
def test_what_is_no_private_key_is_refused(pem: bytes) -> None:
    with pytest.raises(KeyFormatError):
        p256.read_private(pem)
