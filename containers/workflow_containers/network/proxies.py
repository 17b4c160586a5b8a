"""Which proxy an address is asked through: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, as curl has them.

Lower-case names go first. NO_PROXY lists, between commas, hosts with all below them, `host:port`,
IP addresses and networks, or `*`. This machine itself is never asked through a proxy.
"""

from __future__ import annotations

import ipaddress
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from workflow_containers.errors import NetworkError, RegistryError
from workflow_containers.network.address import Address
from workflow_containers.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy: its address without credentials, and those as `Proxy-Authorization` has them."""

    url: str
    authorization: Secret | None = None


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies of an environment, by the scheme they are for."""

    environment: Mapping[str, str] = field(repr=False)

    def of(self, address: Address) -> Proxy | None:
        """The proxy for an address; raises `NetworkError` for a variable that names none."""
        variable = f"{address.scheme}_proxy"
        named = self._given(variable)
        if not named or address.is_loopback or self._is_excepted(address):
            return None
        return _proxy(named, variable)

    def _given(self, name: str) -> str:
        return (self.environment.get(name) or self.environment.get(name.upper()) or "").strip()

    def _is_excepted(self, address: Address) -> bool:
        rules = self._given("no_proxy").lower().split(",")
        return any(_excepts(rule.strip(), address) for rule in rules if rule.strip())


def _excepts(rule: str, address: Address) -> bool:
    host = address.host.rstrip(".")
    if rule == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(rule, strict=False)
    except ValueError:
        pass  # one of them is a name, or has a port
    name, _, port = rule.rpartition(":") if rule.rpartition(":")[2].isdecimal() else (rule, "", "")
    name = name.removeprefix("*").strip("[].")
    right_port = port in {"", str(address.port)}
    return right_port and bool(name) and (host == name or host.endswith(f".{name}"))


def _proxy(named: str, variable: str) -> Proxy:
    """Read a proxy's address; one without a scheme is http, as everywhere."""
    scheme, _, rest = named.rpartition("://")
    credentials, _, host = rest.rpartition("@")
    try:
        found = Address.parse(f"{scheme or 'http'}://{host}")
    except RegistryError as error:
        raise NetworkError(
            f"{variable}: no address of an http or https proxy",
            remedy=f"set {variable} to http://host:port, or unset it",
            lasting=True,
        ) from error
    if not credentials:
        return Proxy(url=found.url)
    encoded = b64encode(unquote(credentials).encode()).decode("ascii")
    return Proxy(url=found.url, authorization=Secret(f"Basic {encoded}"))
