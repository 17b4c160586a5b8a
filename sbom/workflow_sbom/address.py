"""Public addresses: of a repository, from what its remote is called, and which may be passed on."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_USER = r"(?:[^@/\s]*@)?"
_PORT = r"(?::[0-9]{1,5})?"
_HOST = r"(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*%s)/"
_DOTTED = r"(?P<host>[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)+)"
_PATH = r"(?P<path>[A-Za-z0-9._~+/-]+)"
_FORMS = (
    f"https://{_USER}{_HOST % _PORT}{_PATH}",
    f"(?:http|git)://{_USER}{_HOST % ''}{_PATH}",
    rf"(?:git\+)?ssh://{_USER}{_DOTTED}{_PORT}/{_PATH}",
    f"{_USER}{_DOTTED}:{_PATH}",
)


def https_address(url: str) -> str | None:
    """The https address of a remote, without credentials; None for what has none.

    `git@host:owner/name.git` and `ssh://git@host:22/owner/name.git` become
    `https://host/owner/name`. Local folders have no address, nor have short host names in an ssh
    address (those are names in a user's ssh settings), nor plain http on a port of its own.
    """
    for form in _FORMS:
        if found := re.fullmatch(form, url):
            return _https(found["host"].lower(), found["path"])
    return None


def _https(host: str, path: str) -> str | None:
    parts = path.strip("/").removesuffix(".git").rstrip("/").split("/")
    if any(part in {"", ".", ".."} for part in parts):
        return None
    return f"https://{host}/{'/'.join(parts)}"


def is_web_address(url: str) -> bool:
    """Whether an address is fit to be passed on: absolute, of the web, without credentials."""
    from workflow_sbom.texts import is_address

    if not is_address(url) or not url.startswith(("http://", "https://")):
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
