"""A signer by its URI: the scheme says of which kind it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from workflow_release.errors import SigningError
from workflow_release.machine.host import Host
from workflow_release.signing.interface import Signer
from workflow_release.signing.local import file_signer, own_signer
from workflow_release.signing.trust import TrustStore
from workflow_sbom.printable import printable
from workflow_sbom.tables import did_you_mean

DEFAULT = "local:"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)


def signer_for(uri: str, host: Host) -> Signer:
    """The signer of a URI: `local:` or `local:<name>`, `file:<path>`.

    Raises `SigningError` for a scheme that is none, and for a key that can't be used.
    """
    scheme, colon, rest = uri.partition(":")
    make = _BY_SCHEME.get(scheme) if colon else None
    if make is None:
        hint = did_you_mean(f"{scheme}:", (f"{known}:" for known in _BY_SCHEME))
        raise SigningError(f"no signer is called '{printable(uri[:80])}'", remedy=hint)
    return make(rest, host)


def _local(name: str, host: Host) -> Signer:
    if name and not _NAME.fullmatch(name):
        raise SigningError(
            f"'{printable(name[:80])}' is no name for a key",
            remedy="use lower-case letters, digits and hyphens, or local: alone",
        )
    return own_signer(name or "default", TrustStore(host))


def _file(path: str, _: Host) -> Signer:
    if not path or "\0" in path or (path.startswith("//") and not path.startswith("///")):
        raise SigningError(
            f"'file:{printable(path[:80])}' names no file", remedy="write it like file:keys/ci.pem"
        )
    return file_signer(Path(path))


_BY_SCHEME: Mapping[str, Callable[[str, Host], Signer]] = MappingProxyType(
    {"local": _local, "file": _file}
)
