"""Whatever is changed in an image, that path is told of, and no other."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from support import covered
from support.covered import Shop
from support.tampering import Member, tampered

Mutation = Callable[[tarfile.TarInfo, bytes], bytes]


def _byte(info: tarfile.TarInfo, data: bytes) -> bytes:
    if not info.isreg():
        info.mode ^= 0o1  # there is no byte
        return data
    return bytes([data[0] ^ 1]) + data[1:] if data else b"x"


def _mode(info: tarfile.TarInfo, data: bytes) -> bytes:
    info.mode ^= 0o4000
    return data


def _user(info: tarfile.TarInfo, data: bytes) -> bytes:
    info.uid += 1
    return data


def _group(info: tarfile.TarInfo, data: bytes) -> bytes:
    info.gname = "wheel"
    return data


def _kind(info: tarfile.TarInfo, _: bytes) -> bytes:
    info.type, info.linkname = tarfile.CHRTYPE, ""
    return b""


def _attribute(info: tarfile.TarInfo, data: bytes) -> bytes:
    info.pax_headers = {"SCHILY.xattr.user.x": "1"}
    return data


def _name(info: tarfile.TarInfo, data: bytes) -> bytes:
    info.name += "~"
    return data


MUTATIONS: list[Mutation] = [_byte, _mode, _user, _group, _kind, _attribute, _name]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return covered.shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("changed")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    layer=some.integers(0, 2),
    at=some.integers(0, 1000),
    mutate=some.sampled_from(MUTATIONS),
)
def test_a_change_of_any_member_is_told_with_its_path(
    shop: Shop, folder: Path, layer: int, at: int, mutate: Mutation
) -> None:
    changed: set[str] = set()

    def change(number: int, found: list[Member]) -> list[Member]:
        if number != layer:
            return found
        info, data = found[at % len(found)]
        changed.add(info.name)
        data = mutate(info, data)
        info.size = len(data)
        changed.add(info.name)
        found[at % len(found)] = (info, data)
        return [*found]

    path = tampered(shop.archive, folder / "changed.tar", change)
    for each in shop.check(path):
        told = {fault.partition(": ")[0] for fault in each.faults}
        assert told
        assert told <= changed


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=some.text(some.characters(blacklist_characters="\0"), min_size=1, max_size=40).filter(
        lambda text: text.strip("/.") != ""
    ),
    kind=some.sampled_from([tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.FIFOTYPE]),
)
def test_nothing_can_be_planted_under_any_name(
    shop: Shop, folder: Path, name: str, kind: bytes
) -> None:
    planted = tarfile.TarInfo(f"usr/{name}")
    planted.type, planted.linkname = kind, "x" if kind == tarfile.SYMTYPE else ""

    def change(number: int, found: list[Member]) -> list[Member]:
        return [*found, (planted, b"")] if number == 0 else found

    path = tampered(shop.archive, folder / "planted.tar", change)
    assert all(each.faults for each in shop.check(path))
