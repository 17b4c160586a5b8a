"""Resolving Debian packages by the real apt, from a signed mirror of our own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from support.debian import DebianMirror, Key, require_tools
from workflow_containers.debian import lock, locking
from workflow_containers.debian.holding import Source
from workflow_containers.debian.lock import Wanted
from workflow_containers.debian.resolve import Apt, Indexes
from workflow_containers.definition import Debian
from workflow_containers.errors import AbsentError, MirrorError
from workflow_containers.network.transport import fetcher
from workflow_containers.platform import AMD64, ARM64, Platform
from workflow_containers.run import run
from workflow_containers.store import Store


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Key]:
    require_tools()
    made = Key.make(tmp_path_factory.mktemp("keys") / "k")
    yield made
    made.close()


@pytest.fixture
def mirror(tmp_path: Path, key: Key) -> DebianMirror:
    """A small distribution with everything that makes a closure hard."""
    made = DebianMirror(root=tmp_path / "mirror", key=key)
    made.add("base", architecture="amd64", more="Pre-Depends: awk\nDepends: libc6 (>= 2)\n")
    made.add("base", architecture="arm64", more="Pre-Depends: awk\nDepends: libc6 (>= 2)\n")
    for each in ("amd64", "arm64"):
        made.add("libc6", version="2.41-12", architecture=each, more="Recommends: docs\n")
    made.add("mawk", more="Provides: awk\nDepends: mathlib\n")
    made.add("mathlib")
    made.add("docs")
    made.add("dpkg", more="Essential: yes\n")
    made.add("certs", more="Depends: tool (>= 3) | openssl, debconf (>= 1) | debconf-2.0\n")
    made.add("tool", version="2")
    made.add("openssl", version="1:3.5-1")
    made.add("debconf", version="1.5", more="Provides: debconf-2.0\nDepends: perl-base (= 5-1)\n")
    made.add("perl-base", version="5-1")
    made.add("openssl", version="1:3.5-1+deb13u1", suite="trixie-security")
    made.publish()
    return made


def apt(mirror: DebianMirror, folder: Path, key: Key | None = None) -> Apt:
    return Apt(
        folder=folder,
        mirrors=mirror.mirrors,
        keyring=(key or mirror.key).ring,
        environment={"PATH": os.environ["PATH"]},
        run=run,
    )


def opened(mirror: DebianMirror, tmp_path: Path, platform: Platform = AMD64) -> Indexes:
    return apt(mirror, tmp_path / "apt").open("trixie", platform)


def closure(indexes: Indexes, names: Sequence[str], without: Sequence[str] = ()) -> set[str]:
    return {package.name for package in indexes.closure(names, without)}


def test_a_closure_has_what_apt_would_install_and_no_more(
    mirror: DebianMirror, tmp_path: Path
) -> None:
    for platform in (AMD64, ARM64):
        found = opened(mirror, tmp_path, platform).closure(["base", "certs"])
        names = {package.name for package in found}
        assert names == {
            "base", "certs", "libc6", "mawk", "mathlib", "openssl", "debconf", "perl-base",
        }  # fmt: skip
        arch = {package.name: package.architecture for package in found}
        assert (arch["libc6"], arch["mawk"]) == (platform.architecture, "all")


def test_the_newest_version_comes_from_whichever_archive_has_it(
    mirror: DebianMirror, tmp_path: Path
) -> None:
    (package,) = opened(mirror, tmp_path).named(["openssl"])
    assert (package.version, package.archive) == ("1:3.5-1+deb13u1", "debian-security")
    assert package.path == "pool/main/o/openssl/openssl_3.5-1+deb13u1_all.deb"


def test_a_cut_takes_what_only_it_needs_along(mirror: DebianMirror, tmp_path: Path) -> None:
    indexes = opened(mirror, tmp_path)
    wanted = ["base", "certs"]
    assert closure(indexes, wanted, ["debconf", "mawk"]) == {"base", "certs", "libc6", "openssl"}
    assert closure(indexes, wanted, ["perl-base"]) >= {"debconf"}
    assert closure(indexes, wanted, ["openssl"]).isdisjoint({"openssl", "tool"})
    assert closure(indexes, wanted) >= {"openssl"}


def test_a_cut_that_cuts_nothing_is_known(mirror: DebianMirror, tmp_path: Path) -> None:
    indexes = opened(mirror, tmp_path)
    without = ["debconf", "perl-base", "dpkg", "nonesuch"]
    assert indexes.idle(["certs"], without) == {"perl-base", "dpkg", "nonesuch"}
    assert indexes.idle(["certs"], ["debconf"]) == frozenset()


def test_what_is_not_there_or_cannot_be_installed_is_told(
    mirror: DebianMirror, tmp_path: Path
) -> None:
    mirror.add("broken", more="Depends: gone (>= 1)\n")
    mirror.publish()
    indexes = opened(mirror, tmp_path)
    with pytest.raises(MirrorError, match="gone"):
        indexes.closure(["nowhere", "gone"])
    with pytest.raises(MirrorError, match=r"apt-get: Unable to correct|unmet|held broken"):
        indexes.closure(["broken"])


def test_an_index_signed_by_another_key_is_refused(
    mirror: DebianMirror, tmp_path: Path, key: Key
) -> None:
    forger = Key.make(tmp_path / "f")
    try:
        mirror.key = forger
        mirror.publish()
        with pytest.raises(MirrorError, match="is not signed"):
            apt(mirror, tmp_path / "apt", key).open("trixie", AMD64)
    finally:
        forger.close()


def test_an_index_without_a_signature_is_refused(mirror: DebianMirror, tmp_path: Path) -> None:
    for signed in mirror.root.rglob("InRelease"):
        text = signed.read_text(encoding="utf-8")
        body = text.partition("\n\n")[2].partition("-----BEGIN PGP SIGNATURE")[0]
        signed.with_name("Release").write_text(body, encoding="utf-8")
        signed.unlink()
    with pytest.raises(MirrorError, match="not signed"):
        opened(mirror, tmp_path)


def test_an_index_changed_after_it_was_signed_is_refused(
    mirror: DebianMirror, tmp_path: Path
) -> None:
    (signed,) = (mirror.root / "debian/dists/trixie").glob("InRelease")
    text = signed.read_text(encoding="utf-8")
    signed.write_text(text.replace("Components: main", "Components: evil"), encoding="utf-8")
    with pytest.raises(MirrorError, match="apt-get"):
        opened(mirror, tmp_path)


def test_packages_that_differ_from_the_signed_index_are_refused(
    mirror: DebianMirror, tmp_path: Path
) -> None:
    mirror.publish(tampered={"trixie": b"\nPackage: evil\nVersion: 9\nArchitecture: all\n"})
    with pytest.raises(MirrorError, match="Hash Sum mismatch"):
        opened(mirror, tmp_path)


def test_an_index_past_its_date_is_refused(mirror: DebianMirror, tmp_path: Path) -> None:
    mirror.publish(valid=timedelta(hours=-2))
    with pytest.raises(MirrorError, match=r"expired|no longer valid|not valid"):
        opened(mirror, tmp_path)


def test_nothing_of_the_hosts_apt_configuration_takes_part(
    mirror: DebianMirror, tmp_path: Path
) -> None:
    """A host whose apt believes everything: its configuration is a file that apt is pointed to."""
    loose = tmp_path / "loose.conf"
    loose.write_text(
        'Acquire::Check-Valid-Until "false";\nAcquire::AllowInsecureRepositories "true";\n'
        'APT::Get::AllowUnauthenticated "true";\n',
        encoding="utf-8",
    )
    mirror.publish(valid=timedelta(hours=-2))
    careless = Apt(
        folder=tmp_path / "apt",
        mirrors=mirror.mirrors,
        keyring=mirror.key.ring,
        environment={"PATH": os.environ["PATH"], "APT_CONFIG": str(loose)},
        run=run,
    )
    with pytest.raises(MirrorError):
        careless.open("trixie", AMD64)


def image(*packages: str, without: tuple[str, ...] = ()) -> Wanted:
    debian = Debian(
        suite="trixie",
        lock="debian.lock.json",
        packages=packages,
        closure=True,
        without=without,
        exclude=(),
    )
    return Wanted(image="shop", debian=debian, platforms=(AMD64, ARM64))


def test_from_a_lock_the_packages_come_without_apt_and_when_they_are_gone_by_it(
    mirror: DebianMirror, tmp_path: Path
) -> None:
    wanted = image("base", "certs", without=("debconf",))
    data = locking.resolved([wanted], apt(mirror, tmp_path / "apt"))
    assert str(tmp_path).encode() not in data
    locked = lock.parse(data, "debian.lock.json")
    source = Source(
        store=Store(tmp_path / "store"),
        mirrors=mirror.mirrors,
        fetch=fetcher({}),
        environment={},
        run=run,
        keyring=mirror.key.ring,
    )
    held = source.hold(wanted, locked)
    assert held.renewal is None
    assert all(source.store.has(p.sha256) for each in held.packages.values() for p in each)

    for old in mirror.root.rglob("openssl_3.5-1+deb13u1_all.deb"):
        old.unlink()
    mirror.add(
        "openssl", version="1:3.5-1+deb13u2", more="Depends: docs\n", suite="trixie-security"
    )
    mirror.publish()
    fresh = replace(source, store=Store(tmp_path / "fresh"))
    with pytest.raises(AbsentError, match=r"no longer has openssl 1:3\.5-1\+deb13u1 \(all\)"):
        fresh.hold(wanted, locked)
    lenient = replace(fresh, policy="re-resolve", environment={"PATH": os.environ["PATH"]})
    renewed = lenient.hold(wanted, locked)
    assert renewed.renewal is not None
    assert [str(change) for change in renewed.renewal.changes] == [
        f"{change} (linux/{each})"
        for each in ("amd64", "arm64")
        for change in (
            "docs none → 1.0-1",
            "openssl 1:3.5-1+deb13u1 → 1:3.5-1+deb13u2",
        )
    ]
    shutil.rmtree(tmp_path / "mirror")
    assert lenient.hold(wanted, locked) == renewed
