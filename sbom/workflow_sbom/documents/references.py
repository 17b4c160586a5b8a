"""References inside a document: what bears a `bom-ref`, who points to it, and giving it another.

A reference means something in its own document only. The fields that hold one are those which the
schemas of CycloneDX 1.4 to 1.7 declare so; a BOM-Link names another document and is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

REFERRING = frozenset(
    {
        "algorithm",
        "algorithmRef",
        "algorithms",
        "assemblies",
        "asserter",
        "assessor",
        "attributedTo",
        "claims",
        "counterClaims",
        "counterEvidence",
        "dependencies",
        "dependsOn",
        "evidence",
        "members",
        "mitigationStrategies",
        "parent",
        "patentRefs",
        "process",
        "provides",
        "ref",
        "requirement",
        "requirements",
        "signatureAlgorithmRef",
        "subjectPublicKeyRef",
        "subjects",
        "target",
        "tools",
        "vulnerabilities",
    }
)
SIGNATURE = "signature"


def carriers(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object within a value that bears a `bom-ref`, itself included."""
    if isinstance(value, dict):
        if isinstance(value.get("bom-ref"), str):
            yield value
        for item in value.values():
            yield from carriers(item)
    elif isinstance(value, list):
        for item in value:
            yield from carriers(item)


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """The value with references exchanged by a table of new ones.

    What holds none of them is returned itself, not as a copy. A signed object that changes loses
    its signature, which would be of something else.
    """
    if isinstance(value, dict):
        return _renamed_object(value, names)
    if isinstance(value, list):
        items = [renamed(item, names) for item in value]
        return items if _differ(items, value) else value
    return value


def _renamed_object(table: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    changed = {key: _member(key, item, names) for key, item in table.items()}
    if not _differ(changed.values(), table.values()):
        return table
    changed.pop(SIGNATURE, None)
    return changed


def _member(key: str, item: Any, names: Mapping[str, str]) -> Any:
    if key == SIGNATURE:  # its `algorithm` is no reference
        return item
    if isinstance(item, str):
        return names.get(item, item) if key == "bom-ref" or key in REFERRING else item
    if isinstance(item, list) and key in REFERRING:
        texts = [names.get(each, each) if isinstance(each, str) else each for each in item]
        return renamed(texts if texts != item else item, names)
    return renamed(item, names)


def _differ(new: Any, old: Any) -> bool:
    return any(one is not other for one, other in zip(new, old, strict=True))
