"""Bringing credentials along: to the registry they are for, in the way it asks, and nowhere else.

What a registry's 401 taught is used for the next requests of the same kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock

from workflow_containers.access import challenge, scopes
from workflow_containers.access.access import Access, Site
from workflow_containers.access.credentials import Credential
from workflow_containers.access.endpoint import Endpoints
from workflow_containers.network.address import Address
from workflow_containers.network.clock import CLOCK, Clock
from workflow_containers.network.interface import Request, Response, Transport
from workflow_containers.secret import Secret

_UNAUTHORIZED = 401
_Key = tuple[str, tuple[str, ...]]


@dataclass(slots=True, kw_only=True)
class Authenticating:
    """Answers a registry's challenges; implements `Transport`. Threads share it.

    `credentials` says who we are to a registry (`docker.io`); it is asked once for each, and only
    when that registry wants to know.
    """

    transport: Transport
    credentials: Callable[[str], Credential] = field(repr=False)
    endpoints: Endpoints
    clock: Clock = CLOCK
    _sites: dict[str, Site] = field(default_factory=dict, repr=False)
    _accesses: dict[_Key, Access] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def __call__(self, request: Request, /) -> Response:
        """Send it, and once more when asked who we are.

        Raises `CredentialsError` when the registry does not let us pass, `RegistryError` when it
        asks what no registry may.
        """
        if request.anonymous:
            return self.transport(request)
        here = Address.parse(request.url)
        access = self._access(here, scopes.needed(request.method, here))
        sent = access.known()
        response = self.transport(_authorized(request, sent))
        if not _asks(response, here):
            return response
        with response:
            challenges = challenge.parse(response.headers.get("www-authenticate", ""))
        response = self.transport(_authorized(request, access.asked(challenges, sent)))
        if _asks(response, here):
            response.body.close()
            raise access.site.refused()
        return response

    def _access(self, here: Address, wanted: tuple[str, ...]) -> Access:
        with self._lock:
            site = self._sites.get(here.origin)
            if site is None:
                site = self._sites[here.origin] = Site(
                    address=here,
                    transport=self.transport,
                    credentials=self.credentials,
                    endpoints=self.endpoints,
                    clock=self.clock,
                )
            key = (here.origin, wanted)
            return self._accesses.setdefault(key, Access(site=site, scopes=wanted))


def _authorized(request: Request, authorization: Secret | None) -> Request:
    if authorization is None:
        return request
    return replace(request, headers={**request.headers, "Authorization": authorization.reveal()})


def _asks(response: Response, here: Address) -> bool:
    """Whether it is the registry that asks, and not somebody it sent us to."""
    same = Address.parse(response.url).origin == here.origin
    return response.status == _UNAUTHORIZED and same
