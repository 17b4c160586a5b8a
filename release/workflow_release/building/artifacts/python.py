"""Source distributions and wheels (PEP 517), the wheel built from the source distribution.

The backend runs in an environment of locked, hashed packages; what it writes is rewritten in one
normal form, a wheel with a bill of materials of its own in it. The version is stamped in a staged
export, never in the checkout.
"""

from __future__ import annotations

import os
import shlex
import sys
import tarfile
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from build import BuildBackendException, BuildException, ProjectBuilder
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidWheelFilename,
    NormalizedName,
    canonicalize_name,
    parse_wheel_filename,
)
from packaging.version import Version

from workflow_containers.platform import AMD64, ARM64, Platform
from workflow_release import __version__
from workflow_release.building import stamp
from workflow_release.building.archive import normalise_sdist
from workflow_release.building.artifacts.interface import Made, Needed, Workshop, artifact_of
from workflow_release.building.cache import key
from workflow_release.building.embedding import Maker, written
from workflow_release.building.staging import export, key_of, visible
from workflow_release.building.toolchain import backend_environment
from workflow_release.building.wheels import normalise_wheel
from workflow_release.errors import BuildError
from workflow_release.machine.run import Command
from workflow_release.model import Sdist, Wheel
from workflow_release.planning.plan import expected_name
from workflow_sbom.canonical import Json
from workflow_sbom.merging.origin import Origin
from workflow_sbom.printable import printable

SDIST_TYPE = "application/gzip"
WHEEL_TYPE = "application/zip"


def build_sdist(recipe: Sdist, shop: Workshop, needed: Needed) -> Made:
    """The source distribution; raises `BuildError`."""
    del needed
    files = visible(shop.tree, recipe.project, recipe.inputs)
    siblings = _siblings(shop)
    parts = _parts(
        shop, files=key_of(files), project=str(recipe.project), siblings=sorted(siblings)
    )

    def make(folder: Path) -> None:
        with shop.cache.workspace() as work:
            export(shop.repository, files, work / "source")
            project = work / "source" / recipe.project
            stamp.stamp(project, shop.plan.version, siblings)
            made = _backend(recipe.distribution, project, recipe.id, shop).run("sdist", work)
            expected = expected_name(recipe, shop.plan.version)
            if made.name != expected:
                raise _misnamed(made, expected)
            normalise_sdist(made, folder / made.name, shop.plan.source.epoch)

    hit = shop.cache.file(key("sdist", parts), make)
    locks = (shop.backends.lock,)
    return Made(artifact=artifact_of(hit, recipe.id, SDIST_TYPE, locks), reused=hit.reused)


def build_wheel(recipe: Wheel, shop: Workshop, needed: Needed) -> Made:
    """The wheel, from the source distribution of the same release; raises `BuildError`."""
    sdist = needed[f"sdist:{recipe.distribution}"].artifact
    parts = _parts(shop, sdist=sdist.digest.hex, standing=repr(shop.standing))

    def make(folder: Path) -> None:
        with shop.cache.workspace() as work:
            project = _unpack(sdist.path, work)
            made = _backend(recipe.distribution, project, recipe.id, shop).run("wheel", work)
            if not _is_wheel_of(made, recipe, shop):
                raise _misnamed(made, expected_name(recipe, shop.plan.version))
            inside = written(made, maker_of(shop))
            normalise_wheel(made, folder / made.name, shop.plan.source.epoch, inside)

    hit = shop.cache.file(key("wheel", parts), make)
    artifact = artifact_of(hit, recipe.id, WHEEL_TYPE, (shop.backends.lock,))
    platforms = _platforms(hit.path)
    return Made(artifact=replace(artifact, platforms=platforms), reused=hit.reused)


def maker_of(shop: Workshop) -> Maker:
    """Who makes the document in a wheel."""
    standing = shop.standing
    origin = Origin(publication=standing.publication(), security=standing.security)
    return Maker(version=__version__, created=shop.plan.source.committed_at, origin=origin)


def _parts(shop: Workshop, **parts: Json) -> dict[str, Json]:
    """What every distribution depends on, besides its own."""
    return shop.parts(
        **parts,
        version=str(shop.plan.version),
        epoch=shop.plan.source.epoch,
        lock=shop.backends.lock.digest.hex,
        python=sys.version,
        machine=os.uname().machine,
    )


def _misnamed(made: Path, expected: str) -> BuildError:
    return BuildError(
        f"the backend made {printable(made.name)} instead of {expected}",
        remedy="declare the version statically, or by a tool the toolkit stamps",
    )


def _is_wheel_of(made: Path, recipe: Wheel, shop: Workshop) -> bool:
    try:
        name, version, _, _ = parse_wheel_filename(made.name)
    except InvalidWheelFilename:
        return False
    wanted = (canonicalize_name(recipe.distribution), shop.plan.version.render("pep440"))
    return (name, str(version)) == wanted


def _platforms(wheel: Path) -> tuple[Platform, ...]:
    """The platforms of a wheel's tags; nothing for a wheel that runs anywhere."""
    tags = (tag.platform for tag in parse_wheel_filename(wheel.name)[3])
    machines = {tag.partition("linux")[2] for tag in tags if "linux" in tag}
    return tuple(
        platform
        for suffix, platform in (("_x86_64", AMD64), ("_aarch64", ARM64))
        if any(machine.endswith(suffix) for machine in machines)
    )


