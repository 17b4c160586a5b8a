"""Pipelines behind routes: a request into trigger data, a result into a response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from workflow_engine import payload
from workflow_engine.blueprint import PlannedPipeline
from workflow_engine.errors import RefusedError
from workflow_engine.execution import Executor, Result, Trigger
from workflow_engine.modules.interface import Exchange
from workflow_engine.steps.interface import Reply


async def answer(executor: Executor, pipeline: PlannedPipeline, exchange: Exchange) -> Response:
    """Run the pipeline on a request and answer with what it came to.

    Its own reply wins; then `_pipeline_output` as JSON; else 202. A refusal is answered with its
    status and words; any other error is raised, for the dispatcher to hide.
    """
    try:
        data = await trigger_data(exchange, raw=pipeline.include_raw_body)
        result = await executor.run(pipeline, Trigger(data=data, exchange=exchange))
    except RefusedError as refusal:
        return JSONResponse({"error": refusal.message}, status_code=refusal.status)
    return _response(result)


def _response(result: Result) -> Response:
    if result.reply is not None:
        return response_of(result.reply)
    if "_pipeline_output" in result.current:
        body = payload.encode(result.current["_pipeline_output"])
        return Response(body, media_type="application/json")
    return JSONResponse({"status": "workflow triggered"}, status_code=202)


def response_of(reply: Reply) -> Response:
    """A pipeline's reply as a response. It declares its type; no browser shall guess another."""
    headers = {"X-Content-Type-Options": "nosniff", **reply.headers}
    return Response(reply.body, status_code=reply.status, headers=headers)


async def trigger_data(exchange: Exchange, *, raw: bool) -> Mapping[str, Any]:
    """Method, path, path parameters, the first value of each query key, and a JSON object body.

    Raises `RefusedError`: 413 for a body too large, 400 for one that claims to be JSON and isn't.
    """
    request = exchange.request
    data: dict[str, Any] = {
        "method": request.method,
        "path": request.scope["path"],
        "path_params": dict(exchange.params),
        "query": _first_values(request.query_params.multi_items()),
    }
    body = await _body(exchange)
    if raw:
        data["raw_body"] = body.decode("utf-8", errors="replace")
    if body and "json" in request.headers.get("content-type", ""):
        data |= _json_object(body)
    return data


def _first_values(items: list[tuple[str, str]]) -> dict[str, str]:
    values: dict[str, str] = {}
    for key, value in items:
        values.setdefault(key, value)
    return values


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = payload.decode(body)
    except payload.PayloadError as error:
        raise RefusedError(f"body: {error}") from None
    return {"body": value} if isinstance(value, dict) else {}


async def _body(exchange: Exchange) -> bytes:
    """The body, at most `payload.MAX_BYTES` of it."""
    parts, size = [], 0
    async for part in exchange.request.stream():
        size += len(part)
        if size > payload.MAX_BYTES:
            raise RefusedError("the body is too large", status=413)
        parts.append(part)
    return b"".join(parts)
