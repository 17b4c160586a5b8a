"""What a registry's answers say: refusals as errors, digests and documents checked.

Errors: distribution specification 1.1, "Error Codes". All that is shown of an answer is bounded
and printable.
"""

from __future__ import annotations

import re
from typing import Any

from workflow_containers.errors import (
    ContainersError,
    CredentialsError,
    IntegrityError,
    MissingError,
    RegistryError,
)
from workflow_containers.network.interface import Response
from workflow_sbom import canonical
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DocumentError
from workflow_sbom.printable import printable

MAX_DOCUMENT = 4 << 20
_MAX_ERROR = 64 << 10
_SHOWN = 3
_CODE = re.compile(r"[A-Z0-9_]{1,64}", re.ASCII)
_NEXT = re.compile(r"<([^<>]{1,8192})>(?:\s*;[^,<>]*)?;\s*rel=\"?next\"?", re.ASCII)
_REMEDIES = {
    401: "workflow-containers registry login, or docker login",
    403: "use credentials that may do this, or ask the repository's owner",
    404: "check the name; a registry also hides what the credentials may not see",
    405: "this registry does not do that",
    413: "the registry, or a proxy before it, takes nothing as large; ask its operator",
    429: "the registry asks for patience; try again later",
}


def refusal(response: Response, what: str) -> ContainersError:
    """The error of an answer that is no success; `what` was asked for. Reads the body."""
    codes, said = _told(response)
    status = response.status
    message = f"{what}: {said or 'refused'} (HTTP {status})"
    server = "the registry fails; try again later" if status >= 500 else ""
    remedy = _REMEDIES.get(status, server or "mend what the registry names")
    code = codes[0] if codes else ""
    if status in {401, 403}:
        return CredentialsError(message, remedy=remedy)
    kind = MissingError if status in {404, 410} else RegistryError
    return kind(message, remedy=remedy, status=status, code=code)


def _told(response: Response) -> tuple[list[str], str]:
    """The codes, and the messages as one line."""
    try:
        value = canonical.decode(response.read(_MAX_ERROR))
    except (DocumentError, ContainersError):
        return [], ""
    errors = value.get("errors") if isinstance(value, dict) else None
    listed = errors if isinstance(errors, list) else []
    faults = [each for each in listed if isinstance(each, dict)][:_SHOWN]
    codes = [code for each in faults if _CODE.fullmatch(code := str(each.get("code")))]
    said = [" ".join((str(each.get("code") or ""), str(each.get("message") or "")))
            for each in faults]  # fmt: skip
    return codes, "; ".join(printable(each.strip()[:300]) for each in said)


def require_digest(response: Response, digest: Digest, what: str) -> None:
    """The digest the registry names, if it names one, is ours; raises `IntegrityError`."""
    named = response.headers.get("docker-content-digest")
    if named is not None and named.startswith("sha256:") and named != str(digest):
        raise IntegrityError(
            f"{what}: the registry has {printable(named[:80])}, not {digest}",
            remedy="something between here and the registry changes content; trust none of it",
        )


def document(response: Response, what: str) -> Any:
    """The answer's JSON; raises `RegistryError`."""
    return decoded(response.read(MAX_DOCUMENT), what)


def decoded(data: bytes, what: str) -> Any:
    """JSON from a registry; raises `RegistryError`."""
    try:
        return canonical.decode(data, limit=MAX_DOCUMENT)
    except DocumentError as error:
        raise RegistryError(f"{what}: {error}", remedy="ask the registry's operator") from error


def media_type(response: Response) -> str:
    """The answer's media type without its parameters."""
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


def next_page(response: Response) -> str | None:
    """Where the next page is (RFC 8288), if there is one."""
    found = _NEXT.search(response.headers.get("link", ""))
    return found[1] if found else None
