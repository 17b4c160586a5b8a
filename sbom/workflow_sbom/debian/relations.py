"""Fields that say how packages relate (`Depends`, `Provides`): deb-control(5), policy 7.1."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workflow_sbom.debian.version import order
from workflow_sbom.errors import InventoryError

MAX_RELATIONS = 10_000
_RELATION = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9+.-]+)(?::(?P<architecture>[a-z0-9][a-z0-9-]*))?"
    r"(?:\s*\(\s*(?P<operator><<|<=|=|>=|>>|<|>)\s*(?P<version>[0-9A-Za-z.+:~-]+)\s*\))?",
    re.ASCII,
)
# What the two obsolete signs have always meant to dpkg.
_OBSOLETE = {"<": "<=", ">": ">="}


@dataclass(frozen=True, slots=True)
class Relation:
    """One package that is named: `libc6:any (>= 2.36)`.

    `architecture` is `any`, one by name, or None for the same as the package that names it.
    """

    name: str
    architecture: str | None = None
    operator: str | None = None
    version: str | None = None

    def admits(self, version: str | None) -> bool:
        """Whether a version is one of those meant; None is that of a name without a version."""
        if self.version is None:
            return True
        if version is None:
            return False
        found, wanted = order(version), order(self.version)
        match _OBSOLETE.get(self.operator or "", self.operator):
            case "<<":
                return found < wanted
            case "<=":
                return found <= wanted
            case ">=":
                return found >= wanted
            case ">>":
                return found > wanted
            case _:
                return found == wanted


def parse(field: str) -> tuple[tuple[Relation, ...], ...]:
    """Each need of a field as the alternatives that meet it; raises `InventoryError`."""
    needs = [need for need in field.split(",") if need.strip()]
    if field.count(",") + field.count("|") > MAX_RELATIONS:
        raise InventoryError(f"more than {MAX_RELATIONS} relations in one field of a package")
    return tuple(tuple(_relation(each.strip()) for each in need.split("|")) for need in needs)


def _relation(text: str) -> Relation:
    if (found := _RELATION.fullmatch(text)) is None:
        raise InventoryError(f"no relation between packages: {text[:80]!a}")
    return Relation(**found.groupdict())
