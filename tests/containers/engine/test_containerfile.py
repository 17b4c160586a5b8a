"""An engine's image as an archive like ours: normalised, marked, and every layer checked."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from simulators.engine import FakeEngine
from simulators.images import member, tar
from support.runnable import USER, written
from workflow_containers.engine import containerfile
from workflow_containers.engine.containerfile import (
    REPRODUCIBLE,
    Made,
    Wanted,
    build,
    is_reproducible,
)
from workflow_containers.engine.context import Context, Git
from workflow_containers.engine.saved import read
from workflow_containers.errors import DefinitionError, EngineError, ImageNameError, LayoutError
from workflow_containers.oci.layout import Layout
from workflow_containers.platform import AMD64
from workflow_containers.run import run
from workflow_containers.store import Store
from workflow_sbom.digest import Digest

GIT = Git(run=run, environment={"PATH": os.environ["PATH"]})
ID = Digest.of(b"image")
ONE, TWO = tar([member("one", b"1")]), tar([member("sub/.wh.one")])
CONFIG: dict[str, Any] = {
    "architecture": "amd64",
    "os": "linux",
    "created": "2026-01-02T03:04:05.6Z",
    "container": "c0ffee",
    "docker_version": "20.10",
    "container_config": {"Hostname": "c0ffee"},
    "config": {
        "Hostname": "c0ffee", "Image": "sha256:1", "User": "1000", "Env": ["A=b"], "Cmd": None,
        "Entrypoint": ["/run"], "Labels": {"mine": "yes", REPRODUCIBLE: "true"},
    },
    "rootfs": {"type": "layers", "diff_ids": [str(Digest.of(ONE)), str(Digest.of(TWO))]},
    "history": [{"created_by": "COPY", "odd": 1}, {"created_by": "USER", "empty_layer": True}],
}  # fmt: skip
CLASSIC = {"a/layer.tar": ONE, "b/layer.tar": TWO}
WHOLE = {f"blobs/sha256/{Digest.of(each).hex}": each for each in (ONE, TWO)}


def saved(
    layers: dict[str, bytes] = CLASSIC,
    config: Any = CONFIG,
    extra: Sequence[tuple[tarfile.TarInfo, bytes]] = (),
    **change: Any,
) -> bytes:
    """What `docker save` writes."""
    listed = {"Config": "c.json", "RepoTags": None, "Layers": list(layers), **change}
    files = {**layers, "c.json": json.dumps(config).encode()}
    files["manifest.json"] = json.dumps([listed]).encode()
    return tar([*(member(name, data) for name, data in files.items()), *extra])


def made(tmp_path: Path, engine: FakeEngine, **change: Any) -> Made:
    folder = tmp_path / "context"
    folder.mkdir(exist_ok=True)
    (folder / "Containerfile").write_text("FROM scratch\n")
    wanted = Wanted(
        context=Context(folder=folder, file="Containerfile", tracked=False),
        **{"name": "mine", "version": "1.0", **change},
    )
    store = Store(tmp_path / "store")
    return build(engine, wanted, GIT, store, tmp_path / "mine.tar", lambda _: None)


def engine(data: bytes) -> FakeEngine:
    return FakeEngine(built=["Step 1", ID], archive=[data[:1000], data[1000:]])


@pytest.mark.parametrize("layers", [CLASSIC, WHOLE], ids=["20.10", "29"])
def test_an_archive_is_made_of_what_the_engine_built(
    tmp_path: Path, layers: dict[str, bytes]
) -> None:
    found = engine(saved(layers))
    result = made(tmp_path, found)
    assert found.done == ["build", f"save {ID}", f"forget {ID}"]
    assert found.builds[0].network == "none"
    with Layout(tmp_path / "mine.tar") as layout:
        (image,) = layout.images
        assert (layout.version, layout.index) == ("1.0", result.index)
        assert (image.platform, image.config_digest) == (AMD64, result.config)
        assert [str(each.diff_id) for each in image.layers] == CONFIG["rootfs"]["diff_ids"]
        assert [entry.path for entry in layout.entries(image.layers[0])] == ["one"]
        assert image.config == {
            "architecture": "amd64",
            "os": "linux",
            "created": CONFIG["created"],
            "config": {
                "User": "1000",
                "Env": ["A=b"],
                "Entrypoint": ["/run"],
                "Labels": {
                    "mine": "yes",
                    "org.opencontainers.image.title": "mine",
                    "org.opencontainers.image.version": "1.0",
                    REPRODUCIBLE: "false",
                },
            },
            "rootfs": CONFIG["rootfs"],
            "history": [{"created_by": "COPY"}, {"created_by": "USER", "empty_layer": True}],
        }
    assert list((tmp_path / "store/scratch").iterdir()) == []


def test_both_kinds_of_store_hand_over_the_same_image(tmp_path: Path) -> None:
    packed = {name: gzip.compress(data, 1) for name, data in WHOLE.items()}
    results = {
        made(tmp_path, engine(saved(layers))).measured.digest for layers in (CLASSIC, WHOLE, packed)
    }
    assert len(results) == 1


def test_it_is_marked_and_that_can_be_asked(tmp_path: Path) -> None:
    made(tmp_path, engine(saved()))
    with Layout(tmp_path / "mine.tar") as layout:
        assert not is_reproducible(layout)
    with Layout(written(tmp_path / "small.tar")) as layout:
        assert is_reproducible(layout)


@pytest.mark.parametrize("value", ["false", "False", "", "no"])
@pytest.mark.parametrize("where", ["label", "annotation"])
def test_any_mark_but_true_counts(tmp_path: Path, value: str, where: str) -> None:
    mark = {REPRODUCIBLE: value}
    labelled = {**USER, "Labels": mark} if where == "label" else USER
    annotations = mark if where == "annotation" else {}
    path = written(tmp_path / "small.tar", labelled, annotations=annotations)
    with Layout(path) as layout:
        assert not is_reproducible(layout)


def test_the_same_layer_twice_is_a_link_in_docker_20(tmp_path: Path) -> None:
    config = {**CONFIG, "rootfs": {"diff_ids": [str(Digest.of(ONE))] * 2}}
    link = member("b/layer.tar", kind=tarfile.SYMTYPE, link="../a/layer.tar")
    data = saved({"a/layer.tar": ONE}, config, [link], Layers=["a/layer.tar", "b/layer.tar"])
    found = read(io.BytesIO(data), Store(tmp_path))
    assert [layer.diff_id for layer in found.layers] == [Digest.of(ONE)] * 2


LOOP = member("a/layer.tar", kind=tarfile.SYMTYPE, link="layer.tar")
OUT = member("a/layer.tar", kind=tarfile.SYMTYPE, link="../../etc/passwd")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "damaged"),
        (b"x" * 5000, "damaged"),
        (saved()[:3000], "damaged|no 'manifest"),
        (tar([member("a", b"")]), "has no 'manifest.json'"),
        (tar([member("manifest.json", b"[]")]), "not of one image"),
        (tar([member("manifest.json", b"{}")]), "not of one image"),
        (tar([member("manifest.json", b"[1]")]), "not of one image"),
        (tar([member("manifest.json", b"[[[")]), "manifest.json"),
        (saved(Config=None), "has no 'None'"),
        (saved(Config="../../etc/passwd"), "has no"),
        (saved(Layers=["a/layer.tar"]), "differ in number"),
        (saved(Layers=5), "differ in number"),
        (saved(Layers=["b/layer.tar", "a/layer.tar"]), "has other contents"),
        (saved({"a/layer.tar": ONE, "b/layer.tar": b"\x1f\x8b" + b"x" * 99}), "gzip"),
        (saved(config={**CONFIG, "rootfs": {"diff_ids": ["sha256:x", "y"]}}), "digest"),
        (saved(config={**CONFIG, "rootfs": None}), "without layers"),
        (saved(config=[]), "without layers"),
        (saved({"b/layer.tar": TWO}, extra=[LOOP], Layers=[*CLASSIC]), "has no"),
        (saved({"b/layer.tar": TWO}, extra=[OUT], Layers=[*CLASSIC]), "has no"),
    ],
)  # fmt: skip
def test_what_is_no_image_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(LayoutError, match=message):
        made(tmp_path, engine(data))
    assert not (tmp_path / "mine.tar").exists()


@pytest.mark.parametrize("change", [{"os": "a b"}, {"architecture": None}])
def test_a_platform_that_is_none_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(LayoutError, match="no platform"):
        made(tmp_path, engine(saved(config={**CONFIG, **change})))


def test_an_engine_that_built_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="built nothing"):
        made(tmp_path, FakeEngine(built=["Step 1"]))


def test_an_image_does_not_stay_when_it_can_not_be_had(tmp_path: Path) -> None:
    found = FakeEngine(built=[ID], fails={"save": EngineError("gone")})
    with pytest.raises(EngineError, match="gone"):
        made(tmp_path, found)
    assert found.done[-1] == f"forget {ID}"


def test_an_image_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containerfile, "MAX_SAVED", 2000)
    with pytest.raises(EngineError, match="more than"):
        made(tmp_path, engine(saved()))


@pytest.mark.parametrize("name", ["", "A", "a/b", "a:b", "../x", "a..b", "\x1b[2J"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImageNameError):
        made(tmp_path, engine(saved()), name=name)


def test_a_version_that_is_no_tag_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="no OCI tag"):
        made(tmp_path, engine(saved()), version="1.0+x")
