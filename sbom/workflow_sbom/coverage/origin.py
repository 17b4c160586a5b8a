"""What an artifact was made from: the files of a commit, and what is made of them by a rule.

Values only: whoever has the repository at hand reads the commit, stamps a copy, and hands over the
digests. So the rule that makes a file again is the very one that made it, run once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from workflow_sbom.archives.entry import Entry
from workflow_sbom.coverage.ledger import Generated, Owned, Unexplained
from workflow_sbom.digest import Digest
from workflow_sbom.texts import require_line

TRACKED = "the commit's tree"


@dataclass(frozen=True, slots=True)
class Made:
    """Files that a rule made again: their digests by path, from the project's folder."""

    rule: str
    files: Mapping[str, Digest] = field(hash=False)

    def __post_init__(self) -> None:
        require_line("the rule", self.rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A project in a commit, as its build sees it.

    `owner` names the commit (`git:<id>`), `proof` what says that it has the files. `files` and
    `links` are tracked, by path from the project's folder; `made` come from rules: a stamped
    version, an SBOM. `project` is the `pyproject.toml` and `readme` what it names, both as built;
    `version` is the version stamped, as PEP 440 writes it.
    """

    owner: str
    files: Mapping[str, Digest] = field(hash=False)
    links: Mapping[str, str] = field(default_factory=dict, hash=False)
    made: tuple[Made, ...] = ()
    version: str = ""
    project: bytes = b""
    readme: bytes | None = None
    proof: str = TRACKED

    def __post_init__(self) -> None:
        require_line("the owner", self.owner)


class Explaining:
    """Looks an archive's files up in an origin.

    A path in an archive is one in the project with the start left out (`src/thing/core.py` is
    `thing/core.py` in a wheel). Where several end alike, the one nearest to the project's folder is
    meant; the others explain nothing.
    """

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        paths = {*origin.files, *(path for made in origin.made for path in made.files)}
        self._nearest: dict[str, str] = {}
        for path in sorted(paths, key=lambda each: (each.count("/"), each)):
            for ending in _endings(path):
                self._nearest.setdefault(ending, path)

    def file(
        self, entry: Entry, *paths: str, exact: bool = False
    ) -> Owned | Generated | Unexplained:
        """What explains a file that the project may hold under one of these paths.

        `exact`: the paths are from the project's folder, as in a source distribution.
        """
        nearest = {path: self._nearest.get(path) for path in paths}
        known = [
            found
            for path, found in nearest.items()
            if found is not None and (not exact or found == path)
        ]
        for path in known:
            if self._origin.files.get(path) == entry.digest:
                return Owned(self._origin.owner, self._origin.proof)
            for made in self._origin.made:
                if made.files.get(path) == entry.digest:
                    return Generated(made.rule)
        if known:
            return Unexplained(f"differs from {known[0][:200]!a} of the commit")
        return Unexplained("nothing that the commit tracks, and no rule makes it")

    def link(self, entry: Entry, path: str) -> Owned | Unexplained:
        """What explains a symbolic link."""
        if entry.target is not None and self._origin.links.get(path) == entry.target:
            return Owned(self._origin.owner, self._origin.proof)
        return Unexplained(f"a link to {(entry.target or '')[:120]!a} that the commit has not")


def _endings(path: str) -> Iterator[str]:
    """The path, and what is left of it as folders are taken away in front."""
    while path:
        yield path
        path = path.partition("/")[2]
