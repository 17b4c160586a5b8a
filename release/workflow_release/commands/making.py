"""What the commands that build have in common: a job, a choice of recipes, a folder of files."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from workflow_release.building.artifacts.interface import LockFile, Mirror, Workshop
from workflow_release.building.cache import Cache
from workflow_release.building.toolchain import embedded, toolkit_digest
from workflow_release.commands.interface import Shell
from workflow_release.errors import ConfigError, TargetError, UsageError
from workflow_release.model import Plan, Recipe
from workflow_release.planning.config import Config
from workflow_release.planning.prepare import Prepared, prepare
from workflow_release.planning.publisher import Standing
from workflow_release.repository.git import Repository
from workflow_release.repository.tree import Tree, read_tree
from workflow_sbom.tables import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a making command works on: a checkout's plan, and the mirrors a person named."""

    prepared: Prepared
    mirror: Mirror

    @classmethod
    def of(cls, asked: argparse.Namespace, shell: Shell) -> Job:
        """The job that the command line asks for; raises `ReleaseError`."""
        return cls(
            prepared=prepare(shell.repository(asked.repository_path)),
            mirror=Mirror(debian=asked.mirror, security=asked.security_mirror),
        )

    @property
    def plan(self) -> Plan:
        """What would be made."""
        return self.prepared.plan

    @property
    def local(self) -> Job:
        """The same job for this machine's folders alone."""
        return replace(self, prepared=replace(self.prepared, plan=self.plan.local))

    @property
    def config(self) -> Config:
        """How the checkout says it is made."""
        return self.prepared.config

    @contextmanager
    def workshop(self, shell: Shell) -> Iterator[Workshop]:
        """The workshop for the plan, its work in sight while it is open."""
        repository = self.prepared.repository
        tree = read_tree(repository, self.plan.source.commit)
        shell.host.cache.mkdir(parents=True, exist_ok=True)
        with shell.console.progress() as progress:
            if not self.plan.source.clean:
                progress.note("uncommitted changes are not in it: what is built is the commit")
            yield Workshop(
                plan=self.plan,
                repository=repository,
                tree=tree,
                host=shell.host,
                run=shell.run,
                cache=Cache(shell.host.cache),
                progress=progress,
                backends=self._backends(tree),
                toolkit=toolkit_digest(),
                mirror=self.mirror,
                standing=Standing(publisher=self.config.publisher, sbom=self.config.sbom),
            )

    def _backends(self, tree: Tree) -> LockFile:
        """The lock of the build backends: the repository's, as committed, else the toolkit's."""
        named = self.config.build.lock
        if named is None:
            return embedded("build")
        return committed_lock(named.path, self.prepared.repository, tree)

    def requirements(self, tree: Tree) -> LockFile | None:
        """The requirements that the wheels are tried with, as committed, if there are any."""
        named = self.config.build.requirements
        if named is None:
            return None
        return committed_lock(named.path, self.prepared.repository, tree)


def committed_lock(path: PurePosixPath, repository: Repository, tree: Tree) -> LockFile:
    """A lock file as the commit holds it; raises `ConfigError`."""
    file = tree.find(path)
    if file is None:
        raise ConfigError(f"{path}: no lock file that the commit holds", remedy="commit it")
    return LockFile(name=str(path), content=repository.git("cat-file", "blob", file.id))


def select(recipes: Sequence[Recipe], words: Iterable[str]) -> frozenset[str]:
    """The ids of the recipes that words name: by id, by name, or by kind; raises `UsageError`."""
    chosen: set[str] = set()
    for word in words:
        found = {recipe.id for recipe in recipes if word in _names(recipe)}
        if not found:
            known = {name for recipe in recipes for name in _names(recipe)}
            raise UsageError(f"--only {word}: no such artifact", remedy=did_you_mean(word, known))
        chosen |= found
    return frozenset(chosen)


def _names(recipe: Recipe) -> tuple[str, ...]:
    return (recipe.id, recipe.id.split(":")[1], recipe.kind)


def output_folder(asked: Path | None, root: Path) -> Path:
    """Where a command puts files: as asked, else `dist/build`, which stays out of git's sight.

    Raises `TargetError` when a link in the checkout leads `dist/build` elsewhere.
    """
    if asked is not None:
        return asked
    folder = root / "dist" / "build"
    if not folder.resolve().is_relative_to(root.resolve()):
        raise TargetError(
            f"{folder} leads out of the repository",
            remedy="remove the symbolic link, or name a folder with --output",
        )
    folder.mkdir(parents=True, exist_ok=True)
    ignored = folder.parent / ".gitignore"
    if not ignored.is_symlink() and not ignored.exists():
        ignored.write_text("*\n")
    return folder


def put_files(files: Iterable[tuple[str, bytes | Path]], folder: Path) -> None:
    """Write files into a folder, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files:
        partial = folder / f".{name}.partial"
        partial.unlink(missing_ok=True)
        with partial.open("xb") as out:
            if isinstance(content, Path):
                with content.open("rb") as stream:
                    shutil.copyfileobj(stream, out)
            else:
                out.write(content)
        partial.chmod(0o644)
        partial.replace(folder / name)
