"""What a module is, and what the engine gives it. One file a family; see `modules/__init__.py`."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workflow_engine.host import Clock

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from workflow_engine.metrics import Metrics


class EngineView(Protocol):
    """The running engine as its own modules see it."""

    @property
    def metrics(self) -> Metrics:
        """What has been counted so far."""
        ...

    def status(self) -> Mapping[str, Any]:
        """Name, version, status, start and counts, ready for JSON."""
        ...

    def modules(self) -> list[Mapping[str, Any]]:
        """Every module in start order, ready for JSON."""
        ...

    def routes(self) -> list[Mapping[str, Any]]:
        """Every route, ready for JSON."""
        ...

    def troubles(self) -> Mapping[str, str]:
        """What is wrong, by module; empty when all is well."""
        ...

    def uptime(self) -> float:
        """Seconds since the start; 0 before it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a module stands: its name, its engine, the configuration's folder, clock and log."""

    name: str
    engine: EngineView
    folder: Path
    clock: Clock
    log: logging.Logger


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request on its way to what answers it.

    `params` are what the pattern's names stand for; `endpoint` says which of its mounts a module
    answers; `route` is the pattern's text, safe for a log or a metric.
    """

    request: Request
    params: Mapping[str, str]
    endpoint: str
    route: str


Answer = Callable[[Exchange], Awaitable["Response"]]


class Module:
    """A module in a running engine. The base does nothing; families override what they do."""

    def __init__(self, _settings: Any, site: Site) -> None:
        self.site = site

    async def start(self) -> None:
        """Make ready; called in start order. Raises what the engine reports as `StartError`."""

    async def stop(self) -> None:
        """Let go of everything; called in reverse order, also after a failed start."""

    def trouble(self) -> str:
        """What is wrong with it, for the health checks; empty when nothing is."""
        return ""


class Handler(Module):
    """A module that answers requests."""

    async def handle(self, exchange: Exchange) -> Response:
        """The answer."""
        raise NotImplementedError


class Middleware(Module):
    """A module that stands between a request and its handler."""

    async def around(self, exchange: Exchange, following: Answer) -> Response:
        """The answer, usually `await following(exchange)` with something done around it."""
        raise NotImplementedError


class Subscriber(Module):
    """A module that takes messages."""

    async def deliver(self, topic: str, payload: Any) -> None:
        """Take one message; raising says that it was not taken."""
        raise NotImplementedError


class Publisher(Module):
    """A module that messages go through: a broker."""

    def subscribe(self, topic: str, take: Callable[[str, Any], Awaitable[None]]) -> None:
        """Hand every message on `topic` to `take`; called before the start."""
        raise NotImplementedError

    async def publish(self, topic: str, payload: Any) -> None:
        """Accept a message; raises `PipelineError` when no more fit."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A route that a module brings along: `endpoint` is the module's own name for it."""

    method: str
    path: str
    endpoint: str = ""


def no_mounts(_settings: Any) -> tuple[Mount, ...]:
    """The mounts of a module that brings none."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleType:
    """A type of module: its name in a configuration, its settings, and what it is."""

    name: str
    summary: str
    settings: type
    module: type[Module]
    mounts: Callable[[Any], tuple[Mount, ...]] = no_mounts
