"""`workflow-containers coverage DEFINITION ARCHIVE`: whose every entry of an image is.

Exits with 39 when one is nobody's, or something can't be told.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple, assert_never

from workflow_containers.building.given import Tools
from workflow_containers.commands import given
from workflow_containers.commands.interface import Shell
from workflow_containers.commands.working import tools_of
from workflow_containers.coverage import handed, rules
from workflow_containers.coverage.check import check
from workflow_containers.coverage.sources import Ours
from workflow_containers.coverage.weighing import Coverage
from workflow_containers.definition import Definition, load
from workflow_containers.errors import CoverageError
from workflow_sbom import canonical
from workflow_sbom.archives.entry import Entry
from workflow_sbom.coverage.ledger import Explanation, Generated, Line, Owned, Unexplained

_SHOWN = 100
_LEFT_OUT = "what sources have and no container reads, or the definition excludes"
_OWNERS = {
    "pkg:deb/": "Debian packages",
    "pkg:pypi/": "wheels",
    "artifact:": "web interfaces",
    "file:": "files of the repository",
    "base:": "the base",
}


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Check it and tell; raises `CoverageError` when anything is left."""
    definition = load(asked.definition)
    root = asked.root.absolute()
    bundles = given.bundles(asked.bundle)
    given.require_asked([definition], asked.wheel, bundles)
    wheels = given.wheels(definition, asked.wheel, root / "dist")
    ours = Ours(wheels=wheels, bundles=bundles, root=root)
    with shell.console.progress() as progress:
        tools = replace(_tools(asked, definition, shell), progress=progress)
        found = check(asked.archive, definition, ours, tools)
    if asked.json:
        shell.console.json([_document(each) for each in found])
    else:
        _tell(found, shell)
    _require(definition.name, found)
    return 0


def _tools(asked: argparse.Namespace, definition: Definition, shell: Shell) -> Tools:
    tools = tools_of(asked, shell)
    if asked.wheels is not None:
        tools = handed.with_wheels(tools, asked.wheels)
    if asked.debs is not None:
        tools = handed.with_debs(tools, asked.debs, definition, asked.root.absolute())
    return tools


def _require(name: str, found: Sequence[Coverage]) -> None:
    left = sum(len(each.faults) for each in found)
    if left:
        raise CoverageError(
            f"{name}: {left} entries are unexplained or missing",
            remedy="build it again from its locks, or find out who changed it",
        )


def _tell(found: Sequence[Coverage], shell: Shell) -> None:
    rows = [*_rows(found)]
    columns = ("entries", "explained by", *(str(each.platform) for each in found), "how")
    shell.console.table(columns, rows)
    faults = [(str(each.platform), fault) for each in found for fault in each.faults]
    if faults:
        shell.console.result("")
        shell.console.table(("platform", "not explained"), faults[:_SHOWN])
    if len(faults) > _SHOWN:
        shell.console.result(f"and {len(faults) - _SHOWN} more; --json has them all")


def _rows(found: Sequence[Coverage]) -> Iterator[tuple[str, ...]]:
    """A row for each kind of owner and each rule, then what is left."""
    counts = [Counter(map(_group, each.ledger.lines)) for each in found]
    for group in sorted({group for count in counts for group in count if group is not None}):
        yield (group.entries, group.by, *(str(count[group]) for count in counts), group.how)
    yield ("unexplained", "", *(str(count[None]) for count in counts), "")
    yield ("missing", "", *(str(len(each.missing)) for each in found), "")
    yield ("left out", "", *(str(each.left_out) for each in found), _LEFT_OUT)


class _Group(NamedTuple):
    """Entries that are explained alike; owned ones are told before those that are generated."""

    order: int
    by: str
    how: str

    @property
    def entries(self) -> str:
        return "owned" if self.order < len(_OWNERS) else "generated"


def _group(line: Line) -> _Group | None:
    match line.why:
        case Owned(owner, proof):
            at, by = next(
                (at, by) for at, (kind, by) in enumerate(_OWNERS.items()) if owner.startswith(kind)
            )
            return _Group(at, by, proof)
        case Generated(rule):
            return _Group(len(_OWNERS), rule, rules.MEANING[rule])
        case Unexplained():
            return None
        case _ as never:
            assert_never(never)


def _document(found: Coverage) -> canonical.Json:
    return {
        "platform": str(found.platform),
        "manifest": str(found.manifest),
        "explained": not found.faults,
        "owners": dict(found.ledger.owners()),
        "rules": dict(found.ledger.rules()),
        "missing": [{"path": each.path, "source": each.source} for each in found.missing],
        "left-out": found.left_out,
        "entries": [{**_entry(line.entry), **_why(line.why)} for line in found.ledger.lines],
    }


def _entry(entry: Entry) -> dict[str, canonical.Json]:
    known: dict[str, canonical.Json] = {"path": entry.path, "kind": entry.kind}
    if entry.digest is not None:
        known["digest"] = str(entry.digest)
    if entry.target is not None:
        known["target"] = entry.target
    return known


def _why(why: Explanation) -> dict[str, canonical.Json]:
    match why:
        case Owned(owner, proof):
            return {"owner": owner, "proof": proof}
        case Generated(rule):
            return {"rule": rule}
        case Unexplained(reason):
            return {"unexplained": reason}
        case _ as never:
            assert_never(never)
