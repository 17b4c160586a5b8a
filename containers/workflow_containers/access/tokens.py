"""Tokens that let somebody do something for a while, from the service that a registry names.

GET with a password (distribution, "Token Authentication Specification"), POST with an identity
token ("OAuth2 Token Authentication").
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from typing import Any, assert_never
from urllib.parse import urlencode, urlsplit

from workflow_containers.access.credentials import Anonymous, Basic, Credential, IdentityToken
from workflow_containers.errors import CredentialsError, RegistryError
from workflow_containers.network.address import Address
from workflow_containers.network.clock import Clock
from workflow_containers.network.interface import Request, Response, Transport
from workflow_containers.secret import Secret
from workflow_sbom import canonical
from workflow_sbom.errors import DocumentError

_CLIENT = "workflow-containers"
_MAX_ANSWER = 64 << 10
_TOKEN = re.compile(r"[!-~]{1,16384}", re.ASCII)
_LIFETIME = 60  # seconds, when an answer says none
_LONGEST = 24 * 3600
_MARGIN = 30  # seconds that a token is not used any more, at most a quarter of its life
_REFUSALS = {400, 401, 403}


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Where tokens are given, and what for: `service` is the registry's name there."""

    realm: Address
    service: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """An `Authorization` and the moment, by the clock's `now`, from which it is not used."""

    authorization: Secret
    until: float


def basic(credential: Basic) -> Secret:
    """The `Authorization` of a user (RFC 7617, in UTF-8)."""
    pair = f"{credential.username}:{credential.password.reveal()}".encode()
    return Secret(f"Basic {b64encode(pair).decode('ascii')}")


def fetch(transport: Transport, service: Service, credential: Credential, clock: Clock) -> Grant:
    """Ask for a token.

    Raises `CredentialsError` when the credential is refused, `RegistryError` for other answers.
    """
    began = clock.now()
    where = service.realm.authority
    with transport(_request(service, credential)) as response:
        if response.status in _REFUSALS:
            raise CredentialsError(
                f"{where}: no token for {credential} (HTTP {response.status})",
                remedy="workflow-containers registry login, with a password that is still good",
            )
        if response.status != 200:
            raise RegistryError(
                f"{where}: no token (HTTP {response.status})", remedy="try again later"
            )
        answer = _decoded(response, where)
    lifetime = _lifetime(answer.get("expires_in"))
    return Grant(
        authorization=Secret(f"Bearer {_token(answer, where)}"),
        until=began + lifetime - min(_MARGIN, lifetime / 4),
    )


def _request(service: Service, credential: Credential) -> Request:
    match credential:
        case Anonymous():
            return _get(service, {})
        case Basic():
            return _get(service, {"Authorization": basic(credential).reveal()})
        case IdentityToken(token=token):
            return _post(service, token)
        case _:
            assert_never(credential)


def _get(service: Service, headers: dict[str, str]) -> Request:
    asked = [("service", service.service)] if service.service else []
    asked += [("scope", scope) for scope in service.scopes]
    parts = urlsplit(service.realm.url)
    query = "&".join(filter(None, (parts.query, urlencode(asked))))
    return Request(method="GET", url=parts._replace(query=query).geturl(), headers=headers)


def _post(service: Service, token: Secret) -> Request:
    form = {
        "grant_type": "refresh_token",
        "service": service.service,
        "client_id": _CLIENT,
        "scope": " ".join(service.scopes),
        "refresh_token": token.reveal(),
    }
    return Request(
        method="POST",
        url=service.realm.url,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode(form).encode(),
    )


def _decoded(response: Response, where: str) -> dict[str, Any]:
    try:
        answer = canonical.decode(response.read(_MAX_ANSWER))
    except DocumentError:
        raise _odd(where) from None  # it may quote a token
    if not isinstance(answer, dict):
        raise _odd(where)
    return answer


def _token(answer: dict[str, Any], where: str) -> str:
    """`token` and `access_token` are the same thing; nothing that would not fit a header."""
    found = answer.get("token") or answer.get("access_token")
    if not isinstance(found, str) or not _TOKEN.fullmatch(found):
        raise _odd(where)
    return found


def _lifetime(seconds: object) -> int:
    """Measured from the request on, for the service's clock may be another."""
    if isinstance(seconds, int) and not isinstance(seconds, bool) and seconds > 0:
        return min(seconds, _LONGEST)
    return _LIFETIME


def _odd(where: str) -> RegistryError:
    return RegistryError(f"{where}: no token that can be used", remedy="ask its operator")
