"""What the SDK raises, as an error of ours: in the engine's own words, with a remedy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from workflow_containers.errors import EngineError
from workflow_sbom.printable import printable

_START = "start Docker, or name its socket with --engine or DOCKER_HOST"
_ABSENT = 404


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
