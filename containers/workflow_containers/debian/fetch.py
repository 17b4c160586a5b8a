"""Fetching locked packages into the store, each checked against the lock as it comes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from workflow_containers.debian.lock import RELOCK, Package
from workflow_containers.debian.mirror import Mirrors
from workflow_containers.errors import AbsentError, MirrorError, NetworkError, RegistryError
from workflow_containers.network.transport import Fetch
from workflow_containers.store import Store
from workflow_sbom.digest import Digest

_TRIES = 3
_STEP = 256 << 10
_AT_ONCE = 8


def packages(wanted: Iterable[Package], *, store: Store, mirrors: Mirrors, fetch: Fetch) -> None:
    """Bring every package into the store; raises `MirrorError` naming what can't be had.

    It is an `AbsentError` when the mirror has everything but what it dropped.
    """
    missing = {package.sha256: package for package in wanted if not store.has(package.sha256)}

    def one(package: Package) -> MirrorError | None:
        with store.alone(package.sha256):
            if store.has(package.sha256):
                return None
            return _package(package, store, mirrors, fetch)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        faults = [fault for fault in pool.map(one, missing.values()) if fault is not None]
    if faults:
        dropped = all(isinstance(fault, AbsentError) for fault in faults)
        text = "; ".join(sorted(fault.message for fault in faults))
        raise AbsentError(text) if dropped else MirrorError(text)


def _package(package: Package, store: Store, mirrors: Mirrors, fetch: Fetch) -> MirrorError | None:
    """Fetch one package, trying again when the connection fails; what went wrong, or None."""
    url = mirrors.url(package.archive, package.path)
    title = f"{package.name} {package.version} ({package.architecture})"
    reason = ""
    for _ in range(_TRIES):
        try:
            with fetch(url) as stream:
                return _keep(stream, package, store, title)
        except AbsentError:
            return AbsentError(f"the mirror no longer has {title}; {RELOCK}")
        except RegistryError as error:
            return MirrorError(f"{title} can't be fetched: {error}")
        except (NetworkError, OSError, EOFError) as error:
            reason = str(error)
    return MirrorError(f"{title} can't be fetched: {reason[:200]}")


def _keep(stream: IO[bytes], package: Package, store: Store, title: str) -> MirrorError | None:
    state, size = hashlib.sha256(), 0
    with store.writing() as file:
        while size <= package.size and (data := stream.read(_STEP)):
            state.update(data)
            size += len(data)
            file.write(data)
        if size < package.size:
            raise EOFError(f"the connection ended after {size} of {package.size} bytes")
        if size > package.size or state.hexdigest() != package.sha256.hex:
            return MirrorError(f"the mirror has another {title} than was locked; {RELOCK}")
        store.adopt(file, Digest(state.hexdigest()))
    return None
