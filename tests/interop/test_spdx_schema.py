"""Our SPDX documents under the SPDX project's own JSON schema."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from support import spdx_documents, spdx_schema
from support.images import IMAGES, Release
from support.sbom_models import sboms
from workflow_containers.inspecting.bill import describe_image
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.formats.spdx import render
from workflow_sbom.model.document import Sbom

GOLDEN = Path(__file__).parent.parent / "golden" / "sbom"
CREATED = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return spdx_schema.fetched(tmp_path_factory.mktemp("schema"))


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.spdx.json")), ids=lambda path: path.name)
def test_the_golden_documents_pass(schema: Any, path: Path) -> None:
    document = json.loads(path.read_bytes())
    assert [error.message for error in schema.iter_errors(document)] == []
    del document["packages"][0]["downloadLocation"]
    assert len(list(schema.iter_errors(document))) == 1


@pytest.mark.parametrize("name", IMAGES)
def test_the_documents_of_our_images_pass(schema: Any, release: Release, name: str) -> None:
    sbom = describe_image(ArtifactFile.measure(release.archive(name)))
    content = render(sbom, created=CREATED, tool_version="1")
    assert [error.message for error in schema.iter_errors(json.loads(content))] == []
    assert spdx_documents.faults(content) == []


def test_every_document_passes(schema: Any) -> None:
    @settings(max_examples=200)
    @given(sboms())
    def law(sbom: Sbom) -> None:
        document = json.loads(render(sbom, created=CREATED, tool_version="1"))
        assert [error.message for error in schema.iter_errors(document)] == []

    law()
