from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wfctl.__main__ import main

EXAMPLES = Path(__file__).parents[3] / "workflow" / "engine" / "examples"
ORDERS = EXAMPLES / "orders.yaml"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    file = tmp_path / "broken.yaml"
    file.write_text("modules:\n  - {name: web, type: http.serve}\n  - {name: 1x y, type: a}\n")
    return file


def test_version_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["--version"])
    assert done.value.code == 0
    assert capsys.readouterr().out == "wfctl 0.0.0\n"


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.yaml")), ids=lambda file: file.stem)
def test_the_examples_are_valid(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(file)]) == 0
    assert capsys.readouterr() == (f"{file}: valid\n", "")


def test_every_fault_of_every_file_is_told(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", str(ORDERS), str(broken), str(broken.with_name("gone"))]) == 3
    out, err = capsys.readouterr()
    assert out == f"{ORDERS}: valid\n"
    gone = broken.with_name("gone")
    assert err.splitlines() == [
        f"{broken}: modules[1].name: '1x y' is no name: letters, digits and _ . : / -",
        (
            f"{broken}: modules[0].type: unknown module type 'http.serve' "
            "(did you mean 'http.server'?)"
        ),
        f"{gone}: can't read {str(gone)!r}: No such file or directory",
    ]


def test_faults_as_json(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--json", str(ORDERS), str(broken)]) == 3
    first, second = json.loads(capsys.readouterr().out)
    assert first == {"file": str(ORDERS), "valid": True, "faults": []}
    assert (second["valid"], [fault["path"] for fault in second["faults"]]) == (
        False,
        ["modules[1].name", "modules[0].type"],
    )


def test_inspect_shows_what_would_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "app.yaml"
    file.write_text("""
modules:
  - {name: router, type: http.router, dependsOn: [web]}
  - {name: web, type: http.server, config: {port: 80}}
  - {name: log, type: http.middleware.logging}
  - {name: broker, type: messaging.broker}
pipelines:
  greet:
    trigger: {type: http, config: {path: /hi, middlewares: [log]}}
    steps:
      - {name: a, type: step.log, config: {message: m}}
      - {name: b, type: step.json_response}
  hear:
    trigger: {type: event, config: {topic: t}}
    steps: [{name: c, type: step.log, config: {message: m}}]
""")
    assert main(["inspect", str(file)]) == 0
    assert capsys.readouterr().out == (
        "MODULE  TYPE                     DEPENDS ON\n"
        "web     http.server\n"
        "router  http.router              web\n"
        "log     http.middleware.logging\n"
        "broker  messaging.broker\n"
        "\n"
        "METHOD  PATH  ANSWERED BY     MIDDLEWARES\n"
        "GET     /hi   pipeline greet  log\n"
        "\n"
        "PIPELINE  STEPS\n"
        "greet     a → b\n"
        "hear      c\n"
        "\n"
        "TOPIC  BROKER  TAKEN BY\n"
        "t      broker  pipeline hear\n"
    )
    assert main(["inspect", "--json", str(file)]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "name": "workflow",
        "modules": [
            {"name": "web", "type": "http.server", "dependsOn": []},
            {"name": "router", "type": "http.router", "dependsOn": ["web"]},
            {"name": "log", "type": "http.middleware.logging", "dependsOn": []},
            {"name": "broker", "type": "messaging.broker", "dependsOn": []},
        ],
        "routes": [
            {
                "method": "GET",
                "path": "/hi",
                "server": "web",
                "handler": "",
                "pipeline": "greet",
                "middlewares": ["log"],
            }
        ],
        "pipelines": [
            {
                "name": "greet",
                "steps": [
                    {"name": "a", "type": "step.log"},
                    {"name": "b", "type": "step.json_response"},
                ],
            },
            {"name": "hear", "steps": [{"name": "c", "type": "step.log"}]},
        ],
        "subscriptions": [{"broker": "broker", "topic": "t", "handler": "hear"}],
    }


def run(*arguments: str) -> int:
    return main(["run", str(ORDERS), *arguments])


def test_one_pipeline_is_run_on_its_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--pipeline", "price-order", "--input", '{"quantity": 6}') == 0
    assert capsys.readouterr().out == '{\n  "total": 42\n}\n'


def test_the_input_may_come_on_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given: Any = io.TextIOWrapper(io.BytesIO(b'{"quantity": 2}'))
    monkeypatch.setattr(sys, "stdin", given)
    assert run("--pipeline", "price-order", "--input", "-") == 0
    assert json.loads(capsys.readouterr().out) == {"total": 14}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--pipeline", "price-ordre"], 2, "did you mean 'price-order'?"),
        (["--input", "{}"], 2, "name it with --pipeline"),
        (["--pipeline", "price-order", "--input", "{"], 2, "--input: not valid JSON"),
        (["--pipeline", "price-order", "--input", "[]"], 2, "--input is no object"),
        (["--pipeline", "price-order", "--input", '{"quantity": "x"}'], 6, "'x' is no number"),
        (["--pipeline", "place-order"], 6, "a JSON object is expected"),
    ],
)
def test_what_can_not_be_run_says_why(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize("arguments", [[], ["valdate"], ["validate"], ["inspect", "a", "b"]])
def test_a_command_line_that_makes_no_sense(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("error: wfctl")


def test_the_start_stays_light() -> None:
    """Help loads neither the server nor the YAML reader; validating no server."""
    code = (
        "import sys, wfctl.__main__ as m\n"
        "heavy = {'starlette', 'uvicorn', 'asyncio', 'anyio'}\n"
        "try: m.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted((heavy | {'ruamel'}) & sys.modules.keys()))\n"
        f"m.main(['validate', {str(ORDERS)!r}])\n"
        "print(sorted((heavy - {'asyncio'}) & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert [line for line in done.stdout.splitlines() if line.startswith("[")] == ["[]", "[]"]
