from __future__ import annotations

import contextlib
import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import built
from workflow_containers.platform import AMD64, ARM64
from workflow_release.errors import BuildError
from workflow_release.judging.evidence import Evidence
from workflow_release.judging.examining.oci import examine_image
from workflow_release.model import Artifact
from workflow_sbom.digest import Digest

Files = dict[str, bytes]


def examined(data: bytes) -> Evidence:
    artifact = Artifact(
        recipe="image:box",
        name="box-1.2.3.oci.tar",
        media_type="",
        platforms=(AMD64, ARM64),
        size=len(data),
        digest=Digest.of(data),
        path=Path("/nowhere"),
    )
    return examine_image(io.BytesIO(data), artifact)


def test_an_image_says_what_it_is_on_every_platform() -> None:
    found = examined(built.image())
    assert found.platforms == (AMD64, ARM64)
    assert [(claim.kind, claim.value) for claim in found.claims] == [
        ("version", "1.2.3"),
        ("revision", built.COMMIT),
        ("version", "1.2.3"),
        ("revision", built.COMMIT),
    ]
    assert found.claims[2].where == "label org.opencontainers.image.version of linux/arm64"
    assert found.faults == ()


def test_a_layer_that_platforms_share_is_read_once() -> None:
    layers = [m for m in examined(built.image()).members if m.archive]
    assert [m.path for m in layers] == ["usr", "tmp", "bin", "usr/sh", "usr/Name", "usr/name"]
    assert {m.archive[:6] for m in layers} == {"layer "}


COUNT = "workflow-containers.base.layers"
SU = built.file("usr/bin/su", mode=0o4755)


def test_what_a_base_holds_is_not_judged_as_ours_but_held_to_its_digests() -> None:
    found = examined(built.image(base=[SU], annotations={COUNT: "1"}))
    assert found.faults == ()
    assert [m.path for m in found.members if m.archive] == [info.name for info, _ in built.LAYER]
    wrong = put("rootfs", {"diff_ids": [f"sha256:{'0' * 64}"] * 2})
    assert len(examined(built.image(base=[SU], change_config=wrong)).faults) == 2


@pytest.mark.parametrize("annotations", [None, {}, {COUNT: "0"}])
def test_without_a_base_every_layer_is_ours(annotations: dict[str, str] | None) -> None:
    found = examined(built.image(base=[SU], annotations=annotations))
    assert "usr/bin/su" in {member.path for member in found.members}


@pytest.mark.parametrize("said", ["2", "-1", "all", "1" * 30, "²", ""])
def test_a_base_can_not_be_the_whole_image(said: str) -> None:
    with pytest.raises(BuildError, match="layers of a base, of 2"):
        examined(built.image(base=[SU], annotations={COUNT: said}))


def blob(files: Files, wanted: str) -> str:
    """The path of the first document that holds a text."""
    return next(
        path for path, data in sorted(files.items()) if "blobs" in path and wanted.encode() in data
    )


def drop(wanted: str) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        del files[blob(files, wanted)]

    return change


def alter(wanted: str) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        files[blob(files, wanted)] += b" "

    return change


def write(path: str, data: bytes) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        files[path] = data

    return change


def forget(path: str) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        del files[path]

    return change


def wrong_size(files: Files) -> None:
    index = json.loads(files["index.json"])
    index["manifests"][0]["size"] += 1
    files["index.json"] = json.dumps(index).encode()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop('"layers"'), "missing or holds other bytes"),
        (drop('"diff_ids"'), "missing or holds other bytes"),
        (drop('"manifests"'), "missing or holds other bytes"),
        (alter('"layers"'), "missing or holds other bytes"),
        (alter('"diff_ids"'), "missing or holds other bytes"),
        (wrong_size, "its descriptor says"),
        (forget("index.json"), "no index.json"),
        (forget("oci-layout"), "no oci-layout"),
        (write("index.json", b"{"), "no JSON"),
        (write("index.json", b"[]"), "an index without a list"),
        (write("index.json", b'{"manifests": {}}'), "an index without a list"),
        (write("index.json", b'{"manifests": [1]}'), "a descriptor without digest"),
        (
            write("index.json", b'{"manifests": [{"digest": "md5:0", "size": 1}]}'),
            "a descriptor without digest",
        ),
        (write("index.json", b'{"manifests": [%s1]}' % (b"1," * 200)), "an index without a list"),
    ],
)
def test_a_layout_that_does_not_hold_together_is_refused(
    change: Callable[[Files], None], message: str
) -> None:
    with pytest.raises(BuildError, match=message):
        examined(built.image(change=change))


def put(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(config: dict[str, Any]) -> None:
        config[key] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("rootfs", {}), "lacks a field"),
        (put("rootfs", {"diff_ids": []}), "1 layers with 0 diff_ids"),
        (put("rootfs", {"diff_ids": 3}), "lacks a field"),
        (put("config", None), "lacks a field"),
        (put("config", {"Labels": "x"}), "lacks a field"),
        (put("os", "Linux!"), "lacks a field"),
        (put("os", 3), "lacks a field"),
        (put("os", "windows"), "the index says"),
    ],
)
def test_a_malformed_configuration_is_refused(
    change: Callable[[dict[str, Any]], None], message: str
) -> None:
    with pytest.raises(BuildError, match=message):
        examined(built.image(change_config=change))


