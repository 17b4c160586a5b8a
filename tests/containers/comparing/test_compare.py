from __future__ import annotations

import tarfile
import tracemalloc
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from simulators.archives import Entry, Sketch, archive, layer, sha256
from workflow_containers.comparing.compare import compare
from workflow_containers.comparing.differences import (
    Attribute,
    Contents,
    Difference,
    FileChanged,
    FileOnly,
    Hunk,
    ImageOnly,
    LayerEnd,
    LayerOnly,
    LayersReordered,
    Metadata,
    OrderChanged,
    Recompressed,
    Rewritten,
    Version,
    mirrored,
)
from workflow_containers.errors import LayoutError, MemberError
from workflow_containers.inspecting.software import Package
from workflow_containers.layers import unpacking
from workflow_containers.oci.layout import LayerBlob, Layout
from workflow_containers.platform import ARM64, Platform

AMD = "linux/amd64"
A, B, C = (layer([Entry(path=name, data=name.encode())]) for name in "abc")


def differences(
    tmp_path: Path, old: Sketch | Path, new: Sketch | Path, only: Platform | None = None
) -> tuple[Difference, ...]:
    """What is found; and the same, seen from the other image, must be its mirror."""
    paths = [
        each if isinstance(each, Path) else archive(tmp_path / f"{at}.tar", each)
        for at, each in enumerate((old, new))
    ]
    with Layout(paths[0]) as one, Layout(paths[1]) as other:
        found = compare(one, other, only)
        assert tuple(map(mirrored, compare(other, one, only))) == found
        return found


def of_entries(tmp_path: Path, old: list[Entry], new: list[Entry]) -> tuple[Difference, ...]:
    return differences(tmp_path, Sketch(layers=[layer(old)]), Sketch(layers=[layer(new)]))


def changed(path: str, *changes: Attribute | Contents) -> FileChanged:
    return FileChanged(where=AMD, path=path, time=1, owner=None, changes=changes)


def test_the_same_image_has_no_differences(tmp_path: Path) -> None:
    assert differences(tmp_path, Sketch(layers=[A, B]), Sketch(layers=[A, B])) == ()


@pytest.mark.parametrize(
    ("execution", "field", "new"),
    [
        ({"Entrypoint": ["/bin/x", "y"]}, "entrypoint", '["/bin/x", "y"]'),
        ({"Cmd": ["z"]}, "command", '["z"]'),
        ({"Env": ["PATH=/bin"]}, "env PATH", "/bin"),
        ({"User": "65532"}, "user", "65532"),
        ({"WorkingDir": "/srv"}, "working folder", "/srv"),
        ({"Labels": {"org.example.team": "blue"}}, "label org.example.team", "blue"),
        ({"ExposedPorts": {"80/tcp": {}}}, "port 80/tcp", "{}"),
        ({"Volumes": {"/data": {}}}, "volume /data", "{}"),
        ({"StopSignal": "SIGINT"}, "stop signal", "SIGINT"),
        ({"Healthcheck": {"Test": ["CMD", "x"]}}, "health Test", '["CMD", "x"]'),
        ({"Healthcheck": {"Interval": 30}}, "health Interval", "30"),
        ({"Healthcheck": {"Share": 0.5}}, "health Share", "0.5"),
        ({"ArgsEscaped": True}, "config.ArgsEscaped", "true"),
    ],
)
def test_a_field_of_the_configuration_is_named(
    tmp_path: Path, execution: dict[str, object], field: str, new: str
) -> None:
    more = {"Filler": "stays"}
    old, other = Sketch(layers=[A], execution=more), Sketch(layers=[A], execution=more | execution)
    assert differences(tmp_path, old, other) == (
        Metadata(where=AMD, field=field, old=None, new=new),
    )


def test_variables_in_another_order_are_told(tmp_path: Path) -> None:
    old = Sketch(layers=[A], execution={"Env": ["A=1", "B=2", "A=3"]})
    new = old.but(execution={"Env": ["B=2", "A=1", "A=3"]})
    assert differences(tmp_path, old, new) == (
        Metadata(where=AMD, field="env order", old="A, B, A (2)", new="B, A, A (2)"),
    )


