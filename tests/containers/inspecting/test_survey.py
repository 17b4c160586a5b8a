from __future__ import annotations

from pathlib import Path

import pytest

from simulators.archives import Entry, Sketch, archive, layer, sha256
from workflow_containers.errors import LayoutError, MemberError
from workflow_containers.inspecting import survey as module
from workflow_containers.inspecting.survey import Key, Survey, survey
from workflow_containers.oci.layout import Layout

LAYERS = [
    layer([Entry(path="x", data=b"1"), Entry(path="./y/")]),
    layer([Entry(path="x", data=b"22")]),
]


def surveyed(path: Path) -> Survey:
    with Layout(path) as layout:
        image = layout.images[0]
        return survey(layout, image, range(len(image.layers)))


def test_a_path_that_stands_again_is_another_member(tmp_path: Path) -> None:
    found = surveyed(archive(tmp_path / "x.tar", Sketch(layers=LAYERS)))
    first, second = found.members[Key("x", 1)], found.members[Key("x", 2)]
    assert (first.layer, first.digest, first.head.size) == (0, sha256(b"1"), 1)
    assert (second.layer, second.digest, second.head.size) == (1, sha256(b"22"), 2)
    assert found.layers[0].order == (Key("x", 1), Key("y", 1))
    assert [each.size for each in found.layers.values()] == [len(raw) for raw in LAYERS]


def test_a_layer_with_other_contents_than_it_claims_is_refused(tmp_path: Path) -> None:
    liar = Sketch(layers=LAYERS, contents=[sha256(LAYERS[0]), sha256(b"other")])
    with pytest.raises(LayoutError, match="has other contents"):
        surveyed(archive(tmp_path / "x.tar", liar))


def test_many_layers_make_no_larger_image_than_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive(tmp_path / "x.tar", Sketch(layers=[*LAYERS] * 3))
    monkeypatch.setattr(module, "MAX_LAYER", sum(map(len, LAYERS)))
    with pytest.raises(MemberError, match="an image that unpacks to more than"):
        surveyed(path)
    monkeypatch.setattr(module, "MAX_MEMBERS", 4)
    with pytest.raises(MemberError, match="more than 4 members in one image"):
        surveyed(path)


def test_records_are_kept_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = Entry(path="var/lib/dpkg/status.d/a", data=b"Package: a\nVersion: 1\n")
    path = archive(tmp_path / "x.tar", Sketch(layers=[layer([record])]))
    assert len(surveyed(path).software.versions) == 1
    monkeypatch.setattr(module, "MAX_RECORDS", -1)
    assert surveyed(path).software.versions == {}
