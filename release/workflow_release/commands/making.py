"""What the commands that build have in common: a workshop, and a choice of recipes."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from workflow_release.artifacts.interface import LockFile, Mirror, Workshop
from workflow_release.cache import Cache
from workflow_release.commands.interface import Shell
from workflow_release.errors import ConfigError, UsageError
from workflow_release.git import Repository
from workflow_release.model import Recipe
from workflow_release.prepare import Prepared
from workflow_release.progress import Progress
from workflow_release.staging import Tree, read_tree
from workflow_release.toolchain import embedded, toolkit_digest
from workflow_sbom.tables import did_you_mean


def workshop(
    prepared: Prepared,
    repository: Repository,
    shell: Shell,
    asked: argparse.Namespace,
    progress: Progress,
) -> Workshop:
    """The workshop for a plan, as the command line and the configuration say."""
    tree = read_tree(repository, prepared.plan.source.commit)
    root = shell.host.cache
    root.mkdir(parents=True, exist_ok=True)
    return Workshop(
        plan=prepared.plan,
        repository=repository,
        tree=tree,
        host=shell.host,
        run=shell.run,
        cache=Cache(root),
        progress=progress,
        backends=_backends(prepared, repository, tree),
        toolkit=toolkit_digest(),
        mirror=Mirror(debian=asked.mirror, security=asked.security_mirror),
    )


def _backends(prepared: Prepared, repository: Repository, tree: Tree) -> LockFile:
    """The lock of the build backends: the repository's, as committed, else the toolkit's."""
    named = prepared.config.build.lock
    return embedded("build") if named is None else committed_lock(named.path, repository, tree)


def committed_lock(path: PurePosixPath, repository: Repository, tree: Tree) -> LockFile:
    """A lock file as the commit holds it; raises `ConfigError`."""
    file = tree.find(path)
    if file is None:
        raise ConfigError(f"{path}: a lock that the commit does not hold", remedy="commit it")
    return LockFile(name=str(path), content=repository.git("cat-file", "blob", file.id))


def select(recipes: Sequence[Recipe], words: Iterable[str]) -> frozenset[str]:
    """The ids of the recipes that words name: by id, by name, or by kind."""
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


def output_folder(asked: argparse.Namespace, root: Path) -> Path:
    """Where a command puts files: as asked, else `dist/build`."""
    return asked.output if asked.output is not None else root / "dist" / "build"


def put_files(files: Iterable[tuple[str, bytes | Path]], folder: Path) -> None:
    """Write files into a folder, each whole or not at all; `dist` stays out of git's sight."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.parent.name == "dist":
        (folder.parent / ".gitignore").write_text("*\n")
    for name, content in files:
        partial = folder / f".{name}.partial"
        if isinstance(content, Path):
            shutil.copyfile(content, partial)
        else:
            partial.write_bytes(content)
        partial.chmod(0o644)
        partial.replace(folder / name)
