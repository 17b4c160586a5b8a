"""The cache: work done once, whatever is killed, damaged or done at the same time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from workflow_release.building.cache import Cache, digest_of, key
from workflow_release.errors import BuildError
from workflow_release.machine.run import Command, run
from workflow_sbom.digest import Digest

NAME = key("thing", {"a": 1})


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def writes(text: str, name: str = "thing.txt") -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / name).write_text(text)

    return make


def never(folder: Path) -> None:
    raise AssertionError(f"made again in {folder}")


def test_a_key_depends_on_the_kind_and_every_part_but_not_on_their_order() -> None:
    assert key("a", {"x": 1, "y": 2}) == key("a", {"y": 2, "x": 1})
    assert len({key("a", {"x": 1}), key("b", {"x": 1}), key("a", {"x": 2}), key("a", {})}) == 4


def test_a_file_is_made_once_and_cannot_be_changed_by_mistake(cache: Cache) -> None:
    made = cache.file(NAME, writes("content"))
    found = cache.file(NAME, never)
    assert (made.reused, found.reused) == (False, True)
    assert found.path == made.path
    assert found.path.name == "thing.txt"
    assert found.path.read_text() == "content"
    assert found.path.stat().st_mode & 0o222 == 0
    assert found.measured == made.measured
    assert found.measured.digest == Digest.of(b"content")
    assert found.measured.size == 7


@pytest.mark.parametrize("text", ["contenT", "", "content and more"])
def test_a_damaged_file_is_made_again(cache: Cache, text: str) -> None:
    path = cache.file(NAME, writes("content")).path
    path.chmod(0o644)
    path.write_text(text)
    again = cache.file(NAME, writes("content"))
    assert not again.reused
    assert again.path.read_text() == "content"


@pytest.mark.parametrize("part", ["digest", "content"])
def test_an_entry_that_lost_a_part_is_made_again(cache: Cache, part: str) -> None:
    entry = cache.file(NAME, writes("content")).path.parent.parent
    (entry / part).rename(entry / "elsewhere")
    assert not cache.file(NAME, writes("content")).reused
    assert cache.file(NAME, never).reused


def test_a_failure_leaves_nothing(cache: Cache) -> None:
    def fails(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise BuildError("no")

    for keep in (cache.file, cache.tree):
        with pytest.raises(BuildError):
            keep(NAME, fails)
        assert not list(cache.root.rglob("half"))
    assert cache.file(NAME, writes("content")).path.read_text() == "content"
    assert [path.name for path in cache.tree(NAME, writes("x")).path.iterdir()] == ["thing.txt"]


@pytest.mark.parametrize("count", [0, 2])
def test_a_maker_that_leaves_no_one_file_is_told(cache: Cache, count: int) -> None:
    def make(folder: Path) -> None:
        for number in range(count):
            (folder / f"{number}").write_text("")

    with pytest.raises(BuildError, match=r"one file was to be made, but there is: (nothing|0, 1)"):
        cache.file(NAME, make)


def test_a_link_is_no_file(cache: Cache) -> None:
    with pytest.raises(BuildError, match="one file"):
        cache.file(NAME, lambda folder: (folder / "a").symlink_to("/etc/passwd"))


def test_a_tree_is_made_at_its_final_place_once(cache: Cache) -> None:
    def make(folder: Path) -> None:
        (folder / "where").write_text(str(folder))

    made = cache.tree(NAME, make)
    assert (made.path / "where").read_text() == str(made.path)
    assert cache.tree(NAME, never).reused


def test_only_a_sealed_tree_is_checked(cache: Cache) -> None:
    loose, sealed = key("loose", {}), key("sealed", {})
    for name, seal in ((loose, False), (sealed, True)):
        (cache.tree(name, writes("content"), sealed=seal).path / "thing.txt").write_text("other")
    assert cache.tree(loose, never).reused
    assert not cache.tree(sealed, writes("content"), sealed=True).reused
    assert cache.tree(sealed, never, sealed=True).reused


def test_a_trees_digest_tells_every_difference(tmp_path: Path) -> None:
    def digest(change: Callable[[Path], object]) -> Digest:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        (folder / "sub").mkdir(parents=True)
        (folder / "sub" / "a").write_text("a")
        change(folder)
        return digest_of(folder)

    same = [digest(lambda _: None), digest(lambda folder: os.utime(folder / "sub" / "a", (0, 0)))]
    changed = [
        digest(lambda folder: (folder / "sub" / "a").write_text("b")),
        digest(lambda folder: (folder / "sub" / "a").rename(folder / "a")),
        digest(lambda folder: (folder / "sub" / "a").chmod(0o755)),
        digest(lambda folder: (folder / "b").symlink_to("sub/a")),
        digest(lambda folder: (folder / "b").symlink_to("sub")),
    ]
    assert len(set(same)) == 1
    assert len({*same, *changed}) == 6


def test_a_folder_that_forbids_everything_is_removed(cache: Cache) -> None:
    def fails(folder: Path) -> None:
        (folder / "a" / "b").mkdir(parents=True)
        (folder / "a" / "b" / "c").write_text("")
        (folder / "a" / "link").symlink_to("/")
        for path in (folder / "a" / "b", folder / "a"):
            path.chmod(0)
        raise BuildError("no")

    with pytest.raises(BuildError, match="no"):
        cache.file(NAME, fails)
    assert not [path for path in (cache.root / "files").rglob("*") if path.name == "a"]


def _kill_oneself(folder: Path) -> None:
    (folder / "half").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)


def _in_file(root: Path) -> None:
    Cache(root).file(NAME, _kill_oneself)


def _in_tree(root: Path) -> None:
    Cache(root).tree(NAME, _kill_oneself)


def _in_workspace(root: Path) -> None:
    with Cache(root).workspace() as folder:
        _kill_oneself(folder)


def died(work: Callable[[Path], None], root: Path) -> bool:
    process = multiprocessing.get_context("spawn").Process(target=work, args=(root,))
    process.start()
    process.join()
    return process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("work", [_in_file, _in_tree, _in_workspace])
def test_what_a_killed_process_left_is_swept_and_made_again(
    cache: Cache, work: Callable[[Path], None]
) -> None:
    assert died(work, cache.root)
    assert list(cache.root.rglob("half"))
    assert cache.file(NAME, writes("content")).path.read_text() == "content"
    assert [path.name for path in cache.tree(NAME, writes("x")).path.iterdir()] == ["thing.txt"]
    with cache.workspace():
        pass
    assert not list(cache.root.rglob("half"))
    assert not list((cache.root / "work").iterdir())


def _count(root: Path, tally: Path) -> None:
    def make(folder: Path) -> None:
        with tally.open("a") as stream:
            stream.write("made\n")
        (folder / "thing").write_text("x" * 100_000)

    for number in range(20):
        hit = Cache(root).file(key("n", {"number": number}), make)
        assert len(hit.path.read_text()) == 100_000


def test_processes_share_the_work(cache: Cache, tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    tally = tmp_path / "tally"
    processes = [spawn.Process(target=_count, args=(cache.root, tally)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert tally.read_text().count("made") == 20


def test_threads_share_the_work(cache: Cache) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "thing").write_text("")

    threads = [threading.Thread(target=cache.tree, args=(NAME, make)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_a_workspace_in_use_is_never_swept(cache: Cache) -> None:
    faults: list[Path] = []

    def work() -> None:
        for _ in range(30):
            with cache.workspace() as folder:
                (folder / "mine").write_text("")
                if not (folder / "mine").exists():
                    faults.append(folder)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert not list((cache.root / "work").iterdir())


BUILD = "import sys, hatchling.build as backend; print(backend.build_{}(sys.argv[1]))"
PYPROJECT = """\
[project]
name = "thing"
version = "1"
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""


