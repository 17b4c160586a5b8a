"""Laws of merged roots: layers one after the other are what a file system makes of them."""

from __future__ import annotations

import io
import os
import re
import shutil
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.bases import Member, file, folder, hardlink, link
from simulators.images import tar
from workflow_containers.base.placing import placed
from workflow_containers.errors import MemberError
from workflow_containers.layers import extract, foreign
from workflow_containers.layers.entries import Directory, Entry, File, Symlink
from workflow_containers.layers.tree import Folder, Link, Merging, Tree
from workflow_containers.layers.unpacking import Contents

names = st.sampled_from(["a", "b", "c"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
targets = st.lists(st.sampled_from(["a", "b", "c", "..", "."]), min_size=1, max_size=5).map(
    "/".join
)


@st.composite
def layers(draw: st.DrawFn, *, links: bool = False) -> list[Member]:
    """A layer in which no path stands twice, nor is a file here and a folder there."""
    members: dict[str, Member] = {}
    for path in draw(st.lists(paths, max_size=6, unique=True)):
        above = {path.rsplit("/", count)[0] for count in range(1, path.count("/") + 1)}
        below = any(other.startswith(f"{path}/") for other in members)
        if any(not members[each][0].isdir() for each in above & members.keys()):
            continue
        kinds = ["folder"] if below else ["folder", "file", *(["link"] if links else [])]
        match draw(st.sampled_from(kinds)):
            case "folder":
                members[path] = folder(path)
            case "file":
                members[path] = file(path, draw(st.binary(max_size=4)))
            case _:
                members[path] = link(path, draw(targets))
    gone = draw(st.lists(paths, max_size=3, unique=True))
    whiteouts = [_whiteout(path) for path in gone if path not in members]
    hidden = draw(st.lists(paths, max_size=1))
    opaque = [file(f"{path}/.wh..wh..opq") for path in hidden if _may_be_folder(path, members)]
    return draw(st.permutations([*members.values(), *whiteouts, *opaque]))


def _whiteout(path: str) -> Member:
    above, slash, name = path.rpartition("/")
    return file(f"{above}{slash}.wh.{name}")


def _may_be_folder(path: str, members: dict[str, Member]) -> bool:
    return path not in members or members[path][0].isdir()


def merged(given: list[list[Member]]) -> Tree:
    merging = Merging(re.compile(".*"))
    for number, layer in enumerate(given):
        merging.add(number, foreign.members(io.BytesIO(tar(layer)), "layer"))
    return merging.tree()


def applied(given: list[list[Member]], root: Path) -> dict[str, bytes | None]:
    """What a file system holds after the layers: removals of each first, then what it brings."""
    for layer in given:
        for info, _ in layer:
            _take_away(root, info.name)
        for info, data in sorted(layer, key=lambda member: member[0].name):
            if ".wh." not in info.name:
                _bring(root / info.name.rstrip("/"), None if info.isdir() else data, root)
    return {
        str(path.relative_to(root)): None if path.is_dir() else path.read_bytes()
        for path in root.rglob("*")
    }


def _take_away(root: Path, name: str) -> None:
    above, _, last = name.rpartition("/")
    if last == ".wh..wh..opq":
        for each in (root / above).iterdir() if (root / above).is_dir() else ():
            _removed(each)
    elif last.startswith(".wh."):
        _removed(root / above / last.removeprefix(".wh."))


def _bring(path: Path, data: bytes | None, root: Path) -> None:
    """Write a file, or make a folder; a file that is in the way is gone."""
    for parent in reversed(path.relative_to(root).parents):
        if (root / parent).is_file():
            (root / parent).unlink()
    if data is None:
        if path.is_file():
            path.unlink()
        path.mkdir(parents=True, exist_ok=True)
    else:
        _removed(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _removed(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    elif path.is_file():
        path.unlink()


def known(tree: Tree) -> dict[str, bytes | None]:
    return {
        path: None if isinstance(node, Folder) else tree.file(path)
        for path, node in tree.nodes.items()
    }


@settings(max_examples=100, deadline=None)
@given(st.lists(layers(), max_size=4))
def test_a_merged_root_is_what_a_file_system_makes_of_the_layers(given: list[list[Member]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        assert known(merged(given)) == applied(given, Path(name))


@settings(max_examples=100, deadline=None)
@given(st.lists(layers(links=True), max_size=4))
def test_no_path_leads_through_a_link_and_no_link_out_of_the_root(
    given: list[list[Member]],
) -> None:
    try:
        tree = merged(given)
    except MemberError:
        return
    for path in tree.nodes:
        above = path
        while above := above.rpartition("/")[0]:
            assert isinstance(tree.nodes[above], Folder)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve() / "root"
        root.mkdir()
        extract.whole(tree, lambda number: Opened(given[number]), root)
        for path, node in tree.nodes.items():
            if isinstance(node, Link):
                there = os.path.realpath(root / path)
                assert Path(there).is_relative_to(root)


class Opened:
    def __init__(self, layer: list[Member]) -> None:
        self.layer = layer

    def __enter__(self) -> Contents:
        return Contents(iter([tar(self.layer)]))

    def __exit__(self, *_: object) -> None: ...


entries = st.one_of(
    st.builds(File, paths, st.sampled_from([0o644, 0o755]), st.binary(max_size=4)),
    st.builds(Symlink, paths, targets),
    st.builds(Directory, paths),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(layers(links=True), max_size=3), st.lists(entries, max_size=4))
def test_what_is_put_on_a_base_takes_nothing_of_it_away(
    given: list[list[Member]], ours: list[Entry]
) -> None:
    """Whatever is not refused leaves every path of the base as it was."""
    try:
        base = merged(given)
        put = list(placed(iter(ours), base, "ours"))
    except MemberError:
        return
    layer = [_member(entry) for entry in put]
    try:
        after = merged([*given, layer])
    except MemberError:
        return
    for path, node in base.nodes.items():
        if not isinstance(node, Folder):
            assert after.nodes.get(path) == node, path
        else:
            assert isinstance(after.nodes.get(path), Folder), path


def _member(entry: Entry) -> Member:
    match entry:
        case File(path, mode, data):
            return file(path, data, mode=mode)
        case Symlink(path, target):
            return link(path, target)
        case Directory(path):
            return folder(path)
        case _:
            return hardlink(entry.path, entry.target)
