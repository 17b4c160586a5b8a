from __future__ import annotations

import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from simulators import releases
from workflow_release.attesting import bundle, statement
from workflow_release.errors import SigningError, VerificationError
from workflow_release.signing import p256
from workflow_release.signing.local import KeySigner, file_signer, own_signer
from workflow_release.signing.trust import TrustStore
from workflow_release.verifying.checks import authenticate


def _store(folder: Path) -> TrustStore:
    return TrustStore(releases.host(folder))


def test_the_key_is_made_on_first_use_and_kept(tmp_path: Path) -> None:
    first = own_signer("default", _store(tmp_path))
    second = own_signer("default", _store(tmp_path))
    assert first.public_key_pem == second.public_key_pem
    path = tmp_path / "config/keys/default.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["default.pem"]


def test_its_public_half_is_trusted_by_its_maker(tmp_path: Path) -> None:
    signer = own_signer("default", _store(tmp_path))
    assert _store(tmp_path).keys() == (signer.trusted,)


def test_a_key_that_was_distrusted_stays_distrusted(tmp_path: Path) -> None:
    signer = own_signer("default", _store(tmp_path))
    _store(tmp_path).remove(signer.trusted.fingerprint.hex)
    own_signer("default", _store(tmp_path))
    assert _store(tmp_path).keys() == ()


def test_keys_of_other_names_are_other_keys(tmp_path: Path) -> None:
    store = _store(tmp_path)
    assert own_signer("a", store).public_key_pem != own_signer("b", store).public_key_pem
    assert len(store.keys()) == 2


def test_several_first_uses_at_once_agree_on_one_key(tmp_path: Path) -> None:
    keys: list[bytes] = []
    start = threading.Barrier(8)

    def use() -> None:
        start.wait()
        keys.append(own_signer("default", _store(tmp_path)).public_key_pem)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1
    trusted = _store(tmp_path).keys()
    assert [key.pem for key in trusted] == [keys[0]]


def test_the_same_statement_is_signed_with_the_same_bytes() -> None:
    assert releases.signer().sign_statement(b"{}") == releases.signer().sign_statement(b"{}")


def test_a_signed_statement_authenticates_under_its_key_alone() -> None:
    signer = releases.signer(1)
    stated = statement.statement([], "https://example.org/v1", {})
    bundled = signer.sign_statement(statement.encode(stated))
    signed = authenticate(bundled, [signer.trusted], "https://example.org/v1")
    assert (signed.key, signed.stated) == (signer.trusted, stated)
    with pytest.raises(VerificationError, match="a key that is not expected"):
        authenticate(bundled, [releases.signer(2).trusted], "https://example.org/v1")


def test_the_hint_is_the_fingerprint_in_base64() -> None:
    # openssl ec -pubout -outform DER | openssl dgst -sha256 -binary | base64
    read = bundle.decode(releases.signer(1).sign_statement(b"{}"))
    assert read.hint == "XNJS+wzokyQ2+vjM0QQJgbie5K1rn+niorfnGqyyfNM="


def test_no_text_of_a_signer_shows_the_private_key() -> None:
    signer = KeySigner(key=ec.derive_private_key(99, ec.SECP256R1()), origin="x")
    assert repr(signer) == f"KeySigner({signer.identity})"
    assert signer.identity == f"key {signer.trusted.fingerprint} (x)"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660])
def test_a_key_that_others_could_have_read_is_refused(mode: int, tmp_path: Path) -> None:
    own_signer("default", _store(tmp_path))
    path = tmp_path / "config/keys/default.pem"
    path.chmod(mode)
    with pytest.raises(SigningError, match="can be read by others") as refused:
        own_signer("default", _store(tmp_path))
    assert refused.value.remedy == f"chmod go-rwx {path}"


def test_a_folder_of_keys_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    own_signer("default", _store(tmp_path))
    (tmp_path / "config/keys").chmod(0o755)
    with pytest.raises(SigningError, match="can be read by others"):
        own_signer("default", _store(tmp_path))


def test_a_linked_key_is_refused(tmp_path: Path) -> None:
    own_signer("default", _store(tmp_path))
    path = tmp_path / "config/keys/default.pem"
    path.rename(tmp_path / "elsewhere.pem")
    path.symlink_to(tmp_path / "elsewhere.pem")
    with pytest.raises(SigningError, match="a symbolic link"):
        own_signer("default", _store(tmp_path))


def test_a_link_to_nothing_makes_no_key_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "config/keys").mkdir(parents=True, mode=0o700)
    (tmp_path / "config/keys").chmod(0o700)
    (tmp_path / "config/keys/default.pem").symlink_to(tmp_path / "elsewhere.pem")
    with pytest.raises(SigningError):
        own_signer("default", _store(tmp_path))
    assert not (tmp_path / "elsewhere.pem").exists()


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"junk",
        p256.public_pem(releases.signer().key.public_key()),
        p256.private_pem(ec.derive_private_key(1, ec.SECP384R1())),
    ],
)
def test_a_file_that_is_no_p256_key_is_refused_and_kept(pem: bytes, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(pem)
    path.chmod(0o600)
    with pytest.raises(SigningError) as refused:
        file_signer(path)
    assert refused.value.remedy
    assert path.read_bytes() == pem


def test_a_named_key_signs_and_is_not_trusted_by_that(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(p256.private_pem(releases.signer(5).key))
    path.chmod(0o600)
    assert file_signer(path).public_key_pem == releases.signer(5).public_key_pem
    assert _store(tmp_path).keys() == ()


def test_a_named_key_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(SigningError, match="there is no such key"):
        file_signer(tmp_path / "none.pem")
    assert list(tmp_path.iterdir()) == []


def test_a_configuration_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file")
    with pytest.raises(SigningError) as refused:
        own_signer("default", _store(tmp_path))
    assert refused.value.remedy == "make the folder yourself"