def test_times_history_and_annotations_are_told(tmp_path: Path) -> None:
    old = Sketch(layers=[A], more={"created": "x", "history": [{"created_by": "a"}]})
    new = old.but(
        more={"created": "y", "history": [{"created_by": "b"}]}, annotations={"org.z": "1"}
    )
    assert differences(tmp_path, old, new) == (
        Metadata(where=AMD, field="annotation org.z", old=None, new="1"),
        Metadata(where=AMD, field="created", old="x", new="y"),
        Metadata(where=AMD, field="history[0].created_by", old="a", new="b"),
    )


def test_a_text_is_not_the_list_that_looks_like_it(tmp_path: Path) -> None:
    old = Sketch(layers=[A], execution={"Odd": ["a"]})
    assert len(differences(tmp_path, old, old.but(execution={"Odd": '["a"]'}))) == 1


def test_a_document_that_says_the_same_in_other_bytes(tmp_path: Path) -> None:
    old = Sketch(layers=[A])
    found = differences(tmp_path, old, old.but(indent=2))
    assert [(type(each), each.document) for each in found if isinstance(each, Rewritten)] == [
        (Rewritten, "configuration")
    ]
    assert len(found) == 1


def test_annotations_of_the_index_and_the_order_of_platforms(tmp_path: Path) -> None:
    amd, arm = Sketch(layers=[A]), Sketch(layers=[A], platform="linux/arm64")
    old = archive(tmp_path / "old.tar", amd, arm, annotations={"a": "1"})
    new = archive(tmp_path / "new.tar", arm, amd, annotations={"a": "2"})
    assert differences(tmp_path, old, new) == (
        Metadata(where="index", field="annotation a", old="1", new="2"),
        Metadata(
            where="index",
            field="order of platforms",
            old="linux/amd64, linux/arm64",
            new="linux/arm64, linux/amd64",
        ),
    )


def test_a_platform_that_one_has(tmp_path: Path) -> None:
    amd, arm = Sketch(layers=[A]), Sketch(layers=[B], platform="linux/arm64")
    old, new = archive(tmp_path / "old.tar", amd), archive(tmp_path / "new.tar", amd, arm)
    found = differences(tmp_path, old, new)
    assert [each.where for each in found if isinstance(each, ImageOnly)] == ["linux/arm64"]
    assert all(each.old is None for each in found if isinstance(each, ImageOnly))
    assert differences(tmp_path, new, new, ARM64) == ()


def test_only_one_platform_is_compared_when_one_is_named(tmp_path: Path) -> None:
    arm = Sketch(layers=[A], platform="linux/arm64")
    old = archive(tmp_path / "old.tar", Sketch(layers=[A]), arm)
    new = archive(tmp_path / "new.tar", Sketch(layers=[B]), arm)
    assert differences(tmp_path, old, new, ARM64) == ()
    assert differences(tmp_path, old, new) != ()


def test_a_layer_compressed_in_another_way(tmp_path: Path) -> None:
    found = differences(tmp_path, Sketch(layers=[A]), Sketch(layers=[A], level=1))
    (only,) = found
    assert isinstance(only, Recompressed)
    assert only.contents.hex == sha256(A)


def test_a_layer_that_claims_to_have_the_same_contents_is_read(tmp_path: Path) -> None:
    liar = Sketch(layers=[B], contents=[sha256(A)])
    with pytest.raises(LayoutError, match="has other contents"):
        differences(tmp_path, Sketch(layers=[A]), liar)


def test_layers_that_came_and_layers_that_moved(tmp_path: Path) -> None:
    added = differences(tmp_path, Sketch(layers=[A]), Sketch(layers=[A, B]))
    assert [(type(each).__name__, each.where) for each in added] == [
        ("LayerOnly", AMD),
        ("FileOnly", AMD),
    ]
    assert isinstance(added[0], LayerOnly)
    assert (added[0].layer, added[0].old) == (2, None)
    moved = differences(tmp_path, Sketch(layers=[A, B, C]), Sketch(layers=[A, C, B]))
    (only,) = moved
    assert isinstance(only, LayersReordered)
    assert [each.hex for each in only.new] == [sha256(A), sha256(C), sha256(B)]


