"""What a command is handed: where to speak, the environment, programs, registries and time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_containers.host import cache_folder
from workflow_containers.network.clock import CLOCK, Clock
from workflow_containers.run import Run
from workflow_containers.store import Store
from workflow_sbom.terminal.console import Console

if TYPE_CHECKING:
    from workflow_containers.access.credentials import Credential
    from workflow_containers.debian.mirror import Mirrors
    from workflow_containers.network.interface import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The edges of one invocation; `environment` may hold secrets and is never shown."""

    console: Console
    environment: Mapping[str, str] = field(repr=False)
    run: Run
    clock: Clock = CLOCK

    def connect(
        self,
        plain_http: Iterable[str] = (),
        credentials: Callable[[str], Credential] | None = None,
    ) -> Transport:
        """A transport to registries, as this user unless other credentials are given."""
        from workflow_containers.access.connecting import connect

        return connect(
            self.environment,
            plain_http=plain_http,
            credentials=credentials,
            run=self.run,
            clock=self.clock,
        )

    @property
    def store(self) -> Store:
        """What was fetched and made before."""
        return Store(cache_folder(self.environment))

    @property
    def scratch(self) -> Path:
        """A folder for work in progress, on the store's file system."""
        return self.store.scratch()

    def mirrors(self, debian: str | None, security: str | None) -> Mirrors:
        """The mirrors that were named, or else the host's own; raises `MirrorError`."""
        from workflow_containers.debian.mirror import DEBIAN_VARIABLE, SECURITY_VARIABLE, find

        given = {DEBIAN_VARIABLE: debian, SECURITY_VARIABLE: security}
        named = {name: value for name, value in given.items() if value}
        return find("/", {**self.environment, **named})
