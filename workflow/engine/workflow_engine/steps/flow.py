"""`step.conditional`, `step.workflow_call`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, Final, Literal

from workflow_engine.errors import PipelineError
from workflow_engine.settings import join
from workflow_engine.steps.interface import Mention, Outcome, Scene, StepType
from workflow_engine.templates import Template, Tree
from workflow_engine.templates.values import text_of

MAX_CALLS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalSettings:
    """Either `field` (a path), `routes` (value → step) and `default`; or `if`, `then`, `else`."""

    field: str = ""
    routes: Mapping[str, str] = dataclass_field(default_factory=dict)
    default: str = ""
    if_: Template | None = None
    then: str = ""
    else_: str = ""

    def __post_init__(self) -> None:
        if bool(self.field) == (self.if_ is not None):
            raise ValueError("give either field and routes, or if and then")
        if self.field and not self.routes:
            raise ValueError("field needs routes")
        if self.if_ is not None and not self.then:
            raise ValueError("if needs then")


async def _conditional(settings: ConditionalSettings, scene: Scene) -> Outcome:
    if settings.if_ is not None:
        holds = settings.if_.holds(scene.view())
        chosen = settings.then if holds else settings.else_
        return Outcome(output={"matched_value": holds, "next_step": chosen}, next_step=chosen)
    value = text_of(scene.lookup(settings.field))
    chosen = settings.routes.get(value, settings.default)
    if not chosen:
        raise PipelineError(f"no route for {settings.field} and no default")
    return Outcome(output={"matched_value": value, "next_step": chosen}, next_step=chosen)


def _conditional_mentions(settings: ConditionalSettings) -> Iterable[Mention]:
    for value, name in settings.routes.items():
        yield Mention(kind="step", name=name, key=join("routes", value))
    for key in ("default", "then", "else_"):
        if name := getattr(settings, key):
            yield Mention(kind="step", name=name, key=key.rstrip("_"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettings:
    """`workflow` is another pipeline of this file; `input` what it is triggered with (else the
    current data); `output_mapping` takes paths of its result under new names.
    """

    workflow: str
    mode: Literal["sync"] = "sync"
    input: Tree | None = None
    output_mapping: Mapping[str, str] = dataclass_field(default_factory=dict)


async def _call(settings: CallSettings, scene: Scene) -> Outcome:
    if scene.depth >= MAX_CALLS:
        raise PipelineError(f"pipelines call each other more than {MAX_CALLS} deep")
    given = scene.current if settings.input is None else settings.input.values(scene.view())
    result = await scene.services.call(settings.workflow, dict(given), scene.depth + 1)
    if not settings.output_mapping:
        return Outcome(output={"result": dict(result)})
    return Outcome(output={to: _at(result, path) for to, path in settings.output_mapping.items()})


def _at(value: Any, path: str) -> Any:
    for name in path.removeprefix(".").split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _call_mentions(settings: CallSettings) -> Iterable[Mention]:
    yield Mention(kind="pipeline", name=settings.workflow, key="workflow")


KINDS: Final = (
    StepType(
        name="step.conditional",
        summary="goes on with one step or another",
        settings=ConditionalSettings,
        run=_conditional,
        mentions=_conditional_mentions,
    ),
    StepType(
        name="step.workflow_call",
        summary="runs another pipeline",
        settings=CallSettings,
        run=_call,
        mentions=_call_mentions,
    ),
)
