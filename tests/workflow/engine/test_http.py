"""Real requests to a real server: routes, pipelines behind them, the management API, messages."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

Serve = Callable[..., httpx.Client]

WEB = """
name: shop
modules:
  - {name: web, type: http.server, config: {address: ":8080"}}
  - {name: router, type: http.router, dependsOn: [web]}
"""


def test_a_handler_answers_its_route(serve: Serve) -> None:
    client = serve(
        WEB
        + """
  - {name: plain, type: http.handler}
  - {name: own, type: http.handler, config: {contentType: text/plain, body: hi}}
workflows:
  http:
    routes:
      - {method: GET, path: /plain, handler: plain}
      - {method: POST, path: /own, handler: own}
"""
    )
    answer = client.get("/plain")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {
        "handler": "plain",
        "status": "success",
        "message": "request processed",
    }
    assert client.post("/own").text == "hi"
    assert client.post("/own").headers["content-type"].startswith("text/plain")
    assert "server" not in client.get("/plain").headers


def test_head_is_get_without_a_body(serve: Serve) -> None:
    client = serve(WEB + "  - {name: health, type: health.checker}\n")
    answer = client.head("/healthz")
    assert (answer.status_code, answer.content) == (200, b"")


def test_no_route_is_404_and_another_method_405(serve: Serve) -> None:
    client = serve(WEB + "  - {name: health, type: health.checker}\n")
    assert client.get("/nope").status_code == 404
    assert client.get("/nope").json() == {"error": "not found"}
    answer = client.post("/healthz")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_health_says_healthy_ready_and_alive(serve: Serve) -> None:
    client = serve(WEB + "  - {name: health, type: health.checker, config: {livePath: /alive}}\n")
    assert client.get("/healthz").json() == {"status": "healthy", "checks": {}}
    assert client.get("/readyz").json() == {"status": "ready"}
    assert client.get("/alive").json() == {"status": "alive"}


PIPELINES = (
    WEB
    + """
  - {name: h, type: http.handler}
pipelines:
  own-reply:
    trigger: {type: http, config: {path: "/own/{id}", method: PUT}}
    steps:
      - {name: p, type: step.request_parse, config: {path_params: [id], query_params: [q, no],
         parse_headers: [X-Kind], parse_body: true}}
      - name: r
        type: step.json_response
        config:
          status: 201
          headers: {X-Id: "{{ .path_params.id }}"}
          body: {id: "{{ .path_params.id }}", q: "{{ .query.q }}", all: "{{ json .query }}",
                 kind: "{{ index .headers \\"X-Kind\\" }}", body: "{{ .body }}"}
  nothing:
    trigger: {type: http, config: {path: /nothing, method: POST}}
    steps: [{name: s, type: step.set, config: {values: {a: 1}}}]
  output:
    trigger: {type: http, config: {path: /output}}
    steps: [{name: s, type: step.set, config: {values: {_pipeline_output: {a: 1}}}}]
  check:
    trigger: {type: http, config: {path: /check, method: POST}}
    steps:
      - {name: v, type: step.validate, config: {source: body, required_fields: [name]}}
      - {name: r, type: step.json_response, config: {body_from: body}}
  leak:
    trigger: {type: http, config: {path: /leak}}
    steps: [{name: s, type: step.set, config: {values: {x: "{{ div 1 0 }} secret"}}}]
  teapot:
    trigger: {type: http, config: {path: /teapot}}
    steps: [{name: s, type: step.set, error_status: 418, config: {values: {x: "{{ div 1 0 }}"}}}]
  header:
    trigger: {type: http, config: {path: /header}}
    steps: [{name: s, type: step.json_response, config: {headers: {X-A: "{{ .query.v }}"}}}]
  status:
    trigger: {type: http, config: {path: /status}}
    steps: [{name: s, type: step.json_response, config: {status_from: query.v, body: {}}}]
  raw:
    trigger: {type: http, config: {path: /raw, method: POST, include_raw_body: true}}
    steps: [{name: s, type: step.json_response, config: {body: {raw: "{{ .raw_body }}"}}}]
  handed-on:
    trigger: {type: http, config: {path: /handed-on}}
    steps: [{name: d, type: step.delegate, config: {service: h}}]
workflows:
  http:
    routes:
      - {method: GET, path: /named, pipeline: output}
      - method: GET
        path: /inline
        pipeline: {steps: [{name: r, type: step.json_response, config: {body: {inline: true}}}]}
