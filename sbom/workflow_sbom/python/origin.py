"""Where an installed distribution came from when that was no index: `direct_url.json` (PEP 610).

Specification: https://packaging.python.org/en/latest/specifications/direct-url/. The address of a
folder on the machine tells nobody else anything, and is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from workflow_sbom import canonical
from workflow_sbom.address import is_web_address
from workflow_sbom.errors import DocumentError, ModelError
from workflow_sbom.model.parts import Algorithm, ExternalReference, Hash
from workflow_sbom.texts import is_address

MAX_BYTES = 1 << 20
_ALGORITHMS: dict[str, Algorithm] = {
    "md5": "MD5",
    "sha1": "SHA-1",
    "sha256": "SHA-256",
    "sha384": "SHA-384",
    "sha512": "SHA-512",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """An archive, a commit or a folder; `reference` is absent where its address is not public.

    `hashes` are the archive's. `editable`: the code lies outside the environment and may change.
    """

    kind: Literal["archive", "vcs", "folder"]
    reference: ExternalReference | None = None
    hashes: tuple[Hash, ...] = ()
    editable: bool = False


def parse(data: bytes) -> Origin | None:
    """Read a `direct_url.json`; None for what follows the specification in nothing."""
    try:
        table = canonical.decode(data, limit=MAX_BYTES)
    except DocumentError:
        return None
    match table:
        case {"url": str(), "dir_info": dict(info)}:
            return Origin(kind="folder", editable=info.get("editable") is True)
        case {"url": str(url), "vcs_info": {"vcs": str(vcs), "commit_id": str(commit)}}:
            return Origin(kind="vcs", reference=_commit(vcs, url, commit))
        case {"url": str(url), "archive_info": dict(info)}:
            hashes = tuple(sorted(set(_hashes(info))))
            return Origin(kind="archive", reference=_archive(url, hashes), hashes=hashes)
        case _:
            return None


def _commit(vcs: str, url: str, commit: str) -> ExternalReference | None:
    address = f"{vcs}+{url}@{commit}"
    public = is_web_address(url) and is_address(address)
    return ExternalReference("vcs", address) if public else None


def _archive(url: str, hashes: tuple[Hash, ...]) -> ExternalReference | None:
    return ExternalReference("distribution", url, hashes) if is_web_address(url) else None


def _hashes(info: dict[str, Any]) -> list[Hash]:
    """The `hashes` table, else the one `hash` of before it; what is no digest is left out."""
    table = info.get("hashes")
    pairs = list(table.items()) if isinstance(table, dict) else []
    if not pairs and isinstance(info.get("hash"), str):
        name, _, value = info["hash"].partition("=")
        pairs = [(name, value)]
    found = (_hash(name, value) for name, value in pairs)
    return [each for each in found if each is not None]


def _hash(name: str, value: Any) -> Hash | None:
    algorithm = _ALGORITHMS.get(name)
    if algorithm is None or not isinstance(value, str):
        return None
    try:
        return Hash(algorithm, value.lower())
    except ModelError:
        return None
