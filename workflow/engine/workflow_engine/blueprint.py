"""A configuration resolved: everything checked, every name bound, ready to be built or shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workflow_engine.duration import Duration
from workflow_engine.modules.interface import ModuleType
from workflow_engine.patterns import Pattern
from workflow_engine.steps.interface import StepType
from workflow_engine.templates import Template, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedModule:
    """A module with its settings read; `path` is where the file declares it."""

    path: str
    name: str
    kind: ModuleType
    settings: Any
    depends_on: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRoute:
    """A route on a server. It is answered by a handler module (at one of its endpoints, when the
    module brought the route along) or by a pipeline.
    """

    server: str
    method: str
    pattern: Pattern
    handler: str = ""
    endpoint: str = ""
    pipeline: str = ""
    middlewares: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Method and path, as a person names the route."""
        return f"{self.method} {self.pattern}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """A step with its settings read; `on_error` has the pipeline's where it had none."""

    name: str
    kind: StepType
    settings: Any
    on_error: str = "stop"
    timeout: Duration | None = None
    skip_if: Template | None = None
    only_if: Template | None = None
    error_status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPipeline:
    """A pipeline whose steps only name steps, modules and pipelines that are there."""

    name: str
    steps: tuple[PlannedStep, ...]
    compensation: tuple[PlannedStep, ...] = ()
    timeout: Duration = field(default_factory=lambda: Duration(60))
    outputs: Mapping[str, Tree] = field(default_factory=dict)
    strict_templates: bool = False
    include_raw_body: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSubscription:
    """Who takes the messages of a topic: a messaging.handler, or a pipeline."""

    broker: str
    topic: str
    handler: str = ""
    pipeline: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """Everything an engine is built from; `modules` are in start order."""

    name: str
    folder: Path
    modules: tuple[PlannedModule, ...]
    routes: tuple[PlannedRoute, ...]
    pipelines: tuple[PlannedPipeline, ...]
    subscriptions: tuple[PlannedSubscription, ...]
