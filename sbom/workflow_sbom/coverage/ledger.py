"""Every entry of an artifact, and what explains that it is there, with these bytes.

A name explains nothing: an owner is one whose own record (a package's, a wheel's, a commit's)
gives the bytes, and a rule is one that makes them again. What neither explains is unexplained,
and one such entry is enough to stop a release.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from workflow_sbom.archives.entry import Entry
from workflow_sbom.errors import ModelError
from workflow_sbom.texts import require_line


@dataclass(frozen=True, slots=True)
class Owned:
    """The entry is its owner's: a package URL, or what the artifact was made from.

    `proof` names the record that gives its bytes (`the package's md5sums`, `RECORD`).
    """

    owner: str
    proof: str

    def __post_init__(self) -> None:
        require_line("the owner", self.owner)
        require_line("the proof", self.proof)


@dataclass(frozen=True, slots=True)
class Generated:
    """The rule of that name made the entry again and came to the same."""

    rule: str

    def __post_init__(self) -> None:
        require_line("the rule", self.rule)


@dataclass(frozen=True, slots=True)
class Unexplained:
    """Nothing explains the entry; `reason` says what came closest (`differs from RECORD`)."""

    reason: str

    def __post_init__(self) -> None:
        require_line("the reason", self.reason)


Explanation = Owned | Generated | Unexplained


@dataclass(frozen=True, slots=True)
class Line:
    """An entry and its explanation."""

    entry: Entry
    why: Explanation


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every entry of one artifact (or of one platform's image) once, sorted by path.

    Raises `ModelError` when a path stands twice.
    """

    subject: str
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        paths = Counter(line.entry.path for line in self.lines)
        twice = sorted(path for path, count in paths.items() if count > 1)
        if twice:
            raise ModelError(f"{self.subject}: {twice[0][:80]!a} stands twice")

    @classmethod
    def of(cls, subject: str, lines: Iterable[Line]) -> Ledger:
        """A ledger of those lines in whatever order."""
        return cls(subject, tuple(sorted(lines, key=lambda line: line.entry.path)))

    def unexplained(self) -> Iterator[tuple[Entry, Unexplained]]:
        """What must not be there."""
        for line in self.lines:
            if isinstance(line.why, Unexplained):
                yield line.entry, line.why

    def owners(self) -> Mapping[str, int]:
        """How many entries each owner has."""
        return Counter(line.why.owner for line in self.lines if isinstance(line.why, Owned))

    def rules(self) -> Mapping[str, int]:
        """How many entries each rule made again."""
        return Counter(line.why.rule for line in self.lines if isinstance(line.why, Generated))
