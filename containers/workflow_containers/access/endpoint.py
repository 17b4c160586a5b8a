"""Where registries answer: https always, but plain http on this machine and on hosts named for it.

Requests name a registry as images do: `https://docker.io/v2/…`. Docker Hub answers elsewhere, and
a registry on this machine without TLS, as with Docker.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from workflow_containers.errors import RegistryError
from workflow_containers.network.address import Address
from workflow_containers.network.interface import Request, Response, Transport
from workflow_containers.oci.reference import DOCKER
from workflow_sbom.errors import UsageError
from workflow_sbom.printable import printable

_HUB = "registry-1.docker.io"
_HUB_NAMES = {DOCKER, "index.docker.io", _HUB}


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The hosts (`registry.lan:5000`) that a user named as speaking plain http."""

    plain_http: frozenset[str] = frozenset()

    @classmethod
    def of(cls, hosts: Iterable[str]) -> Endpoints:
        """Read the hosts; raises `UsageError`."""
        return cls(frozenset(_plain(host_named(host)) for host in hosts))

    def may_be_plain(self, address: Address) -> bool:
        """Whether TLS may be left out there."""
        return address.is_loopback or self.is_named(address)

    def is_named(self, address: Address) -> bool:
        """Whether the user named that host."""
        return _plain(address) in self.plain_http

    def locate(self, address: Address) -> Address:
        """Where what is asked of a registry's name is answered."""
        if address.scheme == "https" and address.authority in _HUB_NAMES:
            return address.at("https", _HUB)
        if address.scheme == "https" and self.may_be_plain(address):
            return address.at("http", address.authority)
        return address


def registry_of(address: Address) -> str:
    """The name that credentials for an address are kept under."""
    return DOCKER if address.authority in _HUB_NAMES else address.authority


@dataclass(frozen=True, slots=True, kw_only=True)
class Locating:
    """Sends what is asked of a registry's name to where it answers; implements `Transport`."""

    transport: Transport
    endpoints: Endpoints

    def __call__(self, request: Request, /) -> Response:
        """Send it there."""
        address = self.endpoints.locate(Address.parse(request.url))
        return self.transport(replace(request, url=address.url))


def host_named(text: str) -> Address:
    """The address of a host that a user names, with or without port; raises `UsageError`."""
    wrong = UsageError(f"'{printable(text[:80])}' is no host", remedy="HOST or HOST:PORT")
    try:
        address = Address.parse(f"https://{text}/")
    except RegistryError as error:
        raise wrong from error
    if address.target != "/":
        raise wrong
    return address


def _plain(address: Address) -> str:
    """A host as `plain_http` has it."""
    return address.at("http", address.authority).authority
