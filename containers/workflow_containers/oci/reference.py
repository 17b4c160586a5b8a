"""Names of images in registries: `registry.example:5000/team/app:1.2.3@sha256:…`.

Grammar: distribution's reference/reference.go; short names mean Docker Hub, as everywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from workflow_containers.errors import ImageNameError
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DigestError
from workflow_sbom.printable import printable

DOCKER = "docker.io"
_DOCKER_NAMES = {DOCKER, "index.docker.io", "registry-1.docker.io"}
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?", re.ASCII)
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_PART}(?:/{_PART})*", re.ASCII)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)
_LONGEST = 255


@dataclass(frozen=True, slots=True, order=True)
class Repository:
    """A repository of a registry: `registry` is a host with or without port, `path` its name."""

    registry: str
    path: str

    def __post_init__(self) -> None:
        if not _HOST.fullmatch(self.registry):
            raise ImageNameError(f"'{printable(self.registry[:80])}' is no registry's host")
        if not _PATH.fullmatch(self.path) or len(self.path) > _LONGEST:
            raise ImageNameError(
                f"'{printable(self.path[:80])}' is no name of a repository;"
                " lower-case letters, digits, and single separators within each part"
            )

    def __str__(self) -> str:
        return f"{self.registry}/{self.path}"

    @classmethod
    def parse(cls, text: str) -> Repository:
        """Read a name without tag and digest; raises `ImageNameError`."""
        first, slash, rest = text.partition("/")
        if slash and (first == "localhost" or "." in first or ":" in first):
            registry, path = first, rest
        else:
            registry, path = DOCKER, text
        if registry in _DOCKER_NAMES:
            return cls(DOCKER, path if "/" in path else f"library/{path}")
        return cls(registry, path)


def is_tag(text: str) -> bool:
    """Whether a text can be a tag."""
    return bool(_TAG.fullmatch(text))


@dataclass(frozen=True, slots=True, order=True)
class Namespace:
    """Where the images of a project lie in a registry: a host, and the path before their names."""

    registry: str
    path: str = ""

    def __post_init__(self) -> None:
        self.repository("x")

    def __str__(self) -> str:
        return f"{self.registry}/{self.path}" if self.path else self.registry

    @classmethod
    def parse(cls, text: str) -> Namespace:
        """Read a host with an optional path; raises `ImageNameError`."""
        registry, slash, path = text.partition("/")
        if slash and not path:
            raise ImageNameError(f"'{printable(text[:80])}' ends where a name should follow")
        return cls(registry, path)

    def repository(self, name: str) -> Repository:
        """The repository of the image of that name; raises `ImageNameError`."""
        return Repository(self.registry, f"{self.path}/{name}" if self.path else name)


@dataclass(frozen=True, slots=True)
class Reference:
    """An image in a repository, by tag, by digest, or by both: then the digest decides."""

    repository: Repository
    tag: str | None = None
    digest: Digest | None = None

    def __post_init__(self) -> None:
        if self.tag is not None and not is_tag(self.tag):
            raise ImageNameError(
                f"'{printable(self.tag[:140])}' is no tag; letters, digits and ._-, at most 128"
            )

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag is not None else ""
        digest = f"@{self.digest}" if self.digest is not None else ""
        return f"{self.repository}{tag}{digest}"

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read a name with an optional tag and digest; raises `ImageNameError`."""
        name, at, digest = text.partition("@")
        head, slash, last = name.rpartition("/")
        last, colon, tag = last.partition(":")
        try:
            return cls(
                repository=Repository.parse(f"{head}{slash}{last}"),
                tag=tag if colon else None,
                digest=Digest.parse(digest) if at else None,
            )
        except DigestError as error:
            raise ImageNameError(f"'{printable(text[:160])}': {error}") from error

    def tagged(self, tag: str) -> Reference:
        """The same repository's image of that tag."""
        return replace(self, tag=tag, digest=None)

    def at(self, digest: Digest) -> Reference:
        """The same name, pinned to a digest."""
        return replace(self, digest=digest)

    @property
    def selector(self) -> str:
        """What a registry is asked for: the digest, else the tag, else `latest`."""
        return str(self.digest) if self.digest is not None else self.tag or "latest"
