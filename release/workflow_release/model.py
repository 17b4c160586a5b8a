"""The line of values a release is: each contains or digests the one before it; none is changed.

    Source -> Plan -> Artifact -> Attested -> Cleared -> Published -> Release

No value here reads a clock, a file or the environment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from workflow_containers.oci.reference import Namespace
from workflow_containers.platform import Platform
from workflow_release.finding import Finding as Finding  # noqa: PLC0414 - part of the line
from workflow_release.lock import Lock as Lock  # noqa: PLC0414 - part of the line
from workflow_release.source import Change as Change  # noqa: PLC0414 - part of the line
from workflow_release.source import Source as Source  # noqa: PLC0414 - part of the line
from workflow_release.version import Version
from workflow_sbom.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Sdist:
    """A source distribution (PEP 517, PEP 625) of the project in folder `project`."""

    distribution: str
    project: PurePosixPath
    inputs: tuple[PurePosixPath, ...] = ()
    kind: Literal["sdist"] = "sdist"

    @property
    def id(self) -> str:
        """The recipe's name in plans, on the command line and in records."""
        return f"sdist:{self.distribution}"

    @property
    def needs(self) -> tuple[str, ...]:
        """The recipes whose artifacts this one is made from."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel (PEP 427), built from the source distribution of the same project.

    `check` is a command that prints the version when the wheel is installed (`wfctl --version`).
    """

    distribution: str
    project: PurePosixPath
    check: tuple[str, ...] = ()
    kind: Literal["wheel"] = "wheel"

    @property
    def id(self) -> str:
        """The recipe's name in plans, on the command line and in records."""
        return f"wheel:{self.distribution}"

    @property
    def needs(self) -> tuple[str, ...]:
        """The source distribution."""
        return (f"sdist:{self.distribution}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class UiBundle:
    """A web interface: `npm ci` and `npm run build` in `project`, archived with its `dist/`."""

    name: str
    project: PurePosixPath
    inputs: tuple[PurePosixPath, ...] = ()
    kind: Literal["ui"] = "ui"

    @property
    def id(self) -> str:
        """The recipe's name in plans, on the command line and in records."""
        return f"ui:{self.name}"

    @property
    def needs(self) -> tuple[str, ...]:
        """Nothing: a bundle is made from source alone."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A container image for one or more platforms, as one OCI layout archive.

    `definition` is the image's TOML file; `wheels` and `bundles` name the distributions and user
    interfaces of this release that go into it.
    """

    name: str
    definition: PurePosixPath
    platforms: tuple[Platform, ...]
    wheels: tuple[str, ...] = ()
    bundles: tuple[str, ...] = ()
    kind: Literal["image"] = "image"

    @property
    def id(self) -> str:
        """The recipe's name in plans, on the command line and in records."""
        return f"image:{self.name}"

    @property
    def needs(self) -> tuple[str, ...]:
        """The wheels and bundles that go in."""
        return (
            *(f"wheel:{name}" for name in self.wheels),
            *(f"ui:{name}" for name in self.bundles),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GoBinary:
    """A Go program for one platform: `package` of the module in folder `project`.

    `variable` is what `-ldflags -X` sets to the version (`main.version`).
    """

    name: str
    project: PurePosixPath
    package: str
    variable: str
    platform: Platform
    check: tuple[str, ...] = ()
    inputs: tuple[PurePosixPath, ...] = ()
    kind: Literal["go"] = "go"

    @property
    def id(self) -> str:
        """The recipe's name in plans, on the command line and in records."""
        return f"go:{self.name}:{self.platform}"

    @property
    def needs(self) -> tuple[str, ...]:
        """Nothing: a program is made from source alone."""
        return ()


Recipe = Sdist | Wheel | UiBundle | Image | GoBinary


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryTarget:
    """A folder that receives the release whole, as `<path>/<version>/`."""

    path: PurePosixPath
    kind: Literal["directory"] = "directory"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryTarget:
    """A place in a container registry: each image, or those named, goes to `<namespace>/<image>`.

    `moving` tells whether names such as `latest` follow.
    """

    namespace: Namespace
    images: tuple[str, ...] = ()
    moving: bool = True
    kind: Literal["registry"] = "registry"

    def takes(self, recipe: Recipe) -> bool:
        """Whether what the recipe makes goes there."""
        return isinstance(recipe, Image) and self.takes_image(recipe.name)

    def takes_image(self, name: str) -> bool:
        """Whether the image of that name goes there."""
        return not self.images or name in self.images


Target = DirectoryTarget | RegistryTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would be made, under which version, and where it would go.

    `name` is the project's; `previous` the last stable release on the first-parent history;
    `released` every version that a tag of the repository names.
    """

    name: str
    version: Version
    source: Source
    previous: Version | None
    released: tuple[Version, ...]
    changes: tuple[Change, ...]
    recipes: tuple[Recipe, ...]
    targets: tuple[Target, ...]

    @property
    def local(self) -> Plan:
        """The same release, which goes to this machine's folders alone."""
        return replace(self, targets=tuple(t for t in self.targets if t.kind == "directory"))

    @property
    def has_images(self) -> bool:
        """Whether container images are among what is made."""
        return any(isinstance(recipe, Image) for recipe in self.recipes)

    @property
    def remote(self) -> tuple[Target, ...]:
        """Where it goes beyond this machine."""
        return tuple(target for target in self.targets if target.kind != "directory")

    def recipe(self, recipe_id: str) -> Recipe:
        """The recipe of that id; raises `KeyError`."""
        for recipe in self.recipes:
            if recipe.id == recipe_id:
                return recipe
        raise KeyError(recipe_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A file that was built: `path` is where its bytes are now, `name` what it is called.

    `locks` are the locked inputs it was made from (name and digest), for the provenance.
    `platforms` is empty for what runs anywhere. `index` is the digest by which registries know an
    image, None for anything else. `notes` is what the build tool said about its
    contents, for the SBOM; it is never published.
    """

    recipe: str
    name: str
    media_type: str
    platforms: tuple[Platform, ...]
    size: int
    digest: Digest
    path: Path
    locks: tuple[Lock, ...] = ()
    index: Digest | None = None
    notes: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of the release by name, size and digest, with its bytes when they are small."""

    name: str
    media_type: str
    size: int
    digest: Digest
    content: bytes | None = None

    @classmethod
    def of(cls, name: str, media_type: str, content: bytes) -> File:
        """A file from its bytes, hashed once."""
        return cls(
            name=name,
            media_type=media_type,
            size=len(content),
            digest=Digest.of(content),
            content=content,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """Every artifact with what was said and signed about it.

    `sboms[i]` describes `artifacts[i]`; `release_sbom` all of them; `sums` is SHA256SUMS over
    artifacts and SBOMs; `provenance` the Sigstore bundle whose statement names all of those.
    """

    artifacts: tuple[Artifact, ...]
    sboms: tuple[File, ...]
    release_sbom: File
    sums: File
    provenance: File

    def __post_init__(self) -> None:
        if not self.artifacts or len(self.artifacts) != len(self.sboms):
            raise ValueError("every artifact has one SBOM, and there is at least one artifact")

    @property
    def files(self) -> tuple[File, ...]:
        """What was made beside the artifacts themselves."""
        return (*self.sboms, self.release_sbom, self.sums, self.provenance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One target's receipt. `created` is False when the same release was already there."""

    target: str
    location: str
    created: bool
