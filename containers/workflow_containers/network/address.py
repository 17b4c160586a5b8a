"""Addresses of http and https, taken apart once, so that every check sees what is then opened."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from workflow_containers.errors import RegistryError
from workflow_sbom.printable import printable

MAX_LENGTH = 16 << 10
_PORTS = {"http": 80, "https": 443}
_URL = re.compile(r"[!-\[\]-~]+", re.ASCII)  # no blank, no control character, no backslash
_NAME = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.?"
)
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)")


@dataclass(frozen=True, slots=True)
class Address:
    """An address: `host` in lower case and without brackets, `port` given or the scheme's own."""

    url: str
    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address; raises `RegistryError` for what can't be opened or tells two stories.

        Refused: other schemes, credentials, blanks, backslashes, and numbers that some readers
        take for an IPv4 address. A fragment is dropped (RFC 3986, RFC 9110 section 4.2).
        """
        if len(text) > MAX_LENGTH or not _URL.fullmatch(text):
            raise _refused(text, "too long, or with characters that no address has")
        try:
            parts = urlsplit(text)
            host, port = (parts.hostname or ""), parts.port
        except ValueError as error:
            raise _refused(text, "no host and port that can be read") from error
        if parts.scheme not in _PORTS:
            raise _refused(text, "neither https nor http")
        if "@" in parts.netloc:
            raise _refused(f"{parts.scheme}://…", "credentials in an address")
        if port == 0 or not _is_host(host, bracketed="[" in parts.netloc):
            raise _refused(text, "no host that can be asked")
        url = parts._replace(fragment="").geturl()
        return cls(url, parts.scheme, host, port or _PORTS[parts.scheme])

    @property
    def authority(self) -> str:
        """Host and port, as the name of a registry has them; the scheme's own port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme and authority (RFC 6454); credentials for one are not for another."""
        return f"{self.scheme}://{self.authority}"

    @property
    def target(self) -> str:
        """Path and query."""
        parts = urlsplit(self.url)
        return parts._replace(scheme="", netloc="").geturl()

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine, by what the address itself says."""
        number = _number(self.host)
        return self.host.rstrip(".") == "localhost" or (number is not None and number.is_loopback)

    @property
    def is_internal(self) -> bool:
        """Whether it is this machine, or by number one that the whole world does not see."""
        number = _number(self.host)
        return self.is_loopback or (number is not None and not number.is_global)

    def resolve(self, location: str) -> Address:
        """Where a `Location` found here leads (RFC 3986 section 5); raises `RegistryError`."""
        if len(location) > MAX_LENGTH or not _URL.fullmatch(location):
            raise _refused(location, "too long, or with characters that no address has")
        try:
            return Address.parse(urljoin(self.url, location))
        except ValueError as error:
            raise _refused(location, "no address") from error

    def at(self, scheme: str, authority: str) -> Address:
        """The same path and query elsewhere."""
        parts: SplitResult = urlsplit(self.url)
        return Address.parse(parts._replace(scheme=scheme, netloc=authority).geturl())


def _is_host(host: str, *, bracketed: bool) -> bool:
    if bracketed:
        return ":" in host and "%" not in host and _number(host) is not None
    last = host.rstrip(".").rpartition(".")[2]
    if _NUMBER.fullmatch(last):
        return isinstance(_number(host), ipaddress.IPv4Address)
    return len(host) <= 254 and _NAME.fullmatch(host) is not None


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that a host is; an IPv4 address in IPv6's clothes is what it is."""
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = number.ipv4_mapped if isinstance(number, ipaddress.IPv6Address) else None
    return number if mapped is None else mapped


def _refused(text: str, why: str) -> RegistryError:
    return RegistryError(
        f"'{printable(text.partition('?')[0][:160])}': {why}",
        remedy="check the name, or ask the operator of the server that gave this address",
    )
