"""A configuration into a blueprint: every name looked up, every fault reported at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflow_engine.blueprint import Blueprint, PlannedModule
from workflow_engine.config import Config, ModuleSpec
from workflow_engine.environment import resolve_for_env
from workflow_engine.errors import ConfigError, Fault, Faults
from workflow_engine.expansion import expand_tree
from workflow_engine.modules import MODULES
from workflow_engine.modules.interface import ModuleType
from workflow_engine.order import CycleError, start_order
from workflow_engine.resolve_pipelines import pipelines
from workflow_engine.resolve_routes import Wiring, routes, subscriptions
from workflow_engine.settings import Reader, camel, did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a configuration is resolved against: the environment's name (or none), the variables
    `${…}` may name, and the folder that relative paths start from.
    """

    env: str
    variables: Mapping[str, str]
    folder: Path


def resolve(config: Config, faults: Faults, around: Surroundings) -> Blueprint:
    """The blueprint; raises `ConfigError` with `faults` and all that are found here."""
    modules, faulty = _modules(config, faults, around)
    wiring = Wiring(modules=modules, faults=faults, faulty=faulty)
    inline, planned_routes = routes(config, wiring)
    planned_pipelines = pipelines({**config.pipelines, **inline}, wiring)
    planned_subscriptions = subscriptions(config, wiring)
    order = _ordered(modules, faults)
    if faults:
        raise ConfigError(_sorted(faults))
    return Blueprint(
        name=config.name,
        folder=around.folder,
        modules=tuple(modules[name] for name in order),
        routes=planned_routes,
        pipelines=planned_pipelines,
        subscriptions=planned_subscriptions,
    )


def _sorted(faults: Faults) -> list[Fault]:
    """Each fault once, in the order found."""
    return list(dict.fromkeys(faults))


def _modules(
    config: Config, faults: Faults, around: Surroundings
) -> tuple[dict[str, PlannedModule], frozenset[str]]:
    """The modules by name, in declared order, and the names of those that have faults."""
    declared = [(f"modules[{at}]", spec) for at, spec in enumerate(config.modules) if spec]
    planned: dict[str, PlannedModule] = {}
    faulty = set(config.unread)
    for path, spec in declared:
        before = len(faults)
        if spec.name in planned:
            faults.append(Fault(f"{path}.name", f"a second module named {str(spec.name)!r}"))
        elif (module := _module(path, spec, faults, around)) is not None:
            planned[module.name] = module
        elif len(faults) > before:
            faulty.add(str(spec.name))
    every = {str(spec.name) for _, spec in declared} | config.unread
    null = every - planned.keys() - faulty
    for path, spec in declared:
        for fault in _dependency_faults(path, spec, every, null):
            faults.append(fault)
    return planned, frozenset(faulty)


def _module(
    path: str, spec: ModuleSpec, faults: Faults, around: Surroundings
) -> PlannedModule | None:
    kind = _kind(path, spec.type, faults)
    for env, override in (spec.environments or {}).items():
        if override is not None and not isinstance(override, Mapping):
            faults.append(Fault(f"{path}.environments.{env}", "a table or null is expected"))
            return None
    here = resolve_for_env(spec, around.env)
    if kind is None or here is None:
        return None
    config = expand_tree(dict(here.config), around.variables)
    settings: Any = Reader(faults, camel).read(kind.settings, config, f"{path}.config")
    if settings is None:
        return None
    depends_on = tuple(spec.depends_on or ())
    return PlannedModule(
        path=path, name=here.name, kind=kind, settings=settings, depends_on=depends_on
    )


def _kind(path: str, name: str, faults: Faults) -> ModuleType | None:
    kind = MODULES.get(name)
    if kind is None:
        message = f"unknown module type {name[:80]!r}"
        faults.append(Fault(f"{path}.type", message, did_you_mean(name, MODULES)))
    return kind


def _dependency_faults(
    path: str, spec: ModuleSpec, every: Collection[str], null: Collection[str]
) -> Iterator[Fault]:
    """`null` are the modules that the environment says are not there."""
    if spec.name in null:
        return
    for at, name in enumerate(spec.depends_on or ()):
        where = f"{path}.dependsOn[{at}]"
        if not name:
            yield Fault(where, "an empty name")
        elif name in null:
            yield Fault(where, f"{name[:80]!r} is null in this environment")
        elif name not in every:
            yield Fault(where, f"no module named {name[:80]!r}", did_you_mean(name, every))


def _ordered(modules: Mapping[str, PlannedModule], faults: Faults) -> tuple[str, ...]:
    try:
        return start_order({name: module.depends_on for name, module in modules.items()})
    except CycleError as cycle:
        message = f"modules depend on each other in a circle: {cycle}"
        faults.append(Fault("modules", message, "break the circle at one of them"))
        return ()