def _siblings(shop: Workshop) -> frozenset[str]:
    return frozenset(
        canonicalize_name(recipe.distribution)
        for recipe in shop.plan.recipes
        if isinstance(recipe, Sdist)
    )


def _unpack(sdist: Path, work: Path) -> Path:
    """Unpack a normalised source distribution; its one top folder is the project."""
    with tarfile.open(sdist, encoding="utf-8") as tar:
        tar.extractall(work / "unpacked", filter="data")
    tops = list((work / "unpacked").iterdir())
    if len(tops) != 1:
        raise BuildError(f"{sdist.name} holds {len(tops)} top folders instead of one")
    return tops[0]


def _backend(distribution: str, project: Path, recipe_id: str, shop: Workshop) -> _Backend:
    return _Backend(distribution=distribution, project=project, log=shop.log(recipe_id), shop=shop)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Backend:
    """A project's build backend in an environment of locked packages."""

    distribution: str
    project: Path
    log: Path
    shop: Workshop

    def run(self, what: Literal["sdist", "wheel"], work: Path) -> Path:
        """Make a distribution in `work`; raises `BuildError`."""
        # A backend's warnings come back as this process's own, and would reach the terminal raw.
        warnings.simplefilter("ignore", UserWarning)
        variables = self._variables(work)
        try:
            requires = self._locked(ProjectBuilder(self.project).build_system_requires)
            builder = self._builder(requires, variables)
            more = self._locked(builder.get_requires_for_build(what))
            if not more <= requires:
                builder = self._builder(requires | more, variables)
            return Path(builder.build(what, str(work / "out")))
        except (BuildException, BuildBackendException) as error:
            raise BuildError(
                f"{self.distribution}: {_why(error)}", remedy=f"see {self.log}"
            ) from error

    def _builder(self, requires: frozenset[str], variables: Mapping[str, str]) -> ProjectBuilder:
        programs = backend_environment(self.shop.backends, requires, self.shop, self.log) / "bin"

        def runner(
            cmd: Sequence[str],
            cwd: str | None = None,
            extra_environ: Mapping[str, str] | None = None,
        ) -> None:
            path = f"{programs}:{variables['PATH']}"
            env = {**variables, "PATH": path, **(extra_environ or {})}
            done = self.shop.run(
                Command(argv=cmd, cwd=Path(cwd or self.project), env=env, log=self.log)
            )
            if done.code != 0:
                raise BuildError(f"the build backend failed with exit code {done.code}")

        return ProjectBuilder(
            self.project, python_executable=str(programs / "python"), runner=runner
        )

    def _variables(self, work: Path) -> dict[str, str]:
        """The backend's whole environment: an empty home, no token, nothing of this place."""
        scratch = {"HOME": work / "home", "TMPDIR": work / "tmp"}
        for folder in scratch.values():
            folder.mkdir()
        # Else debug information would tell where it was built, and where Python is.
        here = f"-g0 {shlex.quote(f'-ffile-prefix-map={work}=.')}"
        return {
            **self.shop.host.build_environment(),
            **{name: str(folder) for name, folder in scratch.items()},
            "SOURCE_DATE_EPOCH": str(self.shop.plan.source.epoch),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "CPPFLAGS": here,  # CFLAGS would replace those that Python was built with
        } | stamp.environment(self.distribution, self.shop.plan.version)

    def _locked(self, wanted: Collection[str]) -> frozenset[str]:
        """The requirements that apply here, every one met by the lock, or the build stops."""
        lock = self.shop.backends
        pinned = {
            each.name: each.version
            for each in lock.entries()
            if each.marker is None or each.marker.evaluate()
        }
        faults = [fault for text in sorted(wanted) if (fault := _unmet(text, pinned, lock.name))]
        if faults:
            raise BuildError(
                "\n".join(f"{self.distribution}: {fault}" for fault in faults),
                remedy="lock it: a file of hashed requirements (`uv pip compile"
                " --generate-hashes`), named as build.lock in release.toml",
            )
        return frozenset(text for text in wanted if _applies(text))


def _applies(text: str) -> bool:
    marker = Requirement(text).marker
    return marker is None or marker.evaluate()


def _why(error: Exception) -> str:
    """The error, and what the backend's interpreter said, which `build` keeps to itself.

    An error of ours, which `build` wraps like any other, is told as it is.
    """
    inner = getattr(error, "exception", None)
    if isinstance(inner, BuildError):
        return inner.message
    told = str(getattr(inner, "traceback", ""))
    return f"{error} {told.strip().rpartition(chr(10))[2]}".strip()


def _unmet(text: str, pinned: Mapping[NormalizedName, Version], lock: str) -> str | None:
    """Why a requirement of the build is not met by what is locked."""
    shown = printable(text)
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return f"the build needs '{shown}', which is no requirement"
    if requirement.marker is not None and not requirement.marker.evaluate():
        return None
    if requirement.url is not None:
        return f"the build needs '{shown}', an address that no lock can hold"
    version = pinned.get(canonicalize_name(requirement.name))
    if version is None:
        return f"the build needs '{shown}', and {lock} has no such package"
    if not requirement.specifier.contains(version, prereleases=True):
        return f"the build needs '{shown}', and {lock} has {requirement.name} {version}"
    return None
