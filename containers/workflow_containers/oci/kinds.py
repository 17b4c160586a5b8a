"""Kinds of documents and layers: OCI's media types, and Docker's (schema 2) for the same bytes."""

from __future__ import annotations

from workflow_containers.layers.layer import GZIP, TAR
from workflow_containers.oci import image

DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
DOCKER_TAR = "application/vnd.docker.image.rootfs.diff.tar"
ZSTD = f"{TAR}+zstd"
INDEXES = (image.INDEX, DOCKER_LIST)
MANIFESTS = (image.MANIFEST, DOCKER_MANIFEST)
CONFIGS = (image.CONFIG, DOCKER_CONFIG)
READABLE = (GZIP, TAR, DOCKER_LAYER, DOCKER_TAR)
"""The layers that can be read."""
LAYERS = (*READABLE, ZSTD)
"""The layers that can be passed on."""
UNKNOWN = "unknown"
"""The operating system of what attests an image, as BuildKit puts it into an index."""

_OCI = {
    DOCKER_LIST: image.INDEX,
    DOCKER_MANIFEST: image.MANIFEST,
    DOCKER_CONFIG: image.CONFIG,
    DOCKER_LAYER: GZIP,
    DOCKER_TAR: TAR,
}
# The variants of an architecture that every machine of it runs.
_COMMON = {"amd64": ("", "v1"), "arm64": ("", "v8")}


def as_oci(media_type: str) -> str:
    """OCI's media type for bytes that may be called by Docker's."""
    return _OCI.get(media_type, media_type)


def is_common(architecture: str, variant: object) -> bool:
    """Whether every machine of an architecture runs a variant of it."""
    return architecture not in _COMMON or variant in _COMMON[architecture]
