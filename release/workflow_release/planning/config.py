"""`release.toml`: what a repository releases, and where to. Every key is optional.

The classes below are the whole declaration: the reader, the messages and the JSON Schema
(`workflow-release schema`) come from them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from workflow_containers.platform import Platform
from workflow_release.errors import ConfigError
from workflow_release.planning.publisher import PublisherTable, SbomTable
from workflow_sbom import tables
from workflow_sbom.errors import TableError
from workflow_sbom.tables import described

FILE_NAME = "release.toml"
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?"


@dataclass(frozen=True, slots=True)
class InRepository:
    """A path inside the repository, with forward slashes, relative to its root."""

    path: PurePosixPath

    @classmethod
    def parse(cls, text: str) -> InRepository:
        """Read a relative path that stays inside; raises `ValueError`."""
        path = PurePosixPath(text)
        if path.is_absolute() or ".." in path.parts or ".git" in path.parts:
            raise ValueError(f"{text[:80]!r} leaves the repository; write a path below its root")
        if "\\" in text or not text.isprintable():
            raise ValueError(f"{text[:80]!r} is no portable path; use letters and forward slashes")
        return cls(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectTable:
    """What is released."""

    name: str | None = described(
        "Name of the release; default: the root project's, or the repository's", default=None,
        pattern=_NAME,
    )  # fmt: skip
    repository: str | None = described(
        "https address of the repository, as the provenance names it; default: origin's",
        default=None,
        pattern=r"https://[A-Za-z0-9.-]+(?::\d+)?/[\w./~-]+",
    )
    branch: str | None = described(
        "The main branch; default: origin's HEAD, main or master",
        default=None,
        pattern=r"[A-Za-z0-9][\w./-]*",
    )
    tag_prefix: str = described(
        "What stands before the version in a tag", default="v", pattern=r"[\w./-]{0,40}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildTable:
    """How artifacts are built and tried."""

    lock: InRepository | None = described(
        "Hashed requirements of the build backends; default: the lock that comes with the tool",
        default=None,
    )
    requirements: InRepository | None = described(
        "Hashed requirements to install beside the wheels when their check commands are run",
        default=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonTable:
    """A Python project: its source distribution and its wheel."""

    kind: Literal["python"] = described("A Python project with a pyproject.toml")
    path: InRepository = described("Folder of its pyproject.toml")
    check: tuple[str, ...] = described(
        "A command of the wheel that prints its version, as an array of words", default=()
    )
    inputs: tuple[InRepository, ...] = described(
        "Paths outside the folder that the build reads", default=()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UiTable:
    """A web interface, archived with the dist/ folder that npm builds."""

    kind: Literal["ui"] = described("A web interface built by npm")
    name: str = described("Name of the archive, before the version", pattern=_NAME)
    path: InRepository = described("Folder of its package.json and package-lock.json")
    inputs: tuple[InRepository, ...] = described(
        "Paths outside the folder that the build reads", default=()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageTable:
    """A container image, as one OCI layout archive for all its platforms."""

    kind: Literal["image"] = described("A container image")
    definition: InRepository = described("The image's own TOML file")


@dataclass(frozen=True, slots=True, kw_only=True)
class GoTable:
    """A Go program, cross-compiled for each platform."""

    kind: Literal["go"] = described("A Go program")
    name: str = described("Name of the program", pattern=_NAME)
    path: InRepository = described("Folder of its go.mod", default=InRepository(PurePosixPath()))
    package: str = described(
        "The main package, relative to the module", default=".", pattern=r"\.(?:/[\w.-]+)*"
    )
    variable: str = described(
        "The string variable that receives the version", default="main.version",
        pattern=r"[\w./-]+\.\w+",
    )  # fmt: skip
    platforms: tuple[Platform, ...] = described("Platforms to build for", default=())
    check: tuple[str, ...] = described(
        "Arguments that make the program print its version", default=()
    )
    inputs: tuple[InRepository, ...] = described(
        "Paths outside the folder that the build reads", default=()
    )


ArtifactTable = PythonTable | UiTable | ImageTable | GoTable


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryTable:
    """A folder that receives each release whole, as <path>/<version>/."""

    kind: Literal["directory"] = described("A folder of this checkout")
    path: InRepository = described("The folder")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryTable:
    """A container registry that receives the images, as <registry>/<image>:<version>."""

    kind: Literal["registry"] = described("A container registry")
    registry: str = described(
        "Where images go: a host and path (registry.example/team), or github or docker, which stand"
        " for the repository owner's place there; credentials are those of Docker's configuration",
        pattern=r"github|docker|[A-Za-z0-9.:\[\]-]+(?:/[a-z0-9._-]+)*",
    )
    images: tuple[str, ...] = described("The images that go there; default: all", default=())
    moving: bool = described(
        "Whether latest, X.Y and X follow stable releases, and edge pre-releases", default=True
    )


TargetTable = DirectoryTable | RegistryTable


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningTable:
    """Who signs."""

    key: str = described(
        "The signer: local: for the user's own key, file:<path> for a PEM file",
        default="local:",
        pattern=r"[a-z][a-z0-9+.-]*:\S*",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTable:
    """What is demanded of the release's SBOMs."""

    file: InRepository | None = described(
        "The policy; default: sbom/policy.toml where there is one. workflow-sbom schema policy"
        " describes it",
        default=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a repository releases, how, and where to."""

    project: ProjectTable = described("What is released", default=ProjectTable())
    build: BuildTable = described("How artifacts are built and tried", default=BuildTable())
    artifact: tuple[ArtifactTable, ...] = described(
        "What is made; default: every project that is found", default=()
    )
    target: tuple[TargetTable, ...] = described(
        "Where a release goes; default: the folder dist. Registries take part with --publish",
        default=(DirectoryTable(kind="directory", path=InRepository(PurePosixPath("dist"))),),
    )
    signing: SigningTable = described("Who signs", default=SigningTable())
    publisher: PublisherTable | None = described(
        "Who makes, supplies and describes what is released", default=None
    )
    sbom: SbomTable = described(
        "The terms of the bills of materials themselves", default=SbomTable()
    )
    policy: PolicyTable = described("What is demanded of its SBOMs", default=PolicyTable())


def parse(text: str, origin: str = FILE_NAME) -> Config:
    """Read a configuration; raises `ConfigError` with every fault, a line each."""
    try:
        return tables.read(Config, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{origin}: no TOML: {error}", remedy="mend the line it names") from error
    except TableError as error:
        lines = "\n".join(f"{origin}: {fault}" for fault in error.faults)
        raise ConfigError(
            lines, remedy="every key is described by: workflow-release schema"
        ) from error


def load(repository: Path) -> Config:
    """The configuration of a repository; all defaults when it has no `release.toml`."""
    path = repository / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path}: can't be read: {error}", remedy="make it a UTF-8 file"
        ) from error
    return parse(text)


def schema() -> dict[str, Any]:
    """The JSON Schema of `release.toml`."""
    return tables.schema(Config, "release.toml")
