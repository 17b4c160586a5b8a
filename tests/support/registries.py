"""Real registries on loopback: Debian's docker-registry, and two with the referrers API.

Each has a folder of its own and is gone when it is left. Only the first keeps files, wants to know
who asks, or speaks TLS.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from simulators.token_server import ISSUER, SERVICE
from support.absent import absent
from support.certificates import Authority
from support.go_programs import program
from support.serving import serving

USER, PASSWORD = "anna", "correct horse battery"
# bcrypt of that password, as `htpasswd -B` writes it.
_BCRYPT = "$2b$04$K8yQk7MBY9yXb6jCTyNfHOPp9g0jh6Hf.cEQzSVipzXW6Uoa3y9/K"
_UPLOADING = re.compile(r'"(?:POST|PATCH|PUT) /v2/\S+/blobs/uploads/')
ENVIRONMENT = {"PATH": os.environ["PATH"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """One that listens; `address` is `host:port`, `data` where it keeps things, if it does."""

    address: str
    log: Path
    data: Path | None = None

    def name(self, path: str) -> str:
        """A repository, or with a tag an image, of this registry."""
        return f"{self.address}/{path}"

    def uploading(self) -> int:
        """How many requests there were to upload a blob or a part of one (docker-registry's)."""
        return len(_UPLOADING.findall(self.log.read_text()))

    def blobs(self) -> set[str]:
        """The digests of all the blobs and manifests that are kept whole."""
        assert self.data is not None
        return {f"sha256:{path.parent.name}" for path in self.data.glob("**/blobs/**/data")}


@contextmanager
def distribution(folder: Path, **settings: Mapping[str, Any]) -> Iterator[Registry]:
    """Debian's docker-registry (distribution 2.8); `settings` are sections of its configuration."""
    found = shutil.which("docker-registry") or absent("apt-get install docker-registry")
    folder.mkdir(parents=True, exist_ok=True)
    data, log = folder / "data", folder / "log"
    configuration: dict[str, Any] = {
        "version": "0.1",
        "log": {"level": "info"},
        "storage": {"filesystem": {"rootdirectory": str(data)}, "delete": {"enabled": True}},
        **settings,
        "http": {"addr": "127.0.0.1:0", "secret": "none", **settings.get("http", {})},
    }
    file = folder / "config.yml"
    file.write_text(json.dumps(configuration))  # JSON is YAML
    with serving([found, "serve", file], log=log, env=ENVIRONMENT) as address:
        yield Registry(address=address, log=log, data=data)


def with_password(folder: Path) -> Mapping[str, Any]:
    """The settings of a registry that lets in `USER` with `PASSWORD`."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "htpasswd"
    file.write_text(f"{USER}:{_BCRYPT}\n")
    return {"auth": {"htpasswd": {"realm": "registry", "path": str(file)}}}


def with_tokens(realm: str, issuer: Authority) -> Mapping[str, Any]:
    """The settings of a registry that lets in whoever has a token of the issuer."""
    token = {"realm": realm, "service": SERVICE, "issuer": ISSUER}
    return {"auth": {"token": {**token, "rootcertbundle": str(issuer.bundle)}}}


def with_tls(authority: Authority, host: str) -> Mapping[str, Any]:
    """The settings of a registry that speaks TLS under that name."""
    file = str(authority.server(host))
    return {"http": {"tls": {"certificate": file, "key": file}}}


@contextmanager
def in_memory(
    name: Literal["ociregistry", "go-containerregistry"], folder: Path
) -> Iterator[Registry]:
    """A registry with the referrers API (see `interop/go/serve`)."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log"
    with serving([program("serve"), name], log=log, env=ENVIRONMENT) as address:
        yield Registry(address=address, log=log)
