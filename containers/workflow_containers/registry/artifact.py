"""Artifacts: files that say something about an image, and the manifests that bind them to it.

Image specification 1.1, manifest.md, "Guidelines for Artifact Usage": no configuration, a layer a
file, the image as `subject`. Same files and same time, same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from workflow_containers.errors import DefinitionError, LayoutError, RegistryError
from workflow_containers.oci import image
from workflow_containers.oci.content import Content
from workflow_containers.oci.descriptor import Descriptor, is_media_type, read_annotations
from workflow_containers.oci.image import Document
from workflow_sbom import canonical
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DocumentError, Fault
from workflow_sbom.printable import printable

EMPTY = "application/vnd.oci.empty.v1+json"
NOTHING = Content.of(b"{}")
"""What an artifact has in place of a configuration."""
TITLE = "org.opencontainers.image.title"
CREATED = "org.opencontainers.image.created"
MAX_FILES = 1000
_LONGEST = 200  # bytes of a name; file systems take 255


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactFile:
    """A file of an artifact: its name, its media type, and its bytes."""

    name: str
    media_type: str
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """What is to be attached; raises `DefinitionError` with every fault in it.

    `annotations` are the manifest's own, beside the time it was `created`, if that is given.
    """

    artifact_type: str
    files: tuple[ArtifactFile, ...]
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)
    created: datetime | None = None

    def __post_init__(self) -> None:
        if faults := list(_faults(self)):
            raise DefinitionError("attachment", faults)

    @property
    def contents(self) -> tuple[Content, ...]:
        """Every blob that its manifest names, once."""
        blobs = [NOTHING, *(each.content for each in self.files)]
        return tuple({blob.digest: blob for blob in blobs}.values())

    def manifest(self, subject: Descriptor) -> Document:
        """The manifest that binds it to an image."""
        return Document(image.MANIFEST, canonical.encode(self._manifest(subject)))

    def descriptor(self, subject: Descriptor) -> Descriptor:
        """How lists of referrers name it: with its type and all of its annotations."""
        document = self.manifest(subject)
        return Descriptor(
            media_type=document.media_type,
            digest=document.digest,
            size=len(document.data),
            artifact_type=self.artifact_type,
            annotations=self._annotations(),
        )

    def _manifest(self, subject: Descriptor) -> dict[str, canonical.Json]:
        value: dict[str, canonical.Json] = {
            "schemaVersion": 2,
            "mediaType": image.MANIFEST,
            "artifactType": self.artifact_type,
            "config": image.descriptor(EMPTY, NOTHING.digest, NOTHING.size),
            "layers": [
                image.descriptor(each.media_type, each.content.digest, each.content.size)
                | {"annotations": {TITLE: each.name}}
                for each in self.files
            ],
            "subject": image.descriptor(subject.media_type, subject.digest, subject.size),
        }
        if annotations := self._annotations():
            value["annotations"] = annotations
        return value

    def _annotations(self) -> Mapping[str, str]:
        created = {} if self.created is None else {CREATED: image.timestamp(self.created)}
        return {**self.annotations, **created}


def _faults(artifact: Artifact) -> Iterator[Fault]:
    if not is_media_type(artifact.artifact_type):
        yield Fault("type", f"'{printable(artifact.artifact_type[:80])}' is no media type")
    if not 0 < len(artifact.files) <= MAX_FILES:
        yield Fault("files", f"{len(artifact.files)} files", f"1 to {MAX_FILES}")
    for at, file in enumerate(artifact.files):
        if not is_file_name(file.name):
            yield Fault(f"files[{at}]", f"'{printable(file.name[:80])}' is no name of a file")
        if not is_media_type(file.media_type):
            yield Fault(f"files[{at}]", f"'{printable(file.media_type[:80])}' is no media type")
    for name, count in Counter(file.name for file in artifact.files).items():
        if count > 1:
            yield Fault("files", f"'{printable(name[:80])}' stands {count} times", "rename one")


def is_file_name(text: str) -> bool:
    """Whether a text can name a file in any folder, and nothing else, and is safe to show."""
    return (
        text.isprintable()
        and 0 < len(text.encode()) <= _LONGEST
        and text not in {".", ".."}
        and not text.startswith((" ", "-"))
        and not any(char in text for char in '/\\:*?"<>|')
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Referrer:
    """An artifact that a registry has: where it is, its type, and its files.

    Everything was read from its manifest, whose bytes are those of its digest.
    """

    digest: Digest
    size: int
    artifact_type: str
    annotations: Mapping[str, str] = field(hash=False)
    files: tuple[Descriptor, ...]

    @classmethod
    def read(cls, document: Document, subject: Digest, where: str) -> Self | None:
        """From a manifest; None when it refers to something else. Raises `LayoutError`."""
        try:
            value = canonical.decode(document.data)
        except DocumentError as error:
            raise LayoutError(f"{where}: {error}") from error
        if not isinstance(value, dict):
            raise LayoutError(f"{where}: no manifest")
        found = value.get("subject")
        if found is None or Descriptor.read(found, where).digest != subject:
            return None
        return cls(
            digest=document.digest,
            size=len(document.data),
            artifact_type=_artifact_type(value, where),
            annotations=read_annotations(value, where),
            files=_files(value, where),
        )


def _artifact_type(value: Mapping[str, object], where: str) -> str:
    """Its type, or else its configuration's (distribution specification, listing referrers)."""
    said = value.get("artifactType")
    if said is None and "config" in value:
        return Descriptor.read(value["config"], where).media_type
    if not isinstance(said, str) or not is_media_type(said):
        raise LayoutError(f"{where}: '{printable(str(said)[:80])}' is no type of an artifact")
    return said


def _files(value: Mapping[str, object], where: str) -> tuple[Descriptor, ...]:
    """Its layers but those that stand for none; an index has none."""
    layers = value.get("layers", [])
    if not isinstance(layers, list) or len(layers) > MAX_FILES:
        raise LayoutError(f"{where}: layers that are no list, or more than {MAX_FILES}")
    read = (Descriptor.read(each, where) for each in layers)
    return tuple(each for each in read if each.media_type != EMPTY)


def file_name(file: Descriptor) -> str:
    """What a file of a referrer is called; by its digest when it has no name.

    Raises `RegistryError` for a name that would lead elsewhere.
    """
    title = file.annotations.get(TITLE)
    if title is None:
        return f"sha256-{file.digest.hex}"
    if not is_file_name(title):
        raise RegistryError(
            f"{file.digest} is called '{printable(title[:120])}', which is no name of a file",
            remedy="nothing was written; ask whoever attached it",
        )
    return title
