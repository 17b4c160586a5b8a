"""Requests to routes: the ASGI application of one server."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from workflow_engine.blueprint import PlannedRoute
from workflow_engine.modules.interface import Answer, Exchange

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_NOT_FOUND: Final = "not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundRoute:
    """A route and what answers it, middlewares around it. `preflight` is the same chain around
    an empty answer: what OPTIONS gets where no route has that method.
    """

    route: PlannedRoute
    answer: Answer
    preflight: Answer


Observe = Callable[[str, str, int, float], None]


class Dispatcher:
    """Finds the most specific route and lets it answer.

    404 where no path fits, 405 with `Allow` where only the method does not, 500 without a word
    about the cause when what answers fails.
    """

    def __init__(
        self,
        routes: Sequence[BoundRoute],
        *,
        observe: Observe,
        monotonic: Callable[[], float],
        log: logging.Logger,
    ) -> None:
        self._routes = sorted(routes, key=lambda bound: bound.route.pattern.shape)
        self._observe = observe
        self._monotonic = monotonic
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        if scope["type"] != "http":
            return
        began = self._monotonic()
        request = Request(scope, receive)
        label, response = await self._respond(request)
        self._observe(_method(request), label, response.status_code, self._monotonic() - began)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> tuple[str, Response]:
        fitting = self._fitting(request.scope["path"])
        if not fitting:
            return "none", JSONResponse({"error": _NOT_FOUND}, status_code=404)
        method = "GET" if request.method == "HEAD" else request.method
        for bound, params in fitting:
            if bound.route.method == method:
                return await self._answered(bound, bound.answer, request, params)
        return await self._other_method(request, fitting)

    def _fitting(self, path: str) -> list[tuple[BoundRoute, dict[str, str]]]:
        """Routes of the most specific shape that fits the path and of those behind it."""
        found = ((bound, bound.route.pattern.match(path)) for bound in self._routes)
        return [(bound, params) for bound, params in found if params is not None]

    async def _other_method(
        self, request: Request, fitting: list[tuple[BoundRoute, dict[str, str]]]
    ) -> tuple[str, Response]:
        asked = request.headers.get("access-control-request-method", "")
        if request.method == "OPTIONS":
            for bound, params in fitting:
                if bound.route.method == asked:
                    return await self._answered(bound, bound.preflight, request, params)
        methods = {bound.route.method for bound, _ in fitting}
        allow = sorted(methods | ({"HEAD"} if "GET" in methods else set()))
        headers = {"Allow": ", ".join(allow)}
        return "none", JSONResponse({"error": "method not allowed"}, 405, headers=headers)

    async def _answered(
        self, bound: BoundRoute, answer: Answer, request: Request, params: dict[str, str]
    ) -> tuple[str, Response]:
        route = bound.route
        exchange = Exchange(
            request=request, params=params, endpoint=route.endpoint, route=str(route.pattern)
        )
        try:
            return str(route.pattern), await answer(exchange)
        except Exception:  # noqa: BLE001 - whatever it is, the caller must not read it
            self._log.exception("%s failed", route.label)
            return str(route.pattern), JSONResponse({"error": "internal error"}, status_code=500)


def _method(request: Request) -> str:
    """The method as a metric's label: the caller does not choose its values."""
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    return request.method if request.method in known else "other"


async def empty(_exchange: Any) -> Response:
    """The answer to OPTIONS behind the middlewares of a route."""
    return Response(status_code=204)
