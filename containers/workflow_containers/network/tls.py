"""Whom to believe about a server's name: the machine's authorities, or an environment's."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

from workflow_containers.errors import NetworkError

# Each replaces the machine's own authorities; the first that is set counts.
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_FOLDER = "SSL_CERT_DIR"


def context(environment: Mapping[str, str]) -> ssl.SSLContext:
    """A context that demands a valid certificate of the right host.

    Raises `NetworkError` when a variable names authorities that can't be read.
    """
    variable = next((name for name in (*_BUNDLES, _FOLDER) if environment.get(name)), None)
    if variable is None:
        return ssl.create_default_context()
    named, folder = Path(environment[variable]), environment.get(_FOLDER) or None
    try:
        if named.is_dir():
            return ssl.create_default_context(capath=str(named))
        return ssl.create_default_context(cafile=str(named), capath=folder)
    except OSError as error:  # `ssl.SSLError` is one
        raise NetworkError(
            f"{variable}: no certificates can be read there",
            remedy=f"set {variable} to a file of PEM certificates, or unset it",
            lasting=True,
        ) from error
