from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from workflow_engine.blueprint import Blueprint
from workflow_engine.engine import Engine
from workflow_engine.errors import PipelineError, RefusedError
from workflow_engine.host import SystemClock

Make = Callable[..., Blueprint]


def run(blueprint: Blueprint, data: Mapping[str, Any] | None = None, name: str = "p") -> Any:
    engine = Engine(blueprint, clock=SystemClock(), log=logging.getLogger("test.execution"))

    async def once() -> Mapping[str, Any]:
        await engine.start()
        try:
            return await engine.call(name, data or {}, 0)
        finally:
            await engine.stop()

    return asyncio.run(once())


def test_outputs_flow_into_the_current_data_and_under_their_step(blueprint: Make) -> None:
    made = blueprint("""
pipelines:
  p:
    steps:
      - {name: one, type: step.set, config: {values: {a: "{{ .x }}", b: 2}}}
      - {name: two, type: step.set, config: {values: {c: "{{ .a }}-{{ .steps.one.b }}", a: new}}}
      - {name: three, type: step.set, config: {values: {d: "{{ .a }}{{ .trigger.x }}"}}}
""")
    assert run(made, {"x": "in"}) == {"x": "in", "a": "new", "b": 2, "c": "in-2", "d": "newin"}


def test_declared_outputs_are_the_result(blueprint: Make) -> None:
    made = blueprint("""
pipelines:
  p:
    steps: [{name: one, type: step.set, config: {values: {a: 1}}}]
    outputs: {double: "{{ mul .a 2 }}", meta: "{{ .meta.pipeline }}"}
""")
    assert run(made) == {"double": 2, "meta": "p"}


BRANCH = """
pipelines:
  p:
    steps:
      - {name: branch, type: step.conditional, config: {field: kind, routes: {x: left}, default: right}}
      - {name: left, type: step.set, config: {values: {went: left}}}
      - {name: done, type: step.conditional, config: {if: "{{ true }}", then: end}}
      - {name: right, type: step.set, config: {values: {went: right}}}
      - {name: end, type: step.log, config: {message: "{{ .went }}"}}
"""  # noqa: E501


@pytest.mark.parametrize(("kind", "went"), [("x", "left"), ("y", "right")])
def test_a_conditional_chooses_the_next_step(blueprint: Make, kind: str, went: str) -> None:
    assert run(blueprint(BRANCH), {"kind": kind})["went"] == went


@pytest.mark.parametrize(
    ("guards", "ran"),
    [
        ('skip_if: "{{ .yes }}"', False),
        ('skip_if: "{{ .no }}"', True),
        ('if: "{{ .yes }}"', True),
        ('if: "{{ .no }}"', False),
        ('skip_if: "{{ .no }}", if: "{{ .no }}"', True),
    ],
)
def test_guards_decide_and_skip_if_wins(blueprint: Make, guards: str, ran: bool) -> None:
    made = blueprint(f"""
pipelines:
  p:
    steps:
      - {{name: one, type: step.set, config: {{values: {{ran: true}}}}, {guards}}}
""")
    assert run(made, {"yes": True, "no": False}).get("ran", False) is ran


FAILING = '{name: bad, type: step.set, config: {values: {x: "{{ div 1 .zero }}"}}%s}'


def test_an_error_stops_the_pipeline_and_names_the_step(blueprint: Make) -> None:
    made = blueprint(f"pipelines:\n  p:\n    steps: [{FAILING % ''}]")
    with pytest.raises(PipelineError, match="p: step bad: a division by zero"):
        run(made, {"zero": 0})


def test_skip_leaves_the_error_and_goes_on(blueprint: Make) -> None:
    made = blueprint(f"""
pipelines:
  p:
    steps:
      - {FAILING % ", on_error: skip"}
      - {{name: after, type: step.set, config: {{values: {{e: "{{{{ .steps.bad._error }}}}"}}}}}}
""")
    assert run(made, {"zero": 0}) == {"zero": 0, "e": "a division by zero"}


