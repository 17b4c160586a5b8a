"""Fetching an image from a registry into the store: what is there already is not fetched again.

OCI images and Docker's (schema 2), in an index or alone. Entries of an index that are no image but
attest one (platform unknown/unknown, as BuildKit writes them) are passed by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workflow_containers.errors import LayoutError, PlatformError
from workflow_containers.oci import kinds
from workflow_containers.oci.descriptor import Descriptor
from workflow_containers.oci.image import Document
from workflow_containers.oci.reference import Reference, Repository
from workflow_containers.platform import Platform
from workflow_containers.registry import answers
from workflow_containers.registry.client import Client
from workflow_containers.registry.parallel import Job, Stop, task
from workflow_containers.store import Store
from workflow_sbom.printable import printable
from workflow_sbom.terminal.progress import Progress, Silent

MAX_LAYER = (8 << 30) - 1  # what a member of an archive can hold
MAX_LAYERS = 127
MAX_IMAGES = 100
_PARTS = ("os", "architecture", "variant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One platform's image: its documents, and descriptors of its layers, the lowest first.

    `entry` is what the index says of it; of a manifest without an index, what one would say.
    """

    entry: Descriptor
    platform: Platform
    manifest: Document
    configuration: Document
    layers: tuple[Descriptor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a reference names: its document, and the images in it that were asked for.

    `passed` counts the entries of the index that are not among them.
    """

    reference: Reference
    root: Document
    images: tuple[Fetched, ...]
    passed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetcher:
    """What fetching works with: the way to registries, the store, who watches."""

    client: Client
    store: Store
    progress: Progress = field(default_factory=Silent)
    workers: int = 4

    def find(self, reference: Reference, platform: Platform | None = None) -> Found:
        """The documents, in the store too; of one platform, or of all that the index has.

        Raises `LayoutError` for what is no container image or has none for the platform.
        """
        root, repository = self._document(reference), reference.repository
        if root.media_type in kinds.MANIFESTS:
            alone = self._image(repository, root, None)
            if platform not in {None, alone.platform}:
                raise _without(reference, platform, [alone.entry])
            return Found(reference=reference, root=root, images=(alone,), passed=0)
        entries = _entries(root, str(reference))
        wanted = [each for each in entries if _is_wanted(each, platform, str(reference))]
        if not wanted:
            raise _without(reference, platform, entries)
        images = tuple(self._entry(repository, each) for each in wanted)
        passed = len(entries) - len(wanted)
        return Found(reference=reference, root=root, images=images, passed=passed)

    def bring(self, found: Found) -> tuple[Descriptor, ...]:
        """Have every layer in the store; those that had to be fetched."""
        layers = {layer.digest: layer for each in found.images for layer in each.layers}
        repository = found.reference.repository
        job: Job[Descriptor, bool] = Job(
            name=lambda layer: task(repository, layer.digest, layer.size),
            work=lambda layer, stop: self._layer(repository, layer, stop),
            is_reuse=lambda fetched: not fetched,
            progress=self.progress,
        )
        fetched = job.each(layers.values(), workers=self.workers)
        return tuple(layer for layer, had in zip(layers.values(), fetched, strict=True) if had)

    def _document(self, reference: Reference) -> Document:
        document = self.client.manifest(reference)
        self.store.put(document.data)
        return document

    def _entry(self, repository: Repository, entry: Descriptor) -> Fetched:
        manifest = self._document(Reference(repository, digest=entry.digest))
        if (manifest.media_type, len(manifest.data)) != (entry.media_type, entry.size):
            raise LayoutError(f"{repository}@{entry.digest}: not what the index says it is")
        return self._image(repository, manifest, entry)

    def _image(
        self, repository: Repository, manifest: Document, entry: Descriptor | None
    ) -> Fetched:
        where = f"{repository}@{manifest.digest}"
        value = answers.decoded(manifest.data, where)
        described = Descriptor.read(value.get("config"), f"{where}: config")
        if described.media_type not in kinds.CONFIGS or described.size > answers.MAX_DOCUMENT:
            raise LayoutError(f"{where}: no container image, but {described.media_type}")
        configuration = Document(described.media_type, self._configuration(repository, described))
        config = answers.decoded(configuration.data, f"{repository}@{described.digest}")
        if not isinstance(config, dict):
            raise LayoutError(f"{repository}@{described.digest}: no configuration of an image")
        platform = _platform(config, where)
        if entry is not None and _platform(entry.platform, where) != platform:
            raise LayoutError(f"{where}: the index and the image differ in platform")
        return Fetched(
            entry=entry or _alone(manifest, config),
            platform=platform,
            manifest=manifest,
            configuration=configuration,
            layers=_layers(value, where),
        )

    def _configuration(self, repository: Repository, blob: Descriptor) -> bytes:
        if (kept := self.store.read(blob.digest)) is not None:
            return kept
        data = b"".join(self.client.read_blob(repository, blob))
        self.store.put(data)
        return data

    def _layer(self, repository: Repository, layer: Descriptor, stop: Stop) -> bool:
        """Have a layer in the store; whether it had to be fetched."""
        with self.store.alone(layer.digest):
            if self.store.has(layer.digest):
                return False
            with self.store.writing() as stream:
                for piece in stop.heeded(self.client.read_blob(repository, layer)):
                    stream.write(piece)
                self.store.adopt(stream, layer.digest)
            return True


def fetch_image(client: Client, reference: Reference, platform: Platform, store: Store) -> Fetched:
    """One platform's image, its documents and all its layers in the store.

    Raises `LayoutError` for what is no image for that platform, else `ContainersError`.
    """
    fetcher = Fetcher(client=client, store=store)
    found = fetcher.find(reference, platform)
    one = Found(reference=reference, root=found.root, images=found.images[:1], passed=found.passed)
    fetcher.bring(one)
    return one.images[0]


def _without(
    reference: Reference, platform: Platform | None, entries: Iterable[Descriptor]
) -> LayoutError:
    images = [each.platform for each in entries if each.platform.get("os") != kinds.UNKNOWN]
    shown = sorted({"/".join(str(each[key]) for key in _PARTS if key in each) for each in images})
    known = printable(", ".join(shown)[:300])
    return LayoutError(
        f"{reference}: no container image{f' for {platform}' if platform else ''};"
        f" it has {known or 'none'}",
        remedy="ask for a platform that it has",
    )


def _entries(root: Document, where: str) -> tuple[Descriptor, ...]:
    listed = answers.decoded(root.data, where).get("manifests")
    if not isinstance(listed, list) or len(listed) > MAX_IMAGES:
        raise LayoutError(f"{where}: an index without a list, or of more than {MAX_IMAGES} images")
    return tuple(Descriptor.read(each, f"{where}: manifests") for each in listed)


def _is_wanted(entry: Descriptor, platform: Platform | None, where: str) -> bool:
    if entry.media_type not in kinds.MANIFESTS or entry.platform.get("os") == kinds.UNKNOWN:
        return False
    if platform is None:
        return True
    fits = kinds.is_common(platform.architecture, entry.platform.get("variant", ""))
    return fits and _platform(entry.platform, where) == platform


def _layers(manifest: Mapping[str, Any], where: str) -> tuple[Descriptor, ...]:
    listed = manifest.get("layers")
    if not isinstance(listed, list) or len(listed) > MAX_LAYERS:
        raise LayoutError(f"{where}: no list of layers, or more than {MAX_LAYERS}")
    layers = tuple(Descriptor.read(each, f"{where}: layers") for each in listed)
    for layer in layers:
        if layer.media_type not in kinds.LAYERS or layer.size > MAX_LAYER:
            raise LayoutError(
                f"{where}: a layer of {layer.size} bytes, {layer.media_type}, which is not fetched"
            )
    return layers


def _alone(manifest: Document, config: Mapping[str, Any]) -> Descriptor:
    """What an index would say of a manifest that has none."""
    said = ((key, config.get(key)) for key in _PARTS)
    return Descriptor(
        media_type=manifest.media_type,
        digest=manifest.digest,
        size=len(manifest.data),
        platform={key: value for key, value in said if isinstance(value, str) and value},
    )


def _platform(value: Mapping[str, Any], where: str) -> Platform:
    try:
        return Platform(str(value.get("os")), str(value.get("architecture")))
    except PlatformError as error:
        raise LayoutError(f"{where}: {error}") from error
