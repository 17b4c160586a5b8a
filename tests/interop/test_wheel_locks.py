"""The same dependencies, locked by the real uv in three kinds of lock, are the same wheels.

What the locks name is then fetched by the real pip, through the same index.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulators.images import wheel_bytes
from simulators.index import index
from workflow_containers import architecture
from workflow_containers.definition import Member
from workflow_containers.platform import AMD64, ARM64, Platform
from workflow_containers.python import locks
from workflow_containers.python.requirements import Target
from workflow_containers.python.wheelhouse import Pip, wheels
from workflow_containers.run import Command, run
from workflow_containers.store import Store
from workflow_sbom.digest import Digest

PROJECT = """\
[project]
name = "shop"
version = "0.0.0"
requires-python = ">=3.11"
dependencies = [
    "till[fine]",
    "forked==1; platform_machine == 'x86_64'",
    "forked==2; platform_machine != 'x86_64'",
    "elsewhere; sys_platform == 'win32'",
]
[project.optional-dependencies]
serve = ["server>=4"]
unwanted = ["elsewhere"]
[dependency-groups]
run = ["grouped"]
dev = ["elsewhere"]
[tool.uv]
package = false
"""
MEMBERS = (Member(name="Shop", project="shop", extras=("serve",), groups=("run",)),)
FAST = (
    "cp313-cp313-manylinux_2_17_x86_64",
    "cp312-cp312-manylinux_2_50_x86_64",
    "cp311-abi3-manylinux_2_28_x86_64",
    "cp311-abi3-manylinux2014_aarch64.manylinux_2_17_aarch64",
    "cp313-cp313-musllinux_1_2_aarch64",
    "cp313-cp313t-manylinux_2_17_aarch64",
    "cp313-cp313-macosx_11_0_arm64",
    "cp310-cp310-manylinux_2_17_aarch64",
    "py3-none-any",
)
EXPECTED = {
    ("3.11", AMD64): "cp311-abi3-manylinux_2_28_x86_64",
    ("3.12", AMD64): "cp311-abi3-manylinux_2_28_x86_64",
    ("3.13", AMD64): "cp313-cp313-manylinux_2_17_x86_64",
    ("3.11", ARM64): "cp311-abi3-manylinux2014_aarch64.manylinux_2_17_aarch64",
    ("3.12", ARM64): "cp311-abi3-manylinux2014_aarch64.manylinux_2_17_aarch64",
    ("3.13", ARM64): "cp311-abi3-manylinux2014_aarch64.manylinux_2_17_aarch64",
}


def made(name: str, version: str, tag: str, requires: tuple[str, ...] = ()) -> tuple[str, bytes]:
    data = wheel_bytes(name, version, {f"{name}/{tag}": tag.encode()}, requires=requires)
    return f"{name}-{version}-{tag}.whl", data


WHEELS = dict(
    [
        made(
            "till",
            "2.0",
            "py3-none-any",
            (
                "fast>=1",
                "old; python_version < '3.12'",
                "arm; platform_machine == 'aarch64'",
                "fine; extra == 'fine'",
            ),
        ),
        *(made("fast", "1.0", tag) for tag in FAST),
        *(made("forked", version, "py3-none-any") for version in ("1", "2", "3")),
        *(made(n, "1.0.post1", "py3-none-any") for n in ("old", "arm", "fine", "elsewhere")),
        made("server", "5", "py2.py3-none-any"),
        made("grouped", "7", "py3-none-any"),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Locked:
    """The three locks by name, and the index that has what they name."""

    files: Mapping[str, bytes]
    index: str
    folder: Path

    def pip(self) -> Pip:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PIP_INDEX_URL": self.index,
            "PIP_NO_CACHE_DIR": "1",
            "PIP_CONFIG_FILE": os.devnull,
        }
        return Pip(argv=(sys.executable, "-m", "pip"), environment=environment, run=run)


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Locked]:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    with index(WHEELS) as address:

        def uv(*words: str) -> bytes:
            done = run(
                Command(
                    argv=[sys.executable, "-m", "uv", *words, "--default-index", address],
                    cwd=folder,
                    env={
                        "PATH": os.environ["PATH"],
                        "HOME": str(folder),
                        "UV_NO_CACHE": "1",
                        "UV_PYTHON_DOWNLOADS": "never",
                        "UV_NO_CONFIG": "1",
                        "UV_PYTHON": sys.executable,
                    },
                    timeout=120,
                )
            )
            assert done.code == 0, done.stderr.decode()
            return done.stdout

        uv("lock")
        wanted = ("--extra", "serve", "--group", "run", "--no-dev", "--no-emit-project")
        yield Locked(
            files={
                "uv.lock": (folder / "uv.lock").read_bytes(),
                "pylock.toml": uv("export", "--format", "pylock.toml", *wanted),
                "shop.txt": uv("export", "--format", "requirements-txt", *wanted),
                "compiled.txt": uv(
                    "pip", "compile", "--universal", "--generate-hashes", "--no-header",
                    "--extra", "serve", "--group", "pyproject.toml:run", "pyproject.toml",
                ),
            },
            index=address,
            folder=folder,
        )  # fmt: skip


@pytest.mark.parametrize(("python", "platform"), EXPECTED)
def test_every_kind_of_lock_gives_the_same_wheels(
    locked: Locked, tmp_path: Path, python: str, platform: Platform
) -> None:
    target = Target(python=python, architecture=architecture.of(platform), glibc=36)
    found = {
        name: wheels(
            locks.read(name, data, target, MEMBERS), target, Store(tmp_path / name), locked.pip()
        )
        for name, data in locked.files.items()
    }
    names = {wheel.name for wheel in found["uv.lock"]}
    forked = "1" if platform == AMD64 else "2"
    assert names == {
        "till-2.0-py3-none-any.whl",
        f"fast-1.0-{EXPECTED[python, platform]}.whl",
        f"forked-{forked}-py3-none-any.whl",
        "fine-1.0.post1-py3-none-any.whl",
        "server-5-py2.py3-none-any.whl",
        "grouped-7-py3-none-any.whl",
        *(("old-1.0.post1-py3-none-any.whl",) if python == "3.11" else ()),
        *(("arm-1.0.post1-py3-none-any.whl",) if platform == ARM64 else ()),
    }
    assert len({tuple(sorted(each, key=lambda w: w.name)) for each in found.values()}) == 1
    assert all(Digest.of(WHEELS[wheel.name]) == wheel.digest for wheel in found["uv.lock"])
