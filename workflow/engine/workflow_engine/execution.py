"""Runs one pipeline: step after step, within its time, with its errors handled."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from workflow_engine.blueprint import PlannedPipeline, PlannedStep
from workflow_engine.errors import PipelineError, RefusedError, TemplateError
from workflow_engine.host import Clock
from workflow_engine.modules.interface import Exchange
from workflow_engine.steps.interface import Outcome, Reply, Scene, Services
from workflow_engine.steps.web import public
from workflow_engine.templates.evaluate import Data

MAX_STEPS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What set a pipeline going."""

    data: Mapping[str, Any] = field(default_factory=dict)
    exchange: Exchange | None = None
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a pipeline came to: its result, everything it left, and its reply, if it made one."""

    value: Mapping[str, Any]
    current: Mapping[str, Any]
    reply: Reply | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """Runs pipelines for one engine."""

    services: Services
    clock: Clock
    log: logging.Logger

    async def run(self, pipeline: PlannedPipeline, trigger: Trigger) -> Result:
        """The result; raises `PipelineError` (`RefusedError` when the input is at fault)."""
        scene = self._scene(pipeline, trigger)
        try:
            async with asyncio.timeout(pipeline.timeout.seconds):
                reply = await self._steps(pipeline, scene)
                return _result(pipeline, scene, reply)
        except TimeoutError:
            raise PipelineError(f"{pipeline.name}: took too long") from None
        except TemplateError as error:
            raise PipelineError(f"{pipeline.name}: outputs: {error}") from error

    def _scene(self, pipeline: PlannedPipeline, trigger: Trigger) -> Scene:
        meta = {
            "pipeline": pipeline.name,
            "execution_id": str(uuid.uuid4()),
            "started_at": self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        return Scene(
            pipeline=pipeline.name,
            trigger=trigger.data,
            current=dict(trigger.data),
            meta=meta,
            data=self._strict_data if pipeline.strict_templates else self._data,
            services=self.services,
            log=self.log,
            exchange=trigger.exchange,
            depth=trigger.depth,
        )

    def _data(self, scene: Scene) -> Data:
        def missing(path: str) -> None:
            self.log.warning("%s: nothing at %s", scene.pipeline, path)

        return self._view(scene, missing)

    def _strict_data(self, scene: Scene) -> Data:
        def missing(path: str) -> None:
            raise TemplateError(f"nothing at {path}")

        return self._view(scene, missing)

    def _view(self, scene: Scene, missing: Any) -> Data:
        own = {"steps": scene.steps, "trigger": scene.trigger, "meta": scene.meta}
        return Data(
            root={**scene.current, **own},
            now=self.clock.now,
            new_uuid=lambda: str(uuid.uuid4()),
            missing=missing,
        )

    async def _steps(self, pipeline: PlannedPipeline, scene: Scene) -> Reply | None:
        """Every step from the first, following jumps; the reply of the one that made one."""
        places = {step.name: at for at, step in enumerate(pipeline.steps)}
        reply: Reply | None = None
        at = taken = 0
        while at < len(pipeline.steps):
            taken += 1
            if taken > MAX_STEPS:
                raise PipelineError(f"{pipeline.name}: more than {MAX_STEPS} steps; it goes round")
            await asyncio.sleep(0)  # steps that never wait still let time-outs and others in
            outcome = await self._handled(pipeline, pipeline.steps[at], scene)
            reply = outcome.reply or reply
            if outcome.stop:
                break
            at = places[outcome.next_step] if outcome.next_step else at + 1
        return reply

    async def _handled(self, pipeline: PlannedPipeline, step: PlannedStep, scene: Scene) -> Outcome:
        try:
            outcome = await self._guarded(step, scene)
        except (PipelineError, TemplateError, TimeoutError) as error:
            return await self._failed(pipeline, step, scene, error)
        if outcome is None:
            return Outcome()
        _keep(scene, step, outcome.output)
        return outcome

    async def _guarded(self, step: PlannedStep, scene: Scene) -> Outcome | None:
        """The step's outcome; None where its conditions keep it from running."""
        if step.skip_if is not None and step.skip_if.holds(scene.view()):
            return None
        only_if = step.only_if if step.skip_if is None else None
        if only_if is not None and not only_if.holds(scene.view()):
            return None
        seconds = None if step.timeout is None else step.timeout.seconds
        async with asyncio.timeout(seconds):
            return await step.kind.run(step.settings, scene)

    async def _failed(
        self, pipeline: PlannedPipeline, step: PlannedStep, scene: Scene, error: Exception
    ) -> Outcome:
        message = "took too long" if isinstance(error, TimeoutError) else str(error)
        if step.on_error == "skip":
            self.log.warning("%s: %s skipped: %s", pipeline.name, step.name, message)
            _keep(scene, step, {"_error": message, "_skipped": True})
            return Outcome()
        if step.on_error == "compensate":
            await self._compensate(pipeline, scene)
        if isinstance(error, RefusedError):
            raise RefusedError(message, status=step.error_status or error.status) from error
        if step.error_status is not None:
            raise RefusedError("the request could not be processed", status=step.error_status)
        raise PipelineError(f"{pipeline.name}: step {step.name}: {message}") from error

    async def _compensate(self, pipeline: PlannedPipeline, scene: Scene) -> None:
        """Undo in reverse; a failure here is logged, the first error is the one that counts."""
        for step in reversed(pipeline.compensation):
            try:
                outcome = await self._guarded(step, scene)
            except (PipelineError, TemplateError, TimeoutError) as error:
                self.log.warning("%s: compensation %s: %s", pipeline.name, step.name, error)
            else:
                _keep(scene, step, outcome.output if outcome else {})


def _keep(scene: Scene, step: PlannedStep, output: Mapping[str, Any]) -> None:
    scene.steps[step.name] = dict(output)
    scene.current.update(output)


def _result(pipeline: PlannedPipeline, scene: Scene, reply: Reply | None) -> Result:
    value = public(scene.current)
    if pipeline.outputs:
        value = {name: tree.values(scene.view()) for name, tree in pipeline.outputs.items()}
    return Result(value=value, current=scene.current, reply=reply)
