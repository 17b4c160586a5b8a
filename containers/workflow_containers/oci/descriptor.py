"""Descriptors (image specification 1.1, descriptor.md): how a document names a blob or another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from workflow_containers.errors import LayoutError
from workflow_sbom import canonical
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DigestError
from workflow_sbom.printable import printable

MAX_SIZE = 1 << 40
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][\w!#$&^.+-]{0,126}/[A-Za-z0-9][\w!#$&^.+-]{0,126}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """What kind of content, its digest and its size in bytes, and what is said about it."""

    media_type: str
    digest: Digest
    size: int
    artifact_type: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)
    platform: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @classmethod
    def read(cls, value: Any, where: str) -> Self:
        """From a document's JSON; raises `LayoutError` that begins with `where`."""
        if not isinstance(value, dict):
            raise LayoutError(f"{where}: no descriptor")
        return cls(
            media_type=_media_type(value.get("mediaType"), where),
            digest=_digest(value.get("digest"), where),
            size=_size(value.get("size"), where),
            artifact_type=_text(value, "artifactType", where),
            annotations=read_annotations(value, where),
            platform=_platform(value, where),
        )

    def value(self) -> dict[str, canonical.Json]:
        """As JSON; what is empty is left out."""
        more: dict[str, canonical.Json] = {
            "artifactType": self.artifact_type,
            "annotations": self.annotations,
            "platform": self.platform,
        }
        kept = {key: value for key, value in more.items() if value}
        return {"mediaType": self.media_type, "digest": str(self.digest), "size": self.size, **kept}


def is_media_type(text: str) -> bool:
    """Whether a text can be a media type (RFC 6838, without parameters)."""
    return bool(_MEDIA_TYPE.fullmatch(text))


def read_annotations(value: Mapping[str, Any], where: str) -> Mapping[str, str]:
    """A document's annotations; raises `LayoutError` when they are no texts."""
    found = _table(value, "annotations", where)
    if not all(isinstance(each, str) for each in found.values()):
        raise LayoutError(f"{where}: annotations that are no texts")
    return found


def _media_type(found: object, where: str) -> str:
    if not isinstance(found, str) or not is_media_type(found):
        raise LayoutError(f"{where}: '{printable(str(found)[:80])}' is no media type")
    return found


def _digest(found: object, where: str) -> Digest:
    try:
        return Digest.parse(str(found))
    except DigestError as error:
        raise LayoutError(f"{where}: {error}") from error


def _size(found: object, where: str) -> int:
    if type(found) is not int or not 0 <= found <= MAX_SIZE:
        raise LayoutError(f"{where}: '{printable(str(found)[:40])}' is no size of a blob")
    return found


def _text(value: Mapping[str, Any], key: str, where: str) -> str:
    found = value.get(key, "")
    if not isinstance(found, str):
        raise LayoutError(f"{where}: {key} is no text")
    return found


def _platform(value: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """Texts, and lists of texts (image-index.md)."""
    found = _table(value, "platform", where)
    for said in found.values():
        texts = said if isinstance(said, list) else [said]
        if not all(isinstance(each, str) for each in texts):
            raise LayoutError(f"{where}: a platform that is not written in texts")
    return found


def _table(value: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    found = value.get(key, {})
    if not isinstance(found, dict):
        raise LayoutError(f"{where}: {key} is no object")
    return found
