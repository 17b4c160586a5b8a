"""Images as others make them, put together by hand in a simulated registry."""

from __future__ import annotations

import json
from typing import Any

from simulators.registry import Registry
from support.archives import SHOP
from workflow_containers.oci import image, kinds
from workflow_sbom.digest import Digest


class Foreign:
    """Puts blobs and manifests into the repository of the shop."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.there = registry.repository(SHOP.path)

    def blob(self, data: bytes, media_type: str) -> dict[str, Any]:
        digest = str(Digest.of(data))
        self.there.blobs[digest] = data
        return {"mediaType": media_type, "digest": digest, "size": len(data)}

    def manifest(self, value: Any, media_type: str, tag: str = "") -> dict[str, Any]:
        data = json.dumps(value).encode()
        digest = str(Digest.of(data))
        self.there.manifests[digest] = (media_type, data)
        if tag:
            self.there.tags[tag] = digest
        return {"mediaType": media_type, "digest": digest, "size": len(data)}

    def docker(self, tag: str = "", **more: Any) -> dict[str, Any]:
        config = {"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": []}}
        value = {
            "schemaVersion": 2,
            "mediaType": kinds.DOCKER_MANIFEST,
            "config": self.blob(json.dumps(config).encode(), kinds.DOCKER_CONFIG),
            "layers": [self.blob(b"layer", kinds.DOCKER_LAYER)],
            **more,
        }
        return self.manifest(value, kinds.DOCKER_MANIFEST, tag)

    def index(self, entries: list[Any], media_type: str = image.INDEX, **more: Any) -> None:
        self.manifest({"schemaVersion": 2, "manifests": entries, **more}, media_type, "1.2.3")
