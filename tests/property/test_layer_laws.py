"""A layer is a function of its fragments; a fragment of its entries; reading undoes writing."""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_containers.layers import compress, fragment, layer
from workflow_containers.layers.entries import Directory, Entry, File, Symlink, directory
from workflow_containers.layers.tarread import Bounded, members
from workflow_containers.layers.tarstream import END, encode
from workflow_containers.store import Store
from workflow_sbom.digest import Digest

RULES = Digest.of(b"rules")
LETTERS = st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="/")
NAMES = st.text(LETTERS, min_size=1, max_size=90).filter(
    lambda name: name not in {".", ".."} and not name.startswith(".wh.")
    and len(name.encode()) < 255
)  # fmt: skip
# paths of one tree have the same depth, so that none is a file here and a folder there
PATHS = st.lists(NAMES, min_size=3, max_size=3).map("/".join)
FILES = st.dictionaries(PATHS, st.binary(max_size=2000), max_size=6).map(
    lambda found: [File(path, 0o644, data) for path, data in found.items()]
)


def bounded(data: bytes) -> Bounded:
    return Bounded(io.BytesIO(data), len(data), "x")


@given(FILES, NAMES)
def test_reading_undoes_writing(files: list[File], target: str) -> None:
    entries: list[Entry] = [Directory("a"), *files, Symlink("b", f"{target}/{target}")]
    data = b"".join(map(encode, entries)) + END
    assert list(members(bounded(data), "x")) == entries


@given(FILES, NAMES)
def test_another_reader_sees_the_same(files: list[File], target: str) -> None:
    data = encode(Symlink("b", target)) + b"".join(map(encode, files)) + END
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        found = {each.name: each for each in archive}
        assert found["b"].linkname == target
        for file in files:
            content = archive.extractfile(found[file.path])
            assert content is not None
            assert content.read() == file.data


@given(st.binary(max_size=50_000), st.lists(st.integers(1, 9000), max_size=20))
def test_a_members_bytes_do_not_depend_on_the_writes(data: bytes, steps: list[int]) -> None:
    out, at = io.BytesIO(), 0
    writer = compress.Member(out)
    for step in steps:
        writer.write(data[at : at + step])
        at += step
    writer.write(data[at:])
    writer.finish()
    assert out.getvalue() == compress.member(data)
    assert gzip.decompress(out.getvalue()) == data


@settings(max_examples=40, deadline=None)
@given(st.lists(FILES, min_size=1, max_size=3))
def test_a_layer_is_its_folders_then_its_fragments(groups: list[list[File]]) -> None:
    seen: set[str] = set()
    unique = []
    for number, group in enumerate(groups):
        files = [File(f"{number}/{each.path}", each.mode, each.data) for each in group]
        seen.update(each.path for each in files)
        unique.append(files)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        first, second = made(Path(one), unique), made(Path(two), unique)
        assert first == second
        data = gzip.decompress(Store(Path(one)).blob(first.digest).read_bytes())
    assert Digest.of(data) == first.diff_id
    assert len(data) == first.raw_size
    found = list(members(bounded(data), "x"))
    files = [each for each in found if isinstance(each, File)]
    folders = [each for each in found if isinstance(each, Directory)]
    assert files == [each for group in unique for each in group]
    assert found == [*folders, *files]
    needed = {parent for path in seen for parent in up(path)}
    assert folders == [Directory(directory(path).path) for path in sorted(needed)]


def made(folder: Path, groups: list[list[File]]) -> layer.Layer:
    store = Store(folder)
    fragments = [fragment.write(store, "x", group) for group in groups]
    assembled = layer.assemble(store, "x", fragments, RULES)
    assert layer.assemble(store, "x", fragments, RULES) == assembled
    return assembled


def up(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:at]) for at in range(1, len(parts))]


@settings(max_examples=30, deadline=None)
@given(FILES)
def test_what_is_remembered_of_a_fragment_is_what_was_made(files: list[File]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store, key = Store(Path(folder)), Digest.of(b"key")
        fresh = fragment.write(store, "x", files)
        fragment.remember(store, key, fresh)
        assert fragment.recall(store, key) == fresh
