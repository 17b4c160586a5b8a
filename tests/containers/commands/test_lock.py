from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from simulators.apt import FakeApt
from simulators.images import ENGINE, MIRRORS, locked
from workflow_containers.cli import LINE
from workflow_containers.commands import lock as command
from workflow_containers.commands.interface import Shell
from workflow_containers.debian import lock
from workflow_containers.errors import DefinitionError, MirrorError
from workflow_containers.platform import AMD64
from workflow_containers.run import Command, Completed
from workflow_sbom.terminal.console import Console

A, B = "a" * 64, "b" * 64
UV_LOCK = (
    'version = 1\nrequires-python = ">=3.11"\n[[package]]\nname = "shop"\n'
    'source = { virtual = "." }\ndependencies = [{ name = "fast" }]\n'
    '[[package]]\nname = "fast"\nversion = "1"\nsource = { registry = "x" }\nwheels = [\n'
    f'{{ url = "fast-1-cp313-cp313-manylinux_2_41_x86_64.whl", hash = "sha256:{A}" }},\n'
)
ARM_WHEEL = f'{{ url = "fast-1-cp313-cp313-manylinux_2_41_aarch64.whl", hash = "sha256:{B}" }},\n'


@dataclass
class Desk:
    """A repository, an apt, a uv, and what a person sees."""

    root: Path
    apt: FakeApt
    requirements: bytes = f"till==2.0 --hash=sha256:{A}\n".encode()
    out: io.StringIO = field(default_factory=io.StringIO)
    err: io.StringIO = field(default_factory=io.StringIO)

    def __call__(self, asked: Command) -> Completed:
        if str(asked.argv[0]).startswith("apt-"):
            return self.apt(asked)
        return Completed(code=0, stdout=self.requirements)

    def ask(self, *words: str) -> int:
        for stream in (self.out, self.err):
            stream.seek(0)
            stream.truncate()
        fixed = (
            "lock", str(self.root / "images/shop.toml"), "--root", str(self.root),
            "--mirror", MIRRORS.debian, "--security-mirror", MIRRORS.security,
            "--keyring", "/k.gpg",
        )  # fmt: skip
        shell = Shell(
            console=Console(out=self.out, err=self.err, colour=False, live=False),
            environment={"WORKFLOW_CONTAINERS_STORE": str(self.root / "store")},
            run=self,
        )
        return command.run(LINE.parse([*fixed, *words]), shell)

    def define(self, **changes: str) -> None:
        """Replace lines of the definition by their key."""
        path = self.root / "images/shop.toml"
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [changes.pop(line.partition(" ")[0], line) for line in lines]
        path.write_text("\n".join([*changes.values(), *kept]), encoding="utf-8")

    def move_on(self, name: str, version: str) -> None:
        for each, packages in self.apt.suite.items():
            packages[name] = locked(b"new", name, version=version, architecture=each)

    @property
    def locked(self) -> lock.Lock:
        return lock.load(self.root / "images/debian.lock.json")


def suite() -> Mapping[str, dict[str, lock.Package]]:
    versions = {"libc6": "2.41-12", "python3.13-minimal": "3.13.5-2", "tzdata": "2026a-1"}
    return {
        each: {
            name: locked(b"x", name, version=version, architecture=each)
            for name, version in versions.items()
        }
        for each in ("amd64", "arm64")
    }


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "images").mkdir()
    (tmp_path / "images/shop.toml").write_text(ENGINE, encoding="utf-8")
    return Desk(root=tmp_path, apt=FakeApt(mirrors=MIRRORS, suite=dict(suite())))


def test_the_first_locks_are_written_and_told(desk: Desk) -> None:
    assert desk.ask() == 0
    assert [package.name for package in desk.locked.platforms[AMD64]] == [
        "libc6",
        "python3.13-minimal",
        "tzdata",
    ]
    assert (desk.root / "images/shop.txt").read_bytes() == desk.requirements
    lines = desk.out.getvalue().splitlines()
    assert lines[0].split() == ["lock", "platform", "package", "change", "from", "to"]
    assert "images/debian.lock.json  linux/amd64  libc6               added" in lines[1]
    assert len(lines) == 1 + 6 + 1
    assert "images/shop.txt: written" in desk.err.getvalue()


