"""From a plan's targets to what publishes there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

from workflow_release.model import DirectoryTarget, Plan, RegistryTarget, Target
from workflow_release.targets.directory import DirectoryPublisher
from workflow_release.targets.interface import Publisher
from workflow_sbom.terminal.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """How to reach places: the checkout's root, the environment with its credentials, who watches.

    `environment` holds secrets, so it is never shown.
    """

    root: Path
    environment: Mapping[str, str] = field(repr=False)
    progress: Progress

    def folders(self, plan: Plan) -> tuple[Publisher, ...]:
        """This machine's own."""
        return tuple(map(self._publisher, plan.local.targets))

    def registries(self, plan: Plan) -> tuple[Publisher, ...]:
        """Those beyond this machine."""
        return tuple(map(self._publisher, plan.remote))

    def _publisher(self, target: Target) -> Publisher:
        match target:
            case DirectoryTarget():
                return DirectoryPublisher(root=self.root, folder=self.root / target.path)
            case RegistryTarget():
                return self._registry(target)
            case _:
                assert_never(target)

    def _registry(self, target: RegistryTarget) -> Publisher:
        from workflow_containers.access.connecting import connect
        from workflow_containers.registry.client import Client
        from workflow_containers.registry.push import Pusher
        from workflow_containers.registry.uploads import Uploads
        from workflow_release.targets.registry import RegistryPublisher

        uploads = Uploads(client=Client(transport=connect(self.environment)))
        return RegistryPublisher(
            target=target, pusher=Pusher(uploads=uploads, progress=self.progress)
        )
