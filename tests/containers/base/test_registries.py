from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from simulators import bases
from simulators.bases import Base
from simulators.registry import Registry
from workflow_containers.base.image import load
from workflow_containers.base.python import find
from workflow_containers.base.registries import from_anywhere, from_registries
from workflow_containers.errors import ContainersError, MissingError
from workflow_containers.oci.reference import Reference
from workflow_containers.platform import AMD64, ARM64
from workflow_containers.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def served(
    folder: Path,
    *,
    docker: bool = False,
    variants: Sequence[Mapping[str, Any]] = (),
    blobs: Mapping[str, bytes] | None = None,
) -> tuple[Registry, Reference]:
    """A registry that has a base, and its name there."""
    kind = f"{bases.DOCKER}.image.rootfs.diff.tar.gzip" if docker else bases.GZIP
    base = bases.slim(docker=docker, kind=kind)
    base.entries = [*variants, *base.entries]
    base.blobs.update(blobs or {})
    digest = base.write(folder).digest
    registry = Registry()
    there = registry.repository("library/python")
    for hexadecimal, data in base.blobs.items():
        there.blobs[f"sha256:{hexadecimal}"] = data
        if data.startswith(b'{"schemaVersion"'):
            media = data.partition(b'"mediaType": "')[2].partition(b'"')[0].decode()
            there.manifests[f"sha256:{hexadecimal}"] = (media, data)
    assert digest is not None
    return registry, Reference.parse(f"{registry.host}/library/python:3.13").at(digest)


@pytest.mark.parametrize("docker", [False, True])
def test_a_base_is_fetched_from_the_registry_it_names_once(
    tmp_path: Path, store: Store, docker: bool
) -> None:
    registry, reference = served(tmp_path / "base", docker=docker)
    bring = from_registries(registry)
    first = load(reference, ARM64, store, bring)
    assert first.tree.has_file("usr/local/bin/python3.13")
    registry.log.clear()
    assert load(reference, ARM64, store, bring).tree == first.tree
    assert registry.log == []


def test_of_several_variants_the_one_that_every_machine_runs_is_the_base(
    tmp_path: Path, store: Store
) -> None:
    newer = bases.slim("3.13.9")
    (index,) = map(json.loads, entries(newer, tmp_path / "newer"))
    variants = [
        entry | {"platform": entry["platform"] | {"variant": "v3"}}
        for entry in index["manifests"]
        if entry["platform"]["architecture"] == "amd64"
    ]
    assert len(variants) == 1
    registry, reference = served(tmp_path / "base", variants=variants, blobs=newer.blobs)
    base = load(reference, AMD64, store, from_registries(registry))
    assert find(base, "3.13", ["/usr/local/bin/python3"]).release == "3.13.5"


def entries(base: Base, folder: Path) -> list[bytes]:
    """The indexes of a base."""
    base.write(folder)
    return [data for data in base.blobs.values() if b'"manifests"' in data]


def test_a_layout_that_has_it_comes_first(tmp_path: Path, store: Store) -> None:
    registry, reference = served(tmp_path / "base")
    bring = from_anywhere([tmp_path / "base"], registry)
    load(reference, AMD64, store, bring)
    assert registry.log == []


def test_without_such_a_layout_the_registry_is_asked(tmp_path: Path, store: Store) -> None:
    registry, reference = served(tmp_path / "base")
    load(reference, AMD64, store, from_anywhere([], registry))
    assert registry.counted("GET") > 3


def test_a_base_that_is_nowhere_is_told(tmp_path: Path, store: Store) -> None:
    _, reference = served(tmp_path / "base")
    with pytest.raises(MissingError):
        load(reference, AMD64, store, from_registries(Registry()))


def test_a_registry_that_lies_is_not_believed(tmp_path: Path, store: Store) -> None:
    registry, reference = served(tmp_path / "base")
    there = registry.repository("library/python")
    for digest, data in there.blobs.items():
        there.blobs[digest] = data[:-1] + b"\0"
    with pytest.raises(ContainersError):
        load(reference, AMD64, store, from_registries(registry))
    assert not [path for path in (store.folder / "blobs").iterdir() if path.stat().st_size > 2000]
