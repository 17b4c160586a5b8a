from __future__ import annotations

import tomllib

import pytest

from workflow_containers import architecture
from workflow_containers.definition import Member
from workflow_containers.errors import DefinitionError
from workflow_containers.platform import AMD64, ARM64
from workflow_containers.python import pylock
from workflow_containers.python.requirements import Pin, Target
from workflow_sbom.digest import Digest

A, B = "a" * 64, "b" * 64
TARGET = Target(python="3.13", architecture=architecture.of(AMD64), glibc=36)
ARM = Target(python="3.13", architecture=architecture.of(ARM64), glibc=36)
HEAD = 'lock-version = "1.0"\ncreated-by = "a test"\n'


def wheel(file: str, sha: str = A) -> str:
    return f'{{ url = "https://evil.test/x/{file}", hashes = {{ sha256 = "{sha}" }} }}'


def package(name: str, version: str, *wheels: str, more: str = "") -> str:
    listed = f"wheels = [{', '.join(wheels)}]\n" if wheels else ""
    return f'[[packages]]\nname = "{name}"\nversion = "{version}"\n{more}{listed}'


def read(text: str, target: Target = TARGET, *members: Member) -> tuple[Pin, ...]:
    return pylock.read(tomllib.loads(HEAD + text), target, members, "pylock.toml")


def test_the_best_wheel_of_the_target_is_pinned_by_its_hash() -> None:
    text = package(
        "fast",
        "1.0",
        wheel("fast-1.0-py3-none-any.whl", "c" * 64),
        wheel("fast-1.0-cp313-cp313-manylinux_2_17_x86_64.whl", A),
        wheel("fast-1.0-cp313-cp313-manylinux_2_17_aarch64.whl", B),
        wheel("fast-1.0-cp313-cp313-manylinux_2_40_x86_64.whl", "d" * 64),
    )
    assert read(text) == (Pin(name="fast", version="1.0", digests=(Digest(A),)),)
    assert read(text, ARM) == (Pin(name="fast", version="1.0", digests=(Digest(B),)),)


def test_markers_extras_and_groups_decide() -> None:
    text = 'extras = ["serve"]\ndependency-groups = ["run", "dev"]\ndefault-groups = ["base"]\n'
    for name, marker in (
        ("win", "sys_platform == 'win32'"),
        ("served", "'serve' in extras"),
        ("running", "'run' in dependency_groups"),
        ("developing", "'dev' in dependency_groups"),
        ("basic", "'base' in dependency_groups"),
    ):
        text += package(
            name, "1", wheel(f"{name}-1-py3-none-any.whl"), more=f'marker = "{marker}"\n'
        )
    assert [pin.name for pin in read(text)] == ["basic"]
    member = Member(name="shop", project="shop", extras=("Serve",), groups=("run",))
    assert [pin.name for pin in read(text, TARGET, member)] == ["basic", "running", "served"]


def test_an_extra_that_the_lock_does_not_have_is_refused() -> None:
    member = Member(name="shop", project="shop", extras=("serv",))
    with pytest.raises(DefinitionError, match="extras: serv"):
        read('extras = ["serve"]\npackages = []\n', TARGET, member)


def test_the_images_own_distributions_are_passed_over() -> None:
    text = '[[packages]]\nname = "shop"\ndirectory = { path = ".", editable = true }\n'
    assert read(text, TARGET, Member(name="Shop", project=".")) == ()
    with pytest.raises(DefinitionError, match=r"shop: a folder of the repository .name it"):
        read(text)


def test_everything_that_is_no_wheel_is_told_with_the_remedy() -> None:
    hashes = f'hashes = {{ sha256 = "{A}" }}'
    text = (
        package("git", "1", more='vcs = { type = "git", url = "https://x", commit-id = "a" }\n')
        + package("zip", "1", more=f'archive = {{ url = "https://x/z.whl", {hashes} }}\n')
        + package("src", "1", more=f'sdist = {{ url = "https://x/src-1.tar.gz", {hashes} }}\n')
    )
    with pytest.raises(DefinitionError) as caught:
        read(text)
    assert [line.partition(" is locked")[0] for line in str(caught.value).splitlines()] == [
        "pylock.toml: git: only a source (vcs)",
        "pylock.toml: zip: only a source (archive)",
        "pylock.toml: src: only a source (sdist)",
    ]
    assert str(caught.value).count("wheels for every platform") == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (package("x", "1", wheel("x-1-cp313-cp313-win_amd64.whl")), "No wheel found"),
        ('requires-python = ">=3.14"\npackages = []\n', "does not satisfy"),
        ("environments = [\"sys_platform == 'win32'\"]\npackages = []\n", "does not satisfy any"),
        (package("x", "1", wheel("x-1-py3-none-any.whl")) * 2, "Multiple packages"),
        (package("x", "1", wheel("y-1-py3-none-any.whl")), "not consistent"),
        (package("x", "1", wheel("x-1-py3-none-any.whl", "A" * 64)), "is no SHA-256 digest"),
        (
            package("x", "1", '{ path = "x-1-py3-none-any.whl", hashes = { sha512 = "00" } }'),
            "x has no sha256 hash",
        ),
        (package("x", "1", '{ path = "x-1-py3-none-any.whl" }'), "hashes"),
        ("packages = 1\n", "packages"),
    ],
)
def test_a_lock_that_does_not_serve_is_refused(text: str, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        read(text)


def test_a_lock_of_another_version_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"2\.0 is not supported"):
        pylock.parse({"lock-version": "2.0", "created-by": "x", "packages": []}, "pylock.toml")
