"""OCI documents (image specification 1.1): configuration, manifest, index, as canonical JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from workflow_containers.definition import Definition
from workflow_containers.layers.layer import Layer
from workflow_containers.platform import Platform
from workflow_sbom import canonical
from workflow_sbom.digest import Digest

CONFIG = "application/vnd.oci.image.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
REF_NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"
_SECOND = 1_000_000_000
_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class Document:
    """A document's bytes, their digest, and what kind they are."""

    media_type: str
    data: bytes

    @property
    def digest(self) -> Digest:
        """The digest that names it."""
        return Digest.of(self.data)

    def descriptor(self) -> dict[str, canonical.Json]:
        """How other documents refer to it."""
        return descriptor(self.media_type, self.digest, len(self.data))


def descriptor(media_type: str, digest: Digest, size: int) -> dict[str, canonical.Json]:
    """A content descriptor."""
    return {"mediaType": media_type, "digest": str(digest), "size": size}


def timestamp(moment: datetime) -> str:
    """A time as OCI writes it (RFC 3339), in UTC; raises `ValueError` without a time zone."""
    from datetime import UTC

    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def config(
    definition: Definition, platform: Platform, layers: Sequence[Layer], created: datetime,
    labels: Mapping[str, str],
) -> Document:  # fmt: skip
    """The configuration: how the image is run, and its layers uncompressed."""
    when = timestamp(created)
    value: dict[str, canonical.Json] = {
        "architecture": platform.architecture,
        "os": platform.os,
        "created": when,
        "config": _execution(definition, labels),
        "rootfs": {"type": "layers", "diff_ids": [str(layer.diff_id) for layer in layers]},
        "history": [
            {"created": when, "created_by": f"workflow-containers: {layer.name}"}
            for layer in layers
        ],
    }
    return Document(CONFIG, canonical.encode(value))


def _execution(definition: Definition, labels: Mapping[str, str]) -> canonical.Json:
    environment = {"PATH": _PATH, "LANG": "C.UTF-8", **definition.env}
    value: dict[str, canonical.Json] = {
        "User": f"{definition.user}:{definition.user}",
        "Entrypoint": definition.entrypoint,
        "WorkingDir": definition.workdir,
        "Env": [f"{name}={text}" for name, text in sorted(environment.items())],
    }
    if definition.cmd:
        value["Cmd"] = definition.cmd
    if definition.ports:
        value["ExposedPorts"] = {f"{port}/tcp": {} for port in definition.ports}
    if labels:
        value["Labels"] = labels
    if (health := definition.health) is not None:
        value["Healthcheck"] = {
            "Test": ["CMD", *health.command],
            "Interval": health.interval * _SECOND,
            "Timeout": health.timeout * _SECOND,
            "StartPeriod": health.start_period * _SECOND,
            "Retries": health.retries,
        }
    return value


def manifest(
    configuration: Document, layers: Sequence[Layer], annotations: Mapping[str, str]
) -> Document:
    """One platform's image: its configuration and layers."""
    value: dict[str, canonical.Json] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": configuration.descriptor(),
        "layers": [descriptor(LAYER, layer.digest, layer.size) for layer in layers],
    }
    if annotations:
        value["annotations"] = annotations
    return Document(MANIFEST, canonical.encode(value))


def index(
    manifests: Sequence[tuple[Platform, Document]], annotations: Mapping[str, str]
) -> Document:
    """The image for every platform."""
    value: dict[str, canonical.Json] = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [
            document.descriptor()
            | {"platform": {"architecture": platform.architecture, "os": platform.os}}
            for platform, document in manifests
        ],
    }
    if annotations:
        value["annotations"] = annotations
    return Document(INDEX, canonical.encode(value))
