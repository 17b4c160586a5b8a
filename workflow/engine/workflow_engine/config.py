"""A configuration as it is written: modules, routes and pipelines, not yet resolved.

Keys that other programs read (`ci`, `environments`, `secrets` …) are passed over; a key that
would change what the engine does and is not supported is a fault, never ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from workflow_engine import document
from workflow_engine.duration import Duration
from workflow_engine.errors import ConfigError, Fault, Faults
from workflow_engine.patterns import Method, Pattern
from workflow_engine.settings import Reader, camel, did_you_mean, kind_of, snake
from workflow_engine.templates import Template, Tree

_READ: Final = frozenset({"name", "version", "description", "modules", "workflows", "pipelines"})
_OTHERS: Final = frozenset({
    "app", "ci", "environments", "secrets", "secretStores", "vars", "variables", "infra",
    "infrastructure", "platform", "requires", "plugins", "sidecars", "services", "mesh",
    "networking", "security", "engine",
})  # fmt: skip
_NOT_YET: Final = {
    "imports": "put the imported modules and pipelines into this file",
    "application": "serve one file at a time",
    "triggers": "give the pipeline itself a trigger: pipelines.<name>.trigger",
}
_PATIENCE: Final = Duration(60)
_WORKFLOWS: Final = ("http", "messaging")
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,99}", re.ASCII)


class Name(str):
    """A name of a module, pipeline or step: up to 100 letters, digits and `_ . : / -`."""

    __slots__ = ()

    @classmethod
    def parse(cls, value: object) -> Name:
        """From a text; raises `ValueError`."""
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            raise ValueError(f"{str(value)[:40]!r} is no name: letters, digits and _ . : / -")
        return cls(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleSpec:
    """`modules[]`. `environments` holds what differs by environment; null means not there."""

    name: Name
    type: str
    config: Mapping[str, Any] | None = None
    depends_on: tuple[str, ...] | None = ()
    environments: Mapping[str, Any] | None = None
    protected: bool = False
    satisfies: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSpec:
    """`workflows.http.routes[]`: a handler module, or a pipeline by name or written out."""

    method: Method
    path: Pattern
    handler: str = ""
    pipeline: Any = None
    middlewares: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSpec:
    """`workflows.http`. `router` may be left out where there is only one."""

    router: str = ""
    server: str = ""
    routes: tuple[RouteSpec, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionSpec:
    """`workflows.messaging.subscriptions[]`."""

    topic: str
    handler: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagingSpec:
    """`workflows.messaging`."""

    broker: str = ""
    subscriptions: tuple[SubscriptionSpec, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerSpec:
    """`pipelines.<name>.trigger`."""

    type: Literal["http", "event", "eventbus"]
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSpec:
    """`pipelines.<name>.steps[]`. `skip_if` wins over `if`."""

    name: Name
    type: str
    config: Mapping[str, Any] | None = None
    on_error: Literal["stop", "skip", "compensate"] | None = None
    timeout: Duration | None = None
    skip_if: Template | None = None
    if_: Template | None = None
    error_status: int | None = None

    def __post_init__(self) -> None:
        if self.error_status is not None and not 400 <= self.error_status <= 599:
            raise ValueError("error_status is between 400 and 599")


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineSpec:
    """`pipelines.<name>`."""

    trigger: TriggerSpec | None = None
    steps: tuple[StepSpec, ...] = ()
    on_error: Literal["stop", "skip", "compensate"] = "stop"
    timeout: Duration = _PATIENCE
    compensation: tuple[StepSpec, ...] = ()
    outputs: Mapping[str, Tree] = field(default_factory=dict)
    strict_templates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One file. A module or pipeline that can't be read is None; the faults say why. `unread`
    holds the names of such modules, so that nobody reports them as not there.
    """

    name: str
    modules: tuple[ModuleSpec | None, ...]
    http: HttpSpec
    messaging: MessagingSpec
    pipelines: Mapping[str, PipelineSpec | None]
    unread: frozenset[str] = frozenset()


def read(data: bytes, faults: Faults) -> Config:
    """What the YAML in `data` says; faults of its shape are added to `faults`.

    Raises `ConfigError` when it is no YAML document to begin with.
    """
    table = document.read(data)
    if not isinstance(table, dict):
        message = f"a configuration is a table, not {kind_of(table)}"
        raise ConfigError([Fault("", message, "start with 'modules:' or 'pipelines:'")])
    _check_keys(table, faults)
    modules, snakes = Reader(faults, camel), Reader(faults, snake)
    workflows = _workflows(table, faults)
    raw = _list(table, "modules", faults)
    specs = tuple(modules.read(ModuleSpec, each, f"modules[{at}]") for at, each in enumerate(raw))
    return Config(
        name=str(table.get("name") or "workflow")[:100],
        modules=specs,
        http=modules.read(HttpSpec, workflows.get("http"), "workflows.http") or HttpSpec(),
        messaging=modules.read(MessagingSpec, workflows.get("messaging"), "workflows.messaging")
        or MessagingSpec(),
        pipelines={
            name: snakes.read(PipelineSpec, spec, f"pipelines.{name}")
            for name, spec in _table(table, "pipelines", faults).items()
            if _named(name, faults)
        },
        unread=frozenset(
            str(each["name"])
            for each, spec in zip(raw, specs, strict=True)
            if spec is None and isinstance(each, dict) and "name" in each
        ),
    )


def _check_keys(table: Mapping[str, Any], faults: Faults) -> None:
    for key in table:
        if key in _NOT_YET:
            faults.append(Fault(key, "not supported yet", _NOT_YET[key]))
        elif key not in _READ | _OTHERS:
            faults.append(Fault(key[:100], "unknown key", did_you_mean(key, _READ)))
    if not table.get("modules") and not table.get("pipelines"):
        faults.append(Fault("", "nothing to run", "declare modules or pipelines"))


def _workflows(table: Mapping[str, Any], faults: Faults) -> Mapping[str, Any]:
    workflows = _table(table, "workflows", faults)
    for kind in workflows:
        if kind not in _WORKFLOWS:
            remedy = did_you_mean(kind, _WORKFLOWS)
            faults.append(Fault(f"workflows.{kind}", "unknown kind of workflow", remedy))
    return workflows


def _list(table: Mapping[str, Any], key: str, faults: Faults) -> list[Any]:
    value = table.get(key)
    if isinstance(value, list) or value is None:
        return value or []
    faults.append(Fault(key, f"a list is expected, not {kind_of(value)}"))
    return []


def _table(table: Mapping[str, Any], key: str, faults: Faults) -> Mapping[str, Any]:
    value = table.get(key)
    if isinstance(value, Mapping) or value is None:
        return value or {}
    faults.append(Fault(key, f"a table is expected, not {kind_of(value)}"))
    return {}


def _named(name: str, faults: Faults) -> bool:
    try:
        Name.parse(name)
    except ValueError as error:
        faults.append(Fault("pipelines", str(error)))
        return False
    return True
