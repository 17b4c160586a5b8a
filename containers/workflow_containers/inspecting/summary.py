"""What an archive holds, in the few facts that people ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workflow_containers.inspecting.software import Package
from workflow_containers.inspecting.survey import survey
from workflow_containers.oci import image
from workflow_containers.oci.layout import Image, Layout
from workflow_sbom import canonical
from workflow_sbom.digest import Digest

_PREFIX = "workflow-containers: "
_SECOND = 1_000_000_000
_TITLE = "org.opencontainers.image.title"
_VERSION = "org.opencontainers.image.version"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSummary:
    """A layer: what it says it is, compressed and uncompressed size in bytes, its members."""

    name: str
    digest: Digest
    contents: Digest
    size: int
    raw_size: int
    members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSummary:
    """One platform's image; `run` is how a container is run, by the words people use."""

    platform: str
    manifest: Digest
    config: Digest
    created: str
    run: Mapping[str, str]
    layers: tuple[LayerSummary, ...]
    versions: Mapping[Package, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """An archive: name, version and base as it states them, its index, an image a platform."""

    name: str
    version: str
    base: str
    index: Digest
    images: tuple[ImageSummary, ...]


def summarise(layout: Layout) -> Summary:
    """Read an archive, every layer; raises `LayoutError` or `MemberError`."""
    annotations = _texts(canonical.decode(layout.document(layout.index)).get("annotations"))
    return Summary(
        name=annotations.get(_TITLE) or layout.names.get(image.CONTAINERD_NAME, ""),
        version=layout.version or annotations.get(_VERSION, ""),
        base="@".join(
            annotations[key] for key in (image.BASE_NAME, image.BASE_DIGEST) if annotations.get(key)
        ),
        index=layout.index,
        images=tuple(_image(layout, each) for each in layout.images),
    )


def _image(layout: Layout, found: Image) -> ImageSummary:
    known = survey(layout, found, range(len(found.layers)))
    names = [*_names(found.config.get("history"))]
    if len(names) != len(found.layers):
        names = [""] * len(found.layers)  # a history that was not kept up tells nothing
    return ImageSummary(
        platform=str(found.platform),
        manifest=found.manifest,
        config=found.config_digest,
        created=str(found.config.get("created", "")),
        run=dict(_run(_table(found.config.get("config")))),
        layers=tuple(
            LayerSummary(
                name=names[number],
                digest=layer.blob.digest,
                contents=layer.diff_id,
                size=layer.blob.size,
                raw_size=known.layers[number].size,
                members=len(known.layers[number].order),
            )
            for number, layer in enumerate(found.layers)
        ),
        versions=dict(sorted(known.software.versions.items())),
    )


def _names(history: Any) -> Iterator[str]:
    """What made each layer, as the history says; entries that made none are passed over."""
    for entry in history if isinstance(history, list) else ():
        made = _table(entry)
        if not made.get("empty_layer"):
            yield str(made.get("created_by", "")).removeprefix(_PREFIX)


def _run(execution: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    command = [*_words(execution.get("Entrypoint")), *_words(execution.get("Cmd"))]
    health = _table(execution.get("Healthcheck"))
    found = {
        "runs": " ".join(command),
        "user": str(execution.get("User") or "0 (root)"),
        "folder": str(execution.get("WorkingDir") or "/"),
        "ports": ", ".join(sorted(_table(execution.get("ExposedPorts")))),
        "health": _health(health),
    }
    yield from ((name, text) for name, text in found.items() if text)


def _health(check: Mapping[str, Any]) -> str:
    """`python3 -c pass, every 30 s`."""
    command = " ".join(_words(check.get("Test"))[1:])
    interval = check.get("Interval")
    if command and isinstance(interval, int) and interval > 0:
        return f"{command}, every {interval / _SECOND:g} s"
    return command


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> Mapping[str, str]:
    return {key: text for key, text in _table(value).items() if isinstance(text, str)}


def _words(value: Any) -> Sequence[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
