from __future__ import annotations

import io
import re
import tarfile
from pathlib import Path

import pytest

from simulators.bases import Member, device, file, folder, hardlink, link
from simulators.images import elf, tar
from workflow_containers.errors import LayoutError, MemberError
from workflow_containers.layers import extract, foreign
from workflow_containers.layers.tree import File, Folder, Link, Merging, Special, Tree
from workflow_containers.layers.unpacking import Contents


def merged(*layers: list[Member], kept: str = ".*") -> Tree:
    merging = Merging(re.compile(kept))
    for number, layer in enumerate(layers):
        merging.add(number, foreign.members(io.BytesIO(tar(layer)), f"layer {number}"))
    return merging.tree()


def paths(*layers: list[Member]) -> list[str]:
    return [path for path, node in merged(*layers).nodes.items() if not isinstance(node, Folder)]


def whiteout(path: str) -> Member:
    above, slash, name = path.rpartition("/")
    return file(f"{above}{slash}.wh.{name}")


def opaque(path: str) -> Member:
    return file(f"{path}/.wh..wh..opq" if path else ".wh..wh..opq")


def test_a_later_layer_adds_and_replaces() -> None:
    tree = merged([file("a", b"1"), file("b/c", b"2")], [file("a", b"3"), file("b/d")])
    assert tree.file("a") == b"3"
    assert sorted(tree.nodes) == ["a", "b", "b/c", "b/d"]
    found = tree.nodes["a"]
    assert isinstance(found, File)
    assert (found.layer, found.source, found.size) == (1, (1, 0), 1)


def test_a_whiteout_takes_away_what_is_below_it_and_only_that() -> None:
    base = [file("a"), file("b/c"), file("b/d/e"), file("bb")]
    assert paths(base, [whiteout("a")]) == ["b/c", "b/d/e", "bb"]
    assert paths(base, [whiteout("b")]) == ["a", "bb"]
    assert paths(base, [whiteout("b/d")]) == ["a", "b/c", "bb"]
    assert paths(base, [whiteout("nowhere")]) == ["a", "b/c", "b/d/e", "bb"]


@pytest.mark.parametrize("first", [True, False])
def test_a_whiteout_leaves_what_its_own_layer_brings(first: bool) -> None:
    layer = [whiteout("b"), file("b/new"), hardlink("b/more", "b/new")]
    if not first:
        layer = [layer[1], layer[2], layer[0]]
    assert paths([file("b/old")], layer) == ["b/more", "b/new"]


@pytest.mark.parametrize("order", [1, -1])
def test_an_opaque_folder_hides_what_lower_layers_have_in_it(order: int) -> None:
    layer = [opaque("b"), folder("b", mode=0o700), file("b/d/new")][::order]
    tree = merged([file("a"), file("b/c"), file("b/d/old")], layer)
    assert [path for path in tree.nodes if path.startswith("b")] == ["b", "b/d", "b/d/new"]
    kept = tree.nodes["b"]
    assert isinstance(kept, Folder)
    assert kept.mode == 0o700


def test_the_root_itself_may_be_opaque() -> None:
    assert paths([file("a"), file("b/c")], [opaque(""), file("d")]) == ["d"]


def test_what_aufs_left_for_itself_is_nothing() -> None:
    assert paths([file(".wh..wh.plnk/1.2"), file(".wh..wh.aufs"), file("a")][1:]) == ["a"]


def test_a_file_takes_the_place_of_a_folder_and_a_folder_that_of_a_link() -> None:
    assert paths([file("a/b"), file("a/c")], [file("a")]) == ["a"]
    tree = merged([file("t/x"), link("a", "t")], [folder("a"), file("a/y")])
    assert isinstance(tree.nodes["a"], Folder)
    assert sorted(tree.nodes) == ["a", "a/y", "t", "t/x"]


def test_an_entry_below_a_link_goes_where_the_link_leads() -> None:
    tree = merged([folder("usr/lib"), link("lib", "usr/lib")], [file("lib/x", b"1")])
    assert tree.file("usr/lib/x") == tree.file("lib/x") == b"1"
    assert isinstance(tree.nodes["lib"], Link)
    assert "lib/x" not in tree.nodes
    gone = [folder("usr/lib"), link("lib", "usr/lib"), file("usr/lib/x")]
    assert paths(gone, [whiteout("lib/x")]) == ["lib"]


@pytest.mark.parametrize(
    ("target", "there"),
    [
        ("../../../../etc", "etc/x"),
        ("/etc", "etc/x"),
        ("/../../etc/./", "etc/x"),
        ("b", "a/b/x"),
        ("../t/..", "x"),
    ],
)
def test_a_link_leads_nowhere_but_into_the_root(target: str, there: str) -> None:
    assert merged([folder("t"), link("a/l", target), file("a/l/x", b"1")]).file(there) == b"1"


def test_links_in_a_circle_end() -> None:
    with pytest.raises(MemberError, match="more than 40 links"):
        merged([link("a", "b"), link("b", "a"), file("a/x")])
    tree = merged([link("a", "b"), link("b", "a")])
    assert tree.find("a/x") is None


