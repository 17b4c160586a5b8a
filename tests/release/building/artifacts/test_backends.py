"""Real build backends from the embedded lock: the version told, the bytes the same elsewhere."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest

from support.git_repository import GitRepository
from support.repositories import BACKENDS, MODULE, project
from support.workshops import Bench, named
from workflow_release.building.build import build
from workflow_release.building.toolchain import embedded
from workflow_release.model import Sdist, Wheel

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("build backends")]
RECIPES = (
    Sdist(distribution="thing", project=PurePosixPath()),
    Wheel(distribution="thing", project=PurePosixPath()),
)
C_SOURCE = """\
#include <Python.h>
#ifndef NDEBUG
#error "not the flags that Python was built with"
#endif
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "fast", __FILE__, -1, NULL};
PyMODINIT_FUNC PyInit_fast(void) { return PyModule_Create(&module); }
"""
C_TABLE = '[[tool.setuptools.ext-modules]]\nname = "fast"\nsources = ["fast.c"]\n'


def dynamic(requires: str, backend: str, more: str) -> str:
    text = project(requires, backend).replace('version = "0.0.0"', 'dynamic = ["version"]')
    return text + more


MORE: dict[str, Mapping[str, str]] = {
    "flit, a strangers' version": {
        "pyproject.toml": dynamic("flit_core>=3.12", "flit_core.buildapi", ""),
        "thing/__init__.py": MODULE.replace("0.0.0", "0.7"),
    },
    "poetry": {
        "pyproject.toml": project("poetry-core>=2", "poetry.core.masonry.api"),
        "thing/__init__.py": MODULE,
    },
    "pdm": {
        "pyproject.toml": project("pdm-backend", "pdm.backend"),
        "src/thing/__init__.py": MODULE,
    },
    "pdm, scm": {
        "pyproject.toml": dynamic(
            "pdm-backend", "pdm.backend", '[tool.pdm.version]\nsource = "scm"\n'
        ),
        "src/thing/__init__.py": MODULE,
    },
    "versioningit": {
        "pyproject.toml": dynamic(
            'setuptools>=77", "versioningit', "setuptools.build_meta", "[tool.versioningit]\n"
        ),
        "thing/__init__.py": MODULE,
    },
    "uv-dynamic-versioning": {
        "pyproject.toml": dynamic(
            'hatchling", "uv-dynamic-versioning',
            "hatchling.build",
            '[tool.hatch.version]\nsource = "uv-dynamic-versioning"\n',
        ),
        "thing/__init__.py": MODULE,
    },
    "hatch-fancy-pypi-readme": {
        "pyproject.toml": dynamic(
            'hatchling", "hatch-fancy-pypi-readme',
            "hatchling.build",
            "[tool.hatch.version]\npath = 'thing/__init__.py'\n"
            "[tool.hatch.metadata.hooks.fancy-pypi-readme]\ncontent-type = 'text/markdown'\n"
            "fragments = [{ text = 'Read me.' }]\n",
        ).replace('dynamic = ["version"]', 'dynamic = ["version", "readme"]'),
        "thing/__init__.py": MODULE,
    },
    "setup.cfg": {
        "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\n'
        'build-backend = "setuptools.build_meta"\n',
        "setup.cfg": "[metadata]\nname = thing\nversion = attr: thing.__version__\n"
        "license_files = LICENSE\n[options]\npackages = thing\n",
        "thing/__init__.py": MODULE.replace("0.0.0", "0.7"),
    },
}
ALL = {**BACKENDS, **MORE}


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A bench whose environment of backends is installed once."""
    return Bench(scratch=tmp_path_factory.mktemp("bench"), backends=embedded("build"))


def elsewhere(installed: Bench, scratch: Path) -> Bench:
    """Another bench, at another place, with the same environment and nothing else kept."""
    (scratch / "cache").mkdir(parents=True)
    (scratch / "cache" / "trees").symlink_to(installed.scratch / "cache" / "trees")
    return Bench(
        scratch=scratch,
        backends=installed.backends,
        environment={"TZ": "Pacific/Apia", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "1"},
    )


def twice(
    installed: Bench, repository: GitRepository, scratch: Path
) -> tuple[Mapping[str, Path], Mapping[str, Path]]:
    """The artifacts as made here, and as made at another place under another umask."""
    here = named(build(installed.workshop(repository, *RECIPES)))
    before = os.umask(0o077)
    try:
        bench = elsewhere(installed, scratch / "an other" / "place")
        return here, named(build(bench.workshop(repository, *RECIPES)))
    finally:
        os.umask(before)


@pytest.mark.parametrize("backend", ALL)
def test_a_backend_is_told_the_version_and_gives_the_same_bytes_elsewhere(
    installed: Bench, repository: GitRepository, tmp_path: Path, backend: str
) -> None:
    repository.commit("feat: x", **ALL[backend], LICENSE="text\n")
    here, there = twice(installed, repository, tmp_path)
    assert list(here) == ["thing-1.2.3.dev4.tar.gz", "thing-1.2.3.dev4-py3-none-any.whl"]
    assert [path.read_bytes() for path in here.values()] == [
        path.read_bytes() for path in there.values()
    ]
    with zipfile.ZipFile(here["thing-1.2.3.dev4-py3-none-any.whl"]) as wheel:
        metadata = wheel.read("thing-1.2.3.dev4.dist-info/METADATA").decode()
        assert "thing-1.2.3.dev4.dist-info/licenses/LICENSE" in wheel.namelist()
        module = wheel.read("thing/__init__.py").decode()
    assert "\nVersion: 1.2.3.dev4\n" in metadata
    assert '__version__ = "1.2.3.dev4"' in module


def test_a_compiled_extension_tells_nothing_of_where_it_was_built(
    installed: Bench, repository: GitRepository, tmp_path: Path
) -> None:
    if shutil.which("gcc") is None:
        if os.environ.get("CI"):
            pytest.fail("no C compiler on this machine")
        pytest.skip("no C compiler on this machine")
    text = project("setuptools>=77", "setuptools.build_meta") + C_TABLE
    files = {"pyproject.toml": text, "thing/__init__.py": MODULE, "fast.c": C_SOURCE}
    repository.commit("feat: x", **files, LICENSE="text\n")
    here, there = twice(installed, repository, tmp_path)
    assert [path.read_bytes() for path in here.values()] == [
        path.read_bytes() for path in there.values()
    ]
    (name,) = (name for name in here if name.endswith(".whl"))
    assert "-linux_" in name
    with zipfile.ZipFile(here[name]) as wheel:
        for member in wheel.namelist():
            assert str(installed.scratch).encode() not in wheel.read(member)
