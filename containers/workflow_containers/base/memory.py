"""A base's merged root, remembered in the store: reading every layer again takes seconds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, assert_never

from workflow_containers.base.documents import LayerBlob
from workflow_containers.layers import elf, foreign, tarread
from workflow_containers.layers import tree as merged
from workflow_containers.layers.elf import Elf
from workflow_containers.layers.tree import Node, Tree
from workflow_containers.store import Store
from workflow_sbom import canonical
from workflow_sbom.digest import Digest, measure_file

_DECIDING = [
    Path(__file__),
    Path(__file__).with_name("image.py"),
    *(Path(str(module.__file__)) for module in (elf, foreign, merged, tarread)),
]


def key(layers: Sequence[LayerBlob]) -> Digest:
    """What the root is remembered by: its layers, and the code that reads them."""
    code = [measure_file(path).digest.hex for path in _DECIDING]
    parts = [[each.media_type, each.digest.hex, each.diff_id.hex] for each in layers]
    return Digest.of(canonical.encode(["tree", code, parts]))


def remember(store: Store, key: Digest, tree: Tree, sizes: Sequence[int]) -> None:
    """Keep it."""
    store.remember(
        key,
        {
            "sizes": sizes,
            "kept": sorted(store.put(data).hex for data in tree.kept.values()),
            "nodes": {path: _encoded(node) for path, node in tree.nodes.items()},
        },
    )


def recall(store: Store, key: Digest) -> tuple[Tree, tuple[int, ...]] | None:
    """The root and the layers' unpacked sizes, if they are remembered whole."""
    known = store.recall(key)
    if known is None:
        return None
    kept = {Digest(each): store.read(Digest(each)) for each in known["kept"]}
    whole = {digest: data for digest, data in kept.items() if data is not None}
    if len(whole) != len(kept):
        return None
    nodes = {path: _decoded(node) for path, node in known["nodes"].items()}
    return Tree(nodes, whole), tuple(known["sizes"])


def _encoded(node: Node) -> list[canonical.Json]:
    match node:
        case merged.File(mode=mode, size=size, digest=digest, layer=layer, source=source, elf=of):
            found = (of.machine, of.soname, of.needed, of.runpath) if of else ()
            return ["file", layer, mode, size, digest.hex, source, found]
        case merged.Folder(mode=mode, owner=owner, layer=layer):
            return ["folder", layer, mode, owner]
        case merged.Link(target=target, layer=layer):
            return ["link", layer, target]
        case merged.Special(layer=layer):
            return ["special", layer]
        case _:
            assert_never(node)


def _decoded(known: list[Any]) -> Node:
    match known:
        case ["file", layer, mode, size, digest, source, found]:
            return merged.File(
                layer=layer,
                mode=mode,
                size=size,
                digest=Digest(digest),
                source=(source[0], source[1]),
                elf=_elf(*found) if found else None,
            )
        case ["folder", layer, mode, owner]:
            return merged.Folder(layer=layer, mode=mode, owner=(owner[0], owner[1]))
        case ["link", layer, target]:
            return merged.Link(layer=layer, target=target)
        case [_, layer]:
            return merged.Special(layer=layer)
        case _:
            raise ValueError("no node of a root")


def _elf(machine: int, soname: str | None, needed: list[str], runpath: list[str]) -> Elf:
    return Elf(machine=machine, soname=soname, needed=tuple(needed), runpath=tuple(runpath))
