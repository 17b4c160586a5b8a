from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from workflow_containers.debian import lock
from workflow_containers.debian.lock import Package
from workflow_containers.errors import DefinitionError
from workflow_containers.platform import AMD64, ARM64
from workflow_sbom.digest import Digest

PACKAGE = Package(
    name="libc6",
    version="1:2.41-12+deb13u5~x",
    architecture="amd64",
    archive="debian-security",
    path="pool/updates/main/g/glibc/libc6_2.41-12+deb13u5_amd64.deb",
    size=12,
    sha256=Digest("a" * 64),
)


def written(tmp_path: Path, **changes: Any) -> Path:
    table = json.loads(lock.document("trixie", {AMD64: (PACKAGE,)}))
    table["platforms"]["linux/amd64"][0] |= changes
    path = tmp_path / "debian.lock.json"
    path.write_text(json.dumps(table), encoding="utf-8")
    return path


def test_a_lock_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "debian.lock.json"
    path.write_bytes(lock.document("trixie", {ARM64: (), AMD64: (PACKAGE,)}))
    found = lock.load(path)
    assert found.suite == "trixie"
    assert found.platforms == {AMD64: (PACKAGE,), ARM64: ()}
    assert found.compressor == lock.compressor()
    assert found.digest == Digest.of(path.read_bytes())


def test_a_lock_is_the_same_whatever_the_order() -> None:
    other = dataclasses.replace(PACKAGE, name="aaa")
    assert lock.document("trixie", {AMD64: (PACKAGE, other), ARM64: ()}) == lock.document(
        "trixie", {ARM64: (), AMD64: (other, PACKAGE)}
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"path": "../../etc/passwd"}, "does not match"),
        ({"path": "pool/../../x.deb"}, "does not match"),
        ({"path": "https://evil.test/pool/x.deb"}, "does not match"),
        ({"path": "pool/a\nb.deb"}, "does not match"),
        ({"archive": "evil"}, "is not one of the choices"),
        ({"sha256": "A" * 64}, "is no SHA-256 digest"),
        ({"name": "Evil Name"}, "does not match"),
        ({"size": "12"}, "an integer is expected"),
        ({"host": "x"}, "unknown key"),
    ],
)
def test_a_lock_with_a_fault_is_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(DefinitionError, match=message):
        lock.load(written(tmp_path, **changes))


def test_no_lock_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"no such lock \(run workflow-containers lock\)"):
        lock.load(tmp_path / "none.json")


def test_bytes_that_are_no_lock_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for data in (b"", b"[]", b"\xff", b'{"a": NaN}'):
        path.write_bytes(data)
        with pytest.raises(DefinitionError):
            lock.load(path)


def test_packages_that_are_not_locked_are_all_named(tmp_path: Path) -> None:
    found = lock.load(written(tmp_path))
    assert found.select(AMD64, ("libc6",), "x.toml") == (PACKAGE,)
    with pytest.raises(DefinitionError) as caught:
        found.select(ARM64, ("libc6", "zlib1g"), "x.toml")
    assert str(caught.value).splitlines() == [
        "x.toml: packages: 'libc6' is not locked for linux/arm64 (run workflow-containers lock)",
        "x.toml: packages: 'zlib1g' is not locked for linux/arm64 (run workflow-containers lock)",
    ]
