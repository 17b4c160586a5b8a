"""Finding a Docker Engine: by an address that was given, DOCKER_HOST, or the CLI's context.

The only module that imports the SDK, and only when an engine is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

from workflow_containers.engine.answering import answering
from workflow_containers.engine.daemon import DockerEngine
from workflow_containers.errors import EngineError
from workflow_sbom.printable import printable

OLDEST = "1.41"  # Docker 20.10, the oldest that these rooms are tested with
_FIRST = 20  # seconds for the first answer
_TIMEOUT = 120  # seconds without a byte, later
_LOCAL = {"127.0.0.1", "::1", "localhost"}


@contextmanager
def connect(environment: Mapping[str, str], address: str | None = None) -> Iterator[DockerEngine]:
    """The engine at `address` (`unix:///run/docker.sock`, `tcp://…`, or a socket's path).

    Without one, what DOCKER_HOST, DOCKER_CONTEXT or the CLI's current context name. Raises
    `EngineError` when none answers, it refuses, or it is older than Docker 20.10.
    """
    client = _client(environment, address)
    try:
        yield DockerEngine(client.api, local=_is_local(client.api.base_url))
    finally:
        client.close()


def _client(environment: Mapping[str, str], address: str | None) -> Any:
    """A client that speaks the engine's own version; none is left open when one fails."""
    import docker  # type: ignore[import-untyped]

    if address is not None:
        named = f"unix://{address}" if address.startswith("/") else address
        environment = {**environment, "DOCKER_HOST": named}

    def client(version: str, seconds: int) -> Any:
        return docker.DockerClient.from_env(
            environment=dict(environment), version=version, timeout=seconds
        )

    where = printable((environment.get("DOCKER_HOST") or "the usual place")[:200])
    with answering(f"no Docker Engine at {where}"):
        with closing(client(OLDEST, _FIRST)) as any_version:
            told = str(any_version.api.version(api_version=False)["ApiVersion"])
        if _numbers(told) >= _numbers(OLDEST):
            return client(told, _TIMEOUT)
    raise EngineError(
        f"the Docker Engine at {where} speaks API {printable(told[:20])}",
        remedy="use Docker 20.10 or newer",
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _is_local(base_url: str) -> bool:
    """Whether a port of the engine's host is a port of this machine."""
    parts = urlsplit(base_url)
    if parts.scheme == "http+docker":
        return parts.netloc != "ssh"
    return parts.hostname in _LOCAL
