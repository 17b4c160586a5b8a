"""Holding what there is against what the sources say: the ledger, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from workflow_containers.coverage import rules
from workflow_containers.coverage.claims import Claim, Part, Standing
from workflow_containers.coverage.root import There
from workflow_containers.layers import entries
from workflow_containers.platform import Platform
from workflow_sbom.coverage.ledger import Explanation, Generated, Ledger, Line, Owned, Unexplained
from workflow_sbom.digest import Digest

NOTHING = "nothing brings it"
_SHOWN = 12
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A path that a source brings and that is not there; `source` is an owner or a rule."""

    path: str
    source: str

    def __str__(self) -> str:
        return f"{self.path}: missing, and {self.source} brings it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What explains one platform's image: `manifest` says which one it is.

    `left_out` counts the files that sources have and that the definition keeps out of images.
    """

    platform: Platform
    manifest: Digest
    ledger: Ledger
    missing: tuple[Missing, ...]
    left_out: int

    @property
    def faults(self) -> tuple[str, ...]:
        """Every reason why the image is not wholly explained; none when it is."""
        unexplained = [f"{entry.path}: {why.reason}" for entry, why in self.ledger.unexplained()]
        return (*unexplained, *map(str, self.missing))


def expected(parts: Iterable[Part]) -> dict[str, tuple[Claim, ...]]:
    """What has to stand at each path, folders apart: one claim, or several that contradict."""
    found: dict[str, list[Claim]] = {}
    for part in parts:
        for claim in part.claims:
            found.setdefault(claim.path, []).append(claim)
    return {path: tuple(claims) for path, claims in found.items()}


def beside(part: Part, others: Iterable[Part]) -> Part:
    """A part without what others bring themselves, and the same: that is theirs."""
    theirs = {claim.standing for other in others for claim in other.claims}
    return replace(
        part, claims=tuple(claim for claim in part.claims if claim.standing not in theirs)
    )


def folders(
    parts: Sequence[Part], paths: Iterable[str], known: Mapping[str, Claim]
) -> dict[str, Claim]:
    """The folders that have to be there: of what is in them, and those brought for themselves.

    One that a single source lists is that one's; `known` are those of a base.
    """
    listed: dict[str, list[Owned]] = {}
    for part in parts:
        for path, owned in part.folders.items():
            listed.setdefault(path, []).append(owned)
    needed = {claim.path: claim for part in parts for claim in part.needed}
    wanted = {above for path in (*paths, *needed) for above in entries.parents(path)}

    def claim(path: str) -> Claim:
        owners = listed.get(path, ())
        return rules.folder(path, owners[0] if len(owners) == 1 else Generated(rules.FOLDERS))

    found = {path: needed.get(path) or claim(path) for path in sorted(wanted | needed.keys())}
    return found | {path: known[path] for path in found.keys() & known.keys()}


def lines(
    root: Iterable[There], claims: Mapping[str, Sequence[Claim]], absent: Mapping[str, str]
) -> Iterator[Line]:
    """What explains each entry of a root."""
    for there in root:
        entry = there.standing.entry
        yield Line(entry, _explanation(there, claims.get(entry.path, ()), absent))


def _explanation(there: There, claims: Sequence[Claim], absent: Mapping[str, str]) -> Explanation:
    if there.fault is not None:
        return Unexplained(there.fault)
    if not claims:
        return Unexplained(absent.get(there.standing.entry.path, NOTHING))
    if len(claims) > 1:
        sources = sorted({claim.source for claim in claims})
        return Unexplained(f"several bring it: {', '.join(sources[:_SHOWN])}")
    found = _difference(there.standing, claims[0])
    return claims[0].why if found is None else Unexplained(found)


def _difference(there: Standing, claim: Claim) -> str | None:
    """How an entry is not what its source says."""
    by, source = claim.standing, claim.source
    here, wanted = there.entry, by.entry
    if here.kind != wanted.kind:
        return f"is a {here.kind}; of {source} it is a {wanted.kind}"
    if here.digest != wanted.digest:
        return f"differs from {source}"
    if here.target != wanted.target:
        return f"leads to {_shown(here.target)}; of {source} to {_shown(wanted.target)}"
    if there.mode != by.mode:
        return f"has the mode {there.mode:04o}; of {source} it has {by.mode:04o}"
    if there.owner != by.owner:
        return f"belongs to {_shown(there.owner)}; of {source} to {by.owner}"
    if there.attributes:
        return f"has attributes of its own: {_shown(', '.join(there.attributes))}"
    return None


def _shown(text: str | None) -> str:
    return ascii((text or "")[:_LONGEST])
