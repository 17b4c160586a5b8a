"""What these tests share: the official schemas, golden files, small artifacts."""

from __future__ import annotations

import gzip
import importlib.resources
import io
import json
import os
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from support import spdx_documents
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.formats.cyclonedx import Spec, render
from workflow_sbom.formats.spdx import render as spdx_render
from workflow_sbom.model.document import Sbom

CREATED = datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC)
GOLDEN = Path(__file__).parent.parent / "golden" / "sbom"

Render = Callable[..., dict[str, Any]]
Validate = Callable[[Mapping[str, Any]], list[str]]
MakeArtifact = Callable[[str, Mapping[str, bytes]], ArtifactFile]


def _schema(name: str) -> dict[str, Any]:
    """A schema of the CycloneDX project, as its Python library ships it."""
    folder = importlib.resources.files("cyclonedx.schema") / "_res"
    schema: dict[str, Any] = json.loads((folder / f"{name}.SNAPSHOT.schema.json").read_bytes())
    return schema


@pytest.fixture(scope="session")
def validators() -> Mapping[str, Any]:
    base = "http://cyclonedx.org/schema"
    registry = jsonschema_rs.Registry(
        [
            (f"{base}/{name}.SNAPSHOT.schema.json", _schema(name))
            for name in ("spdx", "jsf-0.82", "cryptography-defs")
        ]
    )
    return {
        spec: jsonschema_rs.Draft7Validator(
            _schema(f"bom-{spec}"), registry=registry, validate_formats=True
        )
        for spec in ("1.6", "1.7")
    }


@pytest.fixture(scope="session")
def schema_faults(validators: Mapping[str, Any]) -> Validate:
    """What the official schema of the document's own version says against it."""

    def faults(document: Mapping[str, Any]) -> list[str]:
        errors = validators[document["specVersion"]].iter_errors(document)
        return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in errors]

    return faults


@pytest.fixture(scope="session")
def rendered(schema_faults: Validate) -> Render:
    """Render and read back, refusing what the schema refuses."""

    def make(sbom: Sbom, spec: Spec = "1.7") -> dict[str, Any]:
        document: dict[str, Any] = json.loads(
            render(sbom, created=CREATED, tool_version="1.2.3", spec=spec)
        )
        assert schema_faults(document) == []
        return document

    return make


@pytest.fixture
def golden(schema_faults: Validate) -> Callable[[str, Sbom], None]:
    """Compare with the committed documents; `WORKFLOW_GOLDEN=write` writes them anew."""

    def check(name: str, sbom: Sbom) -> None:
        cyclonedx = render(sbom, created=CREATED, tool_version="1.2.3")
        assert schema_faults(json.loads(cyclonedx)) == []
        _committed(GOLDEN / f"{name}.cdx.json", cyclonedx)
        spdx = spdx_render(sbom, created=CREATED, tool_version="1.2.3")
        assert spdx_documents.faults(spdx) == []
        _committed(GOLDEN / f"{name}.spdx.json", spdx)

    return check


def _committed(path: Path, found: bytes) -> None:
    if os.environ.get("WORKFLOW_GOLDEN") == "write":
        path.write_bytes(found)
    assert found.decode() == path.read_text(encoding="utf-8")


@pytest.fixture
def make_wheel(tmp_path: Path) -> MakeArtifact:
    """A zip archive with fixed times."""

    def make(name: str, files: Mapping[str, bytes]) -> ArtifactFile:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as archive:
            for member in sorted(files):
                archive.writestr(zipfile.ZipInfo(member), files[member])
        return ArtifactFile.measure(path)

    return make


@pytest.fixture
def make_tarball(tmp_path: Path) -> MakeArtifact:
    """A tar archive with fixed times; compressed when its name says so."""

    def make(name: str, files: Mapping[str, bytes]) -> ArtifactFile:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for member in sorted(files):
                info = tarfile.TarInfo(member)
                info.size = len(files[member])
                archive.addfile(info, io.BytesIO(files[member]))
        data = buffer.getvalue()
        path = tmp_path / name
        path.write_bytes(gzip.compress(data, mtime=0) if name.endswith("gz") else data)
        return ArtifactFile.measure(path)

    return make


@pytest.fixture
def make_go_program(tmp_path: Path) -> Callable[[str, str, str], ArtifactFile]:
    """An ELF file of two sections, one of them the build information as Go's linker writes it."""

    def make(name: str, go: str, text: str) -> ArtifactFile:
        framed = b"M" * 16 + text.encode() + b"M" * 16 if text else b""
        info = b"\xff Go buildinf:" + bytes([8, 2]) + bytes(16)
        info += _sized(go.encode()) + _sized(framed)
        strings = b"\0.go.buildinfo\0.shstrtab\0"
        table = 64 + len(info) + len(strings)
        ident = b"\x7fELF\x02\x01\x01" + bytes(9)
        header = struct.pack(
            "<16sHHIQQQIHHHHHH", ident, 2, 62, 1, 0, 0, table, 0, 64, 56, 0, 64, 3, 2
        )
        rows = [
            bytes(64),
            _section(1, 64, len(info)),
            _section(15, 64 + len(info), len(strings)),
        ]
        path = tmp_path / name
        path.write_bytes(header + info + strings + b"".join(rows))
        return ArtifactFile.measure(path)

    return make


def _section(name: int, offset: int, size: int) -> bytes:
    return struct.pack("<IIQQQQIIQQ", name, 1, 3, 0, offset, size, 0, 0, 16, 0)


def _sized(data: bytes) -> bytes:
    length, prefix = len(data), b""
    while length > 0x7F:
        prefix += bytes([length & 0x7F | 0x80])
        length >>= 7
    return prefix + bytes([length]) + data
