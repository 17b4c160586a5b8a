from __future__ import annotations

from pathlib import Path

import pytest

from simulators import releases
from workflow_release.errors import SigningError
from workflow_release.signing import p256
from workflow_release.signing.by_uri import DEFAULT, signer_for


def test_the_default_is_the_users_own_key(tmp_path: Path) -> None:
    signer = signer_for(DEFAULT, releases.host(tmp_path))
    assert (tmp_path / "config/keys/default.pem").exists()
    assert "(local:default)" in signer.identity


def test_a_local_key_can_be_named(tmp_path: Path) -> None:
    signer_for("local:ci", releases.host(tmp_path))
    assert (tmp_path / "config/keys/ci.pem").exists()


@pytest.mark.parametrize("slashes", ["", "//"])
def test_a_file_is_named_by_its_path(slashes: str, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(p256.private_pem(releases.signer(3).key))
    path.chmod(0o600)
    signer = signer_for(f"file:{slashes}{path}", releases.host(tmp_path))
    assert signer.public_key_pem == releases.signer(3).public_key_pem


@pytest.mark.parametrize(
    ("uri", "remedy"),
    [
        ("locl:", "did you mean 'local:'?"),
        ("flie:/a", "did you mean 'file:'?"),
        ("local", "did you mean 'local:'?"),
        ("", "known: file:, local:"),
        ("https://kms.example/key", "known: file:, local:"),
    ],
)
def test_an_unknown_scheme_gets_a_did_you_mean(uri: str, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(SigningError) as refused:
        signer_for(uri, releases.host(tmp_path))
    assert refused.value.remedy == remedy


@pytest.mark.parametrize(
    "uri",
    ["local:../x", "local:/etc/x", "local:A", "local:x\n", "local:.", "file:", "file:a\0b",
     "file://host/key.pem", "x\x1b[2J:"],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(uri: str, tmp_path: Path) -> None:
    with pytest.raises(SigningError) as refused:
        signer_for(uri, releases.host(tmp_path))
    assert refused.value.message.isprintable()
    assert list(tmp_path.iterdir()) == []
