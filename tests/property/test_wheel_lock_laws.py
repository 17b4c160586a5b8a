"""Whatever kind of lock holds the same wheels, the same one is chosen: the target's best."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import parse_wheel_filename

from workflow_containers import architecture
from workflow_containers.definition import Member
from workflow_containers.errors import DefinitionError
from workflow_containers.platform import AMD64, ARM64
from workflow_containers.python import pylock, requirements, uvclosure
from workflow_containers.python.requirements import Pin, Target
from workflow_sbom.digest import Digest

SHOP = (Member(name="shop", project="."),)
MACHINES = ("x86_64", "aarch64")
PLATFORMS = st.one_of(
    st.just("any"),
    st.builds("manylinux_2_{}_{}".format, st.integers(5, 45), st.sampled_from(MACHINES)),
    st.builds("manylinux2014_{}".format, st.sampled_from(MACHINES)),
    st.builds("musllinux_1_{}_{}".format, st.integers(1, 2), st.sampled_from(MACHINES)),
    st.sampled_from(["win_amd64", "macosx_11_0_arm64", "linux_x86_64"]),
)
TAGS = st.one_of(
    st.builds("py3-none-{}".format, PLATFORMS),
    st.builds("cp3{0}-cp3{0}-{1}".format, st.integers(10, 14), PLATFORMS),
    st.builds("cp3{0}-cp3{0}t-{1}".format, st.integers(13, 14), PLATFORMS),
    st.builds("cp3{}-abi3-{}".format, st.integers(7, 14), PLATFORMS),
)
FILES = st.lists(st.builds("fast-1.0-{}.whl".format, TAGS), max_size=12, unique=True)
TARGETS = st.builds(
    Target,
    python=st.sampled_from(["3.11", "3.12", "3.13"]),
    architecture=st.sampled_from([architecture.of(AMD64), architecture.of(ARM64)]),
    glibc=st.integers(28, 41),
)


def in_pylock(files: list[str], target: Target) -> tuple[Pin, ...]:
    wheels = [{"path": name, "hashes": {"sha256": Digest.of(name.encode()).hex}} for name in files]
    packages = [{"name": "fast", "version": "1.0", "wheels": wheels}]
    table = {"lock-version": "1.0", "created-by": "a law", "packages": packages}
    return pylock.read(table, target, SHOP, "pylock.toml")


def in_uv_lock(files: list[str], target: Target) -> tuple[Pin, ...]:
    index = {"registry": "https://index.test/simple"}
    wheels = [{"url": f"x/{name}", "hash": str(Digest.of(name.encode()))} for name in files]
    packages: list[dict[str, Any]] = [
        {"name": "shop", "source": {"virtual": "."}, "dependencies": [{"name": "fast"}]},
        {"name": "fast", "version": "1.0", "source": index, "wheels": wheels},
    ]
    table = {"version": 1, "requires-python": ">=3.11", "package": packages}
    return uvclosure.read(table, target, SHOP, "uv.lock")


def rank(name: str, target: Target) -> int | None:
    ranking = list(target.ranking)
    tags = parse_wheel_filename(name)[3]
    return min((ranking.index(tag) for tag in tags if tag in ranking), default=None)


@settings(deadline=None)
@given(FILES, TARGETS, st.randoms(use_true_random=False))
def test_every_kind_of_lock_gives_the_best_wheel(
    files: list[str], target: Target, shuffled: Any
) -> None:
    other = list(files)
    shuffled.shuffle(other)
    ranks = {name: place for name in files if (place := rank(name, target)) is not None}
    if not ranks:
        for read in (in_pylock, in_uv_lock):
            with pytest.raises(DefinitionError):
                read(files, target)
        return
    (pin,) = in_pylock(files, target)
    assert in_uv_lock(files, target) == in_uv_lock(other, target) == (pin,)
    best = min(ranks.values())
    assert pin.digests in [
        (Digest.of(name.encode()),) for name, place in ranks.items() if place == best
    ]
    hashes = " ".join(f"--hash={Digest.of(name.encode())}" for name in files)
    (loose,) = requirements.read(f"fast==1.0 {hashes}\n", target, "fast.txt")
    assert (loose.name, loose.version) == (pin.name, pin.version)
    assert set(pin.digests) <= set(loose.digests)
