from __future__ import annotations

from pathlib import Path

import pytest

from simulators.apt import FakeApt
from simulators.images import MIRRORS, locked
from workflow_containers.debian import lock, locking
from workflow_containers.debian.lock import Closure, Lock, Wanted
from workflow_containers.debian.resolve import Apt
from workflow_containers.definition import Debian
from workflow_containers.errors import DefinitionError
from workflow_containers.platform import AMD64, ARM64, Platform

NAMES = ("libc6", "awk", "python", "debconf", "perl", "numa")
NEEDS = {"python": ("libc6", "debconf"), "debconf": ("perl",), "libc6": ("awk",)}


def fake() -> FakeApt:
    suite = {
        each: {
            name: locked(f"{name} {each}".encode(), name, architecture=each)
            for name in NAMES
            if (name, each) != ("numa", "arm64")
        }
        for each in ("amd64", "arm64")
    }
    return FakeApt(mirrors=MIRRORS, suite=suite, needs=NEEDS)


def wanted(
    *packages: str,
    image: str = "shop",
    closure: bool = True,
    without: tuple[str, ...] = (),
    suite: str = "trixie",
    platforms: tuple[Platform, ...] = (AMD64, ARM64),
) -> Wanted:
    debian = Debian(
        suite=suite,
        lock="debian.lock.json",
        packages=packages,
        closure=closure,
        without=without,
        exclude=(),
    )
    return Wanted(image=image, debian=debian, platforms=platforms)


def resolved(tmp_path: Path, *images: Wanted, apt: FakeApt | None = None) -> Lock:
    made = Apt(
        folder=tmp_path / "apt",
        mirrors=MIRRORS,
        keyring=Path("/k.gpg"),
        environment={},
        run=apt or fake(),
    )
    return lock.parse(locking.resolved(images, made), "debian.lock.json")


def names(found: Lock, image: Wanted, platform: Platform = AMD64) -> list[str]:
    return [package.name for package in found.of(image, platform)]


def test_a_closure_is_locked_for_every_platform(tmp_path: Path) -> None:
    image = wanted("python")
    found = resolved(tmp_path, image)
    assert names(found, image) == ["awk", "debconf", "libc6", "perl", "python"]
    assert names(found, image, ARM64) == names(found, image)
    assert {each.architecture for each in found.of(image, ARM64)} == {"arm64"}
    assert found.closures["shop"] == Closure(
        packages=("python",),
        without=(),
        resolved={str(each): tuple(names(found, image)) for each in (AMD64, ARM64)},
    )


def test_images_that_share_a_lock_keep_their_own_closures(tmp_path: Path) -> None:
    whole = wanted("python")
    cut = wanted("python", image="small", without=("debconf", "awk"))
    listed = wanted("numa", image="listed", closure=False, platforms=(AMD64,))
    found = resolved(tmp_path, whole, cut, listed)
    assert names(found, cut) == ["libc6", "python"]
    assert names(found, listed) == ["numa"]
    assert [each.name for each in found.platforms[AMD64]] == sorted(NAMES)
    assert "listed" not in found.closures


def test_without_closures_the_lock_is_of_the_first_schema(tmp_path: Path) -> None:
    image = wanted("libc6", closure=False)
    assert resolved(tmp_path, image).closures == {}
    made = Apt(
        folder=tmp_path / "b", mirrors=MIRRORS, keyring=Path("/k"), environment={}, run=fake()
    )
    data = locking.resolved([image], made)
    assert b'"schema": 1' in data
    assert b"closures" not in data


def test_the_bytes_are_the_same_whatever_the_order(tmp_path: Path) -> None:
    one, two = wanted("python", "awk", without=("perl",)), wanted("awk", "python", image="b")
    first = resolved(tmp_path / "1", one, two)
    second = resolved(tmp_path / "2", two, one)
    assert first.digest == second.digest


@pytest.mark.parametrize("idle", ["perl", "nonesuch", "numa"])
def test_a_cut_that_nothing_needs_is_a_fault(tmp_path: Path, idle: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        resolved(tmp_path, wanted("python", without=("debconf", idle)))
    assert str(caught.value) == f"shop: without: nothing needs {idle} (take it out)"


def test_a_cut_for_one_platform_is_none_too_many(tmp_path: Path) -> None:
    apt = fake()
    apt.needs = {**NEEDS, "python": ("numa",)}
    apt.suite["arm64"]["numa"] = apt.suite["arm64"]["libc6"]
    amd64 = wanted("python", without=("numa",), platforms=(AMD64,))
    assert names(resolved(tmp_path, amd64, apt=apt), amd64) == ["python"]


def test_images_of_two_suites_share_no_lock(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="one lock of two suites: sid, trixie"):
        resolved(tmp_path, wanted("libc6"), wanted("libc6", image="b", suite="sid"))
