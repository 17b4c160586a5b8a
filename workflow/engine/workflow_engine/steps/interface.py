"""What a step is, and what a run gives it. One file a family; see `steps/__init__.py`."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from workflow_engine.templates.evaluate import Data

if TYPE_CHECKING:
    from workflow_engine.modules.interface import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The response a pipeline gives to the caller that triggered it."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a step leaves: output (merged into the current data and kept under its name), and
    where to go on: the next step by name, or nowhere.
    """

    output: Mapping[str, Any] = field(default_factory=dict)
    next_step: str = ""
    stop: bool = False
    reply: Reply | None = None


class Services(Protocol):
    """What a step may ask of the engine."""

    async def publish(self, topic: str, payload: Any, broker: str) -> None:
        """Send a message; an empty broker is the only one there is."""
        ...

    async def call(self, pipeline: str, data: Mapping[str, Any], depth: int) -> Mapping[str, Any]:
        """Run another pipeline to its end and give its result."""
        ...

    async def delegate(self, handler: str, exchange: Exchange) -> Reply:
        """Let a handler module answer the request."""
        ...


@dataclass(slots=True, kw_only=True)
class Scene:
    """The state of one run: what triggered it, what each step left, and all of it merged."""

    pipeline: str
    trigger: Mapping[str, Any]
    current: dict[str, Any]
    meta: Mapping[str, Any]
    data: Callable[[Scene], Data]
    services: Services
    log: logging.Logger
    steps: dict[str, Any] = field(default_factory=dict)
    exchange: Exchange | None = None
    depth: int = 0

    def view(self) -> Data:
        """What a template sees now."""
        return self.data(self)

    def lookup(self, path: str) -> Any:
        """What a dotted path without braces leads to (`steps.check.ok`, `body.id`), or None."""
        value: Any = self.view().root
        for name in path.removeprefix(".").split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Something a step's settings name that must be there: checked when the file is read."""

    kind: Literal["step", "pipeline", "handler", "broker"]
    name: str
    key: str


def no_mentions(_settings: Any) -> Iterable[Mention]:
    """The mentions of a step that names nothing."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepType:
    """A type of step: its name in a configuration, its settings, and what it does."""

    name: str
    summary: str
    settings: type
    run: Callable[[Any, Scene], Awaitable[Outcome]]
    mentions: Callable[[Any], Iterable[Mention]] = no_mentions
