"""Pulling an image into an OCI layout archive, which the same writer makes as of a build.

An index of OCI images is kept to the byte. Docker's media types become OCI's, a manifest without
an index gets one, and an index of which only a part is kept lists that part: those are other
bytes, with other digests, around the same configurations and layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from workflow_containers.oci import archive, image, kinds
from workflow_containers.oci.descriptor import Descriptor, read_annotations
from workflow_containers.oci.image import Document
from workflow_containers.oci.reference import Reference, is_tag
from workflow_containers.platform import Platform
from workflow_containers.registry import answers
from workflow_containers.registry.fetching import Fetched, Fetcher, Found
from workflow_sbom import canonical
from workflow_sbom.digest import Digest, Measured

VERSION = "org.opencontainers.image.version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """An archive of an image: `source` is what the registry has, `index` what the archive has."""

    reference: Reference
    source: Digest
    index: Digest
    platforms: tuple[Platform, ...]
    layers: tuple[Descriptor, ...]
    fetched: tuple[Descriptor, ...]
    archive: Measured
    path: Path

    @property
    def is_same(self) -> bool:
        """Whether the archive's index is the registry's, to the byte."""
        return self.source == self.index


def pull(
    fetcher: Fetcher, reference: Reference, destination: Path | None = None,
    platform: Platform | None = None,
) -> Pulled:  # fmt: skip
    """Pull an image into a file, which appears whole or not; of one platform, or of all.

    The file is `<name>-<version>.oci.tar` here, unless another is named. Raises `ContainersError`.
    """
    found = fetcher.find(reference, platform)
    fetched = fetcher.bring(found)
    contents = _contents(found)
    path = destination or Path(f"{contents.name}-{contents.version}.oci.tar")
    return Pulled(
        reference=reference,
        source=found.root.digest,
        index=contents.index.digest,
        platforms=tuple(each.platform for each in found.images),
        layers=tuple({x.digest: x for each in found.images for x in each.layers}.values()),
        fetched=fetched,
        archive=archive.save(contents, fetcher.store, path),
        path=path,
    )


def _contents(found: Found) -> archive.Contents:
    images = tuple(map(_converted, found.images))
    index = found.root
    if found.root.media_type != image.INDEX or found.passed or images != found.images:
        index = _index(found.root, images)
    return archive.Contents(
        name=found.reference.repository.path.rpartition("/")[2],
        version=_version(found),
        index=index,
        images=images,
    )


def _version(found: Found) -> str:
    """The tag that was asked for, else the version the image says it has, else its digest."""
    if found.reference.tag is not None:
        return found.reference.tag
    if found.reference.digest is None:
        return "latest"
    said = _annotations(found.root).get(VERSION, "")
    return said if is_tag(said) else f"sha256-{found.root.digest.hex}"


def _converted(fetched: Fetched) -> Fetched:
    """The same image in OCI's media types."""
    if fetched.manifest.media_type == image.MANIFEST:
        return fetched
    value = answers.decoded(fetched.manifest.data, str(fetched.manifest.digest))
    config = Descriptor.read(value["config"], "config")
    layers = tuple(map(_renamed, fetched.layers))
    data = canonical.encode(
        {
            "schemaVersion": 2,
            "mediaType": image.MANIFEST,
            "config": _renamed(config).value(),
            "layers": [layer.value() for layer in layers],
        }
    )
    manifest = Document(image.MANIFEST, data)
    entry = replace(
        fetched.entry, media_type=image.MANIFEST, digest=manifest.digest, size=len(data)
    )
    configuration = Document(image.CONFIG, fetched.configuration.data)
    return replace(
        fetched, entry=entry, manifest=manifest, configuration=configuration, layers=layers
    )


def _renamed(descriptor: Descriptor) -> Descriptor:
    return replace(descriptor, media_type=kinds.as_oci(descriptor.media_type))


def _index(root: Document, images: tuple[Fetched, ...]) -> Document:
    """An index of these images, with the annotations of what they came from."""
    value: dict[str, canonical.Json] = {
        "schemaVersion": 2,
        "mediaType": image.INDEX,
        "manifests": [each.entry.value() for each in images],
    }
    if said := _annotations(root):
        value["annotations"] = said
    return Document(image.INDEX, canonical.encode(value))


def _annotations(document: Document) -> Mapping[str, str]:
    where = str(document.digest)
    return read_annotations(answers.decoded(document.data, where), where)
