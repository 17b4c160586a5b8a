from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from workflow_engine.modules.interface import Site
from workflow_engine.modules.middleware import RateLimit, RateLimitSettings

Serve = Callable[..., httpx.Client]


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.seconds


def limit(clock: Clock, **settings: int) -> RateLimit:
    engine = cast("Any", None)  # a rate limit never asks it
    log = logging.getLogger("test")
    site = Site(name="limit", engine=engine, folder=Path(), clock=clock, log=log)
    return RateLimit(RateLimitSettings(**settings), site)


def test_a_burst_passes_then_the_rate_holds() -> None:
    clock = Clock()
    bucket = limit(clock, requests_per_minute=60, burst_size=2)
    assert [bucket.take("a") for _ in range(3)] == [0, 0, 1.0]
    assert bucket.take("b") == 0, "another client has its own"
    clock.seconds = 0.5
    assert bucket.take("a") == 0.5
    clock.seconds = 1.0
    assert bucket.take("a") == 0
    clock.seconds = 1000.0
    assert [bucket.take("a") for _ in range(3)] == [0, 0, 1.0], "no more than a burst is saved up"


def test_clients_remembered_are_bounded() -> None:
    bucket = limit(Clock(), burst_size=1)
    for client in range(20_000):
        bucket.take(str(client))
    assert len(bucket._buckets) == 10_000


ROUTED = """
modules:
  - {name: web, type: http.server, config: {address: ":8080"}}
  - {name: router, type: http.router}
  - {name: m, type: http.middleware.%s}
  - {name: h, type: http.handler}
workflows:
  http: {routes: [{method: POST, path: /h, handler: h, middlewares: [m]}]}
"""


def test_too_many_requests_are_told_when_to_come_back(serve: Serve) -> None:
    client = serve(ROUTED % "ratelimit, config: {requestsPerMinute: 1, burstSize: 1}")
    assert client.post("/h").status_code == 200
    answer = client.post("/h")
    assert (answer.status_code, answer.json()) == (429, {"error": "too many requests"})
    assert 50 <= int(answer.headers["retry-after"]) <= 60


def test_a_request_keeps_its_plain_id_or_gets_one(serve: Serve) -> None:
    client = serve(ROUTED % "requestid")
    assert client.post("/h", headers={"X-Request-ID": "a-b.1"}).headers["x-request-id"] == "a-b.1"
    for given in ({}, {"X-Request-ID": "a b"}, {"X-Request-ID": "x" * 65}):
        assert len(client.post("/h", headers=given).headers["x-request-id"]) == 32


def test_a_request_is_logged_by_its_route(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    serve(ROUTED % "logging").post("/h?secret=1")
    lines = [r.getMessage() for r in caplog.records if r.name.startswith("test.engine")]
    assert len(lines) == 1
    assert lines[0].startswith("POST /h 200 ")
    assert "secret" not in lines[0]


CORS = "cors, config: {allowedOrigins: [https://app.example], allowCredentials: true, maxAge: 5}"


def test_cors_answers_a_preflight_for_the_method_asked(serve: Serve) -> None:
    client = serve(ROUTED % CORS)
    ask = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    answer = client.options("/h", headers=ask)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-max-age"] == "5"
    assert "POST" in answer.headers["access-control-allow-methods"]


def test_cors_marks_answers_for_its_origins_only(serve: Serve) -> None:
    client = serve(ROUTED % CORS)
    for origin, allowed in [
        ("https://app.example", "https://app.example"),
        ("https://app.example.evil", None),
        ("null", None),
    ]:
        answer = client.post("/h", headers={"Origin": origin})
        assert answer.headers.get("access-control-allow-origin") == allowed
        assert answer.headers["vary"] == "Origin"


def test_without_credentials_everyone_may_read(serve: Serve) -> None:
    answer = serve(ROUTED % "cors").post("/h", headers={"Origin": "https://x.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