def test_compensation_runs_in_reverse_and_the_first_error_counts(
    blueprint: Make, caplog: pytest.LogCaptureFixture
) -> None:
    made = blueprint(f"""
pipelines:
  p:
    on_error: compensate
    steps: [{FAILING % ""}]
    compensation:
      - {{name: first, type: step.log, config: {{message: undo first}}}}
      - {{name: broken, type: step.set, config: {{values: {{x: "{{{{ div 2 0 }}}}"}}}}}}
      - {{name: last, type: step.log, config: {{message: undo last}}}}
""")
    caplog.set_level("INFO")
    with pytest.raises(PipelineError, match="step bad"):
        run(made, {"zero": 0})
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "p: undo last",
        "p: compensation broken: a division by zero",
        "p: undo first",
    ]


def test_a_refusal_names_the_missing_fields(blueprint: Make) -> None:
    made = blueprint("""
pipelines:
  p:
    steps:
      - {name: v, type: step.validate, error_status: 422,
         config: {source: body, required_fields: [a, b.c, d]}}
""")
    with pytest.raises(RefusedError, match=r"missing required fields: b\.c, d") as caught:
        run(made, {"body": {"a": 0, "b": {}, "d": ""}})
    assert caught.value.status == 422


def test_a_loop_is_cut(blueprint: Make) -> None:
    made = blueprint("""
pipelines:
  p:
    steps:
      - {name: a, type: step.conditional, config: {if: "{{ true }}", then: a}}
""")
    with pytest.raises(PipelineError, match="more than 1000 steps; it goes round"):
        run(made)


def test_pipelines_that_call_each_other_are_cut(blueprint: Make) -> None:
    made = blueprint("""
pipelines:
  p: {steps: [{name: a, type: step.workflow_call, config: {workflow: q}}]}
  q: {steps: [{name: a, type: step.workflow_call, config: {workflow: p}}]}
""")
    with pytest.raises(PipelineError, match="call each other more than 8 deep"):
        run(made)


def test_a_call_maps_its_output(blueprint: Make) -> None:
    made = blueprint("""
pipelines:
  p:
    steps:
      - {name: a, type: step.workflow_call,
         config: {workflow: q, input: {n: "{{ .x }}"}, output_mapping: {y: r.deep, z: none}}}
  q: {steps: [{name: a, type: step.log, config: {message: m}}], outputs: {r: {deep: "{{ add .n 1 }}"}}}
""")  # noqa: E501
    assert run(made, {"x": 4}) == {"x": 4, "y": 5, "z": None}


def test_time_is_bounded(blueprint: Make) -> None:
    body = "{{ range .l }}{{ range $.l }}{{ end }}{{ end }}"
    steps = ", ".join(
        f'{{name: s{at}, type: step.log, config: {{message: "{body}"}}}}' for at in range(3)
    )
    made = blueprint(f"pipelines:\n  p: {{timeout: 1ms, steps: [{steps}]}}")
    began = time.perf_counter()
    with pytest.raises(PipelineError, match="p: took too long"):
        run(made, {"l": list(range(130))})
    assert time.perf_counter() - began < 5


def test_strict_templates_refuse_what_is_not_there(blueprint: Make) -> None:
    text = """
pipelines:
  p:
    strict_templates: %s
    steps: [{name: a, type: step.set, config: {values: {x: "<{{ .nope.here }}>"}}}]
"""
    assert run(blueprint(text % "false")) == {"x": "<>"}
    with pytest.raises(PipelineError, match=r"nothing at \.nope\.here"):
        run(blueprint(text % "true"))


def test_a_missing_path_is_a_warning(blueprint: Make, caplog: pytest.LogCaptureFixture) -> None:
    run(
        blueprint(
            "pipelines: {p: {steps: [{name: a, type: step.log, config: {message: '{{.x}}'}}]}}"
        )
    )
    assert "p: nothing at .x" in [record.getMessage() for record in caplog.records]


def test_a_delegate_needs_a_request(blueprint: Make) -> None:
    made = blueprint("""
modules: [{name: h, type: http.handler}]
pipelines:
  p: {steps: [{name: a, type: step.delegate, config: {service: h}}]}
""")
    with pytest.raises(PipelineError, match="there is no request to delegate"):
        run(made)
