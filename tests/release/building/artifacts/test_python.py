"""Source distributions and wheels, by a backend that lies in the project and needs no package."""

from __future__ import annotations

import os
import sys
import tarfile
import venv
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from support.git_repository import GitRepository
from support.workshops import BACKEND, PROJECT, PYPROJECT, Bench, named
from workflow_containers.platform import AMD64, ARM64, Platform
from workflow_release.building.artifacts.interface import LockFile
from workflow_release.building.build import build
from workflow_release.building.cache import Cache, key
from workflow_release.errors import BuildError
from workflow_release.model import Lock, Sdist, Wheel
from workflow_sbom.digest import Digest

HERE = PurePosixPath("thing")
SDIST = Sdist(distribution="thing", project=HERE)
WHEEL = Wheel(distribution="thing", project=HERE)
SDIST_NAME, WHEEL_NAME = "thing-1.2.3.dev4.tar.gz", "thing-1.2.3.dev4-py3-none-any.whl"
HASH = f"--hash=sha256:{'0' * 64}"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(scratch=tmp_path / "bench")


def made(bench: Bench, repository: GitRepository, **files: str) -> Mapping[str, Path]:
    repository.commit("feat: x", **{**PROJECT, **files})
    return named(build(bench.workshop(repository, SDIST, WHEEL)))


def refused(bench: Bench, repository: GitRepository, **files: str) -> BuildError:
    with pytest.raises(BuildError) as told:
        made(bench, repository, **files)
    return told.value


def test_the_wheel_is_built_from_the_sdist_with_the_version_stamped(
    bench: Bench, repository: GitRepository
) -> None:
    paths = made(bench, repository, **{"thing/thing.py": '__version__ = "0.0.0"\n', "LICENSE": "x"})
    assert list(paths) == [SDIST_NAME, WHEEL_NAME]
    with tarfile.open(paths[SDIST_NAME]) as tar:
        assert "thing-1.2.3.dev4/LICENSE" in tar.getnames()
        assert {member.mtime for member in tar} == {1767323045}
    with zipfile.ZipFile(paths[WHEEL_NAME]) as wheel:
        assert wheel.read("thing.py") == b'__version__ = "1.2.3.dev4"\n'
        assert {info.date_time for info in wheel.infolist()} == {(2026, 1, 2, 3, 4, 4)}
        assert wheel.namelist()[-1] == "thing-1.2.3.dev4.dist-info/RECORD"
    assert (repository.folder / "thing" / "pyproject.toml").read_text() == PYPROJECT


def test_the_same_bytes_at_another_place_umask_locale_and_time(
    tmp_path: Path, repository: GitRepository
) -> None:
    built = []
    plain = BACKEND.replace('map("=".join, os.environ.items())', "[]")
    for name, umask in (("one", 0o022), ("another, further away", 0o077)):
        bench = Bench(scratch=tmp_path / name, environment={"LC_ALL": "C", "TZ": "Asia/Tokyo"})
        before = os.umask(umask)
        try:
            paths = made(bench, repository, **{"thing/backend.py": plain, f"{name}.txt": ""})
        finally:
            os.umask(before)
        built.append({name: path.read_bytes() for name, path in paths.items()})
    assert built[0] == built[1]


def test_a_backend_sees_no_token_no_home_and_a_fixed_world(
    bench: Bench, repository: GitRepository
) -> None:
    bench.environment = {
        "GITHUB_TOKEN": "secret",
        "PIP_INDEX_URL": "https://user:secret@example.org",
        "UV_PUBLISH_TOKEN": "secret",
        "HTTPS_PROXY": "http://user:secret@proxy",
        "PYTHONPATH": "/elsewhere",
    }
    with zipfile.ZipFile(made(bench, repository)[WHEEL_NAME]) as wheel:
        text = wheel.read("environment").decode()
    seen = dict(line.split("=", 1) for line in text.splitlines())
    assert "secret" not in text
    assert "PYTHONPATH" not in seen
    expected = {
        "SOURCE_DATE_EPOCH": "1767323045",
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "SETUPTOOLS_SCM_PRETEND_VERSION": "1.2.3.dev4",
    }
    assert {name: seen[name] for name in expected} == expected
    assert seen["HOME"].startswith(str(bench.scratch / "cache" / "work"))
    assert not Path(seen["HOME"]).exists()


@pytest.mark.parametrize(
    ("requires", "said"),
    [
        ('["hatchling>=1"]', "needs 'hatchling>=1', and locks/build.txt has no such package"),
        ('["wheel>2"]', "needs 'wheel>2', and locks/build.txt has wheel 1.0"),
        ('["x @ https://example.org/x"]', "an address that no lock can hold"),
        ('["not a requirement"]', "which is no requirement"),
        ("[\"wheel; python_version < '3'\"]", ""),
        ('["Wheel<2"]', ""),
    ],
)
def test_what_the_lock_does_not_hold_is_refused_before_it_is_used(
    bench: Bench, repository: GitRepository, requires: str, said: str
) -> None:
    lock = f"wheel==1.0 {HASH}\nother==2 ; python_version < '3' {HASH}\n"
    bench.backends = LockFile(name="locks/build.txt", content=lock.encode())
    shop = bench.workshop(_committed(repository, requires), SDIST)
    _environment_is_there(bench, shop.backends)
    if not said:
        assert build(shop)
        return
    with pytest.raises(BuildError) as told:
        build(shop)
    assert said in told.value.message
    assert "build.lock" in told.value.remedy or "no requirement" in said


