"""From a checkout to its plan, on real repositories."""

from __future__ import annotations

import subprocess
import sys
from pathlib import PurePosixPath

import pytest

from support.git_repository import ENVIRONMENT, GitRepository
from workflow_release.errors import ConfigError
from workflow_release.model import DirectoryTarget
from workflow_release.planning import config
from workflow_release.planning.prepare import CONFIGURATION, history, prepare

PYPROJECT = '[project]\nname = "thing"\nversion = "0.0.0"\n'


def test_the_name_of_the_configuration_is_said_twice_and_the_same() -> None:
    assert CONFIGURATION == config.FILE_NAME


def test_a_checkout_without_a_configuration(repository: GitRepository) -> None:
    commit = repository.commit("feat: x", **{"pyproject.toml": PYPROJECT})
    prepared = prepare(repository.reader())
    assert prepared.root == repository.folder
    assert prepared.config == config.Config()
    assert prepared.plan.name == "thing"
    assert str(prepared.plan.version) == "0.1.0-dev.1"
    assert prepared.plan.source.commit == commit
    assert [recipe.id for recipe in prepared.plan.recipes] == ["sdist:thing", "wheel:thing"]
    assert prepared.plan.targets == (DirectoryTarget(path=PurePosixPath("dist")),)


CONFIGURED = """
[project]
name = "other"
repository = "https://example.org/acme/other"
branch = "trunk"
tag-prefix = "release-"
"""


def test_the_configuration_decides_name_branch_tags_and_address(repository: GitRepository) -> None:
    repository.switch("trunk", new=True)
    repository.commit("feat: x", **{"pyproject.toml": PYPROJECT, "release.toml": CONFIGURED})
    repository.git("tag", "release-2.0.0")
    plan = prepare(repository.reader()).plan
    assert (plan.name, str(plan.version)) == ("other", "2.0.0")
    assert plan.source.repository == "https://example.org/acme/other"
    assert plan.source.on_main
    assert history(repository.reader()).source == plan.source


def test_a_broken_configuration_stops_even_a_version(repository: GitRepository) -> None:
    repository.commit("feat: x", **{"release.toml": "[projekt]\n"})
    with pytest.raises(ConfigError, match="did you mean 'project'"):
        history(repository.reader())


def test_what_git_does_not_track_is_not_released(repository: GitRepository) -> None:
    repository.commit("feat: x", **{"a/pyproject.toml": PYPROJECT, ".gitignore": "b\n"})
    repository.write("b/pyproject.toml", PYPROJECT.replace("thing", "ignored"))
    assert [recipe.id for recipe in prepare(repository.reader()).plan.recipes] == [
        "sdist:thing", "wheel:thing",
    ]  # fmt: skip


HEAVY = (
    "tomllib",
    "json",
    "workflow_release.planning.config",
    "workflow_release.model",
    "workflow_sbom.tables",
    "workflow_sbom.texts",
    "workflow_sbom.model",
    "workflow_containers",
)


def test_a_version_is_told_without_importing_the_rest(repository: GitRepository) -> None:
    repository.commit("feat: x")
    script = (
        "import sys\n"
        "from workflow_release.cli import run_command\n"
        "code = run_command(['version'])\n"
        f"print(code, [name for name in {HEAVY} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=repository.folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("0.1.0-dev.1\n0 []\n", "")
