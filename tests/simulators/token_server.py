"""A token server on loopback: password or refresh token in, signed tokens with scopes out.

Docker's registry v2 authentication (distribution's docs/spec/auth: token, oauth, jwt): a GET with
basic credentials and a POST as of OAuth 2. Real registries check what it signs.
"""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from support.certificates import Authority

SERVICE, ISSUER = "registry", "issuer"
LEEWAY = 60  # seconds for which a registry still takes an expired token


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wanted: as whom, how (`GET` or the kind of grant), and the scopes."""

    user: str
    how: str
    scopes: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class TokenServer:
    """Users, what each may do in which repository, and how long a token is good for.

    The first `stale` tokens have expired when they are given, whatever is said of them.
    """

    issuer: Authority
    passwords: Mapping[str, str]
    grants: Mapping[str, Mapping[str, frozenset[str]]]
    lifetime: int = 300
    stale: int = 0
    asked: list[Asked] = field(default_factory=list)
    refresh: dict[str, str] = field(default_factory=dict)

    def basic(self, header: str, query: Mapping[str, list[str]]) -> Mapping[str, Any] | None:
        """The answer to a GET; None for a wrong password. Nobody in particular may do nothing."""
        user, _, password = _basic(header).partition(":")
        if user and self.passwords.get(user) != password:
            return None
        scopes = tuple(query.get("scope", ()))
        self.asked.append(Asked(user=user, how="GET", scopes=scopes))
        answer: dict[str, Any] = {"token": self._token(user, scopes), "expires_in": self.lifetime}
        if query.get("offline_token") == ["true"] and user:
            answer["refresh_token"] = self._refresh(user)
        return answer

    def oauth(self, form: Mapping[str, str]) -> Mapping[str, Any] | None:
        """The answer to a POST; None for a wrong password or refresh token."""
        kind, user = form.get("grant_type", ""), ""
        if kind == "refresh_token":
            user = self.refresh.get(form.get("refresh_token", ""), "")
        elif self.passwords.get(form.get("username", "")) == form.get("password"):
            user = form["username"]
        if not user:
            return None
        scopes = tuple(form.get("scope", "").split())
        self.asked.append(Asked(user=user, how=kind, scopes=scopes))
        token = {"access_token": self._token(user, scopes), "expires_in": self.lifetime}
        return {**token, "refresh_token": self._refresh(user), "scope": " ".join(scopes)}

    def _refresh(self, user: str) -> str:
        token = secrets.token_urlsafe(16)
        self.refresh[token] = user
        return token

    def _token(self, user: str, scopes: tuple[str, ...]) -> str:
        """A JSON Web Token with as much of the scopes as the user may do."""
        stale, self.stale = self.stale > 0, max(0, self.stale - 1)
        now = int(time.time()) - (self.lifetime + 2 * LEEWAY if stale else 0)
        certificate = self.issuer.certificate.public_bytes(Encoding.DER)
        header = {"typ": "JWT", "alg": "ES256", "x5c": [base64.b64encode(certificate).decode()]}
        claims = {
            "iss": ISSUER,
            "sub": user,
            "aud": SERVICE,
            "iat": now,
            "nbf": now - LEEWAY,
            "exp": now + self.lifetime,
            "jti": secrets.token_hex(8),
            "access": [entry for scope in scopes if (entry := self._access(user, scope))],
        }
        signed = f"{_part(header)}.{_part(claims)}"
        der = self.issuer.key.sign(signed.encode(), ec.ECDSA(SHA256()))
        signature = b"".join(number.to_bytes(32) for number in decode_dss_signature(der))
        return f"{signed}.{_base64(signature)}"

    def _access(self, user: str, scope: str) -> Mapping[str, Any] | None:
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        allowed = self.grants.get(user, {}).get(name, frozenset())
        granted = sorted(allowed & set(actions.split(",")))
        return {"type": kind, "name": name, "actions": granted} if granted else None


@contextlib.contextmanager
def serving(tokens: TokenServer) -> Iterator[str]:
    """The server at a free port; gives its realm, the address that registries name."""
    server = _Server(("127.0.0.1", 0), _Connection)
    server.tokens = tokens
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/token"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    tokens: TokenServer

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that went away."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        self._answer(self.server.tokens.basic(self.headers.get("authorization", ""), query))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self._answer(self.server.tokens.oauth(dict(parse_qsl(body.decode()))))

    def _answer(self, found: Mapping[str, Any] | None) -> None:
        refused = {"errors": [{"code": "UNAUTHORIZED", "message": "wrong credentials"}]}
        data = json.dumps(refused if found is None else found).encode()
        self.send_response(401 if found is None else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Silence."""


def _basic(header: str) -> str:
    scheme, _, text = header.partition(" ")
    return base64.b64decode(text).decode() if scheme.lower() == "basic" else ""


def _part(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
