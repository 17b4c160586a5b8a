from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulators.images import tar, world
from workflow_containers.building.builder import build_archive
from workflow_containers.definition import load
from workflow_containers.errors import LayoutError, MemberError
from workflow_containers.layers.compress import member as gzipped
from workflow_containers.layers.entries import File
from workflow_containers.oci import layout as module
from workflow_containers.oci.layout import Layout
from workflow_containers.platform import AMD64, Platform

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A real archive, as its files."""
    folder = tmp_path_factory.mktemp("layout")
    made = world(folder / "repository")
    definition = load(made.root / "images/shop.toml")
    path = folder / "x.tar"
    build_archive(definition, made.inputs(), made.tools(folder / "store"), path)
    with tarfile.open(path) as archive:
        members = [each for each in archive if each.isreg()]
        return {each.name: archive.extractfile(each).read() for each in members}  # type: ignore[union-attr]


def pack(folder: Path, files: Files) -> Path:
    path = folder / "x.tar"
    path.write_bytes(tar(_plain(name, data) for name, data in files.items()))
    return path


def _plain(name: str, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    return info, data


def blob(data: bytes) -> str:
    return f"blobs/sha256/{hashlib.sha256(data).hexdigest()}"


def descriptor(data: bytes, media_type: str) -> dict[str, Any]:
    return {
        "mediaType": media_type,
        "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "size": len(data),
    }


def edited(files: Files, change: Callable[[dict[str, Any], dict[str, Any], Any], None]) -> Files:
    """The archive with one image whose index entry, manifest or config was changed, all digests
    made right again: what somebody makes who can hash."""
    made = dict(files)
    top = json.loads(made["index.json"])
    index_name = "blobs/sha256/" + top["manifests"][0]["digest"][7:]
    index = json.loads(made.pop(index_name))
    for entry in index["manifests"][1:]:
        manifest = json.loads(made.pop("blobs/sha256/" + entry["digest"][7:]))
        del made["blobs/sha256/" + manifest["config"]["digest"][7:]]
        del made["blobs/sha256/" + manifest["layers"][0]["digest"][7:]]
    entry = index["manifests"][0]
    manifest = json.loads(made.pop("blobs/sha256/" + entry["digest"][7:]))
    config = json.loads(made.pop("blobs/sha256/" + manifest["config"]["digest"][7:]))
    change(entry, manifest, config)
    _put(made, manifest["config"], config)
    _put(made, entry, manifest)
    index["manifests"] = [entry]
    _put(made, top["manifests"][0], index)
    made["index.json"] = json.dumps(top).encode()
    return made


def _put(files: Files, entry: dict[str, Any], value: Any) -> None:
    data = json.dumps(value).encode()
    files[blob(data)] = data
    entry |= descriptor(data, entry["mediaType"])


def read(path: Path) -> list[str]:
    with Layout(path) as layout:
        return [
            entry.path
            for image in layout.images
            for layer in image.layers
            for entry in layout.entries(layer)
        ]


def test_a_whole_archive_is_read(good: Files, tmp_path: Path) -> None:
    assert "app/shop.yaml" in read(pack(tmp_path, good))


def test_an_edited_archive_is_read_when_nothing_in_it_lies(good: Files, tmp_path: Path) -> None:
    made = edited(good, lambda _entry, _manifest, _config: None)
    assert "app/shop.yaml" in read(pack(tmp_path, made))


def test_an_archive_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"x\.tar: No such file or directory"):
        Layout(tmp_path / "x.tar")
    with pytest.raises(LayoutError, match="Is a directory"):
        Layout(tmp_path)


def test_no_byte_can_be_changed(good: Files, tmp_path: Path) -> None:
    for name in good:
        if not name.startswith("blobs/"):
            continue
        data = bytearray(good[name])
        data[len(data) // 2] ^= 1
        with pytest.raises(LayoutError, match="has another digest"):
            read(pack(tmp_path, good | {name: bytes(data)}))


def test_a_blob_that_is_gone_is_missed(good: Files, tmp_path: Path) -> None:
    for name in good:
        if name != "manifest.json":
            less = {each: data for each, data in good.items() if each != name}
            with pytest.raises(LayoutError):
                read(pack(tmp_path, less))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (blob(b"stowaway"), "is there and nothing names it"),
        ("blobs/sha256/short", "has no place"),
        ("../evil", "has no place"),
        ("/etc/passwd", "has no place"),
        ("README", "has no place"),
    ],
)
def test_nothing_else_may_be_there(good: Files, tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(LayoutError, match=message):
        read(pack(tmp_path, good | {name: b"stowaway"}))


def test_a_link_in_the_archive_is_refused(good: Files, tmp_path: Path) -> None:
    path = pack(tmp_path, good)
    with tarfile.open(path, "a") as archive:
        info = tarfile.TarInfo(blob(b"x"))
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(LayoutError, match="has no place"):
        read(path)


def test_a_header_that_announces_gigabytes_is_not_read(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 4 << 30
    path = tmp_path / "x.tar"
    path.write_bytes(info.tobuf(tarfile.USTAR_FORMAT) + bytes(10_000))
    with pytest.raises(LayoutError, match="an extended header of 4294967296 bytes"):
        read(path)


def test_a_name_twice_is_refused(good: Files, tmp_path: Path) -> None:
    path = pack(tmp_path, good)
    with tarfile.open(path, "a") as archive:
        info, data = _plain("index.json", b"{}")
        archive.addfile(info, io.BytesIO(data))
    with pytest.raises(LayoutError, match="stands twice"):
        read(path)


def nothing(config: Any) -> None:
    config.clear()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _e, _m, c: c["rootfs"]["diff_ids"].reverse(), "has other contents"),
        (lambda _e, _m, c: c["rootfs"]["diff_ids"].pop(), "differ in number"),
        (lambda _e, _m, c: c["rootfs"].update(diff_ids=["x"] * 3), "is no digest"),
        (lambda _e, _m, c: c.update(architecture="arm64"), "differ in platform"),
        (lambda e, _m, _c: e["platform"].update(os="../x"), "is no platform"),
        (lambda _e, _m, c: nothing(c), "is no platform|is no object|differ"),
        (lambda _e, m, _c: m["layers"][0].update(size=1), "has another size"),
        (lambda _e, m, _c: m["layers"][0].update(digest="sha256:../../etc"), "is no SHA-256"),
        (lambda _e, m, _c: m["layers"][0].update(digest="md5:abc"), "is no digest"),
        (lambda _e, m, _c: m["layers"][0].update(mediaType="text/plain"), "is no application"),
        (lambda _e, m, _c: m.update(layers="x"), "is no list of objects"),
        (lambda _e, m, _c: m.update(annotations={"a": 1}), "annotations that are no texts"),
        (lambda _e, m, _c: m.pop("config") and m.update(config={"mediaType": "x"}), "is no"),
    ],
)
def test_a_document_that_lies_is_found_out(
    good: Files, tmp_path: Path, change: Any, message: str
) -> None:
    with pytest.raises(LayoutError, match=message):
        read(pack(tmp_path, edited(good, change)))


def with_layer(files: Files, raw: bytes) -> Files:
    """The archive whose last layer holds that tar, everything about it true."""
    packed = gzipped(raw)

    def change(_: dict[str, Any], manifest: dict[str, Any], config: Any) -> None:
        del files[blob_of(manifest["layers"][2])]
        manifest["layers"][2] |= descriptor(packed, manifest["layers"][2]["mediaType"])
        config["rootfs"]["diff_ids"][2] = f"sha256:{hashlib.sha256(raw).hexdigest()}"

    files = dict(files)
    gone = json.loads(files["manifest.json"])[0]["Layers"][2]
    made = edited(files | {blob(packed): packed}, change)
    made.pop(gone, None)
    return made


def blob_of(entry: dict[str, Any]) -> str:
    return "blobs/sha256/" + str(entry["digest"])[7:]


@pytest.mark.parametrize(
    ("name", "kind", "link", "message"),
    [
        ("../../etc/passwd", tarfile.REGTYPE, "", "plain form"),
        ("dev/null", tarfile.CHRTYPE, "", "device"),
        ("a", tarfile.SYMTYPE, "../../etc", "links out of the root"),
        ("usr/.wh.lib", tarfile.REGTYPE, "", "whiteout"),
    ],
)
def test_a_layer_that_would_leave_the_root_is_refused(
    good: Files, tmp_path: Path, name: str, kind: bytes, link: str, message: str
) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    with pytest.raises(MemberError, match=message):
        read(pack(tmp_path, with_layer(good, tar([(info, b"")]))))


def test_a_layer_that_is_a_bomb_is_stopped(
    good: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_LAYER", 1 << 20)
    bomb = with_layer(good, tar([_plain("zeros", bytes(8 << 20))]))
    with pytest.raises((LayoutError, MemberError), match=r"holds more than|more than is allowed"):
        read(pack(tmp_path, bomb))


def test_bytes_after_the_end_of_a_layers_tar_count(good: Files, tmp_path: Path) -> None:
    raw = tar([_plain("a", b"1")])
    made = with_layer(good, raw + b"more" * 100)
    assert "a" in read(pack(tmp_path, made))
    lying = edited(made, lambda _e, _m, c: c["rootfs"]["diff_ids"].__setitem__(2, digest(raw)))
    with pytest.raises(LayoutError, match="has other contents"):
        read(pack(tmp_path, lying))


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def test_a_document_that_is_too_large_is_not_read(
    good: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_DOCUMENT", 100)
    with pytest.raises(LayoutError, match="holds"):
        read(pack(tmp_path, good))


@pytest.mark.parametrize("data", [b"", b"no tar", b"\x1f\x8b\x08", bytes(1024)])
def test_what_is_no_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(data)
    with pytest.raises(LayoutError):
        read(path)


def test_an_image_for_a_platform_that_is_not_there_is_an_error(good: Files, tmp_path: Path) -> None:
    with Layout(pack(tmp_path, good)) as layout:
        assert layout.image(AMD64).entrypoint == ("/usr/bin/python3", "-m", "shop")
        with pytest.raises(LayoutError, match="no image for linux/s390x; it has linux/amd64, l"):
            layout.image(Platform("linux", "s390x"))


def test_entries_come_as_they_went_in(good: Files, tmp_path: Path) -> None:
    with Layout(pack(tmp_path, good)) as layout:
        found = {e.path: e for e in layout.entries(layout.image(AMD64).layers[2])}
    assert found["app/shop.yaml"] == File("app/shop.yaml", 0o644, b"open: true\n")
