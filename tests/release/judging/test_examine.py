"""Artifacts are examined whole: read and run. Some of these really install and run a wheel."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from support import built, candidates
from support.candidates import FILES, IMAGE, SDIST, UI, WHEEL, Programs
from workflow_containers.host import native_platform
from workflow_containers.platform import AMD64, Platform
from workflow_release.building.cache import Cache
from workflow_release.errors import ToolError
from workflow_release.judging.evidence import NotRun, Report
from workflow_release.judging.examine import Examiner, examine, examine_locks, gather
from workflow_release.judging.examining.environment import Workbench, run_go
from workflow_release.judging.judge import judge
from workflow_release.machine.host import Host
from workflow_release.machine.run import Command, Completed, Run, run
from workflow_release.model import Artifact, GoBinary, Lock, Wheel
from workflow_sbom.digest import Digest

ENTRY_POINTS = b"[console_scripts]\nthing = thing.core:main\n"
MAIN = b"""\
import os, sys, importlib.metadata
def main():
    print("thing", importlib.metadata.version("thing"))
    print(sorted(os.environ), file=sys.stderr)
"""


def real_host(scratch: Path) -> Host:
    return replace(candidates.host(scratch), python=Path(sys.executable))


def bench(scratch: Path, runner: Run, *wheels: Artifact, host: Host | None = None) -> Workbench:
    return Workbench(
        host=host or candidates.host(scratch),
        run=runner,
        cache=Cache(scratch / "cache"),
        wheels=wheels,
        requirements=None,
    )


def command_wheel(main: bytes = MAIN) -> bytes:
    files = built.wheel_files()
    files["thing/core.py"] = main
    files["thing-1.2.3.dist-info/entry_points.txt"] = ENTRY_POINTS
    return built.wheel(files)


CHECKED = replace(WHEEL, check=("thing", "--version"))


def really_run(
    tmp_path: Path, data: bytes, recipe: Wheel, setup: Workbench | None = None
) -> list[Report | NotRun]:
    made = candidates.artifact(WHEEL, data, tmp_path)
    here = setup or bench(tmp_path, run, host=real_host(tmp_path))
    found = examine(made, recipe, replace(here, wheels=(made,)))
    return [each for each in found.reported if each.command != ("thing.__version__",)]  # type: ignore[union-attr]


def test_a_wheel_is_installed_and_its_command_run(tmp_path: Path) -> None:
    (report,) = really_run(tmp_path, command_wheel(), CHECKED)
    assert report == Report(command=("thing", "--version"), code=0, printed="thing 1.2.3\n")


def test_a_wheel_without_a_command_reports_its_installed_version(tmp_path: Path) -> None:
    (report,) = really_run(tmp_path, built.wheel(), WHEEL)
    assert report == Report(
        command=("importlib.metadata.version", "thing"), code=0, printed="1.2.3\n"
    )


def test_a_command_that_fails_reports_its_last_words(tmp_path: Path) -> None:
    data = command_wheel(b"def main():\n    import gone\n")
    (report,) = really_run(tmp_path, data, CHECKED)
    assert isinstance(report, Report)
    assert report.code == 1
    assert report.printed.endswith("ModuleNotFoundError: No module named 'gone'\n")


def test_a_wheel_that_pip_refuses_is_reported(tmp_path: Path) -> None:
    files = built.wheel_files(more="Requires-Python: >=99\n")
    (report,) = really_run(tmp_path, built.wheel(files), CHECKED)
    assert isinstance(report, Report)
    assert report.command == ("pip", "install")
    assert report.code == 1
    assert "requires a different Python" in report.printed


def test_a_program_sees_nothing_of_this_process(tmp_path: Path) -> None:
    programs = Programs()
    made = candidates.artifact(WHEEL, command_wheel(), tmp_path)
    setup = bench(tmp_path, programs, made)
    environment = setup.environment()
    (environment / "bin").mkdir()
    (environment / "bin" / "thing").write_bytes(b"")
    examine(made, CHECKED, setup)
    seen = programs.seen[-1]
    assert list(seen.argv) == [environment / "bin" / "thing", "--version"]
    assert set(seen.env) == {"PATH", "HOME", "TMPDIR", "LANG", "PYTHONDONTWRITEBYTECODE"}
    assert seen.env["HOME"] == str(seen.cwd)
    assert not seen.cwd.exists()
    assert seen.timeout is not None


@pytest.mark.parametrize("name", ["gone", "../../usr/bin/env", "/usr/bin/env", ".."])
def test_only_a_command_of_the_wheels_is_run(tmp_path: Path, name: str) -> None:
    programs = Programs()
    made = candidates.artifact(WHEEL, command_wheel(), tmp_path)
    found = examine(made, replace(WHEEL, check=(name,)), bench(tmp_path, programs, made))
    assert found.reported[-1] == Report(
        command=(name,), code=127, printed="the wheels install no such command"
    )
    assert all(str(seen.argv[0]) == "/usr/bin/python3" for seen in programs.seen)


def test_one_environment_serves_every_wheel(tmp_path: Path) -> None:
    programs = Programs()
    made = candidates.artifact(WHEEL, built.wheel(), tmp_path)
    setup = bench(tmp_path, programs, made)
    examine(made, WHEEL, setup)
    first = len(programs.seen)
    examine(made, WHEEL, setup)
    assert len(programs.seen) == first + 1


def test_requirements_are_installed_by_their_hashes_alone(tmp_path: Path) -> None:
    programs = Programs()
    lock = tmp_path / "lock.txt"
    lock.write_text("")
    made = candidates.artifact(WHEEL, built.wheel(), tmp_path)
    examine(made, WHEEL, replace(bench(tmp_path, programs, made), requirements=lock))
    installs = [list(map(str, seen.argv)) for seen in programs.seen if "install" in seen.argv]
    assert [("--require-hashes" in words, "--no-index" in words) for words in installs] == [
        (True, False),
        (False, True),
    ]
    assert all("--no-deps" in words for words in installs)


def test_requirements_stay_when_only_the_wheels_change(tmp_path: Path) -> None:
    programs = Programs()
    lock = tmp_path / "lock.txt"
    lock.write_text("")
    for content in (MAIN, MAIN + b"#"):
        made = candidates.artifact(WHEEL, command_wheel(content), tmp_path)
        examine(made, WHEEL, replace(bench(tmp_path, programs, made), requirements=lock))
    installs = [seen.argv for seen in programs.seen if "install" in seen.argv]
    assert ["--require-hashes" in words for words in installs] == [True, False, False]


def test_wheels_see_their_requirements(tmp_path: Path) -> None:
    setup = replace(bench(tmp_path, run, host=real_host(tmp_path)), requirements=tmp_path / "r")
    (tmp_path / "r").write_text("")
    needed = setup.needed()
    assert needed is not None
    packages = next(needed.glob("lib/python*/site-packages"))
    (packages / "gone.py").write_text("")
    (report,) = really_run(tmp_path, command_wheel(b"import gone\n" + MAIN), CHECKED, setup)
    assert report == Report(command=("thing", "--version"), code=0, printed="thing 1.2.3\n")


def test_a_program_that_hangs_is_reported(tmp_path: Path) -> None:
    def hangs(command: Command) -> Completed:
        if "-c" in command.argv:
            raise ToolError("python: not finished after 120 seconds")
        return Completed(code=0, stdout=b"", stderr=b"")

    made = candidates.artifact(WHEEL, built.wheel(), tmp_path)
    found = examine(made, WHEEL, bench(tmp_path, hangs, made))
    assert found.reported[-1] == Report(
        command=("importlib.metadata.version", "thing"),
        code=126,
        printed="python: not finished after 120 seconds",
    )


def test_what_can_not_be_read_is_not_run(tmp_path: Path) -> None:
    programs = Programs()
    made = candidates.artifact(WHEEL, b"no wheel", tmp_path)
    found = examine(made, WHEEL, bench(tmp_path, programs, made))
    assert found.faults == ("bytes before or after the zip archive, or a comment",)
    assert programs.seen == []


def test_evidence_is_about_the_bytes_that_were_read(tmp_path: Path) -> None:
    made = candidates.artifact(SDIST, built.sdist(), tmp_path)
    made.path.write_bytes(b"replaced")
    found = examine(made, SDIST, bench(tmp_path, Programs()))
    assert found.digest == Digest.of(b"replaced")
    assert found.digest != made.digest


def test_an_image_that_can_not_be_run_says_why(tmp_path: Path) -> None:
    made = candidates.artifact(IMAGE, built.image(), tmp_path)
    found = examine(made, IMAGE, bench(tmp_path, Programs()))
    assert all(isinstance(each, NotRun) for each in found.reported)
    assert [each.subject for each in found.reported if isinstance(each, NotRun)] == [
        "linux/amd64",
        "linux/arm64",
    ]


def program(platform: Platform) -> tuple[Artifact, GoBinary]:
    recipe = GoBinary(
        name="tool",
        project=PurePosixPath(),
        package=".",
        variable="main.version",
        platform=platform,
        check=("--version",),
    )
    return candidates.artifact(SDIST, b"#!/bin/sh\necho tool 1.2.3 $1\n", Path.cwd()), recipe


def test_a_go_program_is_run_where_it_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here = native_platform() or AMD64
    made, recipe = program(here)
    (report,) = run_go(made, recipe, bench(tmp_path, run))
    assert report == Report(command=("tool", "--version"), code=0, printed="tool 1.2.3 --version\n")
    made, recipe = program(Platform("darwin", "arm64"))
    (skipped,) = run_go(made, recipe, bench(tmp_path, run))
    assert skipped == NotRun(subject="darwin/arm64", reason="this machine does not run it")


def test_locks_are_gone_through_once_and_by_digest(tmp_path: Path) -> None:
    whole, empty = b"x==1 --hash=sha256:" + b"0" * 64, b"x==1"
    contents = {"a.txt": whole, "b.txt": empty, "c.txt": b"changed since"}

    def read(lock: Lock) -> bytes:
        if lock.name not in contents:
            raise FileNotFoundError(2, "No such file or directory")
        return contents[lock.name]

    locks = (
        Lock(name="a.txt", digest=Digest.of(whole)),
        Lock(name="b.txt", digest=Digest.of(empty)),
        Lock(name="c.txt", digest=Digest.of(whole)),
        Lock(name="d.txt", digest=Digest.of(whole)),
    )
    made = replace(candidates.artifact(SDIST, built.sdist(), tmp_path), locks=locks)
    examiner = Examiner(
        host=candidates.host(tmp_path),
        run=Programs(),
        cache=Cache(tmp_path / "cache"),
        locks=read,
        explain=lambda *_: (),
    )
    found = examine_locks((made, made), examiner)
    assert [(each.name, each.unlocked) for each in found] == [
        ("a.txt", ()),
        ("b.txt", ("line 1: x has no --hash=sha256:…; make the lock with hashes",)),
        ("c.txt", ("it is not the lock that the artifact was made from",)),
        ("d.txt", ("it can't be read: [Errno 2] No such file or directory",)),
    ]


def test_a_whole_release_is_gathered_and_cleared(tmp_path: Path) -> None:
    recipes = (SDIST, WHEEL, UI)
    locks = {
        "locks/build.txt": b"",
        "ui/package-lock.json": b'{"lockfileVersion": 3, "packages": {"": {}}}',
    }

    def made(recipe_id: str, data: bytes) -> Artifact:
        recipe = next(each for each in recipes if each.id == recipe_id)
        artifact = candidates.artifact(recipe, data, tmp_path)
        named = artifact.locks[0].name
        return replace(artifact, locks=(Lock(name=named, digest=Digest.of(locks[named])),))

    artifacts = tuple(made(recipe.id, FILES[recipe.id][1]) for recipe in recipes)
    whole = candidates.candidate()
    attested = replace(
        whole.attested,
        artifacts=artifacts,
        sboms=tuple(candidates.sbom(each) for each in artifacts),
    )
    examiner = Examiner(
        host=candidates.host(tmp_path),
        run=Programs(),
        cache=Cache(tmp_path / "cache"),
        locks=lambda lock: locks[lock.name],
        explain=lambda artifact, recipe: (artifact.name, recipe.id) if recipe is UI else (),
    )
    candidate = gather(candidates.plan("1.2.3", *recipes), attested, (), examiner)
    left = [each.unexplained for each in candidate.evidence]
    assert left == [(), (), ("face-1.2.3.tar.gz", UI.id)]
    assert candidate.verdict is None
    good = replace(
        candidate, evidence=tuple(replace(e, unexplained=()) for e in candidate.evidence)
    )
    assert judge(good).attested is attested
