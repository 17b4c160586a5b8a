"""A component that lies in several others is described once, and is one part of the view."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from workflow_sbom.documents.view import read, view
from workflow_sbom.formats.cyclonedx import IS, render
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Containment, Sbom
from workflow_sbom.model.licence import SpdxLicence
from workflow_sbom.model.parts import Hash

WHEEL: dict[str, Any] = {
    "type": "library",
    "bom-ref": "wheel",
    "name": "wheel",
    "version": "1",
    "hashes": [{"alg": "SHA-256", "content": "a" * 64}],
    "licenses": [{"license": {"id": "MIT"}}],
}
PLACE: dict[str, Any] = {
    **{key: value for key, value in WHEEL.items() if key != "licenses"},
    "bom-ref": "wheel in image",
    "properties": [{"name": IS, "value": "wheel"}],
}


def paths(*components: dict[str, Any]) -> list[str]:
    json = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}
    return [each.path for each in view(json).parts]


def test_two_images_hold_one_wheel() -> None:
    images = [Component(ref=each, kind="container", name=each) for each in ("amd64", "arm64")]
    wheel = Component(
        ref="wheel",
        kind="library",
        name="wheel",
        version="1",
        hashes=(Hash("SHA-256", "a" * 64),),
        licences=(SpdxLicence("MIT"),),
    )
    sbom = Sbom(
        subject=Component(ref="archive", kind="container", name="archive"),
        components=(*images, wheel),
        containments=tuple(Containment(each.ref, ("wheel",)) for each in images),
    )
    document = read(render(sbom, created=datetime(2026, 1, 1, tzinfo=UTC), tool_version="1"))
    assert [each.ref for each in document.parts] == ["amd64", "arm64", "wheel"]


def test_a_place_is_no_part_wherever_it_stands() -> None:
    holder = {"type": "container", "name": "image", "components": [PLACE]}
    assert paths(holder, WHEEL) == ["components[0]", "components[1]"]
    assert paths(PLACE, WHEEL) == ["components[1]"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"version": "2"},
        {"hashes": []},
        {"purl": "pkg:pypi/wheel@1"},
        {"type": "file"},
        {"licenses": [{"license": {"id": "GPL-2.0-only"}}]},
        {"components": [{"type": "library", "name": "hidden"}]},
        {"properties": [{"name": IS, "value": "nowhere"}]},
        {"properties": [{"name": IS, "value": "wheel in image"}]},
        {"properties": [{"name": IS}]},
    ],
)
def test_nothing_hides_behind_a_place(change: dict[str, Any]) -> None:
    assert "components[0]" in paths({**PLACE, **change}, WHEEL)