def test_another_name_of_a_file_is_that_file() -> None:
    tree = merged([file("a", b"1")], [hardlink("b", "a")], [whiteout("a")])
    assert tree.file("b") == b"1"
    assert "a" not in tree.nodes
    with pytest.raises(MemberError, match="another name of 'gone', no file"):
        merged([hardlink("b", "gone")])
    with pytest.raises(MemberError, match="plain form"):
        merged([hardlink("b", "../../etc/shadow")])


def test_owners_modes_and_devices_are_the_bases_own() -> None:
    tree = merged([file("su", mode=0o4755), folder("home/app", owner=1000), device("dev/null")])
    su, home = tree.nodes["su"], tree.nodes["home/app"]
    assert isinstance(su, File)
    assert isinstance(home, Folder)
    assert (oct(su.mode), home.owner) == ("0o4755", (1000, 1000))
    assert isinstance(tree.nodes["dev/null"], Special)


def test_only_what_is_asked_for_is_kept() -> None:
    tree = merged([file("a", b"1"), file("b", b"2")], kept="b")
    assert (tree.file("a"), tree.file("b")) == (None, b"2")


def test_objects_are_known_by_what_they_need() -> None:
    found = merged([file("x.so", elf(62, needed=("libc.so.6",)))], kept="none").nodes["x.so"]
    assert isinstance(found, File)
    assert found.elf is not None
    assert found.elf.needed == ("libc.so.6",)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../etc/passwd", "plain form"),
        ("a/../../b", "plain form"),
        ("a//b", "plain form"),
        ("a/.wh...", "takes away what has no name"),
        ("a/.wh..", "takes away what has no name"),
        ("a/.wh.", "takes away what has no name"),
        (".wh.a/b", "in a folder that is a whiteout"),
        ("a\x1b[2J", "control characters"),
        ("a/" * 300 + "b", "more than 256 folders"),
        ("n" * 256, "longer than 255"),
    ],
)
def test_hostile_names_are_refused(name: str, message: str) -> None:
    with pytest.raises(MemberError, match=message):
        merged([file(name)])


@pytest.mark.parametrize("name", ["./a", "/a", "./a/", "//a"])
def test_names_that_engines_take_from_the_root_are_taken_so(name: str) -> None:
    assert list(merged([folder(name) if name.endswith("/") else file(name)]).nodes) == ["a"]


def test_a_sparse_file_of_terabytes_is_refused() -> None:
    info = tarfile.TarInfo("log")
    info.pax_headers = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.name": "log",
        "GNU.sparse.size": str(1 << 50),
        "GNU.sparse.map": f"{1 << 50},0",
    }
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info)
    merging = Merging(re.compile(".*"))
    with pytest.raises(MemberError, match="hold more than"):
        merging.add(0, foreign.members(io.BytesIO(out.getvalue()), "layer"))


def test_a_damaged_layer_is_refused() -> None:
    data = tar([file("a", b"x" * 2000)])
    for cut in (100, 600, 1200):
        with pytest.raises(MemberError, match="damaged"):
            Merging(re.compile("")).add(0, foreign.members(io.BytesIO(data[:cut]), "layer"))


def test_layers_that_take_away_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from workflow_containers.layers import tree

    monkeypatch.setattr(tree, "MAX_REMOVALS", 100)
    with pytest.raises(MemberError, match="take away more than any root holds"):
        merged([*(file(f"a/{n}") for n in range(50)), *(opaque("a") for _ in range(3))])


# ------------------------------------------------------------------------------------ written out


def written(root: Path, *layers: list[Member]) -> Tree:
    tree = merged(*layers)
    opened = [Contents(iter([tar(layer)])) for layer in layers]

    class Opened:
        def __init__(self, number: int) -> None:
            self.number = number

        def __enter__(self) -> Contents:
            return opened[self.number]

        def __exit__(self, *_: object) -> None: ...

    extract.whole(tree, Opened, root)
    return tree


def test_a_merged_root_is_written_out(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    written(
        root,
        [file("a", b"old"), file("b/gone"), folder("empty"), file("su", b"su", mode=0o6755)],
        [file("a", b"new"), whiteout("b/gone"), hardlink("twin", "a"), link("lib", "/b"),
         device("dev/null")],
    )  # fmt: skip
    assert (root / "a").read_bytes() == (root / "twin").read_bytes() == b"new"
    assert sorted(path.name for path in root.rglob("*")) == [
        "a", "b", "dev", "empty", "lib", "su", "twin",
    ]  # fmt: skip
    assert oct((root / "su").stat().st_mode & 0o7777) == "0o755"
    assert (root / "lib").resolve() == (root / "b").resolve()


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "../../../../../etc/passwd", "/../../etc/passwd", "../l/../../../x"]
)
def test_a_link_that_is_written_out_leads_into_the_folder(tmp_path: Path, target: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    written(root, [folder("a/b"), link("a/l", target), link("a/b/m", "../l/../../../../etc")])
    for path in root.rglob("*"):
        assert path.resolve().is_relative_to(root.resolve()), path


def test_layers_that_changed_in_between_are_told(tmp_path: Path) -> None:
    tree = merged([file("a", b"1")])

    class Other:
        def __enter__(self) -> Contents:
            return Contents(iter([tar([folder("a")])]))

        def __exit__(self, *_: object) -> None: ...

    with pytest.raises(LayoutError, match="not where it was found"):
        extract.whole(tree, lambda _: Other(), tmp_path)
