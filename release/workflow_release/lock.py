"""Locked inputs of a build, as records and provenance name them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workflow_containers.oci.reference import Reference
from workflow_sbom.digest import Digest

_RENEWED = " (re-resolved)"
_BASE = " (base image)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A locked input of a build: a lock file's path in the repository and its digest.

    One that was resolved again while building says so in its name: it is not in the repository. Nor
    is a base image, which is its own lock.
    """

    name: str
    digest: Digest

    @classmethod
    def of_base(cls, base: Reference) -> Lock:
        """An image that another one is put on; raises `ValueError` for one that is not pinned."""
        if base.digest is None:
            raise ValueError(f"{base} is not pinned by its digest")
        return cls(name=f"{replace(base, digest=None)}{_BASE}", digest=base.digest)

    @property
    def is_base(self) -> bool:
        """Whether it is an image that another one is put on."""
        return self.name.endswith(_BASE)

    @property
    def is_renewed(self) -> bool:
        """Whether it was resolved again while building."""
        return self.name.endswith(_RENEWED)

    def renewed(self, digest: Digest) -> Lock:
        """What came of resolving it again."""
        return Lock(name=f"{self.name}{_RENEWED}", digest=digest)
