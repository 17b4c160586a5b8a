"""`pylock.toml` (PEP 751), read for one target platform by the packaging library's own rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from packaging.markers import Environment
from packaging.pylock import (
    Package,
    PackageDirectory,
    PackageWheel,
    Pylock,
    PylockSelectError,
    PylockUnsupportedVersionError,
    PylockValidationError,
)
from packaging.utils import canonicalize_name, parse_wheel_filename

from workflow_containers.definition import Member
from workflow_containers.errors import DefinitionError
from workflow_containers.python.requirements import Pin, Target
from workflow_sbom.digest import Digest
from workflow_sbom.errors import Fault

_RELOCK = "lock for every platform of the image, with its extras and groups"
WHEELS_ONLY = "lock a version that has wheels for every platform, or build one and publish it"


def parse(table: Mapping[str, Any], origin: str) -> Pylock:
    """Read the document; raises `DefinitionError` for a malformed one or a wheel without sha256."""
    try:
        lock = Pylock.from_dict(table)
    except (PylockValidationError, PylockUnsupportedVersionError) as error:
        raise DefinitionError(origin, [Fault("", str(error)[:300])]) from error
    faults = [
        Fault(f"packages[{at}].wheels[{number}]", fault)
        for at, package in enumerate(lock.packages)
        for number, wheel in enumerate(package.wheels or ())
        if (fault := _hash_fault(package, wheel))
    ]
    if faults:
        raise DefinitionError(origin, faults)
    return lock


def _hash_fault(package: Package, wheel: PackageWheel) -> str | None:
    if "sha256" not in wheel.hashes:
        return f"{package.name} has no sha256 hash"
    try:
        Digest(wheel.hashes["sha256"])
    except ValueError as error:
        return str(error)
    return None


def read(
    table: Mapping[str, Any], target: Target, members: Sequence[Member], origin: str
) -> tuple[Pin, ...]:
    """The best wheel of every package that the target needs; raises `DefinitionError`.

    Extras and dependency groups of the `members` are asked for where the lock tells them apart.
    """
    lock = parse(table, origin)
    own = {canonicalize_name(member.name) for member in members}
    found = [
        _pin(package, source, target)
        for package, source in _selected(lock, target, members, origin)
        if not (isinstance(source, PackageDirectory) and package.name in own)
    ]
    if faults := [each for each in found if isinstance(each, Fault)]:
        raise DefinitionError(origin, faults)
    pins = (each for each in found if isinstance(each, Pin))
    return tuple(sorted(pins, key=lambda pin: pin.name))


def _selected(
    lock: Pylock, target: Target, members: Sequence[Member], origin: str
) -> Iterator[tuple[Package, object]]:
    extras = {canonicalize_name(extra) for member in members for extra in member.extras}
    groups = {group for member in members for group in member.groups}
    asked = (*(lock.default_groups or ()), *sorted(groups)) if groups else None
    try:
        # a lock that declares none was made with what its maker was told
        yield from lock.select(
            environment=cast("Environment", dict(target.markers)),
            tags=target.ranking,
            extras=extras if lock.extras else (),
            dependency_groups=asked if lock.dependency_groups else None,
        )
    except PylockSelectError as error:
        fault = Fault("", f"for {target}: {str(error)[:300]}", _RELOCK)
        raise DefinitionError(origin, [fault]) from error


def _pin(package: Package, source: object, target: Target) -> Pin | Fault:
    match source:
        case PackageWheel():
            name, version, _, _ = parse_wheel_filename(source.filename)
            return Pin(name=name, version=str(version), digests=(Digest(source.hashes["sha256"]),))
        case PackageDirectory():
            return Fault(
                package.name, "a folder of the repository", "name it in the image's wheels"
            )
        case _:
            kind = type(source).__name__.removeprefix("Package").lower()
            message = f"only a source ({kind}) is locked for {target}"
            return Fault(package.name, message, WHEELS_ONLY)
