"""A wheel's own bill of materials, written into it and listed in its RECORD."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from support import built
from workflow_release.building import embedding
from workflow_release.building.embedding import Maker, written
from workflow_release.building.wheels import normalise_wheel
from workflow_release.errors import BuildError
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.merging.origin import Origin
from workflow_sbom.model.document import Publication
from workflow_sbom.model.parts import Organisation
from workflow_sbom.python.describe import Resolution, describe_wheel
from workflow_sbom.python.environment import Environment

MAKER = Maker(version="9.9", created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
INFO = "thing-1.2.3.dist-info"
DOCUMENT = f"{INFO}/sboms/thing.cdx.json"


def bare() -> dict[str, bytes]:
    return {path: data for path, data in built.wheel_files().items() if "/sboms/" not in path}


def wheel(folder: Path, files: Mapping[str, bytes], **more: Any) -> Path:
    path = folder / "thing-1.2.3-py3-none-any.whl"
    path.write_bytes(built.wheel(files, **more))
    return path


def document(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(written(path, MAKER)[DOCUMENT])
    return found


def test_the_subject_is_the_distribution_without_a_digest(tmp_path: Path) -> None:
    found = document(wheel(tmp_path, bare()))
    assert found["metadata"]["timestamp"] == "2026-01-02T03:04:05Z"
    assert found["metadata"]["tools"]["components"][0]["version"] == "9.9"
    subject = found["metadata"]["component"]
    assert (subject["name"], subject["version"]) == ("thing", "1.2.3")
    assert subject["purl"] == subject["bom-ref"] == "pkg:pypi/thing@1.2.3"
    assert subject["licenses"] == [{"expression": "MIT", "acknowledgement": "declared"}]
    assert "hashes" not in subject
    assert found["metadata"]["properties"][0]["name"] == "workflow:python:inside-subject"
    assert found["components"] == []
    assert found["dependencies"] == [{"ref": "pkg:pypi/thing@1.2.3", "dependsOn": []}]


def test_who_stands_behind_it_and_no_source(tmp_path: Path) -> None:
    somebody = Organisation("Somebody", urls=("https://example.org",))
    origin = Origin(
        publication=Publication(supplier=somebody), security="https://example.org/security.txt"
    )
    maker = Maker(version="9.9", created=MAKER.created, origin=origin)
    content = written(wheel(tmp_path, bare()), maker)[DOCUMENT]
    metadata = json.loads(content)["metadata"]
    assert metadata["supplier"]["name"] == "Somebody"
    assert metadata["component"]["supplier"]["name"] == "Somebody"
    kinds = {each["type"] for each in metadata["component"]["externalReferences"]}
    assert "rfc-9116" in kinds
    assert "vcs" not in kinds


def test_what_it_requires_is_for_its_metadata_to_say(tmp_path: Path) -> None:
    files = {**bare(), f"{INFO}/METADATA": built.metadata(more="Requires-Dist: other\n")}
    found = document(wheel(tmp_path, files))
    assert "dependencies" not in found
    assert {"aggregate": "incomplete", "dependencies": ["pkg:pypi/thing@1.2.3"]} in found[
        "compositions"
    ]


def test_a_native_wheels_libraries_are_in_it_and_read_back(tmp_path: Path) -> None:
    library = "thing.libs/libz-dd453c56.so.1"
    source = wheel(tmp_path, {**bare(), library: b"\x7fELF", "thing/_speed.abi3.so": b"\x7fELF"})
    (part,) = document(source)["metadata"]["component"]["components"]
    assert part["name"] == "libz-dd453c56.so.1"
    made = tmp_path / "made" / source.name
    made.parent.mkdir()
    normalise_wheel(source, made, 0, written(source, MAKER))
    sbom = describe_wheel(
        ArtifactFile.measure(made), Resolution(environment=Environment(python="3.13.0"))
    )
    (known,) = sbom.subject.components
    assert (known.name, known.hashes[0].hex) == (part["name"], part["hashes"][0]["content"])
    assert [each.aggregate for each in sbom.compositions if each.assemblies] == ["incomplete"]
    assert sbom.subject.hash("SHA-256") == ArtifactFile.measure(made).digest.hex


def test_what_other_documents_state_is_not_said_again(tmp_path: Path) -> None:
    z = {"bomFormat": "CycloneDX", "components": [{"type": "library", "name": "z"}]}
    other = f"{INFO}/sboms/auditwheel.cdx.json"
    files = {**bare(), other: json.dumps(z).encode(), "thing.libs/libz.so.1": b""}
    assert "components" not in document(wheel(tmp_path, files))["metadata"]["component"]


def test_a_projects_own_document_of_that_name_stays(tmp_path: Path) -> None:
    assert written(wheel(tmp_path, built.wheel_files()), MAKER) == {}


def test_the_record_lists_it_and_an_installer_keeps_it(tmp_path: Path) -> None:
    source = wheel(tmp_path, bare())
    made = tmp_path / "made" / source.name
    made.parent.mkdir()
    normalise_wheel(source, made, 0, written(source, MAKER))
    again = tmp_path / "again.whl"
    normalise_wheel(source, again, 0, written(source, MAKER))
    assert made.read_bytes() == again.read_bytes()
    with zipfile.ZipFile(made) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if "RECORD" not in name}
        record = archive.read(f"{INFO}/RECORD").decode().splitlines()
    assert sorted(record) == sorted(built.record(files, f"{INFO}/RECORD").decode().splitlines())
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target"]
    subprocess.run([*pip, tmp_path / "target", made], check=True)
    assert (tmp_path / "target" / DOCUMENT).read_bytes() == files[DOCUMENT]


def test_a_record_without_a_last_line_end(tmp_path: Path) -> None:
    source = wheel(tmp_path, bare(), listed=b"a,,")
    assert written(source, MAKER)[f"{INFO}/RECORD"].startswith(b"a,,\nthing-1.2.3.dist-info/sboms/")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({f"{INFO}/METADATA": b"Name: thing\n"}, "names no distribution"),
        ({"a-1.dist-info/METADATA": b"", **bare()}, "2 files *.dist-info/METADATA"),
    ],
)
def test_a_wheel_that_tells_nothing_is_refused(
    tmp_path: Path, files: Mapping[str, bytes], said: str
) -> None:
    with pytest.raises(BuildError) as told:
        written(wheel(tmp_path, {**bare(), **files}), MAKER)
    assert said in told.value.message
    assert told.value.remedy


def test_no_record_or_one_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "thing-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr(f"{INFO}/METADATA", built.metadata())
    with pytest.raises(BuildError, match="no readable RECORD"):
        written(source, MAKER)
    monkeypatch.setattr(embedding, "_MAX_RECORD", 1)
    with pytest.raises(BuildError, match="more than 1 bytes"):
        written(wheel(tmp_path, bare()), MAKER)