def test_a_file_that_moved_to_another_layer(tmp_path: Path) -> None:
    x, y = Entry(path="x", data=b"x"), Entry(path="y", data=b"y")
    old = Sketch(layers=[layer([x, y]), layer([])])
    new = Sketch(layers=[layer([x]), layer([y])])
    assert changed("y", Attribute(name="layer", old="1", new="2")) in differences(
        tmp_path, old, new
    )


@pytest.mark.parametrize(
    ("change", "name", "old", "new"),
    [
        ({"mode": 0o755}, "mode", "0644", "0755"),
        ({"mode": 0o4644}, "mode", "0644", "4644"),
        ({"owner": (0, 7)}, "owner", "0:0", "0:7"),
        ({"names": ("root", "")}, "owner", "0:0", "0:0 (root:)"),
        ({"time": 1}, "time", "1577836800", "1"),
    ],
)
def test_a_header_field_is_named(
    tmp_path: Path, change: dict[str, object], name: str, old: str, new: str
) -> None:
    from dataclasses import replace

    entry = Entry(path="usr/x", data=b"x")
    other = replace(entry, **change)  # type: ignore[arg-type]
    assert of_entries(tmp_path, [entry], [other]) == (
        changed("usr/x", Attribute(name=name, old=old, new=new)),
    )


def test_links_types_and_devices(tmp_path: Path) -> None:
    one = Entry(path="x", kind=tarfile.SYMTYPE, target="a")
    other = Entry(path="x", kind=tarfile.SYMTYPE, target="b")
    assert of_entries(tmp_path, [one], [other]) == (
        changed("x", Attribute(name="target", old="a", new="b")),
    )
    assert of_entries(tmp_path, [one], [Entry(path="x")]) == (
        changed(
            "x",
            Attribute(name="target", old="a", new=""),
            Attribute(name="type", old="symbolic link", new="file"),
        ),
    )
    device = Entry(path="dev/x", kind=tarfile.CHRTYPE)
    assert of_entries(tmp_path, [], [device])[0] == FileOnly(
        where=AMD, path="dev/x", time=1, owner=None, old=None, new="character device"
    )


def test_extensions_are_told(tmp_path: Path) -> None:
    plain = Entry(path="x", pax={"SCHILY.xattr.user.a": "1"})
    other = Entry(path="x", pax={"SCHILY.xattr.user.a": "2"})
    assert of_entries(tmp_path, [plain], [other]) == (
        changed("x", Attribute(name="pax SCHILY.xattr.user.a", old="1", new="2")),
    )


def test_the_order_of_members_is_told(tmp_path: Path) -> None:
    x, y, z = (Entry(path=name) for name in "xyz")
    assert of_entries(tmp_path, [x, y, z], [x, z, y]) == (
        OrderChanged(where=AMD, layers=(1, 1), old="y", new="z"),
    )


def test_a_path_that_stands_twice_is_told(tmp_path: Path) -> None:
    x, again = Entry(path="x", data=b"1"), Entry(path="x", data=b"2")
    assert of_entries(tmp_path, [x], [x, again]) == (
        FileOnly(where=AMD, path="x", time=2, owner=None, old=None, new="file"),
    )


def test_bytes_between_and_after_members_count(tmp_path: Path) -> None:
    x, y = Entry(path="x", data=b"x"), Entry(path="y", data=b"y")
    raw = layer([x, y])
    padded = bytearray(raw)
    padded[512 + 100] = 7
    (found,) = differences(tmp_path, Sketch(layers=[raw]), Sketch(layers=[bytes(padded)]))
    assert isinstance(found, FileChanged)
    assert (found.path, [each.name for each in found.changes if isinstance(each, Attribute)]) == (
        "x",
        ["tar header"],
    )
    longer = Sketch(layers=[layer([x, y], bytes(2048))])
    (ended,) = differences(tmp_path, Sketch(layers=[raw]), longer)
    assert isinstance(ended, LayerEnd)


