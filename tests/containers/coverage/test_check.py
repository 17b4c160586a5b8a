from __future__ import annotations

import dataclasses
import io
import os
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from simulators.images import deb, locked, member, tar, wheel, wheel_bytes, world
from support import covered
from support.covered import DATA, LIBC, OS, OS_PYC, SITE, TILL, TZDATA, Shop, built, relock
from support.layouts import with_layer
from support.tampering import edited, entry, planted, tampered
from workflow_containers.building.gathering import grounds
from workflow_containers.coverage.check import check
from workflow_containers.coverage.sources import parts
from workflow_containers.debian import lock
from workflow_containers.errors import CoverageError, LayoutError, MemberError
from workflow_containers.platform import AMD64, ARM64
from workflow_containers.store import Store
from workflow_sbom.coverage.ledger import Generated, Owned
from workflow_sbom.digest import Digest


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return covered.shop(tmp_path)


# -------------------------------------------------------------------------------- what was built


def test_everything_that_was_built_is_explained_on_every_platform(shop: Shop) -> None:
    amd64, arm64 = shop.check()
    assert (amd64.platform, arm64.platform) == (AMD64, ARM64)
    assert amd64.faults == arm64.faults == ()


def test_each_entry_has_the_owner_or_the_rule_that_it_should(shop: Shop) -> None:
    why = {line.entry.path: line.why for line in shop.check()[0].ledger.lines}
    libc = Owned(LIBC, "the .deb's own contents")
    assert why["usr/lib/x86_64-linux-gnu/libc.so.6"] == libc
    assert why[TILL] == Owned("pkg:pypi/till@2.0", "RECORD of the wheel")
    assert why["app/ui/dist/index.html"] == Owned(
        "artifact:shop-ui-1.2.3.tar.gz", "the archive's own contents"
    )
    assert why["app/shop.yaml"] == Owned("file:images/shop.yaml", "the repository's file")
    assert why[OS_PYC] == Generated("bytecode")
    assert why[f"{SITE}/till/__pycache__/__init__.cpython-313.pyc"] == Generated("bytecode")
    assert why["etc/ld.so.cache"] == Generated("linker-cache")
    assert why["etc/passwd"] == Generated("users")
    assert why["lib64"] == Generated("merged-usr")
    assert why["var/lib/dpkg/status.d/libc6.md5sums"] == Generated("package-record")
    assert why[f"{SITE}/till-2.0.dist-info/RECORD"] == Generated("wheel-record")
    assert why[f"{SITE}/till-2.0.dist-info/INSTALLER"] == Generated("installer")
    assert why["app/ui"] == Generated("folders")
    assert why["tmp"] == Generated("scratch-folders")


def test_what_stays_out_of_images_is_counted_and_not_missing(shop: Shop) -> None:
    assert [each.left_out for each in shop.check()] == [1, 1]  # a manual page


def test_an_image_is_checked_without_asking_anybody_again(shop: Shop) -> None:
    shop.world.mirror.asked.clear()
    shop.check()
    assert shop.world.mirror.asked == []


def test_a_layer_more_is_read_too(shop: Shop) -> None:
    layer = tar([entry("usr/bin/sh", b"x", mode=0o755)])
    found = shop.check(with_layer(shop.archive, shop.folder / "more.tar", layer))
    assert [each.faults for each in found] == [("usr/bin/sh: nothing brings it",)] * 2


def test_all_faults_are_told_together(shop: Shop) -> None:
    changed = tampered(
        shop.archive, shop.folder / "x.tar", planted(entry("a"), entry("b"), layer=0)
    )
    found = shop.check(changed)
    assert [f"{each.platform}: {fault}" for each in found for fault in each.faults] == [
        "linux/amd64: a: nothing brings it",
        "linux/amd64: b: nothing brings it",
        "linux/arm64: a: nothing brings it",
        "linux/arm64: b: nothing brings it",
    ]


# --------------------------------------------------------------------- what sources are and are not


def test_a_file_of_two_packages_has_no_owner(shop: Shop) -> None:
    twice = [*DATA, member(f"./{OS}", b"other = True\n")]
    relock(shop.world, "tzdata", deb("tzdata", twice, version="2026a-1", architecture="all"))
    with pytest.raises(CoverageError, match=f"can't be checked: .*{OS}' stands twice"):
        shop.check()


def test_a_file_of_a_package_and_of_ours_has_no_owner(shop: Shop) -> None:
    path = shop.world.root / "images/shop.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("/app/shop.yaml", "/usr/share/zoneinfo/UTC"), encoding="utf-8")
    assert list(shop.check()[0].faults) == [
        "app/shop.yaml: nothing brings it",
        f"usr/share/zoneinfo/UTC: several bring it: file:images/shop.yaml, {TZDATA}",
    ]


