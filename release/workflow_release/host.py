"""What this process was given: environment, folders, processors.

The only reader of `os.environ` in this package.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

_PASSED_TO_TOOLS = (
    "PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
    "http_proxy", "https_proxy", "no_proxy", "all_proxy",
)  # fmt: skip
_PACKAGE_CLIENT_PREFIXES = ("PIP_", "npm_config_", "NPM_CONFIG_", "GOPROXY", "GONOSUMDB", "GOSUMDB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The machine as one run of the toolkit sees it; made once, at the door."""

    environment: Mapping[str, str]
    home: Path
    cache: Path
    config: Path
    python: Path
    processors: int

    @classmethod
    def detect(cls) -> Host:
        """Read this process's surroundings."""
        environment = MappingProxyType(dict(os.environ))
        home = Path(environment.get("HOME") or Path.home())
        return cls(
            environment=environment,
            home=home,
            cache=_folder(environment, "WORKFLOW_RELEASE_CACHE", "XDG_CACHE_HOME", home / ".cache"),
            config=_folder(
                environment, "WORKFLOW_RELEASE_CONFIG", "XDG_CONFIG_HOME", home / ".config"
            ),
            python=Path(sys.executable),
            processors=len(os.sched_getaffinity(0)),
        )

    @property
    def in_ci(self) -> bool:
        """Whether a CI service runs this process (`CI` is set to something true)."""
        return self.environment.get("CI", "").lower() not in {"", "0", "false", "no"}

    def tool_environment(self) -> dict[str, str]:
        """What a tool that fetches packages may see: paths, proxies, certificates, indexes.

        Everything else stays behind, tokens above all.
        """
        return {
            name: value
            for name, value in self.environment.items()
            if name in _PASSED_TO_TOOLS or name.startswith(_PACKAGE_CLIENT_PREFIXES)
        } | {"HOME": str(self.home), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _folder(environment: Mapping[str, str], own: str, base: str, fallback: Path) -> Path:
    if given := environment.get(own):
        return Path(given).absolute()
    parent = environment.get(base, "")
    return (Path(parent) if parent.startswith("/") else fallback) / "workflow-release"