def test_text_is_shown_where_it_differs(tmp_path: Path) -> None:
    old = Entry(path="etc/x", data=b"one\ntwo\nthree\n")
    new = Entry(path="etc/x", data=b"one\n2\nthree\n")
    assert of_entries(tmp_path, [old], [new]) == (
        changed(
            "etc/x",
            Attribute(name="size", old="14", new="12"),
            Contents(
                format="text",
                offset=4,
                hunk=Hunk(line=2, before="one", old=("two",), new=("2",)),
            ),
        ),
    )


def test_large_files_are_compared_without_being_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workflow_containers.comparing import contents

    monkeypatch.setattr(contents, "MAX_EXPLAINED", 1000)
    old, new = bytearray(700_000), bytearray(700_001)
    new[600_000] = 1
    found = of_entries(
        tmp_path, [Entry(path="x", data=bytes(old))], [Entry(path="x", data=bytes(new))]
    )
    assert found == (
        changed(
            "x",
            Attribute(name="size", old="700000", new="700001"),
            Contents(format="bytes", offset=600_000),
        ),
    )


def test_packages_are_the_cause_of_their_files(tmp_path: Path) -> None:
    status = "var/lib/dpkg/status.d/tzdata"

    def image(version: str, size: int) -> Sketch:
        record = f"Package: tzdata\nVersion: {version}\nArchitecture: all\n".encode()
        sums = b"0  usr/share/zoneinfo/UTC\n1  lib/zone.so\n"
        return Sketch(
            layers=[
                layer(
                    [
                        Entry(path="usr/share/zoneinfo/UTC", data=b"z" * size),
                        Entry(path="usr/lib/zone.so", data=b"s" * size),
                        Entry(path=status, data=record),
                        Entry(path=f"{status}.md5sums", data=sums),
                    ]
                )
            ]
        )

    found = differences(tmp_path, image("2026a-1", 1), image("2026b-1", 2))
    tzdata = Package("package", "tzdata")
    assert found[0] == Version(where=AMD, package=tzdata, old="2026a-1", new="2026b-1")
    assert {each.path: each.owner for each in found[1:] if isinstance(each, FileChanged)} == {
        "usr/share/zoneinfo/UTC": tzdata,
        "usr/lib/zone.so": tzdata,
        status: tzdata,
    }


def test_layers_that_both_have_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, opened = [], Layout.opened

    def noted(layout: Layout, each: LayerBlob) -> AbstractContextManager[unpacking.Contents]:
        read.append(each.diff_id.hex)
        return opened(layout, each)

    monkeypatch.setattr(Layout, "opened", noted)
    differences(tmp_path, Sketch(layers=[A, B]), Sketch(layers=[A, C]))
    assert set(read) == {sha256(B), sha256(C)}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"no tar at all" * 100, "damaged"),
        (A[:600], "cut short"),
        (layer([Entry(path="x", data=b"1" * 900)])[:1024], "cut short"),
        (Entry(path="x", kind=tarfile.GNUTYPE_SPARSE).encoded() + bytes(1024), "sparse"),
    ],
)
def test_layers_that_are_no_archives_are_refused(tmp_path: Path, raw: bytes, message: str) -> None:
    with pytest.raises(MemberError, match=message):
        differences(tmp_path, Sketch(layers=[A]), Sketch(layers=[raw]))


def test_memory_does_not_grow_with_the_images(tmp_path: Path) -> None:
    size = 24 << 20
    paths = []
    for name, last in (("a.tar", b"1"), ("b.tar", b"2")):
        entries = [Entry(path=each, data=bytes(size) + last) for each in ("usr/x", "usr/y")]
        paths.append(archive(tmp_path / name, Sketch(layers=[layer(entries)], level=1)))
    with Layout(paths[0]) as one, Layout(paths[1]) as other:
        tracemalloc.start()
        try:
            found = compare(one, other)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert found == tuple(
        changed(path, Contents(format="bytes", offset=size)) for path in ("usr/x", "usr/y")
    )
    assert peak < size // 2
