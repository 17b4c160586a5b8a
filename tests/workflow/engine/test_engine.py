from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path
from typing import Any

import pytest

from workflow_engine.blueprint import Blueprint, PlannedModule
from workflow_engine.duration import Duration
from workflow_engine.engine import Engine
from workflow_engine.errors import PipelineError, StartError
from workflow_engine.host import SystemClock
from workflow_engine.modules.http import Address
from workflow_engine.modules.interface import Module, ModuleType, Site
from workflow_engine.modules.messaging import Broker, BrokerSettings
from workflow_engine.serve import bind
from workflow_engine.steps.flow import ConditionalSettings
from workflow_engine.steps.web import ResponseSettings
from workflow_engine.templates import Template, Tree

HEARD: list[str] = []


class Telling(Module):
    """A module that tells what happens to it."""

    async def start(self) -> None:
        HEARD.append(f"start {self.site.name}")

    async def stop(self) -> None:
        HEARD.append(f"stop {self.site.name}")

    def trouble(self) -> str:
        return "unwell" if self.site.name == "b" else ""


class Failing(Telling):
    async def start(self) -> None:
        raise RuntimeError("secret detail")


class Stubborn(Telling):
    async def stop(self) -> None:
        raise RuntimeError("will not stop")


def engine(**modules: type[Module]) -> Engine:
    HEARD.clear()
    planned = tuple(
        PlannedModule(
            path=f"modules[{at}]",
            name=name,
            kind=ModuleType(name="test", summary="", settings=object, module=module),
            settings=None,
            depends_on=(),
        )
        for at, (name, module) in enumerate(modules.items())
    )
    blueprint = Blueprint(
        name="t", folder=Path(), modules=planned, routes=(), pipelines=(), subscriptions=()
    )
    return Engine(blueprint, clock=SystemClock(), log=logging.getLogger("test.engine"))


async def started_and_stopped(made: Engine) -> None:
    await made.start()
    await made.stop()


def test_modules_stop_in_reverse_even_when_one_will_not() -> None:
    made = engine(a=Telling, b=Stubborn, c=Telling)
    asyncio.run(started_and_stopped(made))
    assert HEARD == ["start a", "start b", "start c", "stop c", "stop a"]
    assert [module["status"] for module in made.modules()] == ["stopped"] * 3


def test_a_module_that_does_not_start_stops_the_others() -> None:
    made = engine(a=Telling, b=Failing, c=Telling)
    with pytest.raises(StartError, match=r"^b did not start: RuntimeError$"):
        asyncio.run(made.start())
    assert HEARD == ["start a", "stop c", "stop b", "stop a"]


def test_troubles_are_told_by_module() -> None:
    assert engine(a=Telling, b=Telling).troubles() == {"b": "unwell"}


def test_before_the_start_there_is_no_uptime() -> None:
    made = engine(a=Telling)
    assert (made.uptime(), made.status()["startedAt"]) == (0.0, None)


def site() -> Site:
    log = logging.getLogger("test.broker")
    return Site(name="broker", engine=engine(), folder=Path(), clock=SystemClock(), log=log)


def test_a_broker_refuses_what_does_not_fit_and_what_comes_too_early() -> None:
    async def publish() -> list[str]:
        broker = Broker(BrokerSettings(max_queue_size=1), site())
        refused = []
        for _ in range(2):
            try:
                await broker.publish("t", 1)
                await broker.publish("t", 2)
            except PipelineError as error:
                refused.append(error.message)
            if not broker.trouble():
                break
            await broker.start()
        await broker.stop()
        return [*refused, broker.trouble()]

    assert asyncio.run(publish()) == [
        "broker is not running",
        "broker: the queue is full",
        "not delivering",
    ]


def test_messages_come_in_order_and_a_slow_taker_is_cut() -> None:
    taken: list[Any] = []

    async def take(_topic: str, payload: Any) -> None:
        if payload == "slow":
            await asyncio.sleep(60)
        taken.append(payload)

    async def publish() -> None:
        broker = Broker(BrokerSettings(delivery_timeout=Duration(0.05)), site())
        broker.subscribe("t", take)
        await broker.start()
        for payload in (1, "slow", 2, 3):
            await broker.publish("t", payload)
        await broker.publish("other", 4)
        await asyncio.sleep(0.3)
        await broker.stop()

    asyncio.run(publish())
    assert taken == [1, 2, 3]


def test_small_answers_leave_at_once() -> None:
    """Without TCP_NODELAY a kept connection waits 40 ms for each answer."""
    with (
        bind("web", Address("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()[:2], 5),
    ):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


TEMPLATE = Template.parse("{{ .x }}")


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"field": "x"},
        {"if_": TEMPLATE},
        {"field": "x", "routes": {"a": "b"}, "if_": TEMPLATE, "then": "c"},
    ],
)
def test_a_conditional_is_one_thing_or_the_other(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"field|then"):
        ConditionalSettings(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"status": 99},
        {"body": Tree.parse({}), "body_from": "x"},
        {"headers": {"a b": TEMPLATE}},
    ],
)
def test_a_response_makes_sense(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"status|body|header"):
        ResponseSettings(**settings)
