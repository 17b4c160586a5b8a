"""What of a process's surroundings others may have: processors, variables for package clients."""

from __future__ import annotations

import os
from collections.abc import Mapping

_PASSED = (
    "PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
    "http_proxy", "https_proxy", "no_proxy", "all_proxy",
)  # fmt: skip
_PACKAGE_CLIENTS = (
    "PIP_", "npm_config_", "NPM_CONFIG_",
    "GOPROXY", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOSUMDB", "GOINSECURE",
)  # fmt: skip


def processors() -> int:
    """The processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def build_environment(given: Mapping[str, str]) -> dict[str, str]:
    """What a program that runs a project's own code may see: where programs are, no more.

    Neither tokens nor the settings of package clients, which may hold passwords.
    """
    path = given.get("PATH") or os.defpath
    return {"PATH": path, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def fetching_environment(given: Mapping[str, str], home: str) -> dict[str, str]:
    """What a tool that fetches packages may see: paths, proxies, certificates, indexes.

    Everything else stays behind, tokens above all.
    """
    fetching = {
        name: value
        for name, value in given.items()
        if name in _PASSED or name.startswith(_PACKAGE_CLIENTS)
    }
    return fetching | build_environment(given) | {"HOME": home}
