"""A blueprint as tables: for JSON and for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from workflow_engine.blueprint import Blueprint, PlannedRoute


def blueprint_table(blueprint: Blueprint) -> dict[str, Any]:
    """Everything `inspect` knows, ready for JSON."""
    return {
        "name": blueprint.name,
        "modules": [
            {
                "name": module.name,
                "type": module.kind.name,
                "dependsOn": list(module.depends_on),
            }
            for module in blueprint.modules
        ],
        "routes": [_route(route) for route in blueprint.routes],
        "pipelines": [
            {
                "name": pipeline.name,
                "steps": [{"name": step.name, "type": step.kind.name} for step in pipeline.steps],
            }
            for pipeline in blueprint.pipelines
        ],
        "subscriptions": [
            {"broker": each.broker, "topic": each.topic, "handler": each.handler or each.pipeline}
            for each in blueprint.subscriptions
        ],
    }


def _route(route: PlannedRoute) -> dict[str, Any]:
    table: dict[str, Any] = {
        "method": route.method,
        "path": str(route.pattern),
        "server": route.server,
        "handler": route.handler,
        "middlewares": list(route.middlewares),
    }
    return table | ({"pipeline": route.pipeline} if route.pipeline else {})


def blueprint_text(blueprint: Blueprint) -> str:
    """The same for a person: one table a kind, empty ones left out."""
    modules = [
        (module.name, module.kind.name, ", ".join(module.depends_on))
        for module in blueprint.modules
    ]
    routes = [
        (
            route.method,
            str(route.pattern),
            f"pipeline {route.pipeline}" if route.pipeline else route.handler,
            ", ".join(route.middlewares),
        )
        for route in blueprint.routes
    ]
    pipelines = [
        (pipeline.name, " → ".join(step.name for step in pipeline.steps))
        for pipeline in blueprint.pipelines
    ]
    topics = [
        (each.topic, each.broker, f"pipeline {each.pipeline}" if each.pipeline else each.handler)
        for each in blueprint.subscriptions
    ]
    sections = (
        _section(("MODULE", "TYPE", "DEPENDS ON"), modules),
        _section(("METHOD", "PATH", "ANSWERED BY", "MIDDLEWARES"), routes),
        _section(("PIPELINE", "STEPS"), pipelines),
        _section(("TOPIC", "BROKER", "TAKEN BY"), topics),
    )
    return "\n\n".join("\n".join(lines) for lines in map(list, sections) if len(lines) > 1)


def _section(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        yield "  ".join(
            f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)
        ).rstrip()
