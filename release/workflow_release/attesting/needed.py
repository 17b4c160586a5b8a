"""What our wheels need, by its own metadata: the wheels that a lock of requirements allows.

The very files are fetched, by hash, for the environment that documents are about; so licences and
needs of what is only installed beside ours are stated, on every machine alike.
"""

from __future__ import annotations

from packaging.version import Version

from workflow_containers import architecture
from workflow_containers.errors import ContainersError
from workflow_containers.platform import AMD64
from workflow_containers.python import requirements
from workflow_containers.python.requirements import Target
from workflow_containers.python.wheelhouse import Pip, Stored, wheels
from workflow_containers.run import run
from workflow_containers.store import Store
from workflow_release.building.artifacts.interface import LockFile, Workshop
from workflow_sbom.model.parts import Hash
from workflow_sbom.python.distribution import Distribution, from_wheel
from workflow_sbom.python.environment import Environment

_GLIBC = 41  # of Debian 13, the newest that wheels of today are built for


def needed(locked: LockFile, environment: Environment, shop: Workshop) -> tuple[Distribution, ...]:
    """The distributions that the lock names there; none when one of them has no wheel.

    Raises `InventoryError` for a wheel that can't be read.
    """
    version = Version(environment.python)
    target = Target(
        python=f"{version.major}.{version.minor}",
        architecture=architecture.of(AMD64),
        glibc=_GLIBC,
        release=environment.python,
    )
    store = Store(shop.cache.root / "images")
    pip = Pip(
        argv=(str(shop.host.python), "-m", "pip"), environment=shop.host.tool_environment(), run=run
    )
    try:
        pins = requirements.read(locked.content.decode("utf-8", "replace"), target, locked.name)
        found = wheels(pins, target, store, pip)
    except ContainersError as error:
        shop.progress.note(f"what {locked.name} names is known by the lock alone: {error}")
        return ()
    return tuple(_read(each, store) for each in found)


def _read(wheel: Stored, store: Store) -> Distribution:
    return from_wheel(store.blob(wheel.digest), hashes=(Hash.sha256(wheel.digest),))