def _committed(repository: GitRepository, requires: str) -> GitRepository:
    text = PYPROJECT.replace("requires = []", f"requires = {requires}")
    repository.commit("feat: x", **{**PROJECT, "thing/pyproject.toml": text})
    return repository


def _environment_is_there(bench: Bench, lock: LockFile) -> None:
    """As if the lock, and its part for wheel, had been installed, without any package."""
    cache = Cache(bench.scratch / "cache")
    for each in (lock, lock.only({"wheel"})):
        parts = {"lock": each.lock.digest.hex, "python": sys.version, "at": sys.executable}
        cache.tree(key("environment", parts), lambda folder: venv.create(folder, symlinks=True))


def test_all_missing_requirements_are_told_at_once(bench: Bench, repository: GitRepository) -> None:
    with pytest.raises(BuildError) as told:
        build(bench.workshop(_committed(repository, '["one", "two"]'), SDIST))
    assert "'one'" in told.value.message
    assert "'two'" in told.value.message


def test_a_lock_that_is_none_is_told(bench: Bench, repository: GitRepository) -> None:
    bench.backends = LockFile(name="locks/build.txt", content=b"wheel\n")
    shop = bench.workshop(_committed(repository, "[]"), SDIST)
    with pytest.raises(BuildError, match=r"locks/build\.txt: .*wheel"):
        build(shop)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("def build_sdist(*_): raise OSError('backend broke')\n", "| OSError: backend broke"),
        ("def build_sdist(*_): return 'thing-9.tar.gz'\n", "made thing-9.tar.gz instead of thing-"),
        ("def build_sdist(*_): return 'a\\x1b[2J'\n", "made a\\x1b[2J instead of"),
        ("raise ImportError('no such thing')\n", "no such thing"),
    ],
)
def test_a_backend_that_fails_or_lies_is_told(
    bench: Bench, repository: GitRepository, broken: str, said: str
) -> None:
    error = refused(bench, repository, **{"thing/backend.py": broken})
    assert said in error.message
    assert "wheel:thing: not tried, sdist:thing failed" in error.message
    assert "\x1b" not in error.message


@pytest.mark.parametrize(
    "name", ["thing-9-py3-none-any.whl", "other-1.2.3.dev4-py3-none-any.whl", "thing.whl"]
)
def test_a_wheel_of_another_name_or_version_is_refused(
    bench: Bench, repository: GitRepository, name: str
) -> None:
    lying = BACKEND.replace(
        "name = f\"{NAME}-{PROJECT.get('x-tag', 'py3-none-any')}.whl\"", f"name = {name!r}"
    )
    error = refused(bench, repository, **{"thing/backend.py": lying})
    assert f"made {name} instead of thing-1.2.3.dev4-*.whl" in error.message


def test_a_hostile_sdist_is_refused(bench: Bench, repository: GitRepository) -> None:
    hostile = BACKEND.replace('f"{NAME}/PKG-INFO"', '"../../PKG-INFO"')
    error = refused(bench, repository, **{"thing/backend.py": hostile})
    assert "'../../PKG-INFO' is no path inside the archive" in error.message


def test_a_project_that_is_not_there_is_told(bench: Bench, repository: GitRepository) -> None:
    repository.commit("feat: x", **{"thing/other.txt": ""})
    with pytest.raises(BuildError, match=r"pyproject\.toml: can't be read"):
        build(bench.workshop(repository, SDIST))


@pytest.mark.parametrize(
    ("tag", "platforms"),
    [
        ("py3-none-any", ()),
        ("cp311-cp311-linux_x86_64", (AMD64,)),
        ("cp311-abi3-manylinux_2_17_aarch64.manylinux2014_aarch64", (ARM64,)),
        ("cp311-cp311-musllinux_1_2_x86_64", (AMD64,)),
    ],
)
def test_a_wheel_for_one_platform_says_so(
    bench: Bench, repository: GitRepository, tag: str, platforms: tuple[Platform, ...]
) -> None:
    text = f'{PYPROJECT}x-tag = "{tag}"\n'
    repository.commit("feat: x", **{**PROJECT, "thing/pyproject.toml": text})
    (_, wheel) = build(bench.workshop(repository, SDIST, WHEEL))
    assert wheel.platforms == platforms


def test_an_artifact_names_its_lock(bench: Bench, repository: GitRepository) -> None:
    repository.commit("feat: x", **PROJECT)
    lock = Lock(name="locks/none.txt", digest=Digest.of(b""))
    for artifact in build(bench.workshop(repository, SDIST, WHEEL)):
        assert artifact.locks == (lock,)
        assert artifact.digest == Digest.of(artifact.path.read_bytes())


def test_another_lock_or_time_builds_again(bench: Bench, repository: GitRepository) -> None:
    made(bench, repository)
    shop = bench.workshop(repository, SDIST, WHEEL)
    later = replace(
        shop.plan,
        source=replace(
            shop.plan.source, committed_at=shop.plan.source.committed_at.replace(year=2027)
        ),
    )
    build(replace(shop, plan=later))
    assert bench.told.which("made") == {"sdist:thing", "wheel:thing"}
    bench.backends = LockFile(name="locks/none.txt", content=b"# nothing\n")
    build(bench.workshop(repository, SDIST, WHEEL))
    assert bench.told.which("made") == {"sdist:thing", "wheel:thing"}
