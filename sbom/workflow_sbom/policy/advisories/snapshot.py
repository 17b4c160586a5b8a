"""A database of vulnerabilities as a value: the records about the packages that are asked for.

Every record is decoded once, for its well-formedness, its time and its ecosystems; only one that
mentions a wanted name is read strictly and kept, so that memory grows with what is asked, not
with the database.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from workflow_sbom.digest import Digest
from workflow_sbom.errors import DocumentError
from workflow_sbom.policy.advisories.lookup import Lookup, same_name
from workflow_sbom.policy.advisories.record import MAX_BYTES, Advisory, Affected, read
from workflow_sbom.policy.findings import Place, RecordUnread
from workflow_sbom.policy.verdict import DatabaseUsed

MAX_TOLD = 100
_NAME = re.compile(rb'"name"\s*:\s*"([^"]*)')
_ESCAPED_ASCII = re.compile(rb"\\u00[2-7]")  # a key or a name that is spelt in escapes
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
_SEPARATORS = re.compile(rb"[-_.]+")

Hit = tuple[Advisory, Affected]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a database says of the packages asked for.

    `hits` are by ecosystem without its release, and name; `ecosystems` are all that any of its
    records is about; `unread` the records that are none, the first hundred by name.
    """

    used: DatabaseUsed
    hits: Mapping[tuple[str, str], tuple[Hit, ...]]
    ecosystems: frozenset[str]
    unread: tuple[RecordUnread, ...]

    def about(self, asked: Lookup) -> Iterator[Hit]:
        """The records about a package, withdrawn ones left out."""
        for advisory, affected in self.hits.get(_key(asked.ecosystem, asked.name), ()):
            if not advisory.withdrawn and _covers(affected.ecosystem, asked.ecosystem):
                yield advisory, affected

    def knows(self, ecosystem: str) -> bool:
        """Whether any record is about that ecosystem (`Debian` is about all its releases)."""
        return any(_covers(each, ecosystem) for each in self.ecosystems)


@dataclass(slots=True)
class Collecting:
    """A snapshot while its records stream in; `size` is of them all, in bytes."""

    wanted: Collection[Lookup]
    hits: dict[tuple[str, str], list[Hit]] = field(default_factory=lambda: defaultdict(list))
    ecosystems: set[str] = field(default_factory=set)
    unread: list[RecordUnread] = field(default_factory=list)
    newest: str = ""
    records: int = 0
    size: int = 0
    _names: frozenset[bytes] = frozenset()
    _packages: frozenset[tuple[str, str]] = frozenset()

    def __post_init__(self) -> None:
        self._names = frozenset(same_name(each.name).encode() for each in self.wanted)
        self._packages = frozenset(_key(each.ecosystem, each.name) for each in self.wanted)

    def add(self, name: str, data: bytes) -> None:
        """Take one record, whose file is called `name`."""
        self.records += 1
        self.size += len(data)
        try:
            self._look(data)
            if self._mentions(data):
                self._keep(read(data))
        except (DocumentError, ValueError, RecursionError) as error:
            self.refuse(name, str(error) or "nested too deeply")

    def refuse(self, name: str, reason: str) -> None:
        """Tell of a record that can't be read."""
        if len(self.unread) < MAX_TOLD:
            self.unread.append(RecordUnread(Place(document=name[-200:]), reason[:200]))
        elif len(self.unread) == MAX_TOLD:
            self.unread.append(RecordUnread(Place(document="the database"), "and others like it"))

    def done(self, name: str, digest: Digest) -> Snapshot:
        """The snapshot of a database of that name, whose bytes have that digest."""
        as_of = datetime.fromisoformat(self.newest).replace(tzinfo=UTC) if self.newest else None
        return Snapshot(
            used=DatabaseUsed(name=name, digest=digest, as_of=as_of, records=self.records),
            hits={key: tuple(sorted(hits, key=_by_name)) for key, hits in self.hits.items()},
            ecosystems=frozenset(self.ecosystems),
            unread=tuple(self.unread),
        )

    def _look(self, data: bytes) -> None:
        if len(data) > MAX_BYTES:
            raise DocumentError(f"{len(data)} bytes; at most {MAX_BYTES} are read")
        record = json.loads(data.decode("utf-8"))  # of bytes it would take UTF-16, too
        modified = record.get("modified") if isinstance(record, dict) else None
        if not isinstance(modified, str) or not _TIME.match(modified):
            raise DocumentError("no OSV record: `modified` is no time")
        moment = modified[:19]
        if moment > self.newest:
            datetime.fromisoformat(moment)  # refuses the thirteenth month
            self.newest = moment
        self.ecosystems.update(_ecosystems(record.get("affected")))

    def _mentions(self, data: bytes) -> bool:
        if _ESCAPED_ASCII.search(data):
            return True
        return any(
            name in self._names or b"\\" in name or not name.isascii()
            for name in (_SEPARATORS.sub(b"-", found).lower() for found in _NAME.findall(data))
        )

    def _keep(self, advisory: Advisory) -> None:
        for affected in advisory.affected:
            key = _key(affected.ecosystem, affected.name)
            if key in self._packages:
                self.hits[key].append((advisory, affected))


def _ecosystems(affected: Any) -> Iterable[str]:
    for each in affected if isinstance(affected, list) else ():
        package = each.get("package") if isinstance(each, dict) else None
        ecosystem = package.get("ecosystem") if isinstance(package, dict) else None
        if isinstance(ecosystem, str) and len(ecosystem) <= 100:
            yield ecosystem


def _key(ecosystem: str, name: str) -> tuple[str, str]:
    family = ecosystem.partition(":")[0]
    return family, same_name(name) if family == "PyPI" else name


def _covers(stated: str, asked: str) -> bool:
    return stated == asked or stated == asked.partition(":")[0]


def _by_name(hit: Hit) -> tuple[str, ...]:
    return hit[0].names
