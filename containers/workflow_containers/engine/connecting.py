"""Finding a Docker Engine: by an address that was given, DOCKER_HOST, or the CLI's context.

The only module that imports the SDK, and only when an engine is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from workflow_containers.errors import EngineError
from workflow_sbom.printable import printable

if TYPE_CHECKING:
    from workflow_containers.engine.daemon import DockerEngine

OLDEST = "1.41"  # Docker 20.10, the oldest that these rooms are tested with
_FIRST = 20  # seconds for the first answer
_TIMEOUT = 120  # seconds without a byte, later
_START = "start Docker, or name its socket with --engine or DOCKER_HOST"
_ABSENT = 404
_LOCAL = {"127.0.0.1", "::1", "localhost"}


@contextmanager
def connect(environment: Mapping[str, str], address: str | None = None) -> Iterator[DockerEngine]:
    """The engine at `address` (`unix:///run/docker.sock`, `tcp://…`, or a socket's path).

    Without one, what DOCKER_HOST, DOCKER_CONTEXT or the CLI's current context name. Raises
    `EngineError` when none answers, it refuses, or it is older than Docker 20.10.
    """
    from workflow_containers.engine.daemon import DockerEngine

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


@contextmanager
def answering(failure: str) -> Iterator[None]:
    """Whatever the SDK raises inside becomes an `EngineError` that begins with `failure`."""
    from docker.errors import (  # type: ignore[import-untyped]
        DockerException,
        StreamParseError,
    )
    from urllib3.exceptions import HTTPError

    try:
        yield
    except EngineError:
        raise
    except (
        DockerException, StreamParseError, HTTPError, OSError, ValueError, LookupError, TypeError,
        AttributeError,
    ) as error:  # fmt: skip
        raise EngineError(
            f"{printable(failure[:300])}: {_reason(error)}", remedy=_remedy(error)
        ) from error


def _reason(error: BaseException) -> str:
    """The engine's own words, or the innermost reason, as one printable line."""
    text = getattr(error, "explanation", None)
    if not isinstance(text, str):
        inner = _innermost(error)
        text = str(error if inner is None else inner.strerror)
    return printable(" ".join(text.split())[:500])


def _innermost(error: BaseException) -> OSError | None:
    """The system's own error below what libraries made of it."""
    for each in _chain(error):
        if isinstance(each, OSError) and isinstance(each.strerror, str) and each.strerror:
            return each
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(20):
        if error is None:
            return
        yield error
        inner = next((each for each in error.args if isinstance(each, BaseException)), None)
        error = inner or error.__cause__ or error.__context__


def _remedy(error: BaseException) -> str:
    if isinstance(_innermost(error), PermissionError):
        return "join the group of Docker's socket, use a rootless engine, or run as root"
    if getattr(error, "response", None) is not None:
        return "do what it says; `docker info` tells more of the engine"
    if isinstance(error, (ValueError, LookupError, TypeError, AttributeError)):
        return "name a Docker Engine with --engine or DOCKER_HOST; this answers as none does"
    return _START


def is_absent(error: EngineError) -> bool:
    """Whether the engine answered that it has no such thing."""
    response = getattr(error.__cause__, "response", None)
    return getattr(response, "status_code", None) == _ABSENT
