"""`http.middleware.cors`, `.requestid`, `.logging`, `.ratelimit`."""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from workflow_engine.modules.interface import Answer, Exchange, Middleware, ModuleType, Site

if TYPE_CHECKING:
    from starlette.responses import Response

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_CLIENTS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CorsSettings:
    """Which origins may call, with which methods and headers; `maxAge` in seconds."""

    allowed_origins: tuple[str, ...] = ("*",)
    allowed_methods: tuple[str, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    allowed_headers: tuple[str, ...] = ("Content-Type", "Authorization")
    allow_credentials: bool = False
    max_age: int = 600

    def __post_init__(self) -> None:
        if self.allow_credentials and "*" in self.allowed_origins:
            raise ValueError("allowCredentials needs its origins named; '*' would let anyone in")
        texts = (*self.allowed_origins, *self.allowed_methods, *self.allowed_headers)
        if not all(re.fullmatch(r"[\x21-\x7e]{1,200}", text) for text in texts):
            raise ValueError("origins, methods and headers are plain words")


class Cors(Middleware):
    """Answers preflight requests and marks answers with what the origin may read."""

    def __init__(self, settings: CorsSettings, site: Site) -> None:
        super().__init__(settings, site)
        self._settings = settings

    async def around(self, exchange: Exchange, following: Answer) -> Response:
        """See `Middleware.around`."""
        from starlette.responses import Response

        origin = exchange.request.headers.get("origin", "")
        asks = "access-control-request-method" in exchange.request.headers
        if exchange.request.method == "OPTIONS" and asks:
            response = Response(status_code=204)
            if self._allows(origin):
                self._describe(response)
        else:
            response = await following(exchange)
        self._mark(response, origin)
        return response

    def _allows(self, origin: str) -> bool:
        allowed = self._settings.allowed_origins
        return bool(origin) and ("*" in allowed or origin in allowed)

    def _mark(self, response: Response, origin: str) -> None:
        if "*" not in self._settings.allowed_origins:
            response.headers.add_vary_header("Origin")
        if not self._allows(origin):
            return
        everyone = "*" in self._settings.allowed_origins
        response.headers["Access-Control-Allow-Origin"] = "*" if everyone else origin
        if self._settings.allow_credentials:
            response.headers["Access-Control-Allow-Credentials"] = "true"

    def _describe(self, response: Response) -> None:
        settings = self._settings
        response.headers["Access-Control-Allow-Methods"] = ", ".join(settings.allowed_methods)
        response.headers["Access-Control-Allow-Headers"] = ", ".join(settings.allowed_headers)
        response.headers["Access-Control-Max-Age"] = str(settings.max_age)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestIdSettings:
    """The header that carries the id."""

    header: str = "X-Request-ID"

    def __post_init__(self) -> None:
        if not _HEADER.fullmatch(self.header):
            raise ValueError("header is a header's name")


class RequestId(Middleware):
    """Gives every answer an id: the caller's own when it is a plain word, else a new one."""

    def __init__(self, settings: RequestIdSettings, site: Site) -> None:
        super().__init__(settings, site)
        self._header = settings.header

    async def around(self, exchange: Exchange, following: Answer) -> Response:
        """See `Middleware.around`."""
        given = exchange.request.headers.get(self._header, "")
        known = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
        exchange.request.state.request_id = known
        response = await following(exchange)
        response.headers[self._header] = known
        return response


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingSettings:
    """The level requests are logged at."""

    log_level: Literal["debug", "info", "warn", "error"] = "info"


class RequestLog(Middleware):
    """One line a request: method, route, status, milliseconds, request id."""

    def __init__(self, settings: LoggingSettings, site: Site) -> None:
        super().__init__(settings, site)
        self._level = {"debug": 10, "info": 20, "warn": 30, "error": 40}[settings.log_level]

    async def around(self, exchange: Exchange, following: Answer) -> Response:
        """See `Middleware.around`."""
        began = self.site.clock.monotonic()
        response = await following(exchange)
        spent = (self.site.clock.monotonic() - began) * 1000
        known = getattr(exchange.request.state, "request_id", "-")
        method, route = exchange.request.method, exchange.route
        said = (method, route, response.status_code, spent, known)
        self.site.log.log(self._level, "%s %s %d %.1fms %s", *said)
        return response


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitSettings:
    """How many requests a minute one client address may make, and how many at once."""

    requests_per_minute: int = 60
    burst_size: int = 10

    def __post_init__(self) -> None:
        if self.requests_per_minute < 1 or self.burst_size < 1:
            raise ValueError("requestsPerMinute and burstSize are at least 1")


class RateLimit(Middleware):
    """A token bucket for each client address; the longest unseen address is forgotten first."""

    def __init__(self, settings: RateLimitSettings, site: Site) -> None:
        super().__init__(settings, site)
        self._settings = settings
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def around(self, exchange: Exchange, following: Answer) -> Response:
        """See `Middleware.around`."""
        client = exchange.request.client
        wait = self.take(client.host if client else "")
        if not wait:
            return await following(exchange)
        from starlette.responses import JSONResponse

        headers = {"Retry-After": str(max(1, round(wait)))}
        return JSONResponse({"error": "too many requests"}, status_code=429, headers=headers)

    def take(self, client: str) -> float:
        """Take one token: 0 when there was one, else the seconds until there is."""
        now, rate = self.site.clock.monotonic(), self._settings.requests_per_minute / 60
        tokens, seen = self._buckets.pop(client, (float(self._settings.burst_size), now))
        tokens = min(float(self._settings.burst_size), tokens + (now - seen) * rate)
        enough = tokens >= 1
        self._buckets[client] = (tokens - 1 if enough else tokens, now)
        if len(self._buckets) > _CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0 if enough else (1 - tokens) / rate


KINDS: Final = (
    ModuleType(
        name="http.middleware.cors",
        summary="lets other origins call",
        settings=CorsSettings,
        module=Cors,
    ),
    ModuleType(
        name="http.middleware.requestid",
        summary="gives every answer an id",
        settings=RequestIdSettings,
        module=RequestId,
    ),
    ModuleType(
        name="http.middleware.logging",
        summary="logs every request",
        settings=LoggingSettings,
        module=RequestLog,
    ),
    ModuleType(
        name="http.middleware.ratelimit",
        summary="limits requests of one client",
        settings=RateLimitSettings,
        module=RateLimit,
    ),
)
