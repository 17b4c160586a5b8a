"""The engine: a blueprint built, started and stopped."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from workflow_engine import __version__, pipeline_http
from workflow_engine.blueprint import Blueprint, PlannedPipeline, PlannedRoute
from workflow_engine.dispatch import BoundRoute, Dispatcher, empty
from workflow_engine.errors import EngineError, PipelineError, StartError
from workflow_engine.execution import Executor, Trigger
from workflow_engine.host import Clock
from workflow_engine.metrics import Metrics
from workflow_engine.modules.interface import (
    Answer,
    Exchange,
    Handler,
    Middleware,
    Module,
    Publisher,
    Site,
    Subscriber,
)
from workflow_engine.steps.interface import Reply

if TYPE_CHECKING:
    from starlette.responses import Response

Role = TypeVar("Role", bound=Module)


class Engine:
    """Modules, routes and pipelines of one blueprint.

    `await start()`, serve `application(server)` for each server, `await stop()`. It is what
    modules see of the engine (`EngineView`) and what steps may ask of it (`Services`).
    """

    def __init__(self, blueprint: Blueprint, *, clock: Clock, log: logging.Logger) -> None:
        self.blueprint = blueprint
        self.metrics = Metrics()
        self._clock = clock
        self._log = log
        self._modules = {plan.name: self._built(plan) for plan in blueprint.modules}
        self._status = dict.fromkeys(self._modules, "created")
        self._pipelines = {pipeline.name: pipeline for pipeline in blueprint.pipelines}
        self._executor = Executor(services=self, clock=clock, log=log)
        self._started_at: datetime | None = None
        self._began = 0.0
        self._subscribe()

    def _built(self, plan: Any) -> Module:
        site = Site(
            name=plan.name,
            engine=self,
            folder=self.blueprint.folder,
            clock=self._clock,
            log=self._log.getChild(plan.name.replace(".", "_")),
        )
        module: Module = plan.kind.module(plan.settings, site)
        return module

    def _subscribe(self) -> None:
        for subscription in self.blueprint.subscriptions:
            broker = self._role(subscription.broker, Publisher)
            if subscription.handler:
                taker = self._role(subscription.handler, Subscriber)
                broker.subscribe(subscription.topic, taker.deliver)
            else:
                take = partial(self._take, self._pipelines[subscription.pipeline])
                broker.subscribe(subscription.topic, take)

    def _role(self, name: str, role: type[Role]) -> Role:
        """The module of that name; resolving has made sure that it plays the role."""
        module = self._modules[name]
        if not isinstance(module, role):
            raise PipelineError(f"{name} is no {role.__name__.lower()}")
        return module

    async def start(self) -> None:
        """Start every module in order; raises `StartError`, everything stopped again."""
        self._began, self._started_at = self._clock.monotonic(), self._clock.now()
        for name, module in self._modules.items():
            try:
                await module.start()
            except EngineError:
                await self.stop()
                raise
            except Exception as error:
                self._log.exception("%s did not start", name)
                await self.stop()
                raise StartError(f"{name} did not start: {type(error).__name__}") from error
            self._status[name] = "running"

    async def stop(self) -> None:
        """Stop every module in reverse order; what fails there is logged."""
        for name, module in reversed(self._modules.items()):
            try:
                await module.stop()
            except Exception:  # noqa: BLE001 - the others must be stopped all the same
                self._log.exception("%s did not stop", name)
            self._status[name] = "stopped"

    async def run_pipeline(self, name: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run one pipeline by name and give its result; raises `PipelineError`."""
        return await self.call(name, data, 0)

    def application(self, server: str) -> Dispatcher:
        """What answers the requests of one server."""
        routes = [self._bound(route) for route in self.blueprint.routes if route.server == server]
        return Dispatcher(
            routes, observe=self._observe, monotonic=self._clock.monotonic, log=self._log
        )

    def _observe(self, method: str, route: str, status: int, seconds: float) -> None:
        self.metrics.request(method=method, route=route, status=status, seconds=seconds)

    def _bound(self, route: PlannedRoute) -> BoundRoute:
        inner = self._answer(route)
        return BoundRoute(
            route=route, answer=self._wrapped(route, inner), preflight=self._wrapped(route, empty)
        )

    def _answer(self, route: PlannedRoute) -> Answer:
        if route.pipeline:
            return partial(self._answer_by_pipeline, self._pipelines[route.pipeline])
        return self._role(route.handler, Handler).handle

    def _wrapped(self, route: PlannedRoute, inner: Answer) -> Answer:
        """The first middleware named is the outermost."""
        for name in reversed(route.middlewares):
            inner = partial(self._role(name, Middleware).around, following=inner)
        return inner

    async def _answer_by_pipeline(self, pipeline: PlannedPipeline, exchange: Exchange) -> Response:
        try:
            response = await pipeline_http.answer(self._executor, pipeline, exchange)
        except Exception:
            self.metrics.pipeline(name=pipeline.name, outcome="failed")
            raise
        outcome = "completed" if response.status_code < 400 else "refused"
        self.metrics.pipeline(name=pipeline.name, outcome=outcome)
        return response

    async def _take(self, pipeline: PlannedPipeline, topic: str, payload: Any) -> None:
        body = payload if isinstance(payload, dict) else {"payload": payload}
        await self.call(pipeline.name, {"topic": topic, "body": body, **body}, 0)

    async def publish(self, topic: str, payload: Any, broker: str) -> None:
        """See `Services.publish`."""
        name = broker or next(
            name for name, module in self._modules.items() if isinstance(module, Publisher)
        )
        await self._role(name, Publisher).publish(topic, payload)

    async def call(self, pipeline: str, data: Mapping[str, Any], depth: int) -> Mapping[str, Any]:
        """See `Services.call`."""
        try:
            result = await self._executor.run(
                self._pipelines[pipeline], Trigger(data=data, depth=depth)
            )
        except PipelineError:
            self.metrics.pipeline(name=pipeline, outcome="failed")
            raise
        self.metrics.pipeline(name=pipeline, outcome="completed")
        return result.value

    async def delegate(self, handler: str, exchange: Exchange) -> Reply:
        """See `Services.delegate`."""
        response = await self._role(handler, Handler).handle(exchange)
        body = getattr(response, "body", None)
        if not isinstance(body, bytes):
            raise PipelineError(f"{handler} answers with a file; give it a route of its own")
        headers = {key: value for key, value in response.headers.items() if key != "content-length"}
        return Reply(status=response.status_code, headers=headers, body=body)

    def uptime(self) -> float:
        """See `EngineView.uptime`."""
        return self._clock.monotonic() - self._began if self._started_at else 0.0

    def status(self) -> Mapping[str, Any]:
        """See `EngineView.status`."""
        started = self._started_at.strftime("%Y-%m-%dT%H:%M:%SZ") if self._started_at else None
        return {
            "name": self.blueprint.name,
            "version": __version__,
            "status": "running",
            "startedAt": started,
            "uptimeSeconds": round(self.uptime(), 3),
            "modules": len(self._modules),
            "routes": len(self.blueprint.routes),
            "pipelines": len(self._pipelines),
        }

    def modules(self) -> list[Mapping[str, Any]]:
        """See `EngineView.modules`."""
        return [
            {
                "name": plan.name,
                "type": plan.kind.name,
                "status": self._status[plan.name],
                "dependsOn": list(plan.depends_on),
            }
            for plan in self.blueprint.modules
        ]

    def routes(self) -> list[Mapping[str, Any]]:
        """See `EngineView.routes`."""
        return [route_table(route) for route in self.blueprint.routes]

    def troubles(self) -> Mapping[str, str]:
        """See `EngineView.troubles`."""
        found = {name: module.trouble() for name, module in self._modules.items()}
        return {name: trouble for name, trouble in found.items() if trouble}


def route_table(route: PlannedRoute) -> Mapping[str, Any]:
    """A route ready for JSON; `pipeline` only where it has one."""
    table: dict[str, Any] = {
        "method": route.method,
        "path": str(route.pattern),
        "handler": route.handler,
        "middlewares": list(route.middlewares),
    }
    return table | ({"pipeline": route.pipeline} if route.pipeline else {})
