"""What `status` says, for a person and for a program. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator

from workflow_migrate.history import Comparison, State

_DIRTY = "dirty"


def table(database: str, compared: Comparison) -> str:
    """A line a version, then the totals."""
    rows = list(_rows(compared))
    width = max((len(state) for _, _, state in rows), default=0)
    lines = [f"{state.ljust(width)}  {version}_{name}" for version, name, state in rows]
    current = "none" if compared.current is None else str(compared.current)
    dirty = "yes" if compared.dirty else "no"
    lines.append(f"current: {current}  pending: {len(compared.pending)}  dirty: {dirty}")
    return "\n".join([database, *lines])


def document(database: str, compared: Comparison) -> str:
    """One JSON object; `state` is applied, pending or dirty; `current` null when nothing is."""
    value = {
        "database": database,
        "current": compared.current,
        "dirty": bool(compared.dirty),
        "pending": len(compared.pending),
        "migrations": [
            {"version": version, "name": name, "state": state}
            for version, name, state in _rows(compared)
        ],
        "faults": [
            {"where": fault.where, "message": fault.message, "remedy": fault.remedy}
            for fault in compared.faults()
        ],
    }
    return json.dumps(value, indent=2, sort_keys=True)


def _rows(compared: Comparison) -> Iterator[tuple[int, str, str]]:
    known = {each.version: (each.name, str(State.APPLIED)) for each in compared.entries}
    known |= {each.version: (each.name, _DIRTY) for each in compared.dirty}
    known |= {each.version: (each.name, "pending") for each in compared.pending}
    for version in sorted(known):
        yield version, *known[version]
