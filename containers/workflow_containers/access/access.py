"""What lets requests pass at one registry: how it wants to know us, and the tokens that are good.

Passwords: RFC 7617. Tokens: RFC 6750, from the service that the registry names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import assert_never

from workflow_containers.access import scopes, tokens
from workflow_containers.access.challenge import Challenge
from workflow_containers.access.credentials import Anonymous, Basic, Credential, IdentityToken
from workflow_containers.access.endpoint import Endpoints, registry_of
from workflow_containers.access.tokens import Grant, Service
from workflow_containers.errors import CredentialsError, RegistryError
from workflow_containers.network.address import Address
from workflow_containers.network.clock import Clock
from workflow_containers.network.interface import Transport
from workflow_containers.secret import Secret


@dataclass(slots=True, kw_only=True)
class Site:
    """One origin, and who we are there; `transport` reaches the token service, too."""

    address: Address
    transport: Transport
    credentials: Callable[[str], Credential] = field(repr=False)
    endpoints: Endpoints
    clock: Clock
    password: Secret | None = None
    _credential: Credential | None = field(default=None, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def registry(self) -> str:
        """The name that its credentials are kept under."""
        return registry_of(self.address)

    @property
    def credential(self) -> Credential:
        """Who we are; asked for once. Raises `RegistryError` where anybody could listen."""
        if self.address.scheme == "http" and not self.endpoints.may_be_plain(self.address):
            raise RegistryError(
                f"{self.registry}: no credentials are sent over plain http",
                remedy="name the host by --plain-http if nobody else is on that network",
            )
        with self._lock:
            if self._credential is None:
                self._credential = self.credentials(self.registry)
            return self._credential

    def service(self, challenges: Iterable[Challenge], wanted: Iterable[str]) -> Service | None:
        """The token service that is named for these scopes, with those the registry wants.

        None when it wants a password; raises `RegistryError` when it wants neither.
        """
        named = {each.scheme: each for each in reversed([*challenges])}
        if (bearer := named.get("bearer")) is not None:
            asked = filter(None, bearer.get("scope").split(" "))
            return Service(
                realm=self._realm(bearer.get("realm")),
                service=bearer.get("service"),
                scopes=scopes.union([*wanted, *asked]),
            )
        if "basic" in named:
            return None
        raise RegistryError(
            f"{self.registry}: wants credentials in a way that is not known here",
            remedy="only passwords and tokens are; ask the registry's operator",
        )

    def refused(self) -> CredentialsError:
        """The error when the registry does not let us pass."""
        match self.credential:
            case Anonymous():
                what = "not without credentials (or nothing of that name is there)"
            case known:
                what = f"does not let {known} do this"
        return CredentialsError(
            f"{self.registry}: {what}", remedy=f"workflow-containers registry login {self.registry}"
        )

    def _realm(self, text: str) -> Address:
        """Where tokens are given: by https, and not in a network that the registry isn't in."""
        realm = Address.parse(text)
        if self.endpoints.is_named(realm):
            return realm
        if realm.scheme == "http" and not (realm.is_loopback and self.address.is_loopback):
            raise self._misplaced(realm, "by plain http")
        if realm.is_internal and not self.address.is_internal:
            raise self._misplaced(realm, "in a private network")
        return realm

    def _misplaced(self, realm: Address, how: str) -> RegistryError:
        return RegistryError(
            f"{self.registry}: sends us for a token to {realm.origin}, {how}",
            remedy="ask its operator; a host that you trust can be named by --plain-http",
        )


@dataclass(slots=True, kw_only=True)
class Access:
    """What lets requests of some scopes pass at a site; one token is fetched at a time."""

    site: Site
    scopes: tuple[str, ...]
    _service: Service | None = None
    _grant: Grant | None = field(default=None, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def known(self) -> Secret | None:
        """The `Authorization` to send before being asked, if one is known."""
        if self.site.password is not None or self._service is None:
            return self.site.password
        with self._lock:
            return self._granted(self._service)

    def asked(self, challenges: Iterable[Challenge], rejected: Secret | None) -> Secret:
        """The `Authorization` to answer with, another than was `rejected`.

        Raises `CredentialsError` when there is none, `RegistryError` for what nobody may ask.
        """
        with self._lock:
            before, self._service = self._service, self.site.service(challenges, self.scopes)
            if self._service is None:
                return self._with_password(rejected)
            known = self._grant and self._grant.authorization
            if self._service != before or known == rejected:
                self._grant = None
            return self._granted(self._service)

    def _granted(self, service: Service) -> Secret:
        if self._grant is None or self._grant.until <= self.site.clock.now():
            site = self.site
            self._grant = tokens.fetch(site.transport, service, site.credential, site.clock)
        return self._grant.authorization

    def _with_password(self, rejected: Secret | None) -> Secret:
        match self.site.credential:
            case Basic() as basic if (password := tokens.basic(basic)) != rejected:
                self.site.password = password
                return password
            case Anonymous() | Basic() | IdentityToken():
                raise self.site.refused()
            case other:
                assert_never(other)
