"""Following redirects (RFC 9110 section 15.4): a few, only for what reads, never to a worse place.

A registry keeps blobs elsewhere and says where. What names us to one origin is never sent to
another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from workflow_containers.errors import RegistryError
from workflow_containers.network.address import Address
from workflow_containers.network.interface import Request, Response, Transport

MAX_REDIRECTS = 5
_STATUSES = {301, 302, 303, 307, 308}
_READING = {"GET", "HEAD"}
_OURS_ALONE = {"authorization", "proxy-authorization", "cookie"}


@dataclass(frozen=True, slots=True)
class Redirecting:
    """Asks again where the answer sends it; implements `Transport`."""

    transport: Transport

    def __call__(self, request: Request, /) -> Response:
        """The first answer that is no redirect, or whose request changes something.

        Raises `RegistryError` for redirects without end, and to where nobody may be sent.
        """
        for _ in range(MAX_REDIRECTS + 1):
            response = self.transport(request)
            location = response.headers.get("location")
            if (
                response.status not in _STATUSES
                or request.method not in _READING
                or location is None
            ):
                return response
            with response:
                here = Address.parse(response.url)
                there = followed(here, location)
                request = replace(
                    request, url=there.url, headers=_carried(request.headers, here, there)
                )
        raise _refused(f"more than {MAX_REDIRECTS} redirects", Address.parse(request.url))


def followed(here: Address, location: str) -> Address:
    """Where an answer leads; raises `RegistryError` for where nobody may be sent.

    Never from https to http: but a server that names itself by http, as one behind a proxy that
    ends TLS does, is asked by https. Never from the world into a machine or its own network.
    """
    there = here.resolve(location)
    if here.scheme == "https" and there.scheme == "http":
        secured = there.at("https", there.authority)
        if secured.origin != here.origin:
            raise _refused(f"a redirect from https to {there.origin}", here)
        return secured
    if there.is_internal and not here.is_internal:
        raise _refused(f"a redirect into a private network, {there.origin}", here)
    return there


def _carried(headers: Mapping[str, str], here: Address, there: Address) -> Mapping[str, str]:
    if there.origin == here.origin:
        return headers
    return {name: value for name, value in headers.items() if name.lower() not in _OURS_ALONE}


def _refused(what: str, where: Address) -> RegistryError:
    return RegistryError(f"{where.authority}: {what}", remedy="ask the server's operator")
