"""What describes each kind of artifact, with what beside it the person named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from workflow_sbom import canonical
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.errors import InventoryError, UsageError
from workflow_sbom.golang import goformat
from workflow_sbom.golang.gobinary import DEVELOPMENT, describe_go_binary
from workflow_sbom.javascript.npm import BundleSource, describe_bundle
from workflow_sbom.making.kinds import Kind, Recognised
from workflow_sbom.merging.origin import FileForm, Form, Origin, attributed
from workflow_sbom.model.document import Sbom
from workflow_sbom.python import requirements
from workflow_sbom.python.describe import Resolution, describe_sdist, describe_wheel
from workflow_sbom.python.distribution import Distribution, from_wheel
from workflow_sbom.python.environment import Environment

_UNSTAMPED = "0.0.0"  # what is committed where the build writes the version


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What was named beside the artifacts: files that belong to them, and facts they don't hold.

    `lock` is a hashed requirement file for Python, `package-lock.json` for a web interface, whose
    `package.json` and bundler's list are `package` and `modules`.
    """

    environment: Environment
    lock: Path | None = None
    package: Path | None = None
    modules: Path | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Describer:
    """Describes artifacts of one invocation, whose wheels know one another's metadata."""

    resolution: Resolution
    beside: Beside

    @classmethod
    def of(cls, found: Iterable[Recognised], beside: Beside) -> Describer:
        """Read what is needed for all; raises `InventoryError`, `TableError`, `OSError`."""
        paths: dict[Kind, list[Path]] = defaultdict(list)
        for each in found:
            paths[each.kind].append(each.path)
        wheels = paths[Kind.WHEEL]
        python = bool(wheels or paths[Kind.SDIST])
        lock = requirements.parse(_bytes(beside.lock)) if python and beside.lock else None
        known = tuple(_distribution(path) for path in wheels) if len(wheels) > 1 else ()
        return cls(Resolution(environment=beside.environment, lock=lock, known=known), beside)

    def sbom(self, found: Recognised) -> Sbom:
        """What an artifact is made of; raises `SbomError`, `UsageError` for what is missing."""
        artifact = ArtifactFile.measure(found.path)
        form: Form = "program" if found.kind is Kind.GO else "archive"
        sbom = self._described(found, artifact)
        return attributed(sbom, Origin(), FileForm(artifact.name, form))

    def _described(self, found: Recognised, artifact: ArtifactFile) -> Sbom:
        match found.kind:
            case Kind.WHEEL:
                return describe_wheel(artifact, self.resolution)
            case Kind.SDIST:
                return describe_sdist(artifact, self.resolution)
            case Kind.WEB:
                return _web(artifact, self.beside)
            case Kind.GO:
                return _go(artifact, self.beside)
            case _:
                assert_never(found.kind)


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
