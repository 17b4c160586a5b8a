"""What a build is given, and what it works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from workflow_containers.base.bringing import Bring, from_layouts
from workflow_containers.debian.holding import Policy
from workflow_containers.debian.mirror import Mirrors
from workflow_containers.host import native_platform
from workflow_containers.network.transport import Fetch
from workflow_containers.platform import Platform
from workflow_containers.run import Run, run
from workflow_sbom.terminal.progress import Progress, Silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What this build puts in: the version as an OCI tag, the commit's time, OCI annotations.

    `wheels` and `bundles` are this release's own, by name; `root` is the repository's folder.
    """

    version: str
    created: datetime
    annotations: Mapping[str, str]
    wheels: Mapping[str, Path]
    bundles: Mapping[str, Path]
    root: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a build works with: the store's folder, the mirrors, pip's argv and environment.

    Mirrors are looked for when there are Debian packages; an image on a base needs none.
    `bring` is asked for a base that the store does not have. `policy` says what is done when the
    mirror no longer has a locked package: stop, or resolve the image's packages again, proved by
    `keyring` (the host's Debian archive keyring when None). `progress` is told
    of each stage and fragment.
    """

    store: Path
    mirrors: Callable[[], Mirrors]
    pip: tuple[str, ...]
    environment: Mapping[str, str]
    fetch: Fetch
    bring: Bring = field(default_factory=lambda: from_layouts(()))
    run: Run = run
    native: Platform | None = field(default_factory=native_platform)
    workers: int = 2
    policy: Policy = "strict"
    keyring: Path | None = None
    progress: Progress = field(default_factory=Silent)
