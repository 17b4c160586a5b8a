"""A registry that wants to know who asks, with its token service; over no network.

Implements `Transport`: `https://registry.test` challenges, `https://auth.test/token` gives tokens
good for the scopes that were asked for, as the distribution project's token specification says.
"""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from simulators.transports import answer
from workflow_containers.access.scopes import union
from workflow_containers.network.interface import Request, Response

REALM = "https://auth.test/token"


@dataclass(slots=True)
class TokenRegistry:
    """`users` have passwords, `refreshing` identity tokens; nobody else may push."""

    users: dict[str, str] = field(default_factory=dict, repr=False)
    refreshing: set[str] = field(default_factory=set, repr=False)
    host: str = "registry.test"
    realm: str = REALM
    lifetime: int | None = 300
    requests: list[Request] = field(default_factory=list)
    granted: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)
    asked: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request, /) -> Response:
        with self._lock:
            self.requests.append(request)
        if request.url.startswith(self.realm):
            return self._token(request)
        return self._registry(request)

    def revoke(self) -> None:
        """Every token is suddenly no good."""
        self.granted.clear()

    def _registry(self, request: Request) -> Response:
        wanted = _wanted(request)
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind == "Bearer" and wanted <= self.granted.get(token, frozenset({"nothing"})):
            return answer(request, 200, b"here")
        scope = f',scope="{" ".join(sorted(wanted))}"' if wanted else ""
        said = f'Bearer realm="{self.realm}",service="{self.host}"{scope}'
        return answer(request, 401, b"who?", {"www-authenticate": said})

    def _token(self, request: Request) -> Response:
        if request.method == "POST":
            assert isinstance(request.body, bytes)
            asked = parse_qs(request.body.decode())
            scopes = asked.get("scope", [""])[0].split()
            known = asked["refresh_token"][0] in self.refreshing
        else:
            asked = parse_qs(urlsplit(request.url).query)
            scopes = asked.get("scope", [])
            known = self._knows(request.headers.get("Authorization"))
        assert asked["service"] == [self.host]
        if not known and "Authorization" in request.headers:
            return answer(request, 401, b"no")
        if request.method == "POST" and not known:
            return answer(request, 400, b"invalid_grant")
        with self._lock:
            self.asked.update([" ".join(scopes)])
            token = f"token-{len(self.granted)}-{sum(self.asked.values())}"
            self.granted[token] = frozenset(_single(scopes, known))
        document: dict[str, Any] = {"token": token}
        if self.lifetime is not None:
            document["expires_in"] = self.lifetime
        return answer(request, 200, json.dumps(document).encode())

    def _knows(self, authorization: str | None) -> bool:
        if authorization is None:
            return False
        name, _, password = b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        return self.users.get(name) == password


def _wanted(request: Request) -> set[str]:
    """The single rights a request needs, as the registry sees it."""
    path = urlsplit(request.url).path.removeprefix("/v2/")
    for part in ("/blobs/", "/manifests/", "/tags/"):
        if part in path:
            name = path.partition(part)[0]
            action = "pull" if request.method in {"GET", "HEAD"} else "push"
            sources = parse_qs(urlsplit(request.url).query).get("from", [])
            return {f"repository:{name}:{action}", *(f"repository:{s}:pull" for s in sources)}
    return set()


def _single(scopes: list[str], known: bool) -> set[str]:
    found = set()
    for scope in union(scopes):
        resource, _, actions = scope.rpartition(":")
        found |= {f"{resource}:{act}" for act in actions.split(",") if known or act == "pull"}
    return found