@pytest.mark.parametrize("what", ["sdist", "wheel"])
def test_a_build_does_not_depend_on_the_folders_above_the_cache(tmp_path: Path, what: str) -> None:
    made: list[bytes] = []
    for name, ignored in (("quiet", None), ("loud", "*.py\n")):
        if ignored is not None:
            (tmp_path / ".gitignore").write_text(ignored)
        with Cache(tmp_path / name).workspace() as work:
            project = work / "source" / "sub"
            (project / "thing").mkdir(parents=True)
            (project / "pyproject.toml").write_text(PYPROJECT)
            (project / "thing" / "__init__.py").write_text("")
            argv = [sys.executable, "-c", BUILD.format(what), str(work)]
            variables = {"SOURCE_DATE_EPOCH": "1700000000", "PYTHONDONTWRITEBYTECODE": "1"}
            done = run(Command(argv=argv, cwd=project, env=variables))
            assert done.code == 0, done.stderr
            made.append((work / done.stdout.decode().split()[-1]).read_bytes())
    assert made[0] == made[1]


def used(cache: Cache, name: Digest, when: int) -> None:
    os.utime(cache.root / "locks" / name.hex, (when, when))


def test_pruning_removes_what_was_used_longest_ago(cache: Cache) -> None:
    day = 86_400
    names = [key("n", {"number": number}) for number in range(6)]
    for age, name in enumerate(names[:5]):
        keep = cache.tree if age % 2 else cache.file
        keep(name, writes("x" * 1000))
        used(cache, name, 100 * day - age * day)
    assert died(_in_file, cache.root)
    used(cache, NAME, 50 * day)
    kept = 3 * 1000 + 300
    assert cache.prune(kept) > 2000
    assert not list(cache.root.rglob("half"))
    for name, reused in zip(names[:5], [True, True, True, False, False], strict=True):
        keep = cache.tree if names.index(name) % 2 else cache.file
        assert keep(name, writes("x")).reused is reused


def test_pruning_spares_what_is_recent_or_in_use(cache: Cache) -> None:
    old, recent = key("old", {}), key("recent", {})
    for name in (old, recent):
        cache.file(name, writes("content"))
    used(cache, old, 1000)

    def prune(folder: Path) -> None:
        assert cache.prune(0) == 0
        (folder / "thing").write_text("")

    cache.file(recent, never)
    with cache._locked(old):
        assert cache.prune(0) == 0
    used(cache, old, 1000)
    assert cache.prune(0) > 0
    assert cache.file(recent, never).reused
    assert not cache.file(old, writes("content")).reused
    cache.tree(key("during", {}), prune)


def test_pruning_an_empty_cache_is_nothing(cache: Cache) -> None:
    assert cache.prune(0) == 0
