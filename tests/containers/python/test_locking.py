from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from simulators.images import ENGINE
from workflow_containers.definition import Member, load
from workflow_containers.errors import ToolError
from workflow_containers.python.locking import Change, between, compile_requirements
from workflow_containers.run import Command, Completed


def test_wheels_are_resolved_from_the_projects_own_compile_requirements(tmp_path: Path) -> None:
    asked: list[list[str]] = []

    def run(command: Command, /) -> Completed:
        asked.append([str(part) for part in command.argv])
        return Completed(code=0, stdout=b"till==2.0 --hash=sha256:00\n")

    (tmp_path / "shop.toml").write_text(ENGINE, encoding="utf-8")
    definition = dataclasses.replace(
        load(tmp_path / "shop.toml"),
        wheels=(Member(name="shop", project="shop", extras=("server",), groups=("run",)),),
    )
    text = compile_requirements(definition, tmp_path, uv=("uv",), env={}, run=run)
    assert text == "till==2.0 --hash=sha256:00\n"
    (argv,) = asked
    assert argv[:3] == ["uv", "pip", "compile"]
    assert {"--universal", "--generate-hashes"} <= set(argv)
    assert argv[argv.index("--extra") + 1] == "server"
    assert argv[argv.index("--group") + 1] == f"{tmp_path}/shop/pyproject.toml:run"
    assert argv[argv.index("--no-emit-package") + 1] == "shop"
    assert argv[-1] == str(tmp_path / "shop/pyproject.toml")


def test_uvs_failure_names_the_image(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text(ENGINE, encoding="utf-8")

    def run(_: Command, /) -> Completed:
        return Completed(code=1, stdout=b"", stderr=b"no such package\n")

    with pytest.raises(ToolError, match="the wheels of shop: no such package"):
        compile_requirements(load(tmp_path / "shop.toml"), tmp_path, uv=("uv",), env={}, run=run)


A, B = "a" * 64, "b" * 64


def lock(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def test_what_two_locks_differ_in_is_told_by_name_and_marker() -> None:
    before = lock(
        f"kept==1 --hash=sha256:{A}",
        f"gone==1 --hash=sha256:{A}",
        f"till==1.9 ; python_version < '3.12' --hash=sha256:{A}",
        f"back==2 --hash=sha256:{A}",
        f"file==1 --hash=sha256:{A}",
    )
    after = lock(
        f"kept==1 --hash=sha256:{A}",
        f"new==1 --hash=sha256:{A}",
        f"till==1.10 ; python_version < '3.12' --hash=sha256:{A}",
        f"back==1 --hash=sha256:{A}",
        f"file==1 --hash=sha256:{B}",
    )
    assert [(change.name, change.marker, change.kind) for change in between(before, after)] == [
        ("back", "", "downgraded"),
        ("file", "", "rebuilt"),
        ("gone", "", "removed"),
        ("new", "", "added"),
        ("till", 'python_version < "3.12"', "upgraded"),
    ]


@pytest.mark.parametrize("before", [None, b"\xff", b"--index-url x\n"])
def test_a_lock_that_can_not_be_read_held_nothing(before: bytes | None) -> None:
    (change,) = between(before, lock(f"new==1 --hash=sha256:{A}"))
    assert isinstance(change, Change)
    assert (change.kind, str(change.after)) == ("added", "1")
