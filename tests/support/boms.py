"""CycloneDX documents for tests of what reads them."""

from __future__ import annotations

from typing import Any

from workflow_sbom.documents.view import view
from workflow_sbom.policy.items import Named

HASH = {"alg": "SHA-256", "content": "ab" * 32}
MAKER = {"name": "The makers", "url": ["https://makers.dev"]}


def component(name: str = "x", version: str | None = "1.0", **more: Any) -> dict[str, Any]:
    """A component that lacks nothing; a value of None leaves a field out."""
    purl = f"pkg:pypi/{name}@{version}" if version else f"pkg:pypi/{name}"
    basis = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "hashes": [HASH],
        "licenses": [{"expression": "MIT"}],
        "supplier": MAKER,
        "copyright": "2026 the makers",
    }
    return {key: value for key, value in (basis | more).items() if value is not None}


def bom(*components: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A document that lacks nothing about those components; None leaves a field out."""
    subject = component("subject", "2.0")
    refs = [each.get("bom-ref") for each in (subject, *components)]
    basis = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "version": 1,
        "metadata": {
            "timestamp": "2026-11-26T00:00:00Z",
            "tools": {"components": [{"type": "application", "name": "t", "version": "3"}]},
            "authors": [{"name": "Somebody"}],
            "supplier": MAKER,
            "lifecycles": [{"phase": "build"}],
            "licenses": [{"license": {"id": "CC0-1.0"}}],
            "component": subject,
        },
        "components": list(components),
        "dependencies": [{"ref": ref, "dependsOn": []} for ref in refs if ref],
        "compositions": [{"aggregate": "unknown"}],
    }
    return {key: value for key, value in (basis | more).items() if value is not None}


def named(json: dict[str, Any], name: str = "a.cdx.json") -> Named:
    return Named(name, view(json))
