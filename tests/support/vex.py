"""VEX documents for tests."""

from __future__ import annotations

import json
from typing import Any

SERIAL = "3e671687-395b-41f5-a30f-a58921a69b79"


def openvex(*statements: dict[str, Any], **more: Any) -> bytes:
    basis = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.org/vex/1",
        "author": "Somebody",
        "timestamp": "2026-11-20T00:00:00Z",
        "version": 1,
    }
    return json.dumps(basis | {"statements": list(statements)} | more).encode()


def said(name: str = "CVE-2026-1", purl: str = "pkg:pypi/x@1.0", **more: Any) -> dict[str, Any]:
    basis = {
        "vulnerability": {"name": name},
        "products": [{"@id": purl}],
        "status": "not_affected",
        "justification": "vulnerable_code_not_present",
    }
    return {key: value for key, value in (basis | more).items() if value is not None}


def cyclonedx(*vulnerabilities: dict[str, Any], **more: Any) -> bytes:
    basis = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}
    return json.dumps(basis | {"vulnerabilities": list(vulnerabilities)} | more).encode()


def analysed(
    ref: str = "pkg:pypi/x@1.0", *, versions: list[dict[str, str]] | None = None, **analysis: Any
) -> dict[str, Any]:
    affected: dict[str, Any] = {"ref": ref}
    if versions is not None:
        affected["versions"] = versions
    basis = {"state": "not_affected", "justification": "code_not_reachable"}
    stated = {key: value for key, value in (basis | analysis).items() if value is not None}
    return {"id": "CVE-2026-1", "analysis": stated, "affects": [affected]}
