"""Is everything that one JSON document says said in another one too?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workflow_sbom.documents.references import REFERRING

# What says which document it is, and what it is signed with: another document has its own.
HEAD = {"$schema", "specVersion", "serialNumber", "version", "signature"}


def lost(part: Any, whole: Any, path: str = "", *, renamed: bool = False) -> Iterator[str]:
    """The paths of all that is in `part` and not at the same place in `whole`.

    A list holds another when each item of that has one that holds it. What a reference is called
    does not count where things are `renamed`.
    """
    if isinstance(part, dict) and isinstance(whole, dict):
        for key, value in part.items():
            if key not in whole:
                yield f"{path}.{key}"
            elif not (renamed and _is_reference(key, value)):
                yield from lost(value, whole[key], f"{path}.{key}", renamed=renamed)
    elif isinstance(part, list) and isinstance(whole, list):
        for at, item in enumerate(part):
            if all(_lost_any(item, other, renamed=renamed) for other in whole):
                yield f"{path}[{at}]"
    elif (type(part), str(part)) != (type(whole), str(whole)):
        yield path


def body(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document without what says which one it is."""
    return {key: value for key, value in document.items() if key not in HEAD}


def with_subject_among_components(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a document says, its subject as one component among the others."""
    metadata = dict(document.get("metadata", {}))
    if "component" not in metadata:
        return body(document)
    components = [metadata.pop("component"), *document.get("components", [])]
    return body(document) | {"metadata": metadata, "components": components}


def _is_reference(key: str, value: Any) -> bool:
    texts = value if isinstance(value, list) else [value]
    return key in {"bom-ref", *REFERRING} and all(isinstance(each, str) for each in texts)


def _lost_any(item: Any, other: Any, *, renamed: bool) -> bool:
    return next(lost(item, other, renamed=renamed), None) is not None
