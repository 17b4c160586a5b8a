"""OCI documents (image specification 1.1): configuration, manifest, index, as canonical JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from workflow_containers.definition import Definition
from workflow_containers.layers.layer import GZIP, Layer
from workflow_containers.platform import Platform
from workflow_sbom import canonical
from workflow_sbom.digest import Digest

CONFIG = "application/vnd.oci.image.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = GZIP
REF_NAME = "org.opencontainers.image.ref.name"
BASE_NAME = "org.opencontainers.image.base.name"
BASE_DIGEST = "org.opencontainers.image.base.digest"
# How many of a manifest's layers are the base's, the lowest ones; there is no key of OCI's for it.
BASE_LAYERS = "workflow-containers.base.layers"
RENEWED_LOCK = "workflow-containers.lock.re-resolved"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """What an image has from the one under it: layers, history, environment, labels.

    `execution` are fields of the configuration that no definition has a word for.
    """

    diff_ids: tuple[Digest, ...] = ()
    history: tuple[canonical.Json, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    execution: Mapping[str, canonical.Json] = field(default_factory=dict)


NOTHING = Inherited()


def timestamp(moment: datetime) -> str:
    """A time as OCI writes it (RFC 3339), in UTC; raises `ValueError` without a time zone."""
    from datetime import UTC

    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def config(
    definition: Definition, platform: Platform, layers: Sequence[Layer], created: datetime,
    labels: Mapping[str, str], inherited: Inherited = NOTHING,
) -> Document:  # fmt: skip
    """The configuration: how the image is run, and its layers uncompressed.

    `layers` are those made here; what is under them is `inherited`.
    """
    when = timestamp(created)
    value: dict[str, canonical.Json] = {
        "architecture": platform.architecture,
        "os": platform.os,
        "created": when,
        "config": _execution(definition, labels, inherited),
        "rootfs": {
            "type": "layers",
            "diff_ids": [
                *map(str, inherited.diff_ids),
                *(str(layer.diff_id) for layer in layers),
            ],
        },
        "history": [
            *inherited.history,
            *(
                {"created": when, "created_by": f"workflow-containers: {layer.name}"}
                for layer in layers
            ),
        ],
    }
    return Document(CONFIG, canonical.encode(value))


def _execution(
    definition: Definition, labels: Mapping[str, str], inherited: Inherited
) -> canonical.Json:
    environment = {"PATH": _PATH, "LANG": "C.UTF-8", **inherited.env, **definition.env}
    labels = {**inherited.labels, **labels}
    value: dict[str, canonical.Json] = {
        **inherited.execution,
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
    """One platform's image: its configuration and all its layers, the lowest first."""
    value: dict[str, canonical.Json] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": configuration.descriptor(),
        "layers": [descriptor(layer.media_type, layer.digest, layer.size) for layer in layers],
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
