"""Everything of several documents but components and services, each member with its like.

Lists are united, objects member by member. Where one value only can stand (a supplier, the time)
and the documents state several, none is preferred, save the latest time and the narrowest circle
of readers; every one of them is kept as a property `workflow:merged:<path>`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from workflow_sbom import canonical
from workflow_sbom.documents.joining import Object, united

KEPT = "workflow:merged:"
_TLP = ("CLEAR", "GREEN", "AMBER", "AMBER_AND_STRICT", "RED")
_WHOLE = frozenset(
    {
        "metadata.supplier",
        "metadata.manufacture",
        "metadata.manufacturer",
        "declarations.affirmation",
        "metadata.distributionConstraints",
    }
)
_ABSENT = object()


def unite(documents: Sequence[Object]) -> dict[str, Any]:
    """One object with the members of all; the order of the documents has no effect."""
    uniting = _Uniting(documents)
    together: dict[str, Any] = uniting.members("", documents)
    if kept := uniting.kept():
        metadata = together.setdefault("metadata", {})
        metadata["properties"] = united([metadata.get("properties", []), kept])
    return together


class _Uniting:
    """One uniting; it remembers the values that could not all stand."""

    def __init__(self, documents: Sequence[Object]) -> None:
        self._stated: dict[str, set[str]] = defaultdict(set)
        for document in documents:
            for entry in document.get("metadata", {}).get("properties", []):
                name, value = entry["name"], entry.get("value")
                if name.startswith(KEPT) and value is not None:
                    self._stated[name.removeprefix(KEPT)].add(value)

    def kept(self) -> list[dict[str, str]]:
        """The values of which one only could stand, as properties."""
        return [
            {"name": f"{KEPT}{path}", "value": value}
            for path, values in self._stated.items()
            if len(values) > 1
            for value in sorted(values)
        ]

    def members(self, path: str, objects: Sequence[Object]) -> dict[str, Any]:
        names = dict.fromkeys(name for each in objects for name in each)
        found = {
            name: self._member(
                f"{path}.{name}" if path else name,
                [each[name] for each in objects if name in each],
            )
            for name in names
        }
        return {name: value for name, value in found.items() if value is not _ABSENT}

    def _member(self, path: str, values: list[Any]) -> Any:
        special = _SPECIAL.get(path)
        if special is not None:
            values = special(values)
        if all(isinstance(value, list) for value in values):
            return united(values)
        if path not in _WHOLE and all(isinstance(value, dict) for value in values):
            return self.members(path, values)
        return self._single(path, values)

    def _single(self, path: str, values: list[Any]) -> Any:
        by_text = {_text(value): value for value in values}
        stated = self._stated[path]
        stated.update(by_text)
        if len(stated) == 1:
            return next(iter(by_text.values()))
        choose = _CHOICE.get(path)
        return _ABSENT if choose is None else choose(stated)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else canonical.encode(value).decode()


def _latest(times: Iterable[str]) -> str:
    return max(times, key=lambda time: (_instant(time), time))


def _instant(time: str) -> datetime:
    try:
        return datetime.fromisoformat(time).astimezone(UTC)
    except (ValueError, OverflowError):  # a leap second, which is valid here
        return datetime.min.replace(tzinfo=UTC)


def _narrowest(constraints: Iterable[str]) -> Any:
    """The strictest label of the traffic light protocol; none stated is the widest."""
    decoded = (canonical.decode(each.encode()) for each in sorted(constraints))
    return max(decoded, key=lambda each: _TLP.index(each.get("tlp", "CLEAR")))


_CHOICE: Mapping[str, Callable[[Iterable[str]], Any]] = {
    "metadata.timestamp": _latest,
    "metadata.distributionConstraints": _narrowest,
}


def _dependencies(lists: list[list[Object]]) -> list[list[Object]]:
    """One entry a reference, with all that any entry of it says."""
    entries: dict[str, list[Object]] = defaultdict(list)
    for each in lists:
        for entry in each:
            entries[entry["ref"]].append(entry)
    return [[_edges(ref, entries[ref]) for ref in sorted(entries)]]


def _edges(ref: str, entries: Sequence[Object]) -> Object:
    names = sorted({name for entry in entries for name in entry} - {"ref"})
    return {"ref": ref} | {
        name: united([entry[name] for entry in entries if name in entry]) for name in names
    }


def _vulnerabilities(lists: list[list[Object]]) -> list[list[Object]]:
    """Those that say the same of different parts become one that says it of all of them.

    Nothing else is joined: an analysis is of the parts it stands with, and of no others.
    """
    groups: dict[bytes, list[Object]] = defaultdict(list)
    for each in lists:
        for entry in each:
            rest = {name: value for name, value in entry.items() if name != "affects"}
            groups[canonical.encode(rest)].append(entry)
    return [[_affecting(groups[text]) for text in sorted(groups)]]


def _affecting(entries: Sequence[Object]) -> Object:
    stated = [entry["affects"] for entry in entries if "affects" in entry]
    return {**entries[0], "affects": united(stated)} if stated else entries[0]


def _tools(values: list[Any]) -> list[Any]:
    """The list of tools of 1.4 as components, where another document has these (1.5)."""
    if all(isinstance(value, list) for value in values):
        return values
    return [
        {"components": [_tool(each) for each in value]} if isinstance(value, list) else value
        for value in values
    ]


def _tool(tool: Object) -> Object:
    said = {name: value for name, value in tool.items() if name not in {"vendor", "name"}}
    vendor = {"publisher": tool["vendor"]} if "vendor" in tool else {}
    return {"type": "application", "name": tool.get("name", ""), **vendor, **said}


_SPECIAL: Mapping[str, Callable[[list[Any]], list[Any]]] = {
    "dependencies": _dependencies,
    "vulnerabilities": _vulnerabilities,
    "metadata.tools": _tools,
}