def test_labels_may_be_null_and_then_say_nothing() -> None:
    found = examined(built.image(change_config=put("config", {"Labels": None})))
    assert {claim.value for claim in found.claims} == {""}


def test_a_diff_id_of_other_bytes_is_a_fault() -> None:
    wrong = put("rootfs", {"diff_ids": [f"sha256:{'0' * 64}"]})
    (fault,) = examined(built.image(change_config=wrong)).faults
    assert fault.startswith("layer sha256:")
    assert fault.endswith(f"not sha256:{'0' * 64}")


@pytest.mark.parametrize("path", ["blobs/sha256/" + "0" * 64, "extra", "blobs/md5/x"])
def test_a_file_that_belongs_to_no_image_is_a_fault(path: str) -> None:
    found = examined(built.image(change=write(path, b"x")))
    assert found.faults == (f"{path} belongs to no image in it",)


def test_a_list_for_docker_belongs_to_it() -> None:
    assert examined(built.image(change=write("manifest.json", b"[]"))).faults == ()


def test_another_layout_version_is_a_fault() -> None:
    other = examined(built.image(change=write("oci-layout", b'{"imageLayoutVersion": "9"}')))
    assert other.faults == ("oci-layout does not say version 1.0.0",)


def test_no_image_at_all_is_a_fault() -> None:
    empty = built.tar(
        [
            built.file("index.json", b'{"manifests": []}'),
            built.file("oci-layout", b'{"imageLayoutVersion": "1.0.0"}'),
        ]
    )
    assert examined(empty).faults == ("no image in it",)


def test_an_index_that_nests_without_end_is_refused() -> None:
    files: Files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
    document = b'{"manifests": []}'
    for _ in range(8):
        digest = Digest.of(document)
        files[f"blobs/sha256/{digest.hex}"] = document
        described = {
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "digest": str(digest),
            "size": len(document),
        }
        document = json.dumps({"manifests": [described]}).encode()
    files["index.json"] = document
    with pytest.raises(BuildError, match="nested too deeply"):
        examined(built.tar([built.file(path, data) for path, data in files.items()]))


def test_a_layer_that_is_no_archive_is_refused() -> None:
    broken = gzip.compress(b"no tar" * 200, mtime=0)
    with pytest.raises(BuildError, match="no readable archive"):
        examined(_with_layer(broken))


def test_a_layer_that_is_not_compressed_is_read_too() -> None:
    raw = built.tar([built.file("a"), built.entry("l", tarfile.SYMTYPE, "a")])
    found = examined(_with_layer(raw, diff_id=str(Digest.of(raw))))
    assert [m.path for m in found.members if m.archive] == ["a", "l"]
    assert found.faults == ()


SCALARS = st.sampled_from([None, True, -1, "x", f"sha256:{'0' * 64}"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(SCALARS.map(str), inner), max_leaves=4
)


def mutate(value: Any, draw: st.DataObject) -> Any:
    """The document with one part replaced or taken away."""
    if not isinstance(value, dict | list) or not value or draw.draw(st.booleans()):
        return draw.draw(VALUES)
    key = draw.draw(st.sampled_from(list(value) if isinstance(value, dict) else range(len(value))))
    if draw.draw(st.booleans()):
        del value[key]
    else:
        value[key] = mutate(value[key], draw)
    return value


@settings(deadline=None)
@given(draw=st.data())
def test_any_index_and_configuration_are_read_or_refused(draw: st.DataObject) -> None:
    def change(files: Files) -> None:
        index = mutate(json.loads(files["index.json"]), draw)
        files["index.json"] = json.dumps(index).encode()

    def change_config(config: dict[str, Any]) -> None:
        changed = mutate(json.loads(json.dumps(config)), draw)
        config.clear()
        config.update(changed if isinstance(changed, dict) else {})

    with contextlib.suppress(BuildError):
        examined(built.image(change=change))
    with contextlib.suppress(BuildError):
        examined(built.image(change_config=change_config))


def test_a_media_type_that_is_no_text_is_no_index() -> None:
    def change(files: Files) -> None:
        index = json.loads(files["index.json"])
        index["manifests"][0]["mediaType"] = []
        files["index.json"] = json.dumps(index).encode()

    with pytest.raises(BuildError, match="lacks a field"):
        examined(built.image(change=change))


def _with_layer(layer: bytes, diff_id: str = f"sha256:{'0' * 64}") -> bytes:
    def described(kind: str, data: bytes) -> dict[str, object]:
        files[f"blobs/sha256/{Digest.of(data).hex}"] = data
        media_type = f"application/vnd.oci.image.{kind}"
        return {"mediaType": media_type, "digest": str(Digest.of(data)), "size": len(data)}

    files: Files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
    config = {
        "os": "linux",
        "architecture": "amd64",
        "config": {},
        "rootfs": {"diff_ids": [diff_id]},
    }
    manifest = {
        "config": described("config.v1+json", json.dumps(config).encode()),
        "layers": [described("layer.v1.tar", layer)],
    }
    top = described("manifest.v1+json", json.dumps(manifest).encode())
    files["index.json"] = json.dumps({"manifests": [top]}).encode()
    return built.tar([built.file(path, data) for path, data in files.items()])
