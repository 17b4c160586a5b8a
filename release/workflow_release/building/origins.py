"""What an artifact was made from, for the coverage of its files: the commit, and the stamp.

The project is exported and stamped once more, by the code that stamped it for the build; so what
is explained by "the version stamped" is what stamping makes of the commit, and nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

from packaging.utils import canonicalize_name

from workflow_release.building import stamp
from workflow_release.building.artifacts.interface import Workshop
from workflow_release.building.artifacts.python import maker_of
from workflow_release.building.embedding import made_again
from workflow_release.building.staging import export, visible
from workflow_release.model import Artifact, Sdist, UiBundle
from workflow_release.repository.tree import LINK
from workflow_sbom.coverage import metadata
from workflow_sbom.coverage.interfaces import InterfaceOrigin
from workflow_sbom.coverage.origin import Made, Origin
from workflow_sbom.digest import Digest, measure_file

STAMPED = "the version stamped"
DOCUMENT = "the wheel's own bill of materials made again"


def origin_of(recipe: Sdist, shop: Workshop) -> Origin:
    """The files of a distribution's project, as its build sees them; raises `BuildError`."""
    files = visible(shop.tree, recipe.project, recipe.inputs)
    inside = [file for file in files if file.path.is_relative_to(recipe.project)]
    siblings = frozenset(
        canonicalize_name(each.distribution)
        for each in shop.plan.recipes
        if isinstance(each, Sdist)
    )
    with shop.cache.workspace() as work:
        export(shop.repository, files, work / "source")
        project = work / "source" / recipe.project
        paths = [file.path.relative_to(recipe.project) for file in inside if file.mode != LINK]
        tracked = _digests(project, paths)
        stamp.stamp(project, shop.plan.version, siblings)
        stamped = {
            path: digest
            for path, digest in _digests(project, paths).items()
            if tracked[path] != digest
        }
        pyproject = (project / "pyproject.toml").read_bytes()
        return Origin(
            owner=f"git:{shop.plan.source.commit}",
            files=tracked,
            links={
                str(file.path.relative_to(recipe.project)): shop.tree.links[file.path]
                for file in inside
                if file.mode == LINK
            },
            made=(Made(STAMPED, stamped),),
            version=shop.plan.version.render("pep440"),
            project=pyproject,
            readme=_readme(project, pyproject, paths),
        )


def with_document(origin: Origin, wheel: Path, shop: Workshop) -> Origin:
    """The origin of a wheel, whose own bill of materials is made again from what else is in it.

    Raises `BuildError` for a wheel whose contents can't be told.
    """
    documents = made_again(wheel, maker_of(shop))
    digests = {path: Digest.of(data) for path, data in documents.items()}
    return replace(origin, made=(*origin.made, Made(DOCUMENT, digests)))


def interface_origin_of(recipe: UiBundle, artifact: Artifact, shop: Workshop) -> InterfaceOrigin:
    """The files of an interface's project, its lock, and what its bundler said; raises
    `BuildError`.
    """
    files = visible(shop.tree, recipe.project, recipe.inputs)
    inside = [file for file in files if file.path.is_relative_to(recipe.project)]
    with shop.cache.workspace() as work:
        export(shop.repository, files, work / "source")
        project = work / "source" / recipe.project
        paths = [file.path.relative_to(recipe.project) for file in inside if file.mode != LINK]
        return InterfaceOrigin(
            origin=Origin(owner=f"git:{shop.plan.source.commit}", files=_digests(project, paths)),
            lock=(project / "package-lock.json").read_bytes(),
            modules=artifact.notes.read_bytes() if artifact.notes else None,
            version=shop.plan.version.render("semver"),
        )


def _digests(project: Path, paths: list[PurePosixPath]) -> dict[str, Digest]:
    return {str(path): measure_file(project / path).digest for path in paths}


def _readme(project: Path, pyproject: bytes, paths: list[PurePosixPath]) -> bytes | None:
    """The readme, if it is one of the project's own files."""
    name = metadata.readme_of(pyproject)
    if name is None or PurePosixPath(name) not in paths:
        return None
    return (project / name).read_bytes()
