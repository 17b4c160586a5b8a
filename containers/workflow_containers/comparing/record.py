"""Differences as JSON, for programs: each an object whose `kind` is the name of its class."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

from workflow_containers.comparing.differences import Attribute, Contents, Difference, Hunk
from workflow_containers.inspecting.software import Package
from workflow_sbom import canonical
from workflow_sbom.digest import Digest


def encoded(difference: Difference) -> canonical.Json:
    """`{"kind": "file-changed", "where": "linux/amd64", …}`; what only the other has is null."""
    kind = re.sub(r"(?<!^)(?=[A-Z])", "-", type(difference).__name__).lower()
    return {"kind": kind, **_table(difference)}


def _table(value: Any) -> dict[str, canonical.Json]:
    return {field.name: _value(getattr(value, field.name)) for field in fields(value)}


def _value(value: Any) -> canonical.Json:
    match value:
        case tuple():
            return [_value(each) for each in value]
        case Digest():
            return str(value)
        case Attribute() | Contents() | Hunk() | Package():
            return _table(value)
        case _:
            return value  # type: ignore[no-any-return]
