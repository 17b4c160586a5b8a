"""From a checkout to its plan: reads the configuration, the tracked paths and the history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from workflow_release import config as configuration
from workflow_release.config import Config
from workflow_release.git import Repository
from workflow_release.history import History, VersionSettings, decide, read_history
from workflow_release.model import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A checkout's configuration and the plan that follows from it."""

    root: Path
    config: Config
    plan: Plan


def history(read_from: Repository, config: Config) -> History:
    """The history of a checkout, with the repository's address as configured."""
    project = config.project
    read = read_history(
        read_from, VersionSettings(tag_prefix=project.tag_prefix, branch=project.branch)
    )
    if project.repository is None:
        return read
    return replace(read, source=replace(read.source, repository=project.repository))


def prepare(read_from: Repository) -> Prepared:
    """The plan of a checkout; raises `ReleaseError` for whatever stands in its way."""
    from workflow_release import discover
    from workflow_release.checkout import Checkout
    from workflow_release.plan import make_plan

    root = read_from.folder
    config = configuration.load(root)
    read = history(read_from, config)
    checkout = Checkout.of(root, read_from.git("ls-files", "-z", "--cached"))
    recipes = discover.recipes(config, checkout)
    name = discover.release_name(config, checkout)
    plan = make_plan(name, config, read, decide(read), recipes)
    return Prepared(root=root, config=config, plan=plan)
