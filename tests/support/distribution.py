"""The distribution project's own registry, run for a test, with users or without."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.absent import absent
from support.patience import until

PROGRAM = "docker-registry"
USER, PASSWORD = "me", "pass:word"
# bcrypt of PASSWORD, four rounds.
_HASH = "$2y$04$B4qcWnMvFgsq3rZgKwPHgOnXBM6zvMYEhg8qzAyNKUn8J69B3a.Ya"


def by_password(folder: Path) -> dict[str, Any]:
    """Settings for a registry that wants the password."""
    file = folder / "htpasswd"
    file.write_text(f"{USER}:{_HASH}\n", encoding="ascii")
    return {"htpasswd": {"realm": "test", "path": str(file)}}


def by_token(realm: str, bundle: Path) -> dict[str, Any]:
    """Settings for a registry that wants tokens of a service whose certificate is in `bundle`."""
    return {
        "token": {
            "realm": realm,
            "service": "test-registry",
            "issuer": "test-issuer",
            "rootcertbundle": str(bundle),
        }
    }


@contextmanager
def running(folder: Path, auth: Mapping[str, Any] | None = None) -> Iterator[str]:
    """A registry; gives its host and port."""
    if shutil.which(PROGRAM) is None:
        absent(f"{PROGRAM} is not installed")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
    config = {
        "version": "0.1",
        "log": {"accesslog": {"disabled": True}, "level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "blobs")}},
        "http": {"addr": host},
        **({"auth": dict(auth)} if auth else {}),
    }
    path = folder / "registry.yml"
    path.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
    log = folder / "registry.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [PROGRAM, "serve", str(path)], cwd=folder, stdout=output, stderr=output
        )
        try:
            until(lambda: _answers(host), seconds=20, told=log.read_text)
            yield host
        finally:
            process.terminate()
            process.wait(20)


def _answers(host: str) -> bool:
    name, _, port = host.partition(":")
    try:
        with socket.create_connection((name, int(port)), timeout=1):
            return True
    except OSError:
        return False
