from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import pytest

from simulators.apt import FakeApt
from simulators.images import MIRRORS, FakeMirror, locked
from workflow_containers.debian import lock
from workflow_containers.debian.holding import Policy, Source, with_native
from workflow_containers.debian.lock import Lock, Package, Wanted
from workflow_containers.definition import Debian
from workflow_containers.errors import AbsentError, MirrorError, NetworkError
from workflow_containers.platform import AMD64, ARM64
from workflow_containers.store import Store

WANTED = Wanted(
    image="shop",
    debian=Debian(
        suite="trixie",
        lock="debian.lock.json",
        packages=("libc6", "tzdata"),
        closure=False,
        without=(),
        exclude=(),
    ),
    platforms=(AMD64, ARM64),
)


def package(name: str, version: str, architecture: str) -> tuple[Package, bytes]:
    data = f"{name} {version} {architecture}".encode()
    return locked(data, name, version=version, architecture=architecture), data


@dataclass
class World:
    """A mirror with what is locked, and one step on what apt finds there instead."""

    folder: Path
    mirror: FakeMirror
    apt: FakeApt
    locked: Lock

    def source(self, policy: Policy) -> Source:
        return Source(
            store=Store(self.folder / "store"),
            mirrors=MIRRORS,
            fetch=self.mirror,
            environment={},
            run=self.apt,
            policy=policy,
            keyring=Path("/k.gpg"),
        )

    def drop(self, name: str, version: str) -> None:
        """The mirror has only another version of it from now on."""
        for each in ("amd64", "arm64"):
            old = self.apt.suite[each][name]
            del self.mirror.files[MIRRORS.url(old.archive, old.path)]
            new, data = package(name, version, each)
            self.apt.suite[each][name] = self.mirror.add(new, data)


@pytest.fixture
def world(tmp_path: Path) -> World:
    mirror = FakeMirror()
    suite: dict[str, dict[str, Package]] = {}
    for each in ("amd64", "arm64"):
        made = [package("libc6", "2.41-12", each), package("tzdata", "2026a-1", each)]
        suite[each] = {p.name: mirror.add(p, data) for p, data in made}
    platforms = {p: tuple(suite[p.architecture].values()) for p in (AMD64, ARM64)}
    return World(
        folder=tmp_path,
        mirror=mirror,
        apt=FakeApt(mirrors=MIRRORS, suite=suite),
        locked=lock.parse(lock.document("trixie", platforms), "debian.lock.json"),
    )


@pytest.mark.parametrize("policy", ["strict", "re-resolve"])
def test_what_the_mirror_has_is_held_as_it_was_locked(world: World, policy: Policy) -> None:
    held = world.source(policy).hold(WANTED, world.locked)
    assert held.packages == world.locked.platforms
    assert held.renewal is None
    assert world.apt.commands == []


def test_a_strict_caller_is_stopped_with_the_remedy(world: World) -> None:
    world.drop("tzdata", "2026b-1")
    with pytest.raises(AbsentError) as caught:
        world.source("strict").hold(WANTED, world.locked)
    assert "the mirror no longer has tzdata 2026a-1 (amd64)" in str(caught.value)
    assert "run workflow-containers lock" in str(caught.value)
    assert world.apt.commands == []


def test_a_lenient_caller_gets_what_there_is_and_is_told(world: World) -> None:
    world.drop("tzdata", "2026b-1")
    source = world.source("re-resolve")
    held = source.hold(WANTED, world.locked)
    assert [p.version for p in held.packages[ARM64]] == ["2.41-12", "2026b-1"]
    assert held.renewal is not None
    assert [str(change) for change in held.renewal.changes] == [
        "tzdata 2026a-1 → 2026b-1 (linux/amd64)",
        "tzdata 2026a-1 → 2026b-1 (linux/arm64)",
    ]
    kept = source.store.read(held.renewal.lock)
    assert kept is not None
    assert lock.parse(kept, "kept").of(WANTED, AMD64) == held.packages[AMD64]


