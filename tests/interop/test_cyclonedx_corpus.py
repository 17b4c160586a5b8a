"""The CycloneDX specification's own examples: the valid are read and merged, the invalid refused.

They come with the source distribution of `cyclonedx-python-lib`, fetched by the digest below.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from support.absent import absent
from support.containment import body, lost, with_subject_among_components
from workflow_sbom.documents.merge import merge
from workflow_sbom.documents.positions import pointed
from workflow_sbom.documents.view import Document, read
from workflow_sbom.errors import InvalidDocumentError
from workflow_sbom.formats.schemas import CYCLONEDX_SPECS

SOURCE = (
    "cyclonedx-python-lib==11.12.0"
    " --hash=sha256:16767c4039de90c04e9f03348f8f0ed4b8ff842eaa7eefcad3a95685f970dacf"
)
EXAMPLES = "tests/_data/schemaTestData"
# What of each can't be as it was beside another document, and how it is kept then: a single
# value as a property, the tools of 1.4 as components.
KEPT_OTHERWISE = {".metadata.timestamp", ".metadata.manufacture", ".metadata.tools"}

Example = tuple[str, bytes]


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "requirements.txt").write_text(SOURCE, encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    options = ["--no-binary=:all:", "--require-hashes", f"--dest={folder}"]
    fetched = subprocess.run(
        [*command, *options, "-r", f"{folder}/requirements.txt"], check=False, capture_output=True
    )
    if fetched.returncode:
        absent(f"the examples can't be fetched: {fetched.stderr.decode()[-300:]}")
    (archive,) = folder.glob("*.tar.gz")
    return sorted(_members(archive))


def _members(archive: Path) -> Iterator[Example]:
    with tarfile.open(archive) as opened:
        for member in opened:
            version, _, name = member.name.rpartition("/")
            folder, _, spec = version.rpartition("/")
            if folder.endswith(EXAMPLES) and spec in CYCLONEDX_SPECS and name.endswith(".json"):
                file = opened.extractfile(member)
                assert file is not None
                yield f"{spec}/{name}", file.read()


@pytest.fixture(scope="session")
def valid(examples: list[Example]) -> dict[str, Document]:
    return {name: read(data) for name, data in examples if "/valid-" in name}


def test_every_invalid_document_is_refused_with_the_path_of_its_fault(
    examples: list[Example],
) -> None:
    refused = {}
    for name, data in examples:
        if "/invalid-" in name:
            with pytest.raises(InvalidDocumentError) as caught:
                read(data)
            refused[name] = [fault.path for fault in caught.value.faults]
    assert len(refused) == 98
    assert all(path for paths in refused.values() for path in paths)
    assert refused["1.5/invalid-hash-sha1-1.5.json"] == ["components[0].hashes[1].content"]
    assert refused["1.7/invalid-license-id-1.7.json"] == ["components[0].licenses[0].license.id"]


def test_every_valid_document_is_merged_with_itself_without_loss(
    valid: dict[str, Document],
) -> None:
    assert len(valid) == 171
    for name, document in valid.items():
        merged = merge([document, document])
        assert merged.document() == merge([document]).document(), name
        assert [*lost(body(document.json), merged.json)] == [], name


def test_a_merged_document_takes_its_source_in_without_a_change(
    valid: dict[str, Document],
) -> None:
    for name, document in valid.items():
        once = merge([document]).document()
        assert merge([read(once)]).document() == once, name
        assert merge([document, read(once)]).document() == once, name


def test_any_two_are_merged_in_either_order_without_loss(valid: dict[str, Document]) -> None:
    chosen = random.Random(4)
    for _ in range(400):
        names = chosen.sample(sorted(valid), 2)
        one, other = (valid[name] for name in names)
        merged = merge([one, other])
        assert merge([other, one]).document() == merged.document(), names
        for document in (one, other):
            common = "component" in merged.json.get("metadata", {})
            said = (body if common else with_subject_among_components)(document.json)
            gone = lost(_without_positions(said), _without_positions(merged.json), renamed=True)
            assert {*gone} <= KEPT_OTHERWISE, names


def _without_positions(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document whose citations don't say where: things have moved."""
    said = dict(document)
    if "citations" in document:
        said["citations"] = [
            {key: value for key, value in each.items() if key != "pointers"}
            for each in document["citations"]
        ]
    return said


def test_citations_point_to_what_they_cite_wherever_it_is_now(
    valid: dict[str, Document],
) -> None:
    cited = valid["1.7/valid-citations-1.7.json"]
    for name, other in valid.items():
        merged = merge([cited, other]).json
        found = [pointed(merged, each) for each in _pointers(merged)]
        assert found.count("example-lib") == 2, name


def _pointers(document: Mapping[str, Any]) -> list[str]:
    return [each for citation in document["citations"] for each in citation.get("pointers", [])]
