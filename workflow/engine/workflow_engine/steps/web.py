"""`step.request_parse`, `step.json_response`, `step.delegate`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from workflow_engine.errors import PipelineError, RefusedError
from workflow_engine.payload import encode
from workflow_engine.steps.interface import Mention, Outcome, Reply, Scene, StepType
from workflow_engine.templates import Template, Tree
from workflow_engine.templates.values import number_of

_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_VALUE: Final = re.compile(r"[\x20-\x7e]{0,4096}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseSettings:
    """Which parts of the request to bring in: named `path_params`, `query_params` and
    `parse_headers`, and whether to `parse_body`.
    """

    path_params: tuple[str, ...] = ()
    query_params: tuple[str, ...] = ()
    parse_body: bool = False
    parse_headers: tuple[str, ...] = ()


async def _parse(settings: ParseSettings, scene: Scene) -> Outcome:
    trigger = scene.trigger
    output: dict[str, Any] = {}
    if settings.path_params:
        output["path_params"] = _named(trigger.get("path_params"), settings.path_params)
    if settings.query_params:
        output["query"] = _named(trigger.get("query"), settings.query_params)
    if settings.parse_headers:
        output["headers"] = _headers(scene, settings.parse_headers)
    if settings.parse_body:
        if "body" not in trigger:
            raise RefusedError("a JSON object is expected, sent as application/json")
        output["body"] = trigger["body"]
    return Outcome(output=output)


def _named(values: Any, names: Iterable[str]) -> dict[str, str]:
    return {name: values[name] for name in names if isinstance(values, dict) and name in values}


def _headers(scene: Scene, names: Iterable[str]) -> dict[str, str]:
    if scene.exchange is None:
        return {}
    given = scene.exchange.request.headers
    return {name: given[name] for name in names if name in given}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseSettings:
    """`status` (or `status_from`, a path), `headers`, and `body` (or `body_from`, a path).
    Without either body, the current data.
    """

    status: int = 200
    status_from: str = ""
    headers: Mapping[str, Template] = field(default_factory=dict)
    body: Tree | None = None
    body_from: str = ""

    def __post_init__(self) -> None:
        if not 200 <= self.status <= 599:
            raise ValueError("status is between 200 and 599")
        if self.body is not None and self.body_from:
            raise ValueError("give body or body_from, not both")
        for name in self.headers:
            if not _HEADER.fullmatch(name):
                raise ValueError(f"{name[:40]!r} is no header's name")


async def _respond(settings: ResponseSettings, scene: Scene) -> Outcome:
    status, body = _status(settings, scene), _body(settings, scene)
    headers = {name: _header(name, text, scene) for name, text in settings.headers.items()}
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    try:
        reply = Reply(status=status, headers=headers, body=encode(body))
    except ValueError as error:
        raise PipelineError(f"the body is no JSON: {error}") from error
    return Outcome(output={"status": status}, stop=True, reply=reply)


def _status(settings: ResponseSettings, scene: Scene) -> int:
    if not settings.status_from:
        return settings.status
    status = int(number_of(scene.lookup(settings.status_from)))
    if not 200 <= status <= 599:
        raise PipelineError(f"{settings.status_from} gives {status}, which is no status")
    return status


def _body(settings: ResponseSettings, scene: Scene) -> Any:
    if settings.body is not None:
        return settings.body.values(scene.view())
    if settings.body_from:
        return scene.lookup(settings.body_from)
    return public(scene.current)


def public(current: Mapping[str, Any]) -> dict[str, Any]:
    """The data without the members that start with `_`, which are the engine's own."""
    return {key: value for key, value in current.items() if not key.startswith("_")}


def _header(name: str, template: Template, scene: Scene) -> str:
    value = template.render(scene.view())
    if not _VALUE.fullmatch(value):
        raise PipelineError(f"the header {name} holds more than printable ASCII")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegateSettings:
    """`service`: the handler module that answers instead."""

    service: str


async def _delegate(settings: DelegateSettings, scene: Scene) -> Outcome:
    if scene.exchange is None:
        raise PipelineError("there is no request to delegate: the trigger is not http")
    reply = await scene.services.delegate(settings.service, scene.exchange)
    return Outcome(output={"status": reply.status}, stop=True, reply=reply)


def _delegate_mentions(settings: DelegateSettings) -> Iterable[Mention]:
    yield Mention(kind="handler", name=settings.service, key="service")


KINDS: Final = (
    StepType(
        name="step.request_parse",
        summary="brings in parts of the request",
        settings=ParseSettings,
        run=_parse,
    ),
    StepType(
        name="step.json_response",
        summary="answers with JSON and ends the pipeline",
        settings=ResponseSettings,
        run=_respond,
    ),
    StepType(
        name="step.delegate",
        summary="lets a handler module answer",
        settings=DelegateSettings,
        run=_delegate,
        mentions=_delegate_mentions,
    ),
)