def test_what_was_resolved_once_is_not_resolved_again(world: World) -> None:
    world.drop("tzdata", "2026b-1")
    first = world.source("re-resolve").hold(WANTED, world.locked)
    asked = len(world.apt.commands)
    assert world.source("re-resolve").hold(WANTED, world.locked) == first
    assert len(world.apt.commands) == asked


def test_it_is_resolved_again_when_the_mirror_moved_on_once_more(world: World) -> None:
    world.drop("tzdata", "2026b-1")
    world.source("re-resolve").hold(WANTED, world.locked)
    held = world.source("re-resolve").hold(WANTED, world.locked)
    world.drop("tzdata", "2026c-1")
    assert world.source("re-resolve").hold(WANTED, world.locked) == held  # the store has it
    elsewhere = replace(world.source("re-resolve"), store=Store(world.folder / "elsewhere"))
    later = elsewhere.hold(WANTED, world.locked)
    assert [p.version for p in later.packages[AMD64]] == ["2.41-12", "2026c-1"]


def test_builds_at_once_resolve_once_and_agree(world: World) -> None:
    world.drop("tzdata", "2026b-1")
    with ThreadPoolExecutor(4) as pool:
        held = list(
            pool.map(lambda _: world.source("re-resolve").hold(WANTED, world.locked), range(8))
        )
    assert all(each == held[0] for each in held)
    updates = [argv for argv in world.apt.commands if "update" in argv]
    assert len(updates) == 2  # one a platform


def test_a_mirror_out_of_reach_is_no_reason_to_resolve(world: World) -> None:
    def silent(_: str) -> IO[bytes]:
        raise NetworkError("no answer")

    source = replace(world.source("re-resolve"), fetch=silent)
    with pytest.raises(MirrorError, match="can't be fetched: no answer") as caught:
        source.hold(WANTED, world.locked)
    assert not isinstance(caught.value, AbsentError)
    assert world.apt.commands == []


def test_offline_what_was_resolved_before_still_serves(world: World) -> None:
    world.drop("tzdata", "2026b-1")
    held = world.source("re-resolve").hold(WANTED, world.locked)

    def silent(_: str) -> IO[bytes]:
        raise OSError("no network")

    offline = replace(world.source("re-resolve"), fetch=silent)
    assert offline.hold(WANTED, world.locked) == held


def test_a_mirror_that_lies_is_no_reason_to_resolve(world: World) -> None:
    for url in world.mirror.files:
        world.mirror.files[url] = bytes(len(world.mirror.files[url]))
    with pytest.raises(MirrorError, match="another libc6"):
        world.source("re-resolve").hold(WANTED, world.locked)
    assert world.apt.commands == []


def test_when_it_can_not_be_resolved_both_reasons_are_told(world: World) -> None:
    world.drop("tzdata", "2026b-1")
    world.apt.fails = "the repository is not signed"
    with pytest.raises(MirrorError) as caught:
        world.source("re-resolve").hold(WANTED, world.locked)
    told = str(caught.value)
    assert "the mirror no longer has tzdata 2026a-1" in told
    assert "it can't be resolved again: apt-get: the repository is not signed" in told


def test_a_kept_lock_that_was_tampered_with_is_made_again(world: World) -> None:
    world.drop("tzdata", "2026b-1")
    source = world.source("re-resolve")
    held = source.hold(WANTED, world.locked)
    assert held.renewal is not None
    source.store.blob(held.renewal.lock).write_bytes(b"{}")
    assert source.hold(WANTED, world.locked) == held


def test_this_machines_platform_is_held_where_it_is_locked(world: World) -> None:
    arm = replace(WANTED, platforms=(ARM64,))
    assert with_native(arm, world.locked, AMD64).platforms == (AMD64, ARM64)
    assert with_native(arm, world.locked, None).platforms == (ARM64,)
    closed = replace(arm, debian=replace(arm.debian, closure=True))
    assert with_native(closed, world.locked, AMD64).platforms == (ARM64,)