"""
)


@pytest.fixture
def pipelines(serve: Serve) -> httpx.Client:
    return serve(PIPELINES)


def test_a_pipelines_own_reply_wins(pipelines: httpx.Client) -> None:
    answer = pipelines.put(
        "/own/7", params=[("q", "a"), ("q", "b")], json={"n": [1]}, headers={"x-kind": "k"}
    )
    assert (answer.status_code, answer.headers["x-id"]) == (201, "7")
    assert answer.json() == {
        "id": "7",
        "q": "a",
        "all": {"q": "a"},
        "kind": "k",
        "body": {"n": [1]},
    }
    assert answer.headers["content-type"] == "application/json"


def test_else_its_output_else_202(pipelines: httpx.Client) -> None:
    assert pipelines.get("/output").json() == {"a": 1}
    assert pipelines.get("/named").json() == {"a": 1}
    assert pipelines.get("/inline").json() == {"inline": True}
    answer = pipelines.post("/nothing")
    assert (answer.status_code, answer.json()) == (202, {"status": "workflow triggered"})


def test_a_delegate_answers_instead(pipelines: httpx.Client) -> None:
    assert pipelines.get("/handed-on").json()["handler"] == "h"


def test_a_refusal_is_told_to_the_caller(pipelines: httpx.Client) -> None:
    answer = pipelines.post("/check", json={"name": ""})
    assert answer.status_code == 400
    assert answer.json() == {"error": "missing required fields: name"}
    assert pipelines.post("/check", json={"name": "n"}).json() == {"name": "n"}


def test_an_error_of_ours_is_not(pipelines: httpx.Client) -> None:
    answer = pipelines.get("/leak")
    assert (answer.status_code, answer.json()) == (500, {"error": "internal error"})
    answer = pipelines.get("/teapot")
    assert answer.status_code == 418
    assert answer.json() == {"error": "the request could not be processed"}


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"{", 400, "body: not valid JSON"),
        (b'{"a": NaN}', 400, "body: not valid JSON"),
        (b"\xff", 400, "body: not valid JSON"),
        (b"[" * 100_000, 400, "body: not valid JSON"),
        (b"[" * 80 + b"]" * 80, 400, "body: nested deeper than 64 levels"),
        (b" " * ((1 << 20) + 1), 413, "the body is too large"),
        (b"[1]", 400, "missing required fields: name"),
    ],
    ids=["cut", "nan", "bytes", "bomb", "deep", "large", "list"],
)
def test_hostile_bodies(pipelines: httpx.Client, body: bytes, status: int, error: str) -> None:
    answer = pipelines.post("/check", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()) == (status, {"error": error})
    assert pipelines.post("/check", json={"name": "still here"}).status_code == 200


def test_a_header_can_not_be_split(pipelines: httpx.Client) -> None:
    answer = pipelines.get("/header", params={"v": "a\r\nSet-Cookie: x=y"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (500, False)
    assert pipelines.get("/header", params={"v": "plain"}).headers["x-a"] == "plain"


@pytest.mark.parametrize(("given", "status"), [("204", 204), ("99", 500), ("x", 500), ("1e9", 500)])
def test_a_status_from_outside_is_checked(pipelines: httpx.Client, given: str, status: int) -> None:
    assert pipelines.get("/status", params={"v": given}).status_code == status


def test_a_raw_body_is_there_when_asked_for(pipelines: httpx.Client) -> None:
    assert pipelines.post("/raw", content=b"a\xffb").json() == {"raw": "a�b"}


def test_text_from_a_caller_is_never_a_template(pipelines: httpx.Client) -> None:
    answer = pipelines.post("/check", json={"name": "{{ .meta }}{{ uuid }}"})
    assert answer.json() == {"name": "{{ .meta }}{{ uuid }}"}


MANAGED = (
    WEB
    + """
  - {name: cors, type: http.middleware.cors}
  - {name: management, type: api.management, dependsOn: [router]%s}
pipelines:
  p:
    trigger: {type: http, config: {path: "/p/{id}", method: POST, middlewares: [cors]}}
    steps: [{name: s, type: step.set, config: {values: {a: 1}}}]
