"""Packages as a policy names them: a package URL, with its version or without."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from packageurl import PackageURL

from workflow_sbom.errors import ModelError
from workflow_sbom.purl import require_canonical

_LONGEST = 2000


@functools.lru_cache(maxsize=1024)
def read(text: str) -> PackageURL | None:
    """A package URL from outside, or None for what is none."""
    if len(text) > _LONGEST:
        return None
    try:
        return PackageURL.from_string(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Package:
    """A package URL; without a version it is every version of the package."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Package:
        """Read a package URL in canonical spelling; raises `ModelError`."""
        if len(text) > _LONGEST:
            raise ModelError(
                f"a package URL of {len(text)} characters; at most {_LONGEST} are read"
            )
        require_canonical(text)
        return cls(text)

    def covers(self, url: PackageURL | None) -> bool:
        """Whether a package URL is of this package.

        A version or qualifier (`arch=amd64`) that is not named here may be any.
        """
        ours = read(self.text)
        if ours is None or url is None or ours[:3] != url[:3]:
            return False
        if ours.version and ours.version != url.version:
            return False
        return dict(ours.qualifiers).items() <= dict(url.qualifiers).items()
