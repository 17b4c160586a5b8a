from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from simulators.images import ENGINE
from workflow_containers import architecture
from workflow_containers.definition import Definition, load
from workflow_containers.errors import DefinitionError
from workflow_containers.platform import AMD64
from workflow_containers.python import locks
from workflow_containers.python.requirements import Target
from workflow_containers.store import Store
from workflow_sbom.digest import Digest

TARGET = Target(python="3.13", architecture=architecture.of(AMD64), glibc=41)
SHA = "a" * 64
RULES = Digest.of(b"rules")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("uv.lock", "uv"),
        ("services/uv.lock", "uv"),
        ("pylock.toml", "pylock"),
        ("images/pylock.shop.toml", "pylock"),
        ("pylock.a.b.toml", "requirements"),
        ("images/shop.txt", "requirements"),
        ("my-uv.lock", "requirements"),
    ],
)
def test_the_name_tells_the_kind(name: str, kind: str) -> None:
    assert locks.kind(name) == kind


def definition(tmp_path: Path, requirements: str | None) -> Definition:
    (tmp_path / "shop.toml").write_text(ENGINE, encoding="utf-8")
    return dataclasses.replace(load(tmp_path / "shop.toml"), requirements=requirements)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("shop.txt", f"till==2.0 --hash=sha256:{SHA}\n"),
        (
            "pylock.toml",
            (
                'lock-version = "1.0"\ncreated-by = "a test"\n[[packages]]\nname = "till"\n'
                'version = "2.0"\nwheels = [{ path = "till-2.0-py3-none-any.whl",'
                f' hashes = {{ sha256 = "{SHA}" }} }}]\n'
            ),
        ),
        (
            "uv.lock",
            (
                'version = 1\nrequires-python = ">=3.11"\n[[package]]\nname = "shop"\n'
                'source = { virtual = "." }\ndependencies = [{ name = "till" }]\n'
                '[[package]]\nname = "till"\nversion = "2.0"\nsource = { registry = "x" }\n'
                f'wheels = [{{ path = "till-2.0-py3-none-any.whl", hash = "sha256:{SHA}" }}]\n'
            ),
        ),
    ],
)
def test_every_kind_is_read_from_the_repository(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    (pin,) = locks.pins(definition(tmp_path, name), TARGET, tmp_path)
    assert pin.line == f"till==2.0 --hash=sha256:{SHA}"


def test_no_lock_needs_nothing(tmp_path: Path) -> None:
    bare = definition(tmp_path, None)
    assert locks.pins(bare, TARGET, tmp_path) == ()
    assert locks.remembered(bare, TARGET, tmp_path, Store(tmp_path), RULES) == ()


def test_a_lock_is_read_again_when_anything_about_it_changed(tmp_path: Path) -> None:
    shop, store = definition(tmp_path, "shop.txt"), Store(tmp_path / "store")

    def found(target: Target = TARGET, rules: Digest = RULES) -> list[str]:
        return [pin.line for pin in locks.remembered(shop, target, tmp_path, store, rules)]

    path = tmp_path / "shop.txt"
    path.write_text(f"till==2.0 --hash=sha256:{SHA}\n", encoding="utf-8")
    assert found() == found() == [f"till==2.0 --hash=sha256:{SHA}"]
    for memo in (tmp_path / "store/memo").iterdir():
        memo.write_bytes(memo.read_bytes().replace(b"2.0", b"3.0"))
    assert found() == [f"till==3.0 --hash=sha256:{SHA}"]  # it was not read again
    assert found(rules=Digest.of(b"other")) == [f"till==2.0 --hash=sha256:{SHA}"]
    assert found(dataclasses.replace(TARGET, glibc=36)) == [f"till==2.0 --hash=sha256:{SHA}"]
    path.write_text(f"till==2.1 --hash=sha256:{SHA}\n", encoding="utf-8")
    assert found() == [f"till==2.1 --hash=sha256:{SHA}"]


def test_a_lock_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="run workflow-containers lock"):
        locks.pins(definition(tmp_path, "shop.txt"), TARGET, tmp_path)
    with pytest.raises(DefinitionError, match="make it with the tool"):
        locks.pins(definition(tmp_path, "uv.lock"), TARGET, tmp_path)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("uv.lock", b"\xff", "can't be read"),
        ("uv.lock", b"version = ", "no TOML"),
        ("pylock.toml", b"a = " + b"[" * 100_000, "no TOML"),
        ("shop.txt", b"\xff", "can't be read"),
        ("shop.txt", b"#" * ((32 << 20) + 1), "at most"),
    ],
)
def test_bytes_that_are_no_lock_are_refused(name: str, data: bytes, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        locks.read(name, data, TARGET, ())


def test_a_lock_is_checked_for_no_platform() -> None:
    entry = b'[[package]]\nname = "till"\nversion = "2"\nsource = { registry = "x" }\n'
    head = b'version = 1\nrequires-python = ">=3.11"\n' + entry
    locks.check("uv.lock", head)
    with pytest.raises(DefinitionError, match=r"package\[0\]\.wheels\[0\]\.hash"):
        locks.check("uv.lock", head + b'wheels = [{ url = "till-2-py3-none-any.whl" }]\n')
