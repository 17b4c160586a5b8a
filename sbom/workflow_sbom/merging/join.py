"""Several descriptions of one component as one: everything that any of them knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from workflow_sbom.errors import ModelError
from workflow_sbom.model.component import Component, Evidence, Scope

T = TypeVar("T")
_SCOPES: tuple[Scope, ...] = ("required", "optional", "excluded")


def join(components: Sequence[Component]) -> Component:
    """One component from descriptions with one reference, in whatever order they come.

    Raises `ModelError` when they can't be of the same component: another kind, name, version,
    purl or hash.
    """
    first = components[0]
    if len(components) == 1:
        return first
    return Component(
        ref=_same("ref", components),
        kind=_same("kind", components),
        name=_same("name", components),
        group=_same("group", components),
        version=_same("version", components),
        purl=_same("purl", components),
        description=_any(each.description for each in components),
        copyright=_any(each.copyright for each in components),
        supplier=_any(each.supplier for each in components),
        manufacturer=_any(each.manufacturer for each in components),
        authors=_all(each.authors for each in components),
        external=all(each.external for each in components),
        scope=_scope(components),
        hashes=_hashes(components),
        licences=_all((each.licences for each in components), key=repr),
        references=_all(each.references for each in components),
        properties=_all(each.properties for each in components),
        evidence=_evidence(components),
        components=_parts(components),
    )


def _same(field: str, components: Sequence[Component]) -> Any:
    values = {getattr(each, field) for each in components} - {None}
    if len(values) > 1:
        found = " and ".join(sorted(f"{value[:80]!r}" for value in values))
        raise ModelError(f"{components[0].ref!r} is described with more than one {field}: {found}")
    return values.pop() if values else None


def _any(values: Iterable[T | None]) -> T | None:
    """One of those given, the same whatever their order."""
    return min((value for value in values if value is not None), key=repr, default=None)


def _all(groups: Iterable[tuple[T, ...]], key: Any = None) -> tuple[T, ...]:
    return tuple(sorted({value for group in groups for value in group}, key=key))


def _evidence(components: Sequence[Component]) -> Evidence | None:
    """One technique serves; the places of all are kept."""
    found = [each.evidence for each in components if each.evidence is not None]
    if not found:
        return None
    return Evidence(
        technique=min(each.technique for each in found),
        occurrences=_all(each.occurrences for each in found),
    )


def _scope(components: Sequence[Component]) -> Scope | None:
    given = {each.scope for each in components}
    return next((scope for scope in _SCOPES if scope in given), None)


def _hashes(components: Sequence[Component]) -> tuple[Any, ...]:
    hashes = _all(each.hashes for each in components)
    if len({each.algorithm for each in hashes}) < len(hashes):
        raise ModelError(f"{components[0].ref!r} is described with different hashes")
    return hashes


def _parts(components: Sequence[Component]) -> tuple[Component, ...]:
    groups: dict[str, list[Component]] = defaultdict(list)
    for component in components:
        for part in component.components:
            groups[part.ref].append(part)
    return tuple(join(groups[ref]) for ref in sorted(groups))
