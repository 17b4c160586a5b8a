"""What lies in the wheels of an image: documents, licences, libraries that somebody bundled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulators.images import elf, member, record_line, tar, world
from support.layouts import with_layer
from workflow_containers.building.builder import build_archive
from workflow_containers.definition import load
from workflow_containers.errors import LayoutError
from workflow_containers.inspecting import reading
from workflow_containers.inspecting.bill import describe_image
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.digest import Digest
from workflow_sbom.errors import InventoryError
from workflow_sbom.model.document import Sbom

SITE = "usr/local/lib/python3.13/dist-packages"
INFO = "fast-1.0.dist-info"
REF = "pkg:pypi/fast@1.0?tag=cp313-cp313-linux_x86_64"
LIBRARY = "fast.libs/libz-dd453c56.so.1"
DOCUMENT = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "metadata": {"component": {"type": "library", "name": "fast", "bom-ref": "fast"}},
    "components": [
        {"type": "library", "name": "libpq", "version": "17", "bom-ref": "pq"},
        {"type": "library", "name": "openssl", "version": "3", "bom-ref": "ssl"},
    ],
    "dependencies": [
        {"ref": "fast", "dependsOn": ["pq"]},
        {"ref": "pq", "dependsOn": ["ssl"]},
    ],
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inside")
    shop = world(folder / "repository")
    path = folder / "shop-1.2.3.oci.tar"
    definition = load(shop.root / "images/shop.toml")
    build_archive(definition, shop.inputs(), shop.tools(folder / "store"), path)
    return path


def bill(archive: Path, changed: Path, files: dict[str, bytes]) -> Sbom:
    """The bill of the archive with one wheel more, which has a RECORD of all its files."""
    contents = {
        f"{INFO}/METADATA": b"Metadata-Version: 2.4\nName: fast\nVersion: 1.0\n"
        b"License-Expression: MIT\nAuthor: Ann\nRequires-Dist: till\n",
        f"{INFO}/WHEEL": b"Tag: cp313-cp313-linux_x86_64\n",
        "fast/core.cpython-313-x86_64-linux-gnu.so": elf(62, needed=("libz.so.1",)),
        LIBRARY: elf(62, soname="libz-dd453c56.so.1"),
        **files,
    }
    record = "".join(record_line(path, data) for path, data in contents.items())
    contents[f"{INFO}/RECORD"] = record.encode()
    layer = tar([member(f"{SITE}/{path}", data) for path, data in contents.items()])
    return describe_image(ArtifactFile.measure(with_layer(archive, changed, layer)))


def test_a_bundled_library_is_a_part_of_unknown_identity(archive: Path, tmp_path: Path) -> None:
    sbom = bill(archive, tmp_path / "changed.tar", {})
    parts = {each.ref: each for each in sbom.walk()}
    (library,) = parts[REF].components
    assert library.name == "libz-dd453c56.so.1"
    assert library.hash("SHA-256") == Digest.of(elf(62, soname="libz-dd453c56.so.1")).hex
    incomplete = [each for each in sbom.compositions if each.aggregate == "incomplete"]
    assert [each.assemblies for each in incomplete] == [(REF,)]


def test_what_a_document_in_a_wheel_states_is_in_the_bill(archive: Path, tmp_path: Path) -> None:
    files = {f"{INFO}/sboms/fast.cdx.json": json.dumps(DOCUMENT).encode()}
    sbom = bill(archive, tmp_path / "changed.tar", files)
    parts = {each.ref: each for each in sbom.walk()}
    names = {each.name: each.ref for each in parts[REF].components}
    assert names.keys() == {"libpq", "openssl", "libz-dd453c56.so.1"}
    edges = {edge.ref: edge.depends_on for edge in sbom.dependencies}
    assert set(edges[REF]) == {names["libpq"], "pkg:pypi/till@2.0"}
    assert edges[names["libpq"]] == (names["openssl"],)
    named = {ref for each in sbom.compositions for ref in each.dependencies}
    assert named == parts.keys()


def test_licence_files_of_a_wheel_name_the_holders(archive: Path, tmp_path: Path) -> None:
    files = {f"{INFO}/licenses/LICENSE": b"Copyright (c) 2020 Ann\nText.\n"}
    parts = {each.ref: each for each in bill(archive, tmp_path / "changed.tar", files).walk()}
    assert parts[REF].copyright == "Copyright (c) 2020 Ann"
    assert [str(each.expression) for each in parts[REF].licences] == ["MIT"]  # type: ignore[union-attr]


def test_too_many_documents_are_refused(archive: Path, tmp_path: Path) -> None:
    files = {f"{INFO}/sboms/{at}.json": b"{}" for at in range(101)}
    with pytest.raises(InventoryError, match="101 bills of materials"):
        bill(archive, tmp_path / "changed.tar", files)


def test_records_of_more_bytes_than_are_kept_are_refused(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_KEPT", 100_000)
    files = {f"{INFO}/sboms/{at}.json": b" " * 10_000 for at in range(10)}
    with pytest.raises(LayoutError, match="records of more than 100000 bytes"):
        bill(archive, tmp_path / "changed.tar", files)


def test_one_distribution_in_two_places_is_refused(archive: Path, tmp_path: Path) -> None:
    info = "usr/lib/python3/dist-packages/till-1.0.dist-info"
    layer = tar(
        [
            member(f"{info}/METADATA", b"Metadata-Version: 2.4\nName: Till\nVersion: 1.0\n"),
            member(f"{info}/RECORD", b""),
        ]
    )
    changed = with_layer(archive, tmp_path / "changed.tar", layer)
    with pytest.raises(InventoryError, match="has one distribution twice"):
        describe_image(ArtifactFile.measure(changed))