def test_a_link_and_what_would_be_in_it_contradict(shop: Shop) -> None:
    link = [*DATA, member("./app", kind=tarfile.SYMTYPE, link="usr")]
    relock(shop.world, "tzdata", deb("tzdata", link, version="2026a-1", architecture="all"))
    assert f"app: several bring it: {TZDATA}, the rule folders" in shop.check()[0].faults


def test_another_package_than_the_locked_is_never_asked(shop: Shop) -> None:
    """Its bytes in the store were changed: it is fetched again, or nothing can be said."""
    package = lock.load(shop.world.root / "images/debian.lock.json").platforms[AMD64][0]
    blob = shop.folder / "store/blobs" / package.sha256.hex
    blob.write_bytes(b"evil")
    assert shop.check()[0].faults == ()
    blob.write_bytes(b"evil")
    shop.world.mirror.files.clear()
    with pytest.raises(CoverageError, match="can't be checked: the mirror no longer has libc6"):
        shop.check()


def test_a_wheel_with_a_file_that_its_record_does_not_name_proves_nothing(shop: Shop) -> None:
    path = shop.world.wheels["shop"]
    path.write_bytes(
        wheel_bytes(
            "shop",
            "1.2.3",
            {"shop/__init__.py": b""},
            extra=[(zipfile.ZipInfo("shop/evil.py"), b"evil")],
        )
    )
    with pytest.raises(CoverageError, match=r"'shop/evil\.py' is not in RECORD"):
        shop.check()


def test_a_wheel_that_differs_from_its_record_proves_nothing(shop: Shop) -> None:
    data = shop.world.wheels["shop"].read_bytes()
    record = wheel_bytes("shop", "1.2.3", {"shop/__init__.py": b"true\n"})
    assert record != data
    shop.world.wheels["shop"].write_bytes(
        wheel_bytes("shop", "1.2.3", {"shop/__init__.py": b"evil\n"}, record=_record(record))
    )
    with pytest.raises(CoverageError, match=r"'shop/__init__\.py' differs from RECORD"):
        shop.check()


def _record(made: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(made)) as opened:
        return opened.read("shop-1.2.3.dist-info/RECORD").decode()


def test_another_wheel_than_was_put_in_is_told_file_by_file(shop: Shop) -> None:
    files = {"shop/__init__.py": b"__version__ = 'new'\n", "shop/__main__.py": b"print('hi')\n"}
    wheel(shop.world.root / "wheels", "shop", "1.2.3", files)
    assert list(shop.check()[0].faults) == [
        f"{SITE}/shop-1.2.3.dist-info/RECORD: differs from the rule wheel-record",
        f"{SITE}/shop/__init__.py: differs from pkg:pypi/shop@1.2.3",
        f"{SITE}/shop/__pycache__/__init__.cpython-313.pyc: differs from the rule bytecode",
    ]


def test_scripts_name_the_images_python_by_a_rule(tmp_path: Path) -> None:
    root = tmp_path
    found = world(root / "repository")
    files = {"shop/__init__.py": b"", "shop-1.2.3.data/scripts/sell": b"#!python\nimport shop\n",
             "shop-1.2.3.data/scripts/plain": b"#!/bin/true\n"}  # fmt: skip
    wheel(found.root / "wheels", "shop", "1.2.3", files)
    shop = built(found, root)
    why = {line.entry.path: line.why for line in shop.check()[0].ledger.lines}
    assert why["usr/local/bin/sell"] == Generated("script")
    assert why["usr/local/bin/plain"] == Owned("pkg:pypi/shop@1.2.3", "RECORD of the wheel")
    evil = b"#!/usr/bin/python3.13\nimport evil\n"
    assert shop.faults(edited("usr/local/bin/sell", lambda _, __: evil), tmp_path) == [
        "usr/local/bin/sell: differs from the rule script"
    ]


def test_where_no_interpreter_runs_nothing_is_said_to_be_explained(shop: Shop) -> None:
    tools = dataclasses.replace(shop.tools, native=None)
    with pytest.raises(CoverageError, match="no locked interpreter runs on this machine"):
        shop.check(tools=tools)


def test_platforms_are_those_of_the_definition(shop: Shop) -> None:
    path = shop.world.root / "images/shop.toml"
    path.write_text('platforms = ["linux/amd64"]\n' + path.read_text(), encoding="utf-8")
    with pytest.raises(CoverageError, match="is for linux/amd64, linux/arm64; the definition for"):
        shop.check()


@pytest.mark.parametrize("what", ["wheels", "bundles"])
def test_nothing_of_ours_is_guessed(shop: Shop, what: str) -> None:
    ours = (
        dataclasses.replace(shop.ours, wheels={})
        if what == "wheels"
        else dataclasses.replace(shop.ours, bundles={})
    )
    with pytest.raises(CoverageError, match=r"no (wheel|archive) of shop.* was given"):
        check(shop.archive, shop.definition, ours, shop.tools)


