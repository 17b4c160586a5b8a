from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from workflow_engine.blueprint import Blueprint
from workflow_engine.errors import ConfigError

Make = Callable[..., Blueprint]


def faults(make: Make, text: str, **options: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        make(text, **options)
    return [str(fault) for fault in caught.value.faults]


def test_every_fault_is_reported_at_once_with_its_path_and_remedy(blueprint: Make) -> None:
    text = """
modules:
  - {name: web, type: http.serve, config: {address: ":80"}}
  - {name: web2, type: http.server, config: {address: x, foo: 1}, dependsOn: [rooter, ""]}
  - {name: router, type: http.router, dependOn: [a]}
  - {name: mw, type: http.middleware.ratelimit, config: {burstSize: many}}
  - {name: ok, type: http.handler}
  - {name: ok, type: http.handler}
workflow: {}
workflows:
  http: {routes: [{method: GETT, path: a, handler: b}]}
  statemachine: {}
imports: [x.yaml]
pipelines:
  p:
    trigger: {type: http, config: {path: /x, metod: GET}}
    steps:
      - {name: a, type: set, config: {values: {}}}
      - {name: b, type: step.set, config: {values: {x: "{{ uper .x }}"}}}
      - {name: c, type: step.conditional, config: {field: x, routes: {v: bb}}}
      - {name: c, type: step.log, config: {message: "${ body.id }"}}
      - {name: d, type: step.workflow_call, config: {workflow: q}}
      - {name: e, type: step.publish, config: {topic: t}, on_error: continue}
  empty: {}
"""
    assert faults(blueprint, text) == [
        "workflow: unknown key (did you mean 'workflows'?)",
        "imports: not supported yet (put the imported modules and pipelines into this file)",
        "workflows.statemachine: unknown kind of workflow (known: http, messaging)",
        "modules[2].dependOn: unknown key (did you mean 'dependsOn'?)",
        (
            "workflows.http.routes[0].method: 'GETT' is no method: "
            "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
        ),
        "workflows.http.routes[0].path: 'a' is no path: it must start with /",
        (
            "pipelines.p.steps[5].on_error: 'continue' is not one of the choices "
            "(known: compensate, skip, stop)"
        ),
        "modules[0].type: unknown module type 'http.serve' (did you mean 'http.server'?)",
        "modules[1].config.foo: unknown key (known: address, port)",
        "modules[1].config.address: 'x' is no address such as ':8080' or '127.0.0.1:8080'",
        "modules[3].config.burstSize: an integer is expected, not 'many'",
        "modules[5].name: a second module named 'ok'",
        "modules[1].dependsOn[0]: no module named 'rooter' (did you mean 'router'?)",
        "modules[1].dependsOn[1]: an empty name",
        "pipelines.empty.steps: no steps (a pipeline has at least one)",
    ]


PIPELINES = """
modules:
  - {name: web, type: http.server, config: {port: 80}}
  - {name: router, type: http.router}
  - {name: cors, type: http.middleware.cors}
pipelines:
  p:
    trigger: {type: http, config: {path: /x, metod: GET}}
    steps:
      - {name: a, type: set, config: {values: {}}}
      - {name: b, type: step.set, config: {values: {x: "{{ uper .x }}"}}}
      - {name: c, type: step.conditional, config: {field: x, routes: {v: bb}}}
      - {name: c, type: step.log, config: {message: "${ body.id }"}}
      - {name: d, type: step.workflow_call, config: {workflow: q}}
      - {name: e, type: step.publish, config: {topic: t}}
      - {name: f, type: step.delegate, config: {service: cors}}
"""


def test_names_in_steps_are_looked_up(blueprint: Make) -> None:
    assert faults(blueprint, PIPELINES) == [
        "pipelines.p.trigger.config.metod: unknown key (did you mean 'method'?)",
        "pipelines.p.steps[0].type: unknown step type 'set' (did you mean 'step.set'?)",
        "pipelines.p.steps[1].config.values: no function 'uper' (did you mean 'upper'?)",
        "pipelines.p.steps[2].name: more than one step is named 'c'",
        "pipelines.p.steps[2].config.routes.v: no step named 'bb' (did you mean 'b'?)",
        "pipelines.p.steps[3].name: more than one step is named 'c'",
        (
            "pipelines.p.steps[3].config.message: ${ … } is not supported in a step yet "
            "(write {{ … }})"
        ),
        "pipelines.p.steps[4].config.workflow: no pipeline named 'q' (known: p)",
        (
            "pipelines.p.steps[5].config.broker: there is no messaging.broker "
            "(add a module that is a messaging.broker)"
        ),
        "pipelines.p.steps[6].config.service: no handler named 'cors' (there are none)",
    ]


def test_modules_start_after_what_they_depend_on(blueprint: Make) -> None:
    text = """
modules:
  - {name: c, type: http.handler, dependsOn: [b]}
  - {name: a, type: http.handler}
  - {name: b, type: http.handler, dependsOn: [d]}
  - {name: d, type: http.handler}
"""
    assert [module.name for module in blueprint(text).modules] == ["a", "d", "b", "c"]


def test_a_circle_is_named(blueprint: Make) -> None:
    text = """
modules:
  - {name: c, type: http.handler, dependsOn: [a]}
  - {name: a, type: http.handler, dependsOn: [b]}
  - {name: b, type: http.handler, dependsOn: [c]}
  - {name: x, type: http.handler, dependsOn: [c]}
"""
    assert faults(blueprint, text) == [
        (
            "modules: modules depend on each other in a circle: a → b → c → a "
            "(break the circle at one of them)"
        )
    ]


ENVIRONMENTS = """
modules:
  - name: web
    type: http.server
    config: {address: "${HOST:-127.0.0.1}:${PORT}"}
    environments:
      prod: {config: {address: ":${PORT}"}}
  - name: extra
    type: http.handler
    environments: {dev: null}
"""


def test_variables_and_environments_decide_the_settings(blueprint: Make) -> None:
    base = blueprint(ENVIRONMENTS, PORT="81")
    assert str(base.modules[0].settings.listen) == "127.0.0.1:81"
    assert str(blueprint(ENVIRONMENTS, env="prod", PORT="82").modules[0].settings.listen) == ":82"
    assert [module.name for module in blueprint(ENVIRONMENTS, env="dev", PORT="1").modules] == [
        "web"
    ]


def test_an_unset_variable_stays_and_is_no_address(blueprint: Make) -> None:
    assert faults(blueprint, ENVIRONMENTS) == [
        (
            "modules[0].config.address: '127.0.0.1:${PORT}' is no address such as ':8080' "
            "or '127.0.0.1:8080'"
        )
    ]


def test_what_depends_on_a_module_that_is_null_here_is_told(blueprint: Make) -> None:
    text = """
modules:
  - {name: web, type: http.server, config: {address: ":80"}}
  - {name: router, type: http.router, environments: {prod: null}}
  - {name: h, type: health.checker, dependsOn: [router]}
"""
    assert faults(blueprint, text, env="prod") == [
        "modules[2].dependsOn[0]: 'router' is null in this environment",
        "modules[2].config.router: there is no http.router (add a module that is a http.router)",
    ]
    assert len(blueprint(text).routes) == 3


def test_one_route_twice_is_refused_whoever_brings_it(blueprint: Make) -> None:
    text = """
modules:
  - {name: web, type: http.server, config: {address: ":80"}}
  - {name: router, type: http.router}
  - {name: h, type: http.handler}
  - {name: health, type: health.checker}
workflows:
  http:
    routes:
      - {method: GET, path: "/o/{id}", handler: h}
      - {method: GET, path: "/o/{order}", handler: h}
      - {method: POST, path: "/o/{order}", handler: h}
      - {method: get, path: /healthz, handler: h}
"""
    assert faults(blueprint, text) == [
        (
            "workflows.http.routes[1]: GET /o/{order} is a route already "
            "(see workflows.http.routes[0])"
        ),
        "modules[3]: GET /healthz is a route already (see workflows.http.routes[3])",
    ]


TWO = """
modules:
  - {name: public, type: http.server, config: {address: ":80"}}
  - {name: private, type: http.server, config: {address: ":81"}}
  - {name: outer, type: http.router, dependsOn: [public]}
  - {name: inner, type: http.router, dependsOn: [private]}
  - {name: h, type: http.handler}
"""


def test_routers_belong_to_the_servers_they_depend_on(blueprint: Make) -> None:
    text = (
        TWO
        + """
  - {name: health, type: health.checker, dependsOn: [inner]}
  - {name: metrics, type: metrics.collector, config: {router: inner}}
workflows:
  http: {router: outer, routes: [{method: GET, path: /h, handler: h}]}
"""
    )
    placed = [(route.server, str(route.pattern)) for route in blueprint(text).routes]
    assert placed == [
        ("public", "/h"),
        ("private", "/healthz"),
        ("private", "/readyz"),
        ("private", "/livez"),
        ("private", "/metrics"),
    ]


def test_a_choice_between_routers_must_be_made(blueprint: Make) -> None:
    text = (
        TWO
        + """
  - {name: health, type: health.checker}
workflows:
  http: {routes: [{method: GET, path: /h, handler: h}]}
"""
    )
    assert faults(blueprint, text) == [
        "workflows.http.router: there is more than one http.router (name one: outer, inner)",
        "modules[5].config.router: there is more than one http.router (name one: outer, inner)",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[]", "a configuration is a table, not a list (start with 'modules:' or 'pipelines:')"),
        ("", "a configuration is a table, not nothing (start with 'modules:' or 'pipelines:')"),
        ("name: x", "nothing to run (declare modules or pipelines)"),
        ("modules: {}", "modules: a list is expected, not a table"),
        ("pipelines: {'a b': {}}", "pipelines: 'a b' is no name: letters, digits and _ . : / -"),
        ("modules: [x]", "modules[0]: a table is expected, not 'x'"),
    ],
)
def test_what_is_no_configuration(blueprint: Make, text: str, fault: str) -> None:
    assert fault in faults(blueprint, text)


