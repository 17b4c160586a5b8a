"""Who we are to a registry: what `docker login` and `registry login` keep, and what helpers know.

Read from the Docker configuration (`config.json` in DOCKER_CONFIG, else in ~/.docker): `auths` by
the Docker SDK, `credHelpers` and `credsStore` by running the helper they name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workflow_containers.access import docker_config
from workflow_containers.access.helper import Helper
from workflow_containers.errors import CredentialsError
from workflow_containers.oci.reference import DOCKER
from workflow_containers.run import Run
from workflow_containers.secret import Secret
from workflow_sbom.printable import printable

HUB_SERVER = "https://index.docker.io/v1/"
"""What Docker Hub is called where credentials are kept."""

_TOKEN_USER = "<token>"  # noqa: S105 - the name that stands for an identity token
_KEY = re.compile(r"(?:https?://)?([^/]+)(?:/(?:v[12]/?)?)?")
_USERNAME = re.compile(r"[^\x00-\x1f\x7f:]{1,256}")


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Nobody in particular."""

    def __str__(self) -> str:
        return "nobody in particular"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basic:
    """A user name and a password, or a token in its place (RFC 7617)."""

    username: str
    password: Secret

    def __post_init__(self) -> None:
        if not _USERNAME.fullmatch(self.username):
            raise CredentialsError(
                "a user name that is empty, too long, or has a colon or control character",
                remedy="check the user name",
            )

    def __str__(self) -> str:
        return f"'{printable(self.username)}'"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityToken:
    """A refresh token (OAuth 2.0), good for asking a token service for others."""

    token: Secret

    def __str__(self) -> str:
        return "the identity token"


Credential = Anonymous | Basic | IdentityToken


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerCredentials:
    """The credentials of this user by the registry's name, read when asked for."""

    environment: Mapping[str, str] = field(repr=False)
    run: Run

    def __call__(self, registry: str) -> Credential:
        """Who we are to a registry (`docker.io`, `registry.lan:5000`).

        Raises `CredentialsError` for a configuration or a helper that can't be used.
        """
        path = docker_config.path(self.environment)
        config = docker_config.read(path)
        helper = self.helper(config, registry)
        found = helper.get(server_of(registry)) if helper else None
        if found is not None:
            return _credential(*found)
        return _kept(docker_config.entries(config, "auths", path), registry, str(path))

    def helper(self, config: Mapping[str, Any], registry: str) -> Helper | None:
        """The program that keeps a registry's credentials, if one is configured."""
        path = docker_config.path(self.environment)
        name = docker_config.helper_name(config, path, server_of(registry), registry)
        return None if name is None else Helper.named(name, self.environment, self.run)


def server_of(registry: str) -> str:
    """What a registry is called where credentials are kept."""
    return HUB_SERVER if registry == DOCKER else registry


def registry_in(key: str) -> str:
    """The registry that a key of the configuration stands for: a host, or an address of one.

    `https://ghcr.io/v2/` is `ghcr.io`; a key with a longer path is nobody's but its own.
    """
    found = _KEY.fullmatch(key)
    host = found[1] if found else key
    return DOCKER if host == "index.docker.io" else host


def is_for(key: str, registry: str) -> bool:
    """Whether a key of the configuration stands for a registry."""
    return registry_in(key) == registry


def _credential(username: str, secret: str) -> Credential:
    if not secret:
        return Anonymous()
    if username == _TOKEN_USER:
        return IdentityToken(token=Secret(secret))
    return Basic(username=username, password=Secret(secret))


def _kept(auths: Mapping[str, Any], registry: str, origin: str) -> Credential:
    """What the configuration itself keeps for a registry, under whichever of its names."""
    own = {key: entry for key, entry in auths.items() if is_for(key, registry)}
    if not own:
        return Anonymous()
    from docker import auth, errors  # type: ignore[import-untyped]

    try:
        found = auth.load_config(config_dict={"auths": own}).resolve_authconfig(registry) or {}
        if token := found.get("IdentityToken"):
            return IdentityToken(token=Secret(str(token)))
        return _credential(found.get("username") or "", found.get("password") or "")
    except (ValueError, TypeError, errors.DockerException):
        raise CredentialsError(
            f"{origin}: the entry of {registry} can't be read",
            remedy=f"workflow-containers registry login {registry}",
        ) from None  # what it quotes may be secret
