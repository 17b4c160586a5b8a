"""What each command does. Standard input is read here, printing is the console's."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, assert_never

from wfctl.cli import Command, Inspect, Run, Validate
from wfctl.tables import blueprint_table, blueprint_text
from workflow_engine import console, load
from workflow_engine.blueprint import Blueprint
from workflow_engine.errors import ConfigError, UsageError
from workflow_engine.host import Host


def perform(command: Command) -> int:
    """Do what was asked; gives the exit code, raises `EngineError`."""
    host = Host.detect()
    match command:
        case Validate():
            return _validate(command, host)
        case Inspect():
            return _inspect(command, host)
        case Run():
            return _run(command, host)
        case _:
            assert_never(command)


def _blueprint(file: Path, env: str, host: Host) -> Blueprint:
    return load.from_file(file, env=env, variables=host.environment)


def _validate(command: Validate, host: Host) -> int:
    results = [(file, _faults(file, command.env, host)) for file in command.files]
    if command.json:
        console.say(_json([_result_table(file, error) for file, error in results]))
    else:
        for file, error in results:
            _report(file, error)
    return ConfigError.exit_code if any(error for _, error in results) else 0


def _faults(file: Path, env: str, host: Host) -> ConfigError | None:
    try:
        _blueprint(file, env, host)
    except ConfigError as error:
        return error
    return None


def _result_table(file: Path, error: ConfigError | None) -> Mapping[str, Any]:
    faults = error.faults if error else ()
    return {
        "file": str(file),
        "valid": not faults,
        "faults": [
            {"path": fault.path, "message": fault.message, "remedy": fault.remedy}
            for fault in faults
        ],
    }


def _report(file: Path, error: ConfigError | None) -> None:
    if error is None:
        console.say(f"{file}: valid")
        return
    for fault in error.faults:
        console.warn(f"{file}: {fault}")


def _inspect(command: Inspect, host: Host) -> int:
    blueprint = _blueprint(command.file, command.env, host)
    text = _json(blueprint_table(blueprint)) if command.json else blueprint_text(blueprint)
    console.say(text)
    return 0


def _run(command: Run, host: Host) -> int:
    from workflow_engine.serve import Serving, run_pipeline, serve

    blueprint = _blueprint(command.file, command.env, host)
    serving = Serving(
        clock=host.clock,
        log=console.logger("info"),
        announce=lambda name, url: console.say(f"{name} on {url}"),
        host=command.host,
    )
    if command.pipeline is None:
        serve(blueprint, serving)
        return 0
    result = run_pipeline(blueprint, command.pipeline, _input(command.input), serving)
    console.say(_json(result))
    return 0


def _input(text: str) -> Mapping[str, Any]:
    """The input's table; raises `UsageError`."""
    from workflow_engine import payload

    data = sys.stdin.buffer.read(payload.MAX_BYTES + 1) if text == "-" else text.encode()
    try:
        value = payload.decode(data or b"{}")
    except payload.PayloadError as error:
        raise UsageError(f"--input: {error}", remedy="""such as --input '{"id": 1}'""") from None
    if not isinstance(value, dict):
        raise UsageError("--input is no object", remedy="""such as --input '{"id": 1}'""")
    return value


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=True)
