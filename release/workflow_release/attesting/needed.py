"""What our wheels need, by its own metadata: the wheels that a lock of requirements allows.

The very files are fetched, by hash, for the environment that documents are about; so licences and
needs of what is only installed beside ours are stated, on every machine alike. What has no wheel
there is known by the lock alone; what can't be asked for is no reason to say less.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.version import Version

from workflow_containers import architecture
from workflow_containers.errors import ToolError
from workflow_containers.platform import AMD64
from workflow_containers.python import requirements
from workflow_containers.python.requirements import Pin, Target
from workflow_containers.python.wheelhouse import Pip, wheels
from workflow_containers.run import Command, run
from workflow_containers.store import Store
from workflow_release.building.artifacts.interface import LockFile, Workshop
from workflow_release.errors import BuildError
from workflow_sbom.model.parts import Hash
from workflow_sbom.python.distribution import Distribution, from_wheel
from workflow_sbom.python.environment import Environment

_GLIBC = 41  # of Debian 13, the newest that wheels of today are built for
_LONGEST = 300  # seconds


def needed(locked: LockFile, environment: Environment, shop: Workshop) -> tuple[Distribution, ...]:
    """The distributions that the lock names there and that have a wheel.

    Raises `DefinitionError` for a lock that is none, `BuildError` when the package index can't be
    asked, and `InventoryError` for a wheel that can't be read.
    """
    fetching = _Fetching.of(environment, shop)
    pins = requirements.read(
        locked.content.decode("utf-8", "replace"), fetching.target, locked.name
    )
    try:
        return fetching.together(pins)
    except ToolError:
        return tuple(each for pin in pins for each in fetching.alone(pin))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fetching:
    """Wheels for one environment, kept in a store."""

    target: Target
    store: Store
    pip: Pip
    shop: Workshop

    @classmethod
    def of(cls, environment: Environment, shop: Workshop) -> _Fetching:
        version = Version(environment.python)
        return cls(
            target=Target(
                python=f"{version.major}.{version.minor}",
                architecture=architecture.of(AMD64),
                glibc=_GLIBC,
                release=environment.python,
            ),
            store=Store(shop.cache.root / "images"),
            pip=Pip(
                argv=(str(shop.host.python), "-m", "pip"),
                environment=shop.host.tool_environment(),
                run=run,
            ),
            shop=shop,
        )

    def together(self, pins: tuple[Pin, ...]) -> tuple[Distribution, ...]:
        found = wheels(pins, self.target, self.store, self.pip)
        return tuple(
            from_wheel(self.store.blob(each.digest), hashes=(Hash.sha256(each.digest),))
            for each in found
        )

    def alone(self, pin: Pin) -> Iterator[Distribution]:
        try:
            yield from self.together((pin,))
        except ToolError as error:
            if not self._is_offered(pin):
                raise BuildError(
                    f"{pin.name} {pin.version} can't be described: {error}",
                    remedy="check that the package index can be reached and has it",
                ) from error
            self.shop.progress.note(
                f"{pin.name} {pin.version} has no wheel that the lock allows: known by the lock"
            )

    def _is_offered(self, pin: Pin) -> bool:
        """Whether the package index answers and has the version, in whatever form."""
        words = ("index", "versions", pin.name, "--no-input", "--disable-pip-version-check")
        with TemporaryDirectory(dir=self.store.scratch()) as home:
            asked = Command(
                argv=[*self.pip.argv, *words],
                cwd=Path(home),
                env={"HOME": home, **self.pip.environment},
                timeout=_LONGEST,
            )
            done = self.pip.run(asked)
        told = done.stdout.decode("utf-8", "replace").replace(",", " ").split()
        return done.code == 0 and pin.version in told
