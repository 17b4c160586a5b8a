"""Pipelines of a configuration, their steps compiled and every name in them looked up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from workflow_engine.blueprint import PlannedPipeline, PlannedStep
from workflow_engine.config import PipelineSpec, StepSpec
from workflow_engine.modules.interface import Handler, Publisher
from workflow_engine.resolve_routes import Wiring
from workflow_engine.settings import Reader, did_you_mean, snake
from workflow_engine.steps import STEPS


def pipelines(
    specs: Mapping[str, PipelineSpec | None], wiring: Wiring
) -> tuple[PlannedPipeline, ...]:
    """The pipelines in declared order; what is wrong with them goes to the wiring's faults."""
    return tuple(
        _pipeline(name, spec, wiring, specs.keys())
        for name, spec in specs.items()
        if spec is not None
    )


def _pipeline(
    name: str, spec: PipelineSpec, wiring: Wiring, known: Iterable[str]
) -> PlannedPipeline:
    path = f"pipelines.{name}"
    if not spec.steps:
        wiring.fault(f"{path}.steps", "no steps", "a pipeline has at least one")
    config = spec.trigger.config if spec.trigger is not None else {}
    return PlannedPipeline(
        name=name,
        steps=_steps(f"{path}.steps", spec.steps, spec.on_error, wiring, known),
        compensation=_steps(f"{path}.compensation", spec.compensation, "stop", wiring, known),
        timeout=spec.timeout,
        outputs=spec.outputs,
        strict_templates=spec.strict_templates,
        include_raw_body=config.get("include_raw_body") is True,
    )


def _steps(
    path: str, specs: tuple[StepSpec, ...], on_error: str, wiring: Wiring, known: Iterable[str]
) -> tuple[PlannedStep, ...]:
    names = Counter(str(spec.name) for spec in specs)
    steps = []
    for at, spec in enumerate(specs):
        where = f"{path}[{at}]"
        if names[spec.name] > 1:
            wiring.fault(f"{where}.name", f"more than one step is named {str(spec.name)!r}")
        step = _step(where, spec, on_error, wiring)
        if step is not None:
            _check_mentions(where, step, names.keys(), known, wiring)
            steps.append(step)
    return tuple(steps)


def _step(path: str, spec: StepSpec, on_error: str, wiring: Wiring) -> PlannedStep | None:
    kind = STEPS.get(spec.type)
    if kind is None:
        message = f"unknown step type {spec.type[:80]!r}"
        near = f"step.{spec.type}" if f"step.{spec.type}" in STEPS else spec.type
        wiring.fault(f"{path}.type", message, did_you_mean(near, STEPS))
        return None
    _refuse_expressions(f"{path}.config", spec.config, wiring)
    settings = Reader(wiring.faults, snake).read(kind.settings, spec.config, f"{path}.config")
    return PlannedStep(
        name=str(spec.name),
        kind=kind,
        settings=settings,
        on_error=spec.on_error or on_error,
        timeout=spec.timeout,
        skip_if=spec.skip_if,
        only_if=spec.if_,
        error_status=spec.error_status,
    )


def _refuse_expressions(path: str, value: Any, wiring: Wiring) -> None:
    """`${ … }` in a step would otherwise pass for plain text."""
    match value:
        case str() if "${" in value:
            wiring.fault(path, "${ … } is not supported in a step yet", "write {{ … }}")
        case Mapping():
            for key, item in value.items():
                _refuse_expressions(f"{path}.{key}", item, wiring)
        case list():
            for at, item in enumerate(value):
                _refuse_expressions(f"{path}[{at}]", item, wiring)
        case _:
            pass


def _check_mentions(
    path: str, step: PlannedStep, steps: Iterable[str], known: Iterable[str], wiring: Wiring
) -> None:
    if step.settings is None:
        return
    for mention in step.kind.mentions(step.settings):
        where, name = f"{path}.config.{mention.key}", mention.name
        match mention.kind:
            case "step":
                _check_name(where, "step", name, steps, wiring)
            case "pipeline":
                _check_name(where, "pipeline", name, known, wiring)
            case "handler":
                wiring.the(Handler, name or "-", where, "handler")
            case "broker":
                wiring.the(Publisher, name, where, "messaging.broker")


def _check_name(where: str, what: str, name: str, known: Iterable[str], wiring: Wiring) -> None:
    if name not in known:
        wiring.fault(where, f"no {what} named {name[:80]!r}", did_you_mean(name, known))
