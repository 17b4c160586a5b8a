"""A document without what others state better."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace

from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Composition, Dependency, Sbom


def without_inside(sbom: Sbom, others: Container[str]) -> Sbom:
    """The document without what lies in those of its components that have documents of their own.

    `others` are the references of such components; they themselves stay.
    """
    inside = [_inside(each) for each in sbom.components if each.ref in others]
    gone = frozenset().union(*inside)
    if not gone:
        return sbom
    return replace(
        sbom,
        components=tuple(
            replace(each, components=()) if each.ref in others else each for each in sbom.components
        ),
        dependencies=tuple(
            Dependency(edge.ref, _left(edge.depends_on, gone))
            for edge in sbom.dependencies
            if edge.ref not in gone
        ),
        compositions=tuple(
            Composition(each.aggregate, *refs)
            for each in sbom.compositions
            if any(refs := (_left(each.assemblies, gone), _left(each.dependencies, gone)))
        ),
        containments=tuple(
            replace(each, parts=parts)
            for each in sbom.containments
            if each.ref not in gone and (parts := _left(each.parts, gone))
        ),
    )


def _inside(component: Component) -> frozenset[str]:
    return frozenset(each.ref for each in component.walk()) - {component.ref}


def _left(refs: Iterable[str], gone: frozenset[str]) -> tuple[str, ...]:
    return tuple(ref for ref in refs if ref not in gone)