def test_what_did_not_change_is_left_alone(desk: Desk) -> None:
    desk.ask()
    path = desk.root / "images/debian.lock.json"
    before = path.stat().st_mtime_ns
    assert desk.ask() == 0
    assert path.stat().st_mtime_ns == before
    assert desk.out.getvalue() == ""
    assert "images/debian.lock.json: up to date" in desk.err.getvalue()


def test_what_changed_is_a_table(desk: Desk) -> None:
    desk.ask()
    desk.move_on("tzdata", "2026b-1")
    desk.requirements = f"till==2.1 --hash=sha256:{A}\n".encode()
    assert desk.ask() == 0
    assert [line.split() for line in desk.out.getvalue().splitlines()[1:]] == [
        ["images/debian.lock.json", f"linux/{each}", "tzdata", "upgraded", "2026a-1", "2026b-1"]
        for each in ("amd64", "arm64")
    ] + [["images/shop.txt", "till", "upgraded", "2.0", "2.1"]]


def test_a_check_writes_nothing_and_tells_by_its_code(desk: Desk) -> None:
    assert desk.ask("--check") == command.STALE
    assert not (desk.root / "images/debian.lock.json").exists()
    desk.ask()
    assert desk.ask("--check") == 0
    desk.move_on("tzdata", "2026b-1")
    before = desk.locked
    assert desk.ask("--check") == command.STALE
    assert desk.locked == before
    assert "images/debian.lock.json: stale" in desk.err.getvalue()
    assert "next:" not in desk.err.getvalue()


def test_a_program_gets_json(desk: Desk) -> None:
    desk.ask()
    desk.move_on("tzdata", "2026b-1")
    desk.ask("--json", "--only", "debian")
    assert json.loads(desk.out.getvalue())["locks"] == [
        {
            "lock": "images/debian.lock.json",
            "stale": True,
            "changes": [
                {
                    "platform": f"linux/{each}",
                    "package": "tzdata",
                    "change": "upgraded",
                    "from": "2026a-1",
                    "to": "2026b-1",
                }
                for each in ("amd64", "arm64")
            ],
        }
    ]


def test_a_closure_is_locked_by_the_definitions_word(desk: Desk) -> None:
    desk.apt.needs = {"python3.13-minimal": ("libc6", "tzdata")}
    desk.define(packages='packages = ["python3.13-minimal"]', closure="closure = true")
    desk.define(without='without = ["tzdata"]')
    assert desk.ask("--only", "debian") == 0
    closure = desk.locked.closures["shop"]
    assert closure.resolved["linux/amd64"] == ("libc6", "python3.13-minimal")
    assert closure.without == ("tzdata",)


def test_a_failure_leaves_every_lock_as_it_was(desk: Desk) -> None:
    desk.ask()
    before = desk.locked
    desk.move_on("tzdata", "2026b-1")
    desk.define(requirements='requirements = "uv.lock"')
    with pytest.raises(DefinitionError, match="make it with the tool it is of"):
        desk.ask()
    assert desk.locked == before
    desk.apt.fails = "not signed"
    with pytest.raises(MirrorError):
        desk.ask()
    assert sorted(path.name for path in (desk.root / "images").iterdir()) == [
        "debian.lock.json",
        "shop.toml",
        "shop.txt",
    ]


def test_another_tools_lock_is_read_for_every_platform_and_left_alone(desk: Desk) -> None:
    desk.define(requirements='requirements = "uv.lock"')
    path = desk.root / "uv.lock"
    path.write_text(UV_LOCK + ARM_WHEEL + "]\n", encoding="utf-8")
    before = path.read_bytes()
    assert desk.ask() == 0
    assert path.read_bytes() == before
    path.write_text(UV_LOCK + "]\n", encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        desk.ask()
    assert str(caught.value) == (
        "uv.lock: fast: no wheel is locked for Python 3.13.5 on linux/arm64 with glibc 2.41"
        " (lock a version that has wheels for every platform, or build one and publish it)"
    )


def test_the_c_library_is_that_of_the_lock_to_be(desk: Desk) -> None:
    desk.define(requirements='requirements = "uv.lock"')
    (desk.root / "uv.lock").write_text(UV_LOCK + ARM_WHEEL + "]\n", encoding="utf-8")
    desk.ask()
    desk.move_on("libc6", "2.36-9")
    with pytest.raises(DefinitionError, match=r"with glibc 2\.36"):
        desk.ask()
    assert desk.ask("--only", "wheels") == 0
