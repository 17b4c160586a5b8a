"""An image's packages brought into the store, and what is done when the mirror dropped some.

Mirrors keep the newest version alone. Where the caller allows it, the image is resolved again and
its new lock kept in the store, so that the same committed lock comes to the same packages from
then on; what was resolved again is told, for whoever records what an image is made of.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from workflow_containers.debian import fetch, lock, locking, resolve
from workflow_containers.debian.changes import Change, between
from workflow_containers.debian.lock import Lock, Package, Wanted
from workflow_containers.debian.mirror import Mirrors
from workflow_containers.errors import AbsentError, MirrorError
from workflow_containers.network.transport import Fetch
from workflow_containers.platform import Platform
from workflow_containers.run import Run
from workflow_containers.store import Store
from workflow_sbom import canonical
from workflow_sbom.digest import Digest

Policy = Literal["strict", "re-resolve"]
Packages = Mapping[Platform, tuple[Package, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """A lock that was resolved again: its digest in the store, and what it changed."""

    lock: Digest
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The packages of each platform, all in the store; `renewal` if they are not the locked."""

    packages: Packages
    renewal: Renewal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where packages come from, and what is done when one is there no more.

    `keyring` is the one that proves a mirror's indexes; the host's Debian archive keyring when
    None.
    """

    store: Store
    mirrors: Mirrors
    fetch: Fetch
    environment: Mapping[str, str]
    run: Run
    policy: Policy = "strict"
    keyring: Path | None = None

    def hold(self, wanted: Wanted, locked: Lock) -> Held:
        """Bring the image's locked packages into the store.

        Raises `AbsentError` when the mirror no longer has some and the policy is strict,
        `MirrorError` when it can't be asked or believed.
        """
        packages = _packages(wanted, locked)
        try:
            self._bring(packages)
        except MirrorError as error:
            if self.policy == "strict":
                raise
            return self._renewed(wanted, locked, error)
        return Held(packages=packages)

    def _bring(self, packages: Packages) -> None:
        fetch.packages(
            (package for each in packages.values() for package in each),
            store=self.store,
            mirrors=self.mirrors,
            fetch=self.fetch,
        )

    def _renewed(self, wanted: Wanted, locked: Lock, reason: MirrorError) -> Held:
        key = self._key(wanted, locked)
        with self.store.alone(key):
            held = self._recalled(key, wanted, locked)
            if held is None and isinstance(reason, AbsentError):
                held = self._resolved(key, wanted, locked, reason)
        if held is None:
            raise reason
        return held

    def _key(self, wanted: Wanted, locked: Lock) -> Digest:
        debian = wanted.debian
        asked: canonical.Json = [wanted.image, debian.packages, debian.closure, debian.without]
        platforms = list(map(str, wanted.platforms))
        mirrors = [self.mirrors.debian, self.mirrors.security]
        parts: canonical.Json = ["renewed", locked.digest.hex, asked, platforms, mirrors]
        return Digest.of(canonical.encode(parts))

    def _recalled(self, key: Digest, wanted: Wanted, locked: Lock) -> Held | None:
        """What it was resolved to before, unless the mirror dropped some of that, too."""
        known = self.store.recall(key)
        data = self.store.read(Digest(known)) if isinstance(known, str) else None
        try:
            return None if data is None else self._held(data, wanted, locked)
        except AbsentError:
            return None

    def _resolved(self, key: Digest, wanted: Wanted, locked: Lock, reason: AbsentError) -> Held:
        try:
            with tempfile.TemporaryDirectory(dir=self.store.scratch()) as folder:
                apt = resolve.Apt(
                    folder=Path(folder).absolute(),
                    mirrors=self.mirrors,
                    keyring=self.keyring or resolve.keyring(),
                    environment=self.environment,
                    run=self.run,
                )
                data = locking.resolved([wanted], apt)
            held = self._held(data, wanted, locked)
        except MirrorError as error:
            raise MirrorError(
                f"{reason}; and it can't be resolved again: {error}", remedy=error.remedy
            ) from error
        self.store.remember(key, self.store.put(data).hex)
        return held

    def _held(self, data: bytes, wanted: Wanted, locked: Lock) -> Held:
        renewed = lock.parse(data, f"{wanted.debian.lock}, resolved again")
        packages = _packages(wanted, renewed)
        self._bring(packages)
        changes = between(_packages(wanted, locked), packages)
        return Held(packages=packages, renewal=Renewal(lock=renewed.digest, changes=changes))


def _packages(wanted: Wanted, locked: Lock) -> Packages:
    return {platform: locked.of(wanted, platform) for platform in wanted.platforms}


def with_native(wanted: Wanted, locked: Lock, native: Platform | None) -> Wanted:
    """The same also for this machine's platform, whose Python compiles, where it is locked."""
    if native is None or not locked.covers(wanted, native):
        return wanted
    return replace(wanted, platforms=tuple(sorted({*wanted.platforms, native})))
