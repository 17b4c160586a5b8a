"""OSV records for tests."""

from __future__ import annotations

import json
from typing import Any

MODIFIED = "2026-11-25T10:00:00Z"


def events(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{kind: version} for kind, version in pairs]


def affected(
    name: str = "x",
    *pairs: tuple[str, str],
    ecosystem: str = "PyPI",
    versions: tuple[str, ...] = (),
    kind: str = "ECOSYSTEM",
) -> dict[str, Any]:
    package: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": name}}
    if pairs:
        package["ranges"] = [{"type": kind, "events": events(*pairs)}]
    if versions:
        package["versions"] = list(versions)
    return package


def record(identifier: str = "GHSA-1", *packages: dict[str, Any], **more: Any) -> dict[str, Any]:
    basis = {"schema_version": "1.7.0", "id": identifier, "modified": MODIFIED}
    return basis | {"affected": list(packages)} | more


def encoded(identifier: str = "GHSA-1", *packages: dict[str, Any], **more: Any) -> bytes:
    return json.dumps(record(identifier, *packages, **more)).encode()
