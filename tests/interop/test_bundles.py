"""Our bundles under the sigstore project's own verifier for JavaScript, which shares no code.

`tests/interop/sigstore/package-lock.json` pins it by hash; npm fetches it from whatever registry
this machine is configured for.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulators import releases
from support.absent import absent
from workflow_release import names
from workflow_release.errors import ToolError
from workflow_release.machine.host import Host
from workflow_release.machine.run import Command, checked, run
from workflow_release.signing.local import KeySigner
from workflow_sbom import canonical

HERE = Path(__file__).parent / "sigstore"
KEY = releases.signer(1)
BUNDLES = (names.PROVENANCE, names.SEAL)
UNTRIED = "bundles are NOT tried with another implementation"


@dataclass(frozen=True)
class Verifier:
    """The foreign verifier, installed in a folder of its own."""

    folder: Path
    node: str
    environment: Mapping[str, str]

    def __call__(self, by: KeySigner, bundles: Mapping[str, bytes]) -> list[dict[str, str]]:
        """What it says of each bundle under the signer's public key."""
        (self.folder / "key.pem").write_bytes(by.public_key_pem)
        for name, data in bundles.items():
            (self.folder / name).write_bytes(data)
        argv = [self.node, "verify.mjs", "key.pem", by.trusted.hint, *bundles]
        told = checked(run, Command(argv=argv, cwd=self.folder, env=self.environment, timeout=60))
        answers: list[dict[str, str]] = json.loads(told)
        return answers


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Verifier:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        absent(f"node or npm is missing: {UNTRIED}")
    folder = tmp_path_factory.mktemp("sigstore")
    for name in ("package.json", "package-lock.json", "verify.mjs"):
        shutil.copy(HERE / name, folder / name)
    environment = Host.detect().tool_environment()
    install = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        checked(run, Command(argv=install, cwd=folder, env=environment, timeout=300))
    except ToolError as error:
        absent(f"the verifier can't be installed ({error}): {UNTRIED}")
    return Verifier(folder, node, environment)


def test_it_verifies_what_we_sign_and_reads_the_same_statement(verifier: Verifier) -> None:
    files = releases.make().files
    answers = verifier(KEY, {name: files[name] for name in BUNDLES})
    payloads = [json.loads(base64.b64decode(answer["payload"])) for answer in answers]
    assert payloads == [releases.statement_in(files[name]) for name in BUNDLES]


def test_it_refuses_our_bundles_under_another_key(verifier: Verifier) -> None:
    files = releases.make().files
    answers = verifier(releases.signer(2), {name: files[name] for name in BUNDLES})
    assert ["error" in answer for answer in answers] == [True, True]


def _flip(encoded: str, at: int) -> str:
    data = bytearray(base64.b64decode(encoded))
    data[at] ^= 1
    return base64.b64encode(data).decode()


def _payload(table: Any) -> None:
    envelope = table["dsseEnvelope"]
    envelope["payload"] = _flip(envelope["payload"], 10)


def _signature(table: Any) -> None:
    signature = table["dsseEnvelope"]["signatures"][0]
    signature["sig"] = _flip(signature["sig"], -1)


def _payload_type(table: Any) -> None:
    table["dsseEnvelope"]["payloadType"] = "application/vnd.in-toto+jsom"


def _hint(table: Any) -> None:
    key = table["verificationMaterial"]["publicKey"]
    key["hint"] = _flip(key["hint"], 0)


@pytest.mark.parametrize("change", [_payload, _signature, _payload_type, _hint])
def test_it_refuses_a_changed_byte_as_we_do(
    change: Callable[[Any], None], verifier: Verifier
) -> None:
    files = releases.make().files
    table = json.loads(files[names.SEAL])
    change(table)
    changed = canonical.encode(table) + b"\n"
    (answer,) = verifier(KEY, {names.SEAL: changed})
    assert "error" in answer
    assert not releases.judged({**files, names.SEAL: changed}).ok
