"""No image without all that its wheels require; asked once for the same wheels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workflow_containers.building.recipe import rules
from workflow_containers.debian.lock import RELOCK
from workflow_containers.definition import Base, Definition
from workflow_containers.errors import DefinitionError, MemberError
from workflow_containers.python import locks, needs
from workflow_containers.python.requirements import Target
from workflow_containers.python.wheel import Wheel
from workflow_containers.python.wheelhouse import Stored
from workflow_containers.store import Store
from workflow_sbom import canonical
from workflow_sbom.digest import Digest, measure_file
from workflow_sbom.errors import InventoryError
from workflow_sbom.python.distribution import Distribution, from_metadata


def require(
    definition: Definition, target: Target, wheels: Sequence[Path | Stored], store: Store
) -> None:
    """Raises `DefinitionError` with everything that is required and not there.

    A base may bring what it likes, by whatever means: what is on one is not asked.
    """
    if isinstance(definition.ground, Base):
        return
    key = Digest.of(
        canonical.encode(
            [
                "complete",
                rules().hex,
                dict(target.markers),
                [[member.name, *member.extras] for member in definition.wheels],
                sorted(_digest(wheel).hex for wheel in wheels),
            ]
        )
    )
    if store.recall(key) is True:
        return
    installed = [_distribution(wheel, store) for wheel in wheels]
    made_here = locks.kind(definition.requirements or "") == "requirements"
    remedy = RELOCK if made_here else f"make {definition.requirements} anew"
    faults = needs.unmet(definition.wheels, installed, target, remedy)
    if faults:
        raise DefinitionError(definition.name, faults)
    store.remember(key, True)


def _digest(wheel: Path | Stored) -> Digest:
    if isinstance(wheel, Stored):
        return wheel.digest
    try:
        return measure_file(wheel).digest
    except OSError as error:
        raise MemberError(f"{wheel}: can't be read: {error.strerror}") from error


def _distribution(wheel: Path | Stored, store: Store) -> Distribution:
    path, name = (
        (store.blob(wheel.digest), wheel.name) if isinstance(wheel, Stored) else (wheel, wheel.name)
    )
    with Wheel(path, name) as opened:
        try:
            return from_metadata(opened.read(f"{opened.info}/METADATA"))
        except InventoryError as error:
            raise MemberError(f"{name}: its METADATA: {error}") from error
