"""Small image archives of chosen layers, and pushing them to a simulated registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from simulators.registry import HOST, Registry
from workflow_containers.layers.layer import Layer
from workflow_containers.network.interface import Transport
from workflow_containers.oci import archive, image
from workflow_containers.oci.image import Document
from workflow_containers.oci.layout import Layout
from workflow_containers.oci.reference import Repository
from workflow_containers.platform import AMD64, ARM64, Platform
from workflow_containers.registry.client import Client
from workflow_containers.registry.push import Pusher
from workflow_containers.registry.shipment import Destination, Shipment, Tag
from workflow_containers.registry.uploads import Uploads
from workflow_containers.store import Store
from workflow_sbom import canonical
from workflow_sbom.digest import Digest

SHOP = Repository(HOST, "team/shop")
TILL = Repository(HOST, "team/till")
LAYERS: Mapping[Platform, Sequence[bytes]] = {
    AMD64: (b"base of amd64" * 10, b"application" * 10),
    ARM64: (b"base of arm64" * 10, b"application" * 10),
}


def layer(store: Store, data: bytes) -> Layer:
    """Nobody unpacks it here, so any bytes will do."""
    digest = store.put(data)
    return Layer(
        name="x", digest=digest, size=len(data), diff_id=Digest.of(b"t" + data), raw_size=1
    )


def configuration(platform: Platform, layers: Sequence[Layer]) -> Document:
    value: dict[str, Any] = {
        "architecture": platform.architecture,
        "os": platform.os,
        "rootfs": {"type": "layers", "diff_ids": [str(each.diff_id) for each in layers]},
    }
    return Document(image.CONFIG, canonical.encode(value))


def write(
    folder: Path,
    layers: Mapping[Platform, Sequence[bytes]] = LAYERS,
    *,
    name: str = "shop",
    version: str = "1.2.3",
) -> Path:
    """An archive as a build writes it."""
    store, built = Store(folder / "store"), []
    for platform, contents in layers.items():
        stored = tuple(layer(store, data) for data in contents)
        config = configuration(platform, stored)
        manifest = image.manifest(config, stored, {"org.opencontainers.image.version": version})
        built.append(
            archive.Built(platform=platform, configuration=config, manifest=manifest, layers=stored)
        )
    index = image.index(
        [(each.platform, each.manifest) for each in built],
        {"org.opencontainers.image.version": version},
    )
    made = archive.Contents(name=name, version=version, index=index, images=tuple(built))
    path = folder / f"{name}-{version}.oci.tar"
    archive.save(made, store, path)
    return path


class Archives:
    """Open archives, to push from; closed at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._stack.close()

    def shipment(
        self,
        layers: Mapping[Platform, Sequence[bytes]] = LAYERS,
        *,
        name: str = "shop",
        version: str = "1.2.3",
    ) -> Shipment:
        path = write(self._folder, layers, name=name, version=version)
        return Shipment.of(self._stack.enter_context(Layout(path)))


def client(transport: Transport) -> Client:
    return Client(transport=transport)


def pusher(transport: Transport, *, chunk: int = 50, whole: int = 20, tries: int = 5) -> Pusher:
    """Chunks so small that small blobs need several."""
    uploads = Uploads(client=client(transport), chunk=chunk, whole=whole, tries=tries)
    return Pusher(uploads=uploads)


def to(repository: Repository = SHOP, *tags: str, moves: bool = False) -> Destination:
    names = tuple(Tag(name=name, moves=moves) for name in tags)
    return Destination(repository=repository, tags=names)


def holds(registry: Registry, repository: Repository, shipment: Shipment) -> bool:
    """Whether the registry has all of the image, to the byte."""
    there = registry.repository(repository.path)
    blobs = all(
        there.blobs.get(str(each.digest)) == b"".join(each.pieces(0, each.size))
        for each in shipment.blobs
    )
    documents = (*shipment.manifests, shipment.index)
    return blobs and all(
        there.manifests.get(str(each.digest)) == (each.media_type, each.data) for each in documents
    )
