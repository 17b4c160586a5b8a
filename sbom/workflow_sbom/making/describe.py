"""What describes each kind of artifact, with what beside it the person named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, assert_never

from packaging.requirements import Requirement

from workflow_sbom import canonical
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.errors import InventoryError, UsageError
from workflow_sbom.golang import goformat
from workflow_sbom.golang.gobinary import DEVELOPMENT, describe_go_binary
from workflow_sbom.javascript.npm import BundleSource, describe_bundle
from workflow_sbom.making.kinds import Kind, Recognised
from workflow_sbom.merging.origin import FileForm, Form, Origin, attributed
from workflow_sbom.model.document import Sbom
from workflow_sbom.python import installed, interpreter, requirements
from workflow_sbom.python.describe import Resolution, describe_sdist, describe_wheel
from workflow_sbom.python.distribution import Distribution, from_wheel
from workflow_sbom.python.environment import Environment
from workflow_sbom.python.together import Together, describe_environment, describe_wheels

FileKind = Literal[Kind.WHEEL, Kind.SDIST, Kind.WEB, Kind.GO]
PYTHON = frozenset({Kind.WHEEL, Kind.SDIST, Kind.ENVIRONMENT, Kind.WHEELS})
USUAL = Environment(python="3.13.0")
"""What wheels are looked at for, when nobody named another."""
_UNSTAMPED = "0.0.0"  # what is committed where the build writes the version


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What was named beside the artifacts: files that belong to them, and facts they don't hold.

    `environment` is the Python that is looked at, if one was named. `lock` is a hashed requirement
    file for Python, `package-lock.json` for a web interface, whose `package.json` and bundler's
    list are `package` and `modules`. `name` and `roots` are of what has several distributions:
    what it is called, and the requirements it was made from.
    """

    environment: Environment | None = None
    lock: Path | None = None
    package: Path | None = None
    modules: Path | None = None
    name: str | None = None
    version: str | None = None
    roots: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True)
class Describer:
    """Describes artifacts of one invocation, whose wheels know one another's metadata."""

    resolution: Resolution
    beside: Beside

    @classmethod
    def of(cls, found: Iterable[Recognised], beside: Beside) -> Describer:
        """Read what is needed for all; raises `InventoryError`, `TableError`, `OSError`."""
        artifacts = tuple(found)
        wheels = [each.path for each in artifacts if each.kind is Kind.WHEEL]
        python = any(each.kind in PYTHON for each in artifacts)
        lock = requirements.parse(_bytes(beside.lock)) if python and beside.lock else None
        known = tuple(_distribution(path) for path in wheels) if len(wheels) > 1 else ()
        environment = beside.environment or USUAL
        return cls(Resolution(environment=environment, lock=lock, known=known), beside)

    def sbom(self, found: Recognised) -> Sbom:
        """What an artifact is made of; raises `SbomError`, `UsageError` for what is missing."""
        match found.kind:
            case Kind.ENVIRONMENT:
                return self._environment(found.path)
            case Kind.WHEELS:
                wheels = sorted(found.path.glob("*.whl"))
                together = self._together(found.path, self.resolution.environment)
                return describe_wheels(map(_distribution, wheels), together)
            case Kind.WHEEL | Kind.SDIST | Kind.WEB | Kind.GO as kind:
                artifact = ArtifactFile.measure(found.path)
                form: Form = "program" if kind is Kind.GO else "archive"
                told = FileForm(artifact.name, form)
                return attributed(self._file(kind, artifact), Origin(), told)
            case _:
                assert_never(found.kind)

    def _file(self, kind: FileKind, artifact: ArtifactFile) -> Sbom:
        match kind:
            case Kind.WHEEL:
                return describe_wheel(artifact, self.resolution)
            case Kind.SDIST:
                return describe_sdist(artifact, self.resolution)
            case Kind.WEB:
                return _web(artifact, self.beside)
            case Kind.GO:
                return _go(artifact, self.beside)
            case _:
                assert_never(kind)

    def _environment(self, root: Path) -> Sbom:
        found = installed.read(root)
        environment = interpreter.detect(root, found.platform, self.beside.environment)
        return describe_environment(found, self._together(root, environment))

    def _together(self, path: Path, environment: Environment) -> Together:
        return Together(
            name=self.beside.name or path.resolve().name,
            version=self.beside.version,
            environment=environment,
            roots=self.beside.roots,
            lock=self.resolution.lock,
        )


def _distribution(path: Path) -> Distribution:
    return from_wheel(path, hashes=ArtifactFile.measure(path).hashes)


def _bytes(path: Path) -> bytes:
    """A file that is read whole; raises `InventoryError` for one that is too large."""
    with path.open("rb") as stream:
        data = stream.read(canonical.MAX_BYTES + 1)
    if len(data) > canonical.MAX_BYTES:
        raise InventoryError(
            f"{path}: more than {canonical.MAX_BYTES} bytes", remedy="is it the right file?"
        )
    return data


def _web(artifact: ArtifactFile, beside: Beside) -> Sbom:
    if beside.package is None or beside.lock is None:
        raise UsageError(
            f"{artifact.path}: a web interface, described from what it was built from",
            remedy="--package package.json --lock package-lock.json --modules build/modules.json",
        )
    package = _bytes(beside.package)
    source = BundleSource(
        package=package,
        lock=_bytes(beside.lock),
        modules=_bytes(beside.modules) if beside.modules else None,
    )
    return describe_bundle(artifact, beside.version or _declared(package, artifact), source)


def _declared(package: bytes, artifact: ArtifactFile) -> str:
    table = canonical.decode(package)
    version = table.get("version") if isinstance(table, dict) else None
    if not isinstance(version, str) or version in {"", _UNSTAMPED}:
        raise _unversioned(artifact, "its package.json names none")
    return version


def _go(artifact: ArtifactFile, beside: Beside) -> Sbom:
    main = goformat.read(artifact.path).main
    told = main.version if main else ""
    version = beside.version or told.removeprefix("v")
    if version in {"", DEVELOPMENT}:
        raise _unversioned(artifact, "it was built from a folder without a tag")
    return describe_go_binary(artifact, artifact.name.removesuffix(".exe"), version)


def _unversioned(artifact: ArtifactFile, because: str) -> UsageError:
    return UsageError(
        f"{artifact.path}: its version is not known: {because}", remedy="name it with --version"
    )
