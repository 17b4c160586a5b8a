from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import pytest

from simulators.servers import Asked, Reply, Server, raw, reply
from simulators.transports import Hours
from support import credential_helpers
from workflow_containers.access.connecting import connect
from workflow_containers.errors import CredentialsError, RegistryError
from workflow_containers.network.interface import Request

PAIR = b64encode(b"me:pass").decode()


def test_from_a_name_to_a_blob_elsewhere(tmp_path: Path) -> None:
    """Everything at once: a name, a busy registry, a token, a redirect, a body from storage."""
    turns = iter([raw(b""), reply(503, b"busy", {"Retry-After": "2"})])

    def serve(asked: Asked) -> Reply:
        if asked.target.startswith("/token"):
            good = asked.headers.get("authorization") == f"Basic {PAIR}"
            return reply(200, json.dumps({"token": "abc"}).encode()) if good else reply(401)
        if (turn := next(turns, None)) is not None:
            return turn
        if asked.headers.get("authorization") != "Bearer abc":
            said = f'Bearer realm="{server.url("/token")}",service="s",scope="repository:a:pull"'
            return reply(401, b"who?", {"WWW-Authenticate": said})
        return reply(307, b"", {"Location": store.url("/blob")})

    hours = Hours(luck=0.0)
    with Server(lambda _: reply(200, b"blob")) as store, Server(serve) as server:
        environment = credential_helpers.environment(
            tmp_path, {"auths": {server.host: {"auth": PAIR}}}
        )
        transport = connect(environment, clock=hours.clock)
        url = f"https://{server.host}/v2/a/blobs/sha256:00"
        with transport(Request(method="GET", url=url)) as response:
            assert (response.read(9), response.url) == (b"blob", store.url("/blob"))
    assert hours.slept == [0.0, 2.0]
    assert "authorization" not in store.asked[0].headers


def test_a_helper_is_asked_on_the_path_that_was_given(tmp_path: Path) -> None:
    def serve(asked: Asked) -> Reply:
        if asked.headers.get("authorization") == f"Basic {PAIR}":
            return reply(200, b"{}")
        return reply(401, b"", {"WWW-Authenticate": 'Basic realm="r"'})

    with Server(serve) as server:
        credential_helpers.keeping(
            tmp_path, "x", **{server.host: {"Username": "me", "Secret": "pass"}}
        )
        environment = credential_helpers.environment(tmp_path, {"credsStore": "x"})
        request = Request(method="GET", url=f"https://{server.host}/v2/")
        assert connect(environment)(request).status == 200
        with pytest.raises(CredentialsError, match="no such program"):
            connect({**environment, "PATH": "/usr/bin:/bin"})(request)


def test_plain_http_only_where_it_was_named() -> None:
    with Server(lambda _: reply(200, b"{}")) as proxy:
        environment = {"http_proxy": proxy.url(), "HOME": "/nonexistent"}
        request = Request(method="GET", url="http://registry.lan/v2/")
        with pytest.raises(RegistryError, match="plain http"):
            connect(environment)(request)
        assert proxy.asked == []
        assert connect(environment, plain_http=["registry.lan"])(request).status == 200
