from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from simulators import releases
from workflow_release.errors import VerificationError
from workflow_release.signing import p256
from workflow_release.signing.trust import TrustedKey, TrustStore, read_key

KEY = releases.signer(1).trusted
OTHER = releases.signer(2).trusted
# SHA-256 of the SubjectPublicKeyInfo of the P-256 key whose private number is 1, by openssl:
# openssl ec -pubout -outform DER | sha256sum
FINGERPRINT = "5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3"


def _store(folder: Path) -> TrustStore:
    return TrustStore(releases.host(folder))


def test_a_fingerprint_is_of_the_key_not_of_its_text() -> None:
    shuffled = KEY.pem.replace(b"\n", b"\r\n")
    assert TrustedKey(pem=shuffled).fingerprint == KEY.fingerprint
    assert KEY.fingerprint.hex == FINGERPRINT


def test_an_empty_store_trusts_nobody(tmp_path: Path) -> None:
    assert _store(tmp_path).keys() == ()
    assert list(tmp_path.iterdir()) == []


def test_what_is_added_is_listed_by_fingerprint(tmp_path: Path) -> None:
    store = _store(tmp_path)
    scoped = TrustedKey(pem=OTHER.pem, label="CI", repository="https://example.org/acme/rocket")
    store.add(KEY)
    store.add(scoped)
    listed = store.keys()
    assert set(listed) == {KEY, scoped}
    assert listed == tuple(sorted(listed, key=lambda key: key.fingerprint))
    assert (tmp_path / "config/trust").stat().st_mode & 0o777 == 0o700


def test_adding_again_replaces_label_and_limit(tmp_path: Path) -> None:
    store = _store(tmp_path)
    store.add(KEY)
    renamed = TrustedKey(pem=KEY.pem, label="new", repository="https://example.org/a/b")
    store.add(renamed)
    assert store.keys() == (renamed,)


def test_a_removed_key_is_trusted_no_more(tmp_path: Path) -> None:
    store = _store(tmp_path)
    store.add(KEY)
    store.add(OTHER)
    assert store.remove(KEY.fingerprint.hex[:8]) == KEY
    assert store.keys() == (OTHER,)
    assert len(list((tmp_path / "config/trust").iterdir())) == 2


@pytest.mark.parametrize("wanted", ["", "0", "ffffffff", "\x1b[2J", FINGERPRINT[:7]])
def test_a_fingerprint_that_names_no_one_key_removes_nothing(wanted: str, tmp_path: Path) -> None:
    store = _store(tmp_path)
    store.add(KEY)
    with pytest.raises(VerificationError) as refused:
        store.remove(wanted)
    assert refused.value.message.isprintable()
    assert store.keys() == (KEY,)


def test_a_key_without_its_limits_is_refused(tmp_path: Path) -> None:
    store = _store(tmp_path)
    store.add(KEY)
    (tmp_path / f"config/trust/{FINGERPRINT}.json").unlink()
    with pytest.raises(VerificationError, match="in doubt"):
        store.keys()


def test_limits_without_their_key_are_nothing(tmp_path: Path) -> None:
    # What a kill between the two writes leaves.
    store = _store(tmp_path)
    store.add(KEY)
    (tmp_path / f"config/trust/{FINGERPRINT}.pem").unlink()
    assert store.keys() == ()


def test_a_key_under_another_fingerprint_is_refused(tmp_path: Path) -> None:
    store = _store(tmp_path)
    store.add(KEY)
    (tmp_path / f"config/trust/{FINGERPRINT}.pem").write_bytes(OTHER.pem)
    with pytest.raises(VerificationError, match="not the one it is named after"):
        store.keys()


@pytest.mark.parametrize(
    "note",
    [b"", b"{}", b'{"label":"x"}', b'{"label":1,"repository":null}', b"[" * 999,
     b'{"label":"x","repository":null,"extra":1}', b'{"label":"x\\u001b","repository":null}',
     b'{"label":"x","repository":"file:///etc"}'],
)  # fmt: skip
def test_malformed_limits_are_refused(note: bytes, tmp_path: Path) -> None:
    store = _store(tmp_path)
    store.add(KEY)
    (tmp_path / f"config/trust/{FINGERPRINT}.json").write_bytes(note)
    with pytest.raises(VerificationError):
        store.keys()


@pytest.mark.parametrize("name", ["trust", f"trust/{FINGERPRINT}.pem", f"trust/{FINGERPRINT}.json"])
def test_a_store_that_others_can_write_is_refused(name: str, tmp_path: Path) -> None:
    store = _store(tmp_path)
    store.add(KEY)
    (tmp_path / "config" / name).chmod(0o777)
    with pytest.raises(VerificationError, match="can be written by others"):
        store.keys()
    with pytest.raises(VerificationError):
        store.remove(FINGERPRINT)


def test_a_linked_entry_is_refused(tmp_path: Path) -> None:
    store = _store(tmp_path)
    store.add(KEY)
    pem = tmp_path / f"config/trust/{FINGERPRINT}.pem"
    pem.rename(tmp_path / "elsewhere.pem")
    pem.symlink_to(tmp_path / "elsewhere.pem")
    with pytest.raises(VerificationError, match="a symbolic link"):
        store.keys()


def _pem_of(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@pytest.mark.parametrize(
    ("pem", "reason"),
    [
        (b"", "not exactly one PEM block"),
        (KEY.pem + OTHER.pem, "not exactly one PEM block"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "no public key"),
        (p256.private_pem(releases.signer(1).key), "a private key"),
        (_pem_of(ec.derive_private_key(1, ec.SECP384R1()).public_key()), "another kind"),
        (_pem_of(ec.derive_private_key(1, ec.SECP256K1()).public_key()), "another kind"),
        (
            _pem_of(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()),
            "another kind",
        ),
    ],
)
def test_only_a_public_p256_key_is_trusted(pem: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "given.pem"
    path.write_bytes(pem)
    with pytest.raises(VerificationError, match=reason):
        read_key(path)


@pytest.mark.parametrize(
    "repository", ["", "http://example.org/a", "https://user@example.org/a", "https://x/a b", "x"]
)
def test_a_limit_is_an_address(repository: str) -> None:
    with pytest.raises(VerificationError, match="no address"):
        TrustedKey(pem=KEY.pem, repository=repository)


def test_a_missing_key_file_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(VerificationError) as refused:
        read_key(tmp_path / "none.pem")
    assert refused.value.remedy == "give the PEM file of a public key"


def test_a_configuration_that_is_no_folder_is_in_doubt(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file")
    for act in (_store(tmp_path).keys, lambda: _store(tmp_path).add(KEY)):
        with pytest.raises(VerificationError, match="in doubt"):
            act()
    (tmp_path / "config").unlink()
    (tmp_path / "config").mkdir()
    (tmp_path / "config/trust").write_text("a file")
    with pytest.raises(VerificationError, match="no folder"):
        _store(tmp_path).keys()
