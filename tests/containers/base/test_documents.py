from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulators import bases
from workflow_containers.base.documents import find
from workflow_containers.errors import LayoutError
from workflow_containers.layers.layer import GZIP, TAR
from workflow_containers.platform import AMD64, ARM64, Platform
from workflow_sbom.digest import Digest

Document = dict[str, Any]


class Documents(dict[Digest, bytes]):
    """Documents by digest."""

    def add(self, value: object) -> Document:
        data = json.dumps(value).encode()
        self[Digest.of(data)] = data
        return {"digest": str(Digest.of(data)), "size": len(data)}


def chain(change: Callable[[Document, Document, Document], object]) -> tuple[Documents, Digest]:
    """An index, a manifest and a configuration, the way `change` leaves them."""
    documents = Documents()
    layer = {"mediaType": bases.GZIP, "digest": f"sha256:{'1' * 64}", "size": 5}
    config: Document = {
        "os": "linux",
        "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{'2' * 64}"]},
    }
    manifest: Document = {
        "schemaVersion": 2,
        "mediaType": f"{bases.OCI}.manifest.v1+json",
        "layers": [layer],
    }
    entry: Document = {"platform": {"os": "linux", "architecture": "amd64"}}
    index: Document = {
        "schemaVersion": 2,
        "mediaType": f"{bases.OCI}.index.v1+json",
        "manifests": [bases.attested(), entry],
    }
    change(index, manifest, config)
    kind = {"mediaType": f"{bases.OCI}.config.v1+json"}
    manifest["config"] = documents.add(config) | kind | manifest.get("config", {})
    entry.update(documents.add(manifest) | {"mediaType": f"{bases.OCI}.manifest.v1+json"})
    return documents, Digest.parse(documents.add(index)["digest"])


def asked(
    change: Callable[[Document, Document, Document], object], platform: Platform = AMD64
) -> Any:
    documents, digest = chain(change)
    return find(documents.__getitem__, digest, platform, "registry.test/base")


def test_the_image_of_a_platform_is_found() -> None:
    found = asked(lambda *_: None)
    assert [layer.media_type for layer in found.layers] == [GZIP]
    assert (found.layers[0].size, found.layers[0].diff_id.hex) == (5, "2" * 64)
    assert len(found.documents) == 3
    assert found.manifest == found.documents[1]


def test_a_manifest_without_an_index_is_an_image_too() -> None:
    documents, digest = chain(lambda *_: None)
    manifest = find(documents.__getitem__, digest, AMD64, "x").manifest
    alone = find(documents.__getitem__, manifest, AMD64, "x")
    assert alone.documents[0] == alone.manifest == manifest
    with pytest.raises(LayoutError, match="says it is for another platform"):
        find(documents.__getitem__, manifest, ARM64, "x")


@pytest.mark.parametrize(
    ("variant", "is_chosen"), [("v1", True), ("", True), ("v2", False), ("v3", False)]
)
def test_a_variant_that_not_every_machine_runs_is_passed_by(variant: str, is_chosen: bool) -> None:
    def change(index: Document, *_: Document) -> None:
        index["manifests"][1]["platform"]["variant"] = variant

    if is_chosen:
        assert asked(change)
    else:
        with pytest.raises(LayoutError, match=f"it has linux/amd64/{variant}") as caught:
            asked(change)
        assert caught.value.remedy


def test_arm64_may_be_called_v8(tmp_path: Path) -> None:
    reference = bases.slim().write(tmp_path)

    def read(digest: Digest) -> bytes:
        return (tmp_path / "blobs/sha256" / digest.hex).read_bytes()

    assert reference.digest is not None
    assert len(find(read, reference.digest, ARM64, "x").layers) == 2


@pytest.mark.parametrize(
    ("named", "known"),
    [
        (f"{bases.DOCKER}.image.rootfs.diff.tar.gzip", GZIP),
        (f"{bases.DOCKER}.image.rootfs.diff.tar", TAR),
        (f"{bases.OCI}.layer.v1.tar", TAR),
    ],
)
def test_layers_are_called_as_oci_calls_them(named: str, known: str) -> None:
    def change(_: Document, manifest: Document, __: Document) -> None:
        manifest["layers"][0]["mediaType"] = named

    assert asked(change).layers[0].media_type == known


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda i, _m, _c: i.update(schemaVersion=1), "no image manifest or index"),
        (lambda i, _m, _c: i.update(mediaType="text/plain"), "no image manifest or index"),
        (lambda i, _m, _c: i.update(layers=[]), "no image manifest or index"),
        (lambda i, _m, _c: i.update(manifests={}), "'manifests' is no list"),
        (lambda i, _m, _c: i.update(manifests=[1]), "no descriptor"),
        (lambda _i, m, _c: m.update(manifests=[]), "no image manifest or index"),
        (lambda _i, m, _c: m.update(schemaVersion=1), "no image manifest or index"),
        (lambda _i, m, _c: m.update(config={"mediaType": "text/plain"}), "no container image"),
        (lambda _i, m, _c: m.update(layers=None), "'layers' is no list"),
        (lambda _i, m, _c: m.update(layers=[]), "differ in number"),
        (lambda _i, m, _c: m.update(layers=m["layers"] * 200), "differ in number"),
        (lambda _i, m, _c: m["layers"][0].update(digest="md5:1"), "no digest"),
        (lambda _i, m, _c: m["layers"][0].update(size=-1), "no size of a blob"),
        (lambda _i, m, _c: m["layers"][0].update(size=1 << 70), "no size of a blob"),
        (lambda _i, _m, c: c.update(os="windows"), "for another platform"),
        (lambda _i, _m, c: c.update(rootfs=[]), "differ in number"),
        (lambda _i, _m, c: c["rootfs"].update(diff_ids=["sha256:x"]), "no SHA-256 digest"),
        (lambda _i, m, c: (m.update(layers=[]), c["rootfs"].update(diff_ids=[])), "0 layers, not"),
        (
            lambda _i, m, c: (
                m.update(layers=m["layers"] * 125),
                c["rootfs"].update(diff_ids=c["rootfs"]["diff_ids"] * 125),
            ),
            "125 layers, not 1 to 124",
        ),
    ],
)
def test_what_is_no_image_is_refused(
    change: Callable[[Document, Document, Document], object], message: str
) -> None:
    with pytest.raises(LayoutError, match=message) as caught:
        asked(change)
    assert str(caught.value).startswith("registry.test/base: ")


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff", b"[" * 2000, b" " * (5 << 20)])
def test_what_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(LayoutError):
        find(lambda _: data, Digest.of(b""), AMD64, "x")


def test_a_name_from_outside_can_not_act_on_the_terminal() -> None:
    def change(index: Document, *_: Document) -> None:
        index["manifests"][1]["platform"]["os"] = "\x1b[2Jlinux"

    with pytest.raises(LayoutError) as caught:
        asked(change)
    assert "\x1b" not in str(caught.value)
