"""Logging in and out: a credential is tried first, then kept where Docker keeps it, too.

By the helper that the Docker configuration names for the registry, else in the configuration.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from workflow_containers.access import docker_config
from workflow_containers.access.credentials import (
    Basic,
    DockerCredentials,
    is_for,
    registry_in,
    server_of,
)
from workflow_containers.access.helper import Helper
from workflow_containers.errors import CredentialsError, RegistryError
from workflow_containers.network.interface import Request, Transport
from workflow_containers.run import Run
from workflow_containers.secret import Secret

MAX_PASSWORD = 16 << 10
_WRONG = "check user name and password; nothing was kept"


def read_password(stream: IO[bytes]) -> Secret:
    """A password from a stream, all of it but a last line end; raises `CredentialsError`.

    It may have lines: the key of a Google service account does.
    """
    data = stream.read(MAX_PASSWORD + 1)
    data = data.removesuffix(b"\n").removesuffix(b"\r")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    if not text or len(data) > MAX_PASSWORD or "\0" in text:
        raise CredentialsError(
            f"no password of at most {MAX_PASSWORD} bytes of UTF-8 on standard input",
            remedy='printf %s "$TOKEN" | workflow-containers registry login …',
        )
    return Secret(text)


def check(registry: str, transport: Transport) -> None:
    """Ask a registry whether it lets us in (distribution specification, "end-1").

    Raises `CredentialsError` when it does not, and `RegistryError` when it is no registry.
    """
    try:
        with transport(Request(method="GET", url=f"https://{registry}/v2/")) as answer:
            status = answer.status
    except CredentialsError as error:
        raise CredentialsError(str(error), remedy=_WRONG) from error
    if status == 403:
        raise CredentialsError(f"{registry}: refuses this user", remedy=_WRONG)
    if status != 200:
        raise RegistryError(f"{registry}: HTTP {status} at /v2/", remedy="is a registry there?")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Kept:
    """That there is a credential for a registry, and where: a file, or a helper program."""

    registry: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Keeps this user's credentials; raises `CredentialsError`."""

    environment: Mapping[str, str] = field(repr=False)
    run: Run

    @property
    def file(self) -> Path:
        """The Docker configuration."""
        return docker_config.path(self.environment)

    def keep(self, registry: str, credential: Basic) -> Kept:
        """Keep a credential in place of any other for the registry."""
        helper, password = self._helper(registry), credential.password.reveal()
        if helper is None:
            pair = f"{credential.username}:{password}".encode()
            entry = {"auth": b64encode(pair).decode("ascii")}
        else:
            helper.store(server_of(registry), credential.username, password)
            entry = {}  # as Docker does: that there is one, not what it is

        def edit(config: dict[str, Any]) -> None:
            others = self._others(config, registry)
            config["auths"] = {**others, server_of(registry): entry}

        docker_config.change(self.file, edit)
        return Kept(registry=registry, place=helper.program if helper else str(self.file))

    def forget(self, registry: str) -> None:
        """Forget the credential for a registry, wherever it is."""
        if (helper := self._helper(registry)) is not None:
            helper.erase(server_of(registry))

        def edit(config: dict[str, Any]) -> None:
            config["auths"] = self._others(config, registry)

        if any(is_for(key, registry) for key in self._auths(docker_config.read(self.file))):
            docker_config.change(self.file, edit)

    def kept(self) -> tuple[Kept, ...]:
        """The registries that there are credentials for, sorted; never the credentials."""
        config = docker_config.read(self.file)
        helpers = docker_config.entries(config, "credHelpers", self.file)
        found = {registry_in(key) for key in (*self._auths(config), *helpers)}
        return tuple(sorted(self._kept(registry) for registry in found))

    def _kept(self, registry: str) -> Kept:
        helper = self._helper(registry)
        return Kept(registry=registry, place=helper.program if helper else str(self.file))

    def _helper(self, registry: str) -> Helper | None:
        known = DockerCredentials(environment=self.environment, run=self.run)
        return known.helper(docker_config.read(self.file), registry)

    def _auths(self, config: Mapping[str, Any]) -> Mapping[str, Any]:
        return docker_config.entries(config, "auths", self.file)

    def _others(self, config: Mapping[str, Any], registry: str) -> dict[str, Any]:
        return {k: v for k, v in self._auths(config).items() if not is_for(k, registry)}
