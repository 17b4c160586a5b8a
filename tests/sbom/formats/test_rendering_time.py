"""Rendering stays linear, and quick: measured in processor time, bounds wide."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from workflow_sbom.formats import cyclonedx, spdx
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Composition, Dependency, Sbom
from workflow_sbom.model.licence import SpdxLicence
from workflow_sbom.model.parts import ExternalReference, Hash, Property

CREATED = datetime(2026, 11, 2, tzinfo=UTC)


def component(number: int) -> Component:
    purl = f"pkg:pypi/p{number}@1"
    hashes = (Hash("SHA-256", f"{number:064x}"), Hash("SHA-512", f"{number:0128x}"))
    website = ExternalReference("website", "https://example.org/")
    return Component(
        ref=purl,
        kind="library",
        name=f"p{number}",
        version="1",
        purl=purl,
        hashes=hashes,
        licences=(SpdxLicence("MIT"),),
        references=(website, ExternalReference("distribution", purl, hashes)),
        properties=(Property("workflow:b", "1"), Property("workflow:a", "2")),
    )


def sbom(size: int) -> Sbom:
    parts = tuple(map(component, range(size)))
    refs = tuple(part.ref for part in parts)
    return Sbom(
        subject=Component(ref="it", kind="application", name="it"),
        components=parts,
        dependencies=(Dependency("it", refs), *(Dependency(ref, refs[:4]) for ref in refs[4:])),
        compositions=(Composition("complete", ("it",), refs),),
    )


def seconds(render: Callable[..., bytes], size: int) -> float:
    made, times = sbom(size), []
    for _ in range(3):
        start = time.process_time()
        render(made, created=CREATED, tool_version="1")
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize("render", [cyclonedx.render, spdx.render])
def test_ten_times_the_components_take_about_ten_times_as_long(
    render: Callable[..., bytes],
) -> None:
    small, large = seconds(render, 100), seconds(render, 1000)
    assert small < 0.2
    assert large < 25 * small
