"""Credentials against the distribution project's registry: its passwords, and its tokens.

Its tokens are checked by the registry itself; only the service that signs them is a test's.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from simulators.servers import Asked, Reply, Server, reply
from support import credential_helpers, distribution
from support.absent import absent
from support.certificates import Authority
from support.distribution import PASSWORD, USER
from workflow_containers.access import login
from workflow_containers.access.connecting import connect
from workflow_containers.access.credentials import Anonymous, Basic, Credential
from workflow_containers.access.login import Keeper
from workflow_containers.errors import CredentialsError
from workflow_containers.network.interface import Request, Response, Transport
from workflow_containers.run import run
from workflow_containers.secret import Secret
from workflow_sbom.digest import Digest

ME = Basic(username=USER, password=Secret(PASSWORD))
BLOB = b"a blob of a test"
DIGEST = Digest.of(BLOB)


def connected(credential: Credential, folder: Path) -> Transport:
    return connect(credential_helpers.environment(folder), credentials=lambda _: credential)


def ask(transport: Transport, method: str, url: str, body: bytes | None = None) -> Response:
    headers = {"Content-Type": "application/octet-stream"} if body else {}
    return transport(Request(method=method, url=url, headers=headers, body=body))


def upload(transport: Transport, host: str, name: str) -> int:
    with ask(transport, "POST", f"https://{host}/v2/{name}/blobs/uploads/") as begun:
        assert begun.status == 202
        place = begun.headers["location"]
    with ask(transport, "PUT", f"{place}&digest={DIGEST}", BLOB) as done:
        return done.status


def test_passwords(tmp_path: Path) -> None:
    with distribution.running(tmp_path, distribution.by_password(tmp_path)) as host:
        login.check(host, connected(ME, tmp_path))
        assert upload(connected(ME, tmp_path), host, "team/app") == 201
        for credential in (Anonymous(), Basic(username=USER, password=Secret("wrong"))):
            with pytest.raises(CredentialsError):
                login.check(host, connected(credential, tmp_path))


def test_what_is_kept_here_lets_skopeo_in_and_the_other_way_round(tmp_path: Path) -> None:
    if (skopeo := shutil.which("skopeo")) is None:
        absent("skopeo is not installed")
    environment = credential_helpers.environment(tmp_path)
    keeper = Keeper(environment=environment, run=run)

    def ask_skopeo(*words: str, password: str = "") -> int:
        command = [
            skopeo,
            *words[:1],
            "--tls-verify=false",
            f"--authfile={keeper.file}",
            *words[1:],
        ]
        done = subprocess.run(
            command, input=password, encoding="utf-8", timeout=60, check=False,
            env=environment, capture_output=True,
        )  # fmt: skip
        return done.returncode

    with distribution.running(tmp_path, distribution.by_password(tmp_path)) as host:
        upload(connected(ME, tmp_path), host, "app")
        image = f"docker://{host}/app"
        assert ask_skopeo("list-tags", image) != 0
        keeper.keep(host, ME)
        with ask(connect(environment), "HEAD", f"https://{host}/v2/app/blobs/{DIGEST}") as found:
            assert found.status == 200
        assert ask_skopeo("login", "--get-login", host) == 0
        keeper.forget(host)
        assert ask_skopeo("login", "--get-login", host) != 0
        assert (
            ask_skopeo("login", "--username", USER, "--password-stdin", host, password=PASSWORD)
            == 0
        )
        with ask(connect(environment), "HEAD", f"https://{host}/v2/app/blobs/{DIGEST}") as found:
            assert found.status == 200


class TokenService:
    """Signs tokens (ES256): the user may do everything, everybody else pull `open/…`."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self.given: list[list[str]] = []

    def __call__(self, asked: Asked) -> Reply:
        query = parse_qs(urlsplit(asked.target).query)
        given = asked.headers.get("authorization", "").removeprefix("Basic ")
        known = given != "" and b64decode(given).decode() == f"{USER}:{PASSWORD}"
        if given and not known:
            return reply(401, b"{}")
        scopes = query.get("scope", [])
        self.given.append(scopes)
        access = [_access(scope) for scope in scopes]
        if not known:
            access = [{**each, "actions": ["pull"]} for each in access
                      if each["name"].startswith("open/")]  # fmt: skip
        return reply(200, json.dumps({"token": self._token(access), "expires_in": 300}).encode())

    def _token(self, access: list[dict[str, Any]]) -> str:
        certificate = self._authority.certificate.public_bytes(serialization.Encoding.DER)
        now = int(time.time())
        head = {"typ": "JWT", "alg": "ES256", "x5c": [b64encode(certificate).decode()]}
        claims = {
            "iss": "test-issuer", "sub": USER, "aud": "test-registry", "jti": "1",
            "exp": now + 300, "nbf": now - 60, "iat": now, "access": access,
        }  # fmt: skip
        text = ".".join(_url(json.dumps(part).encode()) for part in (head, claims))
        signature = self._authority.key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
        numbers = decode_dss_signature(signature)
        return f"{text}.{_url(b''.join(number.to_bytes(32, 'big') for number in numbers))}"


