"""OCI layout archives with a given configuration: small ones, others over real layers."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workflow_containers.layers import fragment, layer
from workflow_containers.layers.entries import File
from workflow_containers.layers.layer import Layer
from workflow_containers.oci import archive, image
from workflow_containers.oci.archive import BLOBS, Built, Contents
from workflow_containers.oci.image import Document
from workflow_containers.oci.layout import Layout
from workflow_containers.platform import AMD64, ARM64, Platform
from workflow_containers.store import Store
from workflow_sbom import canonical
from workflow_sbom.digest import Digest

USER = {"User": "65532:65532", "Entrypoint": ["/run"]}


def written(
    path: Path,
    execution: Mapping[str, Any] = USER,
    *,
    platforms: Sequence[Platform] = (AMD64, ARM64),
    version: str = "1.2.3",
    annotations: Mapping[str, str] = {},
) -> Path:
    """A small archive: one file of its own a platform."""
    store = Store(path.parent / "store")

    def layers(platform: Platform) -> tuple[Layer, ...]:
        made = fragment.write(store, "run", [File("run", 0o755, str(platform).encode())])
        return (layer.assemble(store, "run", (made,), Digest.of(b"rules")),)

    return _save(
        path, store, {each: layers(each) for each in platforms}, execution, version, annotations
    )


def rewritten(source: Path, path: Path, platform: Platform, execution: Mapping[str, Any]) -> Path:
    """Another archive's layers for a platform, run in another way."""
    store = Store(path.parent / "store")
    with Layout(source) as layout, tarfile.open(source) as tar:
        found = layout.image(platform)
        layers = []
        for each in found.layers:
            blob = tar.extractfile(f"{BLOBS}/{each.blob.digest.hex}")
            assert blob is not None
            store.put(blob.read())
            layers.append(
                Layer(
                    name=each.blob.digest.hex[:8],
                    digest=each.blob.digest,
                    size=each.blob.size,
                    diff_id=each.diff_id,
                    raw_size=0,
                )
            )
        version = layout.version
    return _save(path, store, {platform: tuple(layers)}, execution, version, {})


def _save(
    path: Path,
    store: Store,
    platforms: Mapping[Platform, tuple[Layer, ...]],
    execution: Mapping[str, Any],
    version: str,
    annotations: Mapping[str, str],
) -> Path:
    built = []
    for platform, layers in platforms.items():
        value: dict[str, Any] = {
            "architecture": platform.architecture,
            "os": platform.os,
            "config": execution,
            "rootfs": {"type": "layers", "diff_ids": [str(each.diff_id) for each in layers]},
        }
        config = Document(image.CONFIG, canonical.encode(value))
        built.append(
            Built(
                platform=platform,
                configuration=config,
                manifest=image.manifest(config, layers, annotations),
                layers=layers,
            )
        )
    index = image.index([(each.platform, each.manifest) for each in built], annotations)
    contents = Contents(name=path.stem, version=version, index=index, images=tuple(built))
    archive.save(contents, store, path)
    return path
