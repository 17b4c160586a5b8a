"""`step.publish`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from workflow_engine.steps.interface import Mention, Outcome, Scene, StepType
from workflow_engine.steps.web import public
from workflow_engine.templates import Template, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishSettings:
    """`topic`, `payload` (else the current data) and `broker` (when there is more than one)."""

    topic: Template
    payload: Tree | None = None
    broker: str = ""


async def _publish(settings: PublishSettings, scene: Scene) -> Outcome:
    topic = settings.topic.render(scene.view())
    tree = settings.payload
    payload = public(scene.current) if tree is None else tree.values(scene.view())
    await scene.services.publish(topic, payload, settings.broker)
    return Outcome(output={"published": True, "topic": topic})


def _mentions(settings: PublishSettings) -> Iterable[Mention]:
    yield Mention(kind="broker", name=settings.broker, key="broker")


KINDS: Final = (
    StepType(
        name="step.publish",
        summary="sends a message",
        settings=PublishSettings,
        run=_publish,
        mentions=_mentions,
    ),
)