def _access(scope: str) -> dict[str, Any]:
    kind, name, actions = scope.split(":")
    return {"type": kind, "name": name, "actions": actions.split(",")}


def _url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@contextmanager
def token_registry(folder: Path) -> Iterator[tuple[str, TokenService]]:
    authority = Authority.made(folder)
    service = TokenService(authority)
    with Server(service) as tokens:
        auth = distribution.by_token(tokens.url("/token"), authority.bundle)
        with distribution.running(folder, auth) as host:
            yield host, service


def test_tokens(tmp_path: Path) -> None:
    with token_registry(tmp_path) as (host, service):
        me = connected(ME, tmp_path)
        login.check(host, me)
        assert upload(me, host, "team/app") == 201
        with ask(me, "GET", f"https://{host}/v2/team/app/blobs/{DIGEST}") as found:
            assert found.read(99) == BLOB
        assert service.given == [
            [],
            ["repository:team/app:pull,push"],
            ["repository:team/app:pull"],
        ]


def test_a_token_for_a_mount_reaches_both_repositories(tmp_path: Path) -> None:
    with token_registry(tmp_path) as (host, service):
        me = connected(ME, tmp_path)
        assert upload(me, host, "team/app") == 201
        mount = f"https://{host}/v2/team/other/blobs/uploads/?mount={DIGEST}&from=team/app"
        with ask(me, "POST", mount) as mounted:
            assert mounted.status == 201
        with ask(me, "HEAD", f"https://{host}/v2/team/other/blobs/{DIGEST}") as found:
            assert found.status == 200
        assert service.given[1] == ["repository:team/app:pull", "repository:team/other:pull,push"]


def test_nobody_in_particular_pulls_what_is_open_and_nothing_else(tmp_path: Path) -> None:
    with token_registry(tmp_path) as (host, _):
        me, nobody = connected(ME, tmp_path), connected(Anonymous(), tmp_path)
        for name in ("open/app", "team/app"):
            assert upload(me, host, name) == 201
        with ask(nobody, "HEAD", f"https://{host}/v2/open/app/blobs/{DIGEST}") as found:
            assert found.status == 200
        for method, name in (("HEAD", "team/app"), ("POST", "open/app")):
            path = f"blobs/{DIGEST}" if method == "HEAD" else "blobs/uploads/"
            with pytest.raises(CredentialsError, match="not without credentials"):
                ask(nobody, method, f"https://{host}/v2/{name}/{path}")


def test_a_wrong_password_gets_no_token(tmp_path: Path) -> None:
    wrong = Basic(username=USER, password=Secret("wrong"))
    with token_registry(tmp_path) as (host, service):
        with pytest.raises(CredentialsError, match="no token for 'me'"):
            login.check(host, connected(wrong, tmp_path))
        assert service.given == []
