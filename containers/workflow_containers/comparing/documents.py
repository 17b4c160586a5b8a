"""Which fields of two JSON documents differ, by the names that people know them by."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from workflow_containers.comparing.differences import Metadata

Path = tuple[str, ...]

# Fields of a configuration (image specification, config.md, and Docker's) as people say them.
_SAID = {
    ("config", "Entrypoint"): "entrypoint",
    ("config", "Cmd"): "command",
    ("config", "User"): "user",
    ("config", "WorkingDir"): "working folder",
    ("config", "Env"): "env",
    ("config", "Labels"): "label",
    ("config", "ExposedPorts"): "port",
    ("config", "Volumes"): "volume",
    ("config", "StopSignal"): "stop signal",
    ("config", "Healthcheck"): "health",
    ("annotations",): "annotation",
}
_ENVIRONMENT = ("config", "Env")


def metadata(where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Metadata]:
    """The fields that differ, in the order of their names."""
    before, after = dict(_leaves(old, ())), dict(_leaves(new, ()))
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            one, other = _text(before.get(path)), _text(after.get(path))
            yield Metadata(where=where, field=_said(path), old=one, new=other)
    names = [tuple(path for path in each if path[:2] == _ENVIRONMENT) for each in (before, after)]
    if names[0] != names[1] and sorted(names[0]) == sorted(names[1]):
        first, second = (", ".join(path[2] for path in each) for each in names)
        yield Metadata(where=where, field="env order", old=first, new=second)


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every leaf of a value, as JSON; a list of texts is one, as a command is."""
    if path == _ENVIRONMENT and _are_texts(value):
        yield from _variables(value)
    elif isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list) and value and not _are_texts(value):
        for at, item in enumerate(value):
            yield from _leaves(item, (*path, f"[{at}]"))
    else:
        yield path, json.dumps(value, ensure_ascii=False, default=float)


def _text(leaf: str | None) -> str | None:
    """A leaf as people write it: a text without its quotes, unless it is empty."""
    if leaf is None or not leaf.startswith('"') or leaf == '""':
        return leaf
    return str(json.loads(leaf))


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _variables(lines: list[str]) -> Iterator[tuple[Path, str]]:
    """`NAME=value` lines by name; one that stands again is told apart."""
    times: Counter[str] = Counter()
    for line in lines:
        name, _, value = line.partition("=")
        times[name] += 1
        again = f" ({times[name]})" if times[name] > 1 else ""
        yield (*_ENVIRONMENT, name + again), json.dumps(value, ensure_ascii=False)


def _said(path: Path) -> str:
    """`env PATH`, `label org.example.team`, `health Interval`, `history[0].created`."""
    for length in (2, 1):
        if (word := _SAID.get(path[:length])) is not None:
            return " ".join((word, *path[length:]))
    return ".".join(path).replace(".[", "[")
