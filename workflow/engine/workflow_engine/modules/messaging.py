"""`messaging.broker` (in this process) and `messaging.handler`."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from workflow_engine.duration import Duration
from workflow_engine.errors import PipelineError
from workflow_engine.modules.interface import ModuleType, Publisher, Site, Subscriber

_PATIENCE: Final = Duration(30)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """How many messages may wait, and how long one delivery may take."""

    max_queue_size: int = 10_000
    delivery_timeout: Duration = _PATIENCE

    def __post_init__(self) -> None:
        if not 1 <= self.max_queue_size <= 1_000_000:
            raise ValueError("maxQueueSize is between 1 and 1000000")


class Broker(Publisher):
    """Hands messages on one by one, in the order they came. What waits at the stop is dropped."""

    def __init__(self, settings: BrokerSettings, site: Site) -> None:
        super().__init__(settings, site)
        self._settings = settings
        self._takers: dict[str, list[Callable[[str, Any], Awaitable[None]]]] = defaultdict(list)
        self._queue: asyncio.Queue[tuple[str, Any]] | None = None
        self._worker: asyncio.Task[None] | None = None

    def subscribe(self, topic: str, take: Callable[[str, Any], Awaitable[None]]) -> None:
        """See `Publisher.subscribe`."""
        self._takers[topic].append(take)

    async def start(self) -> None:
        """See `Module.start`."""
        self._queue = asyncio.Queue(self._settings.max_queue_size)
        self._worker = asyncio.create_task(self._work(self._queue))

    async def stop(self) -> None:
        """See `Module.stop`."""
        if self._worker is not None:
            self._worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._worker
        self._worker = self._queue = None

    async def publish(self, topic: str, payload: Any) -> None:
        """See `Publisher.publish`."""
        if self._queue is None:
            raise PipelineError(f"{self.site.name} is not running")
        try:
            self._queue.put_nowait((topic, payload))
        except asyncio.QueueFull:
            raise PipelineError(f"{self.site.name}: the queue is full") from None

    async def _work(self, queue: asyncio.Queue[tuple[str, Any]]) -> None:
        while True:
            topic, payload = await queue.get()
            for take in self._takers.get(topic, ()):
                await self._deliver(take, topic, payload)

    async def _deliver(
        self, take: Callable[[str, Any], Awaitable[None]], topic: str, payload: Any
    ) -> None:
        try:
            async with asyncio.timeout(self._settings.delivery_timeout.seconds):
                await take(topic, payload)
        except Exception:  # one subscriber's failure is not the next one's
            self.site.log.exception("a message on %s was not taken", topic)

    def trouble(self) -> str:
        """See `Module.trouble`."""
        return "" if self._worker is not None and not self._worker.done() else "not delivering"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageHandlerSettings:
    """Nothing to set."""


class MessageHandler(Subscriber):
    """Counts and logs the messages it takes; a stand-in until a pipeline has the topic."""

    def __init__(self, settings: MessageHandlerSettings, site: Site) -> None:
        super().__init__(settings, site)
        self.taken = 0

    async def deliver(self, topic: str, _payload: Any) -> None:
        """See `Subscriber.deliver`."""
        self.taken += 1
        self.site.log.info("%s took a message on %s", self.site.name, topic)


KINDS: Final = (
    ModuleType(
        name="messaging.broker",
        summary="carries messages in this process",
        settings=BrokerSettings,
        module=Broker,
    ),
    ModuleType(
        name="messaging.handler",
        summary="takes messages",
        settings=MessageHandlerSettings,
        module=MessageHandler,
    ),
)