def test_a_locked_wheel_that_changed_in_the_store_is_fetched_again_or_refused(shop: Shop) -> None:
    digest = Digest.of(shop.world.machine.index["till-2.0-py3-none-any.whl"])
    blob = shop.folder / "store/blobs" / digest.hex
    blob.write_bytes(b"evil")
    assert shop.check()[0].faults == ()
    stamp = blob.stat().st_mtime
    blob.write_bytes(b"evil")
    os.utime(blob, (stamp, stamp))  # so that it seems to be what it was
    with pytest.raises(CoverageError, match=r"till-2.* changed in the store"):
        shop.check()


def test_a_wheel_for_another_machine_is_refused(shop: Shop) -> None:
    path = shop.world.wheels["shop"]
    other = path.with_name("shop-1.2.3-cp313-cp313-win_amd64.whl")
    other.write_bytes(path.read_bytes())
    ours = dataclasses.replace(shop.ours, wheels={"shop": other})
    with pytest.raises(CoverageError, match=r"win_amd64\.whl: does not run on linux/amd64"):
        check(shop.archive, shop.definition, ours, shop.tools)


RELEASE = member("./usr/lib/os-release", b'ID=debian\nVERSION_ID="13"\n')


@pytest.mark.parametrize(
    ("files", "distro"),
    [([RELEASE], "debian-13"), ([member("./etc/debian_version", b"13")], "debian")],
)
def test_owners_are_of_the_release_that_base_files_names(
    shop: Shop, files: list[tuple[tarfile.TarInfo, bytes]], distro: str
) -> None:
    """In another image, which has nothing else."""
    data = deb("base-files", files, version="2026a-1", architecture="all")
    locked_ = shop.world.mirror.add(
        locked(data, "base-files", version="2026a-1", architecture="all"), data
    )
    Store(shop.folder / "store").put(data)
    (ground, _) = grounds(
        shop.definition, shop.world.root, shop.tools, Store(shop.folder / "store")
    )
    only = dataclasses.replace(ground, packages=(locked_,))
    (part, *_) = parts(only, shop.ours, shop.tools)
    assert part.claims[0].source == (f"pkg:deb/debian/base-files@2026a-1?arch=all&distro={distro}")


def test_a_wheel_of_another_name_is_refused(shop: Shop) -> None:
    other = wheel(shop.folder, "other", "1.0", {"other.py": b""})
    ours = dataclasses.replace(shop.ours, wheels={"shop": other})
    with pytest.raises(CoverageError, match="no wheel of shop"):
        check(shop.archive, shop.definition, ours, shop.tools)


# ------------------------------------------------------------------------------ hostile archives


def test_an_archive_that_is_none_is_told_as_such(shop: Shop) -> None:
    broken = shop.folder / "broken.tar"
    broken.write_bytes(b"no tar at all")
    with pytest.raises(LayoutError):
        shop.check(broken)


def test_a_member_of_a_kind_that_no_root_has_is_refused(shop: Shop) -> None:
    changed = tampered(
        shop.archive, shop.folder / "x.tar", planted(entry("odd", kind=b"V"), layer=0)
    )
    with pytest.raises(MemberError, match="'odd' for linux/amd64 is a member of type b'V'"):
        shop.check(changed)


def test_a_path_deeper_than_any_root_is_refused(shop: Shop) -> None:
    deep = planted(entry("x/" * 256 + "x"), entry("x/.wh.x"), layer=0)
    with pytest.raises(MemberError, match="a path of more than 256 folders"):
        shop.check(tampered(shop.archive, shop.folder / "x.tar", deep))


def test_another_compressor_than_the_locks_makes_no_difference(shop: Shop) -> None:
    """It decides how layers are packed, and not what is in them."""
    path = shop.world.root / "images/debian.lock.json"
    text = path.read_text(encoding="utf-8")
    version = lock.compressor().version
    assert f'"version":"{version}"' in text.replace(" ", "")
    path.write_text(text.replace(f'"{version}"', '"9.9.9"'), encoding="utf-8")
    assert [each.faults for each in shop.check()] == [(), ()]


def test_a_layer_that_unpacks_without_end_is_refused_in_bounded_memory(shop: Shop) -> None:
    bomb = tar([entry("zeros", bytes(64 << 20))])
    path = with_layer(shop.archive, shop.folder / "bomb.tar", bomb)
    del bomb
    shop.check()
    tracemalloc.start()
    found = shop.check(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [each.faults for each in found] == [("zeros: nothing brings it",)] * 2
    assert peak < 24 << 20