@pytest.mark.parametrize(
    "module",
    [
        "{name: m, type: http.middleware.cors, config: {allowCredentials: true}}",
        '{name: m, type: http.middleware.cors, config: {allowedOrigins: ["a\\tb"]}}',
        '{name: m, type: http.middleware.requestid, config: {header: "X: y"}}',
        "{name: m, type: http.middleware.ratelimit, config: {burstSize: 0}}",
        "{name: m, type: static.fileserver, config: {}}",
        "{name: m, type: static.fileserver, config: {root: x, cacheMaxAge: -1}}",
        "{name: m, type: static.fileserver, config: {root: x, prefix: a/../b}}",
        "{name: m, type: metrics.collector, config: {namespace: a-b}}",
        "{name: m, type: messaging.broker, config: {maxQueueSize: 0}}",
        "{name: m, type: api.management, config: {token: short}}",
        "{name: m, type: api.management, config: {token: '${ADMIN_TOKEN_UNSET}'}}",
        "{name: m, type: http.server, config: {}}",
        "{name: m, type: http.server, config: {address: ':1', port: 1}}",
        "{name: m, type: http.server, config: {address: ':65536'}}",
        "{name: m, type: http.server, config: {address: 'a b:1'}}",
        '{name: m, type: http.handler, config: {contentType: "a\\nb"}}',
    ],
)
def test_settings_that_would_do_harm_are_refused(blueprint: Make, module: str) -> None:
    assert faults(blueprint, f"modules:\n  - {module}")[0].startswith("modules[0].config")


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"k{at}: 1\n" for at in range(80_000)),
        "modules:\n" + "".join(f"- {{name: m{at}, type: x}}\n" for at in range(18_000)),
        "a: 1\n" * 90_000,
    ],
    ids=["keys", "types", "duplicates"],
)
def test_a_file_of_nothing_but_faults_is_soon_given_up(blueprint: Make, text: str) -> None:
    began = time.process_time()
    found = faults(blueprint, text)
    assert found[-1] == "200 faults; there may be more"
    assert len(found) == 201
    assert time.process_time() - began < 20
