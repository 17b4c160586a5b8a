"""Which files a distribution comes from, as its lock and the file at hand tell; both must agree."""

from __future__ import annotations

from collections.abc import Mapping

from packaging.utils import NormalizedName
from packaging.version import Version

from workflow_sbom.errors import InventoryError
from workflow_sbom.model.component import Component
from workflow_sbom.model.parts import ExternalReference, Hash
from workflow_sbom.purl import package_url
from workflow_sbom.python.components import Described, package_of
from workflow_sbom.python.distribution import Distribution
from workflow_sbom.python.environment import Environment
from workflow_sbom.python.requirements import LockedRequirement, LockedRequirements

ALLOWED = "one of the files the lock allows"

Locked = Mapping[NormalizedName, LockedRequirement]


def pinned(lock: LockedRequirements | None, environment: Environment) -> Locked:
    """What a lock installs in an environment; nothing without a lock. Raises `InventoryError`."""
    return lock.select(environment) if lock else {}


def files_of(
    distribution: Distribution, pin: LockedRequirement | None
) -> tuple[ExternalReference, ...]:
    """The file itself when it is known, else each file the lock allows; the purl is the address.

    Raises `InventoryError` when the distribution is not what the lock says.
    """
    key, url = distribution.key, package_of(distribution)
    if pin is not None and pin.version != distribution.version:
        raise InventoryError(
            f"{key}: the lock and the distribution at hand differ "
            f"({_both(distribution.version, pin.version)}); install from the lock"
        )
    allowed = tuple(Hash.sha256(digest) for digest in pin.hashes) if pin else ()
    exact = distribution.hashes or (distribution.origin.hashes if distribution.origin else ())
    if not exact:
        return tuple(_allowed(url, allowed))
    if allowed and not set(allowed) & set(exact):
        raise InventoryError(f"{key}: the distribution at hand is no file that the lock allows")
    return (ExternalReference("distribution", url, exact),)


def _both(one: Version, other: Version) -> str:
    return " and ".join(sorted(map(str, (one, other))))


def known_by_lock(key: NormalizedName, pin: LockedRequirement | None) -> Described:
    """A distribution whose metadata is not at hand, by its lock or by its name alone."""
    version = str(pin.version) if pin else None
    url = package_url("pypi", key, version)
    allowed = tuple(Hash.sha256(digest) for digest in pin.hashes) if pin else ()
    return Described(
        component=Component(
            ref=url,
            kind="library",
            name=key,
            version=version,
            purl=url,
            external=True,
            scope="required",
            references=tuple(_allowed(url, allowed)),
        )
    )


def _allowed(url: str, hashes: tuple[Hash, ...]) -> list[ExternalReference]:
    return [ExternalReference("distribution", url, (each,), ALLOWED) for each in hashes]
