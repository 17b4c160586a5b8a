"""What a database remembers of its migrations, compared with a folder of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from workflow_migrate.errors import DirtyError, Fault, HistoryError
from workflow_migrate.migration import Direction, Migration, Step

TABLE = "schema_migrations"


class State(StrEnum):
    """How far a migration got. Only `applied` is clean."""

    APPLIED = "applied"
    APPLYING = "applying"
    REVERTING = "reverting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row of the table: `checksum` is that of the up file as it was applied."""

    version: int
    name: str
    checksum: str
    state: State

    def __str__(self) -> str:
        return f"{self.version}_{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A database's history beside a folder's migrations, both by rising version."""

    entries: tuple[Entry, ...]
    migrations: tuple[Migration, ...]

    @classmethod
    def of(cls, entries: Sequence[Entry], migrations: Sequence[Migration]) -> Comparison:
        """Put the two side by side."""
        return cls(
            entries=tuple(sorted(entries, key=lambda each: each.version)),
            migrations=tuple(sorted(migrations, key=lambda each: each.version)),
        )

    @property
    def current(self) -> int | None:
        """The newest version the database knows, or None when nothing was applied."""
        return self.entries[-1].version if self.entries else None

    @property
    def pending(self) -> tuple[Migration, ...]:
        """What the folder holds and the database does not."""
        known = {entry.version for entry in self.entries}
        return tuple(each for each in self.migrations if each.version not in known)

    @property
    def dirty(self) -> tuple[Entry, ...]:
        """What was begun and not finished."""
        return tuple(entry for entry in self.entries if entry.state is not State.APPLIED)

    def faults(self) -> tuple[Fault, ...]:
        """Everything on which the two disagree."""
        return (*self._unfinished(), *self._foreign(), *self._changed(), *self._late())

    def check(self) -> None:
        """Raise `DirtyError` or `HistoryError` with every fault."""
        faults = self.faults()
        if self.dirty:
            raise DirtyError(faults)
        if faults:
            raise HistoryError(faults)

    def ascent(self, to: int | None) -> tuple[Step, ...]:
        """The steps up to a version, or to the last one."""
        return tuple(
            Step(direction=Direction.UP, migration=each)
            for each in self.pending
            if to is None or each.version <= to
        )

    def descent(self, steps: int) -> tuple[Step, ...]:
        """The steps that take the newest ones back, newest first; the history is checked."""
        by_version = {each.version: each for each in self.migrations}
        newest = [entry.version for entry in reversed(self.entries)][:steps]
        return tuple(
            Step(direction=Direction.DOWN, migration=by_version[version]) for version in newest
        )

    def _unfinished(self) -> Iterator[Fault]:
        for entry in self.dirty:
            kept, gone = _update(entry.version), _delete(entry.version)
            applying = entry.state is State.APPLYING
            half, done, undone = ("up", kept, gone) if applying else ("down", gone, kept)
            yield Fault(
                where=str(entry),
                message=f"its {half} file was begun and not finished (or another run is at it)",
                remedy="look at the schema, then finish what is missing and run: "
                f"{done}; or take back what happened and run: {undone}",
            )

    def _foreign(self) -> Iterator[Fault]:
        known = {each.version for each in self.migrations}
        for entry in self.entries:
            if entry.version not in known:
                yield Fault(
                    where=str(entry),
                    message="it was applied, but the folder does not hold it",
                    remedy="use the folder of the release that applied it, or a newer one",
                )

    def _changed(self) -> Iterator[Fault]:
        checksums = {each.version: each.up.checksum for each in self.migrations}
        for entry in self.entries:
            if checksums.get(entry.version, entry.checksum) != entry.checksum:
                yield Fault(
                    where=str(entry),
                    message="its up file changed after it was applied",
                    remedy="restore the file and put the change in a new migration",
                )

    def _late(self) -> Iterator[Fault]:
        for each in self.pending:
            if self.current is not None and each.version < self.current:
                yield Fault(
                    where=str(each),
                    message=f"it was not applied, but version {self.current} was",
                    remedy=f"give it a number after {self.current}",
                )


def _update(version: int) -> str:
    return f"UPDATE {TABLE} SET state = '{State.APPLIED}' WHERE version = {version}"  # noqa: S608


def _delete(version: int) -> str:
    return f"DELETE FROM {TABLE} WHERE version = {version}"  # noqa: S608
