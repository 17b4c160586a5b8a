"""Routes, mounts and subscriptions of a configuration, bound to the modules that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from workflow_engine.blueprint import PlannedModule, PlannedRoute, PlannedSubscription
from workflow_engine.config import Config, HttpSpec, PipelineSpec, RouteSpec
from workflow_engine.errors import Fault, Faults
from workflow_engine.modules.interface import Handler, Middleware, Module, Publisher, Subscriber
from workflow_engine.patterns import Method, Pattern
from workflow_engine.settings import Reader, did_you_mean, snake


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """The modules there are, and the list that faults go to. `faulty` are the names of modules
    that have faults themselves: nobody else reports them as not there.
    """

    modules: Mapping[str, PlannedModule]
    faults: Faults
    faulty: frozenset[str] = frozenset()

    def fault(self, path: str, message: str, remedy: str = "") -> None:
        """Report one thing wrong."""
        self.faults.append(Fault(path, message, remedy))

    def of(self, role: type[Module] | str) -> tuple[str, ...]:
        """The names of all modules of a role (a class) or of a type (its name)."""
        return tuple(name for name, module in self.modules.items() if _plays(module, role))

    def the(self, role: type[Module] | str, name: str, path: str, what: str) -> str:
        """The module of that name and role; without a name, the only one of the role."""
        known = self.of(role)
        if name in known or (not name and len(known) == 1):
            return name or known[0]
        if name in self.faulty or (not name and not known and self.faulty):
            return ""
        if name:
            self.fault(path, f"no {what} named {name[:80]!r}", did_you_mean(name, known))
        elif not known:
            self.fault(path, f"there is no {what}", f"add a module that is a {what}")
        else:
            self.fault(path, f"there is more than one {what}", f"name one: {', '.join(known)}")
        return ""


def _plays(module: PlannedModule, role: type[Module] | str) -> bool:
    if isinstance(role, str):
        return module.kind.name == role
    return issubclass(module.kind.module, role)


_GET: Final = Method("GET")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpTrigger:
    """`pipelines.<name>.trigger.config` for http."""

    path: Pattern
    method: Method = _GET
    middlewares: tuple[str, ...] = ()
    include_raw_body: bool = False


_Placed = tuple[str, PlannedRoute]


def routes(
    config: Config, wiring: Wiring
) -> tuple[dict[str, PipelineSpec | None], tuple[PlannedRoute, ...]]:
    """Pipelines written out in routes, by the names they get; and all routes there are."""
    router = _router(config.http, wiring) if _needs_router(config) else ""
    server = _server_of(router, wiring)
    declared = [
        (f"workflows.http.routes[{at}]", spec) for at, spec in enumerate(config.http.routes)
    ]
    inline = {
        _inline_name(spec): Reader(wiring.faults, snake).read(
            PipelineSpec, spec.pipeline, f"{path}.pipeline"
        )
        for path, spec in declared
        if isinstance(spec.pipeline, Mapping)
    }
    placed = [(path, _declared(path, spec, server, wiring)) for path, spec in declared]
    for path, spec in declared:
        _check_answered(path, spec, config.pipelines, wiring)
    placed.extend(_triggered(config, server, wiring))
    placed.extend(_mounted(wiring))
    _refuse_doubles(placed, wiring)
    return inline, tuple(route for _, route in placed)


def _inline_name(spec: RouteSpec) -> str:
    return f"{spec.method} {spec.path}"


def _needs_router(config: Config) -> bool:
    triggers = [spec.trigger for spec in config.pipelines.values() if spec]
    by_http = any(trigger is not None and trigger.type == "http" for trigger in triggers)
    return bool(config.http.routes or config.http.router or by_http)


def _router(http: HttpSpec, wiring: Wiring) -> str:
    if http.server and not http.router:
        on_server = [name for name in wiring.of("http.router") if _names(wiring, name, http.server)]
        if len(on_server) == 1:
            return on_server[0]
    return wiring.the("http.router", http.router, "workflows.http.router", "http.router")


def _names(wiring: Wiring, router: str, server: str) -> bool:
    module = wiring.modules[router]
    return server in {module.settings.server, *module.depends_on}


def _server_of(router: str, wiring: Wiring) -> str:
    """The server a router is on: the one it names, depends on, or the only one."""
    if not router:
        return ""
    module, servers = wiring.modules[router], wiring.of("http.server")
    depends = [name for name in module.depends_on if name in servers]
    named = module.settings.server or (depends[0] if depends else "")
    return wiring.the("http.server", named, f"{module.path}.config.server", "http.server")


def _declared(path: str, spec: RouteSpec, server: str, wiring: Wiring) -> PlannedRoute:
    inline = isinstance(spec.pipeline, Mapping)
    return PlannedRoute(
        server=server,
        method=spec.method,
        pattern=spec.path,
        handler=spec.handler,
        pipeline=_inline_name(spec) if inline else str(spec.pipeline or ""),
        middlewares=_middlewares(spec.middlewares, path, wiring),
    )


def _check_answered(path: str, spec: RouteSpec, pipelines: Iterable[str], wiring: Wiring) -> None:
    """A route names a handler or a pipeline that is there."""
    if spec.handler:
        wiring.the(Handler, spec.handler, f"{path}.handler", "handler")
    elif not spec.pipeline:
        wiring.fault(path, "neither a handler nor a pipeline", "name one of them")
    if isinstance(spec.pipeline, Mapping) or not spec.pipeline:
        return
    name = str(spec.pipeline)
    if name not in pipelines:
        remedy = did_you_mean(name, pipelines)
        wiring.fault(f"{path}.pipeline", f"no pipeline named {name[:80]!r}", remedy)


def _middlewares(names: tuple[str, ...], path: str, wiring: Wiring) -> tuple[str, ...]:
    for at, name in enumerate(names):
        wiring.the(Middleware, name or "-", f"{path}.middlewares[{at}]", "middleware")
    return names


def _triggered(config: Config, server: str, wiring: Wiring) -> Iterator[_Placed]:
    for name, spec in config.pipelines.items():
        if spec is None or spec.trigger is None or spec.trigger.type != "http":
            continue
        path = f"pipelines.{name}.trigger.config"
        trigger = Reader(wiring.faults, snake).read(HttpTrigger, spec.trigger.config, path)
        if trigger is not None:
            yield (
                path,
                PlannedRoute(
                    server=server,
                    method=trigger.method,
                    pattern=trigger.path,
                    pipeline=name,
                    middlewares=_middlewares(trigger.middlewares, path, wiring),
                ),
            )


def _mounted(wiring: Wiring) -> Iterator[_Placed]:
    """The routes modules bring along, on the router they name, depend on, or the only one."""
    for name, module in wiring.modules.items():
        mounts = module.kind.mounts(module.settings)
        if not mounts:
            continue
        depends = [needs for needs in module.depends_on if needs in wiring.of("http.router")]
        named = module.settings.router or (depends[0] if depends else "")
        router = wiring.the("http.router", named, f"{module.path}.config.router", "http.router")
        server = _server_of(router, wiring)
        for mount in mounts:
            pattern = Pattern.parse(mount.path)
            yield (
                module.path,
                PlannedRoute(
                    server=server,
                    method=mount.method,
                    pattern=pattern,
                    handler=name,
                    endpoint=mount.endpoint,
                ),
            )


def _refuse_doubles(placed: list[_Placed], wiring: Wiring) -> None:
    seen: dict[Any, str] = {}
    for path, route in placed:
        key = (route.server, route.method, route.pattern.shape)
        if key in seen:
            wiring.fault(path, f"{route.label} is a route already", f"see {seen[key]}")
        seen.setdefault(key, path)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTrigger:
    """`pipelines.<name>.trigger.config` for event and eventbus."""

    topic: str
    event: str = ""
    broker: str = ""


def subscriptions(config: Config, wiring: Wiring) -> tuple[PlannedSubscription, ...]:
    """Everyone who takes messages: modules by `workflows.messaging`, pipelines by trigger."""
    return (*_module_subscriptions(config, wiring), *_pipeline_subscriptions(config, wiring))


def _module_subscriptions(config: Config, wiring: Wiring) -> Iterator[PlannedSubscription]:
    spec = config.messaging
    if not spec.subscriptions and not spec.broker:
        return
    broker = wiring.the(Publisher, spec.broker, "workflows.messaging.broker", "messaging.broker")
    for at, each in enumerate(spec.subscriptions):
        path = f"workflows.messaging.subscriptions[{at}].handler"
        handler = wiring.the(Subscriber, each.handler or "-", path, "messaging.handler")
        yield PlannedSubscription(broker=broker, topic=each.topic, handler=handler)


def _pipeline_subscriptions(config: Config, wiring: Wiring) -> Iterator[PlannedSubscription]:
    for name, spec in config.pipelines.items():
        if spec is None or spec.trigger is None or spec.trigger.type == "http":
            continue
        path = f"pipelines.{name}.trigger.config"
        trigger = Reader(wiring.faults, snake).read(EventTrigger, spec.trigger.config, path)
        if trigger is not None:
            broker = wiring.the(Publisher, trigger.broker, path, "messaging.broker")
            yield PlannedSubscription(broker=broker, topic=trigger.topic, pipeline=name)
