"""What two locks of Debian packages differ in, platform by platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from workflow_containers.debian.lock import Package
from workflow_containers.platform import Platform
from workflow_sbom.debian.version import order

Platforms = Mapping[Platform, tuple[Package, ...]]
Kind = Literal["added", "removed", "upgraded", "downgraded", "rebuilt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A package of one platform, before and after; one of the two may not be there."""

    platform: Platform
    name: str
    before: Package | None
    after: Package | None

    @property
    def kind(self) -> Kind:
        """What happened, in a word; `rebuilt` is another file of the same version."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        was, now = order(self.before.version), order(self.after.version)
        if was == now:
            return "rebuilt"
        return "upgraded" if was < now else "downgraded"

    def __str__(self) -> str:
        was, now = (each.version if each else "none" for each in (self.before, self.after))
        return f"{self.name} {was} → {now} ({self.platform})"


def between(before: Platforms, after: Platforms) -> tuple[Change, ...]:
    """What changed, by platform and name."""
    return tuple(
        change
        for platform in sorted({*before, *after})
        for change in _of(platform, before.get(platform, ()), after.get(platform, ()))
    )


def _of(
    platform: Platform, before: tuple[Package, ...], after: tuple[Package, ...]
) -> Iterator[Change]:
    old = {package.name: package for package in before}
    new = {package.name: package for package in after}
    for name in sorted({*old, *new}):
        change = Change(platform=platform, name=name, before=old.get(name), after=new.get(name))
        if change.before != change.after:
            yield change