"""
)


def test_the_management_api_keeps_its_contract(serve: Serve) -> None:
    client = serve(MANAGED % "")
    status: Mapping[str, Any] = client.get("/api/v1/engine/status").json()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", status["startedAt"])
    assert 0 <= status["uptimeSeconds"] < 60
    assert {k: v for k, v in status.items() if k not in {"startedAt", "uptimeSeconds"}} == {
        "name": "shop",
        "version": "0.0.0",
        "status": "running",
        "modules": 4,
        "routes": 4,
        "pipelines": 1,
    }
    assert client.get("/api/v1/engine/modules").json() == [
        {"name": "web", "type": "http.server", "status": "running", "dependsOn": []},
        {"name": "router", "type": "http.router", "status": "running", "dependsOn": ["web"]},
        {"name": "cors", "type": "http.middleware.cors", "status": "running", "dependsOn": []},
        {
            "name": "management",
            "type": "api.management",
            "status": "running",
            "dependsOn": ["router"],
        },
    ]
    routes = client.get("/api/v1/engine/routes").json()
    assert routes[:2] == [
        {
            "method": "POST",
            "path": "/p/{id}",
            "handler": "",
            "pipeline": "p",
            "middlewares": ["cors"],
        },
        {
            "method": "GET",
            "path": "/api/v1/engine/status",
            "handler": "management",
            "middlewares": [],
        },
    ]
    assert client.get("/api/v1/engine/status").headers["cache-control"] == "no-store"


def test_the_management_api_demands_its_token(serve: Serve) -> None:
    token = "a-token-of-24-characters"
    client = serve(MANAGED % ", config: {token: '${TOKEN}'}", {"TOKEN": token})
    for given in ("", "Bearer", f"Bearer {token}x", f"Basic {token}", "Bearer ÿ"):
        header = given.encode("latin-1")
        answer = client.get("/api/v1/engine/routes", headers=[(b"authorization", header)])
        assert (answer.status_code, answer.json()) == (401, {"error": "unauthorized"})
    answer = client.get("/api/v1/engine/routes", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200


def test_metrics_count_by_route_never_by_what_a_caller_sent(serve: Serve) -> None:
    client = serve(
        WEB
        + """
  - {name: metrics, type: metrics.collector}
pipelines:
  p:
    trigger: {type: http, config: {path: "/p/{id}"}}
    steps: [{name: s, type: step.set, config: {values: {a: 1}}}]
"""
    )
    for path in ("/p/1", "/p/2", "/evil1", "/evil2"):
        client.get(path)
    client.request("EVIL", "/p/1")
    text = client.get("/metrics").text
    assert 'workflow_http_requests_total{method="GET",route="/p/{id}",status="202"} 2' in text
    assert 'workflow_http_requests_total{method="GET",route="none",status="404"} 2' in text
    assert 'workflow_http_requests_total{method="other",route="none",status="405"} 1' in text
    assert 'workflow_http_request_duration_seconds_count{method="GET",route="/p/{id}"} 2' in text
    assert 'workflow_pipeline_runs_total{pipeline="p",outcome="completed"} 2' in text
    assert "evil" not in text.lower()


def test_a_message_goes_to_every_subscriber(serve: Serve) -> None:
    client = serve(
        WEB
        + """
  - {name: broker, type: messaging.broker}
  - {name: taker, type: messaging.handler}
  - {name: health, type: health.checker}
  - {name: metrics, type: metrics.collector}
workflows:
  messaging: {subscriptions: [{topic: made, handler: taker}]}
pipelines:
  make:
    trigger: {type: http, config: {path: /make, method: POST}}
    steps: [{name: s, type: step.publish, config: {topic: made, payload: {n: "{{ .body.n }}"}}}]
  broken:
    trigger: {type: event, config: {topic: made}}
    steps: [{name: s, type: step.set, config: {values: {x: "{{ div 1 0 }}"}}}]
  hear:
    trigger: {type: event, config: {topic: made}}
    steps: [{name: v, type: step.validate, config: {required_fields: [topic, body.n, n]}}]
"""
    )
    assert client.post("/make", json={"n": 5}).status_code == 202
    wanted = 'workflow_pipeline_runs_total{pipeline="hear",outcome="completed"} 1'
    deadline = time.monotonic() + 5
    while wanted not in (text := client.get("/metrics").text) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert wanted in text
    assert 'workflow_pipeline_runs_total{pipeline="broken",outcome="failed"} 1' in text
    assert client.get("/readyz").json() == {"status": "ready"}
