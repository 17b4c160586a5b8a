"""From a checkout to its plan: reads the configuration, the tracked paths and the history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workflow_release.repository.history import History, VersionSettings, read_history

if TYPE_CHECKING:
    from pathlib import Path

    from workflow_release.model import Plan
    from workflow_release.planning.config import Config
    from workflow_release.repository.git import Repository

CONFIGURATION = "release.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A checkout's configuration and the plan that follows from it."""

    repository: Repository
    config: Config
    plan: Plan

    @property
    def root(self) -> Path:
        """The root of the checkout."""
        return self.repository.folder


def history(repository: Repository) -> History:
    """The history of a checkout, as its configuration has it; raises `ReleaseError`.

    A version is asked for all the time: without a configuration, its reader is not imported.
    """
    if not (repository.folder / CONFIGURATION).exists():
        return read_history(repository)
    from workflow_release.planning import config as configuration

    return _configured_history(repository, configuration.load(repository.folder))


def _configured_history(repository: Repository, config: Config) -> History:
    project = config.project
    read = read_history(
        repository, VersionSettings(tag_prefix=project.tag_prefix, branch=project.branch)
    )
    if project.repository is None:
        return read
    return replace(read, source=replace(read.source, repository=project.repository))


def prepare(repository: Repository) -> Prepared:
    """The plan of a checkout; raises `ReleaseError` for whatever stands in its way."""
    from workflow_release.planning import config as configuration
    from workflow_release.planning import discover
    from workflow_release.planning.plan import make_plan
    from workflow_release.repository.checkout import Checkout

    config = configuration.load(repository.folder)
    read = _configured_history(repository, config)
    checkout = Checkout.of(repository.folder, repository.git("ls-files", "-z", "--cached"))
    recipes = discover.recipes(config, checkout)
    name = discover.release_name(config, checkout)
    plan = make_plan(name, config, read, recipes)
    return Prepared(repository=repository, config=config, plan=plan)
