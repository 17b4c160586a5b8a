"""What is under an image that is put on a base: the base's own, by the digest it is pinned to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from workflow_containers.building.ground import Ground
from workflow_containers.coverage.claims import Claim, Standing
from workflow_containers.layers.tree import File, Folder, Link, Node, Special
from workflow_sbom.archives.entry import Entry
from workflow_sbom.coverage.ledger import Owned

PROOF = "the base's layers, by its pinned digest"


def base_of(ground: Ground) -> Iterator[Claim]:
    """All that a base has, and that it is the base's; nothing where there is none."""
    reference = ground.materials.definition.base
    if ground.base is None or reference is None:
        return
    owned = Owned(f"base:{reference}", PROOF)
    for path, node in ground.base.nodes.items():
        yield Claim(_standing(path, node), owned)


def _standing(path: str, node: Node) -> Standing:
    match node:
        case File(mode=mode, digest=digest):
            return Standing(Entry(path=path, kind="file", digest=digest), mode)
        case Folder(mode=mode, owner=owner):
            numbers = f"{owner[0]}:{owner[1]}"
            return Standing(Entry(path=path, kind="directory"), mode, numbers)
        case Link(target=target):
            return Standing(Entry(path=path, kind="symlink", target=target), 0o777)
        case Special():
            return Standing(Entry(path=path, kind="device"), 0)
        case _:
            assert_never(node)
