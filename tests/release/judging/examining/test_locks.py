from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_release.judging.examining.locks import unlocked

INTEGRITY = "sha512-" + base64.b64encode(bytes(64)).decode()
ROOT = Path(__file__).resolve().parents[4]


def npm(**packages: Any) -> bytes:
    return json.dumps({"lockfileVersion": 3, "packages": {"": {}, **packages}}).encode()


@pytest.mark.parametrize("name", ["dev.txt", "nox.txt", "run.txt"])
def test_the_locks_of_this_repository_are_whole(name: str) -> None:
    assert unlocked(f"locks/{name}", (ROOT / "locks" / name).read_bytes()) == ()


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({"version": "1.0.0", "integrity": INTEGRITY}, None),
        ({"integrity": f"sha1-x {INTEGRITY}", "resolved": "https://example.org/x.tgz"}, None),
        ({"inBundle": True}, None),
        ({"link": True, "resolved": "packages/x"}, None),
        ({"version": "1.0.0"}, "no integrity by SHA-256 or stronger"),
        ({"integrity": "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="}, "no integrity by SHA-256 or stronger"),
        ({"integrity": "sha512-%%%"}, "no integrity by SHA-256 or stronger"),
        ({"integrity": 3}, "no integrity by SHA-256 or stronger"),
        (
            {"integrity": INTEGRITY, "resolved": "git+ssh://git@example.org/x.git#abc"},
            "it comes from 'git+ssh://git@example.org/x.git#abc', not from a registry",
        ),
        (
            {"integrity": INTEGRITY, "resolved": "file:../x.tgz"},
            "it comes from 'file:../x.tgz', not from a registry",
        ),
        (
            {"integrity": INTEGRITY, "resolved": "http://example.org/x.tgz"},
            "it comes from 'http://example.org/x.tgz', not from a registry",
        ),
        ({"link": True, "resolved": "../x"}, "a link out of the project, to '../x'"),
        ({"link": True, "resolved": "/x"}, "a link out of the project, to '/x'"),
        ({"link": True, "resolved": "file:x"}, "a link out of the project, to 'file:x'"),
        ([], "no table"),
    ],
)
def test_an_npm_package_is_locked_by_its_integrity(entry: Any, fault: str | None) -> None:
    found = unlocked("ui/package-lock.json", npm(**{"node_modules/x": entry}))
    assert found == (() if fault is None else (f"node_modules/x: {fault}",))


def test_every_open_package_is_named() -> None:
    found = unlocked("npm-shrinkwrap.json", npm(**{"node_modules/a": {}, "node_modules/b": {}}))
    assert [fault.partition(":")[0] for fault in found] == ["node_modules/a", "node_modules/b"]


def test_a_workspace_of_the_project_is_its_own() -> None:
    assert unlocked("package-lock.json", npm(**{"packages/x": {"version": "0.0.0"}})) == ()
    nested = npm(**{"packages/x/node_modules/y": {"version": "1.0.0"}})
    assert len(unlocked("package-lock.json", nested)) == 1


@pytest.mark.parametrize(
    "data", [b"{}", b"[]", b'{"packages": {}}', b"", b'{"lockfileVersion": 1}']
)
def test_an_npm_lock_without_packages_locks_nothing(data: bytes) -> None:
    assert len(unlocked("package-lock.json", data)) == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("x==1 --hash=sha256:" + "0" * 64, 0),
        ("", 0),
        ("x==1", 1),
        ("x>=1 --hash=sha256:" + "0" * 64, 1),
        ("-e .\nx @ https://example.org/x.whl\n--index-url https://example.org/", 3),
        ("x==1 --hash=md5:" + "0" * 32, 1),
    ],
)
def test_requirements_are_locked_by_pins_and_hashes(text: str, count: int) -> None:
    assert len(unlocked("locks/build.txt", text.encode())) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        (f"example.org/x v1.0.0 h1:{'A' * 43}=\nexample.org/x v1.0.0/go.mod h1:{'B' * 43}=\n", 0),
        (f"example.org/x v1.0.0 h1:{'A' * 42}=\n", 1),
        ("example.org/x v1.0.0\nnonsense\n", 2),
    ],
)
def test_go_modules_are_locked_by_sums(text: str, count: int) -> None:
    assert len(unlocked("go.sum", text.encode())) == count


def debian(**package: Any) -> bytes:
    return json.dumps({"platforms": {"linux/amd64": [package]}}).encode()


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        (debian(name="x", sha256="0" * 64), ()),
        (debian(name="x"), ("platforms[linux/amd64][0] has no SHA-256 digest",)),
        (debian(sha256="0" * 63), ("platforms[linux/amd64][0] has no SHA-256 digest",)),
        (debian(sha256=3), ("platforms[linux/amd64][0] has no SHA-256 digest",)),
        (
            b'{"platforms": {"linux/amd64": 3}}',
            ("platforms[linux/amd64][0] has no SHA-256 digest",),
        ),
        (b"{}", ("it has no table of platforms",)),
        (b"[]", ("it has no table of platforms",)),
    ],
)
def test_debian_packages_are_locked_by_digests(data: bytes, faults: tuple[str, ...]) -> None:
    assert unlocked("containers/debian.lock.json", data) == faults


@pytest.mark.parametrize("name", ["poetry.lock", "", "requirements.in", "pylock.a.b.toml"])
def test_an_unknown_kind_of_lock_leaves_everything_open(name: str) -> None:
    assert unlocked(name, b"anything") == ("it is no kind of lock that is known here",)


WHEEL = '[[package]]\nname = "x"\nversion = "1"\nsource = { registry = "r" }\nwheels = [{ url = "x"'
PYLOCK = 'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "x"\nversion = "1"\n'


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        ("uv.lock", f'{WHEEL}, hash = "sha256:{"0" * 64}" }}]', 0),
        ("uv.lock", f"{WHEEL} }}]", 1),
        ("uv.lock", f'{WHEEL}, hash = "md5:00" }}]', 1),
        (
            "images/pylock.shop.toml",
            (
                f'{PYLOCK}wheels = [{{ path = "x-1-py3-none-any.whl",'
                f' hashes = {{ sha256 = "{"0" * 64}" }} }}]'
            ),
            0,
        ),
        (
            "pylock.toml",
            f'{PYLOCK}wheels = [{{ path = "x-1-py3-none-any.whl", hashes = {{ md5 = "0" }} }}]',
            1,
        ),
    ],
)
def test_other_tools_locks_are_locked_by_sha256(name: str, text: str, count: int) -> None:
    head = 'version = 1\nrequires-python = ">=3.11"\n' if name == "uv.lock" else ""
    assert len(unlocked(name, f"{head}{text}\n".encode())) == count


@pytest.mark.parametrize(
    "name",
    ["package-lock.json", "x.lock.json", "go.sum", "x.txt", "uv.lock", "pylock.toml"],
)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_judged_without_stumbling(name: str, data: bytes) -> None:
    assert all(isinstance(fault, str) for fault in unlocked(name, data))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=10,
)


@pytest.mark.parametrize("name", ["package-lock.json", "x.lock.json"])
@given(entries=st.dictionaries(st.sampled_from(["", "node_modules/x", "a"]), json_values))
def test_any_document_is_judged_without_stumbling(name: str, entries: dict[str, Any]) -> None:
    for key in ("packages", "platforms"):
        assert all(
            isinstance(fault, str) for fault in unlocked(name, json.dumps({key: entries}).encode())
        )
