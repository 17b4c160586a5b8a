"""`step.set`, `step.log`, `step.validate`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from workflow_engine.errors import RefusedError
from workflow_engine.steps.interface import Outcome, Scene, StepType
from workflow_engine.templates import Template, Tree

_LEVELS: Final = {"debug": 10, "info": 20, "warn": 30, "error": 40}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSettings:
    """`values`: a table whose strings may be templates; templates come out as text."""

    values: Tree

    def __post_init__(self) -> None:
        if not isinstance(self.values.root, dict):
            raise ValueError("values is a table")  # noqa: TRY004 - a fault of the file


async def _set(settings: SetSettings, scene: Scene) -> Outcome:
    return Outcome(output=settings.values.texts(scene.view()))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """`message`, and the `level` it is logged at."""

    message: Template
    level: Literal["debug", "info", "warn", "error"] = "info"


async def _log(settings: LogSettings, scene: Scene) -> Outcome:
    message = settings.message.render(scene.view())
    scene.log.log(_LEVELS[settings.level], "%s: %s", scene.pipeline, message)
    return Outcome()


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateSettings:
    """`required_fields` must be there and not empty, in `source` (a path) or the current data."""

    required_fields: tuple[str, ...]
    strategy: Literal["required_fields"] = "required_fields"
    source: str = ""

    def __post_init__(self) -> None:
        if not self.required_fields:
            raise ValueError("required_fields names at least one field")


async def _validate(settings: ValidateSettings, scene: Scene) -> Outcome:
    source = scene.lookup(settings.source) if settings.source else scene.current
    missing = [name for name in settings.required_fields if _is_missing(source, name)]
    if missing:
        raise RefusedError(f"missing required fields: {', '.join(missing)}")
    return Outcome(output={})


def _is_missing(source: Any, path: str) -> bool:
    for name in path.split("."):
        source = source.get(name) if isinstance(source, dict) else None
    return source is None or source == ""


KINDS: Final = (
    StepType(name="step.set", summary="puts values in", settings=SetSettings, run=_set),
    StepType(name="step.log", summary="logs a line", settings=LogSettings, run=_log),
    StepType(
        name="step.validate",
        summary="refuses input that lacks fields",
        settings=ValidateSettings,
        run=_validate,
    ),
)
