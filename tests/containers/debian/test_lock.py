from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from workflow_containers.debian import lock
from workflow_containers.debian.lock import Closure, Package, Wanted
from workflow_containers.definition import Debian
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


WANTED = Wanted(
    image="shop",
    debian=Debian(
        suite="trixie", lock="x.json", packages=("libc6",), closure=True, without=(), exclude=()
    ),
    platforms=(AMD64,),
)


def with_closure(**changes: Any) -> bytes:
    closure = Closure(packages=("libc6",), resolved={"linux/amd64": ("libc6",)})
    table = json.loads(lock.document("trixie", {AMD64: (PACKAGE,)}, {"shop": closure}))
    table |= changes
    return json.dumps(table).encode()


def test_a_lock_with_closures_is_of_the_second_schema_and_comes_back() -> None:
    data = with_closure()
    assert json.loads(data)["schema"] == 2
    found = lock.parse(data, "x.json")
    assert found.of(WANTED, AMD64) == (PACKAGE,)
    assert found.covers(WANTED, AMD64)
    assert not found.covers(WANTED, ARM64)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": 3}, "schema: 3, but 2 is expected"),
        ({"schema": 1}, "schema: 1, but 2 is expected"),
        ({"closures": {}}, "schema: 2, but 1 is expected"),
        ({"closures": {"shop": {"packages": ["libc6"], "resolved": {"nowhere": []}}}}, "platform"),
        ({"closures": {"shop": {"packages": ["../x"], "resolved": {}}}}, "does not match"),
        ({"closures": {"shop": {"packages": [], "resolved": {}, "host": "x"}}}, "unknown key"),
    ],
)
def test_closures_with_a_fault_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        lock.parse(with_closure(**changes), "x.json")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (dataclasses.replace(WANTED, image="other"), "closures.other: it was not resolved"),
        (
            dataclasses.replace(
                WANTED, debian=dataclasses.replace(WANTED.debian, packages=("libc6", "zlib1g"))
            ),
            "closures.shop: it was resolved for other packages",
        ),
        (
            dataclasses.replace(
                WANTED, debian=dataclasses.replace(WANTED.debian, without=("libc6",))
            ),
            "closures.shop: it was resolved for other packages",
        ),
    ],
)
def test_a_definition_that_changed_since_is_refused(wanted: Wanted, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        lock.parse(with_closure(), "x.json").of(wanted, AMD64)
    assert str(caught.value) == f"x.json: {message} (run workflow-containers lock)"


def test_a_platform_that_was_not_resolved_is_told() -> None:
    with pytest.raises(DefinitionError, match="not resolved for linux/arm64"):
        lock.parse(with_closure(), "x.json").of(WANTED, ARM64)


def test_a_closure_that_names_what_is_not_locked_is_refused() -> None:
    closure = {"packages": ["libc6"], "resolved": {"linux/amd64": ["libc6", "zlib1g"]}}
    found = lock.parse(with_closure(closures={"shop": closure}), "x.json")
    with pytest.raises(DefinitionError, match="'zlib1g' is not locked for linux/amd64"):
        found.of(WANTED, AMD64)


def test_the_c_librarys_version_decides_which_wheels_run() -> None:
    assert lock.glibc([PACKAGE]) == 41
    assert lock.glibc([]) == 17


@pytest.mark.parametrize(
    ("version", "release"),
    [("3.13.5-2+deb13u5", "3.13.5"), ("3.14.0~rc2-1", "3.14.0"), ("3.13-1", None), ("x", None)],
)
def test_the_interpreters_full_version_is_its_packages(version: str, release: str | None) -> None:
    python = dataclasses.replace(PACKAGE, name="python3.13-minimal", version=version)
    assert lock.python_release([PACKAGE, python], "3.13") == release
    assert lock.python_release([PACKAGE], "3.13") is None
