"""Up and down: one step at a time, each decided under the database's lock from what is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from workflow_migrate.databases.interface import Database
from workflow_migrate.errors import Fault, HistoryError, UsageError
from workflow_migrate.history import Comparison
from workflow_migrate.migration import Migration, Step


def up(
    database: Database, migrations: Sequence[Migration], *, to: int | None = None
) -> Iterator[Step]:
    """Apply what is pending, up to a version; yield each step once it is committed.

    Safe beside another run: what that one applied meanwhile is not applied again.
    """
    if to is not None and to not in {each.version for each in migrations}:
        raise UsageError(
            f"--to {to}: the folder holds no such version", remedy="see workflow-migrate status"
        )
    while step := _next(database, migrations, lambda compared: compared.ascent(to)):
        yield step


def down(database: Database, migrations: Sequence[Migration], *, steps: int = 1) -> Iterator[Step]:
    """Take back the newest migrations; yield each step once it is committed.

    Raises `UsageError`, before anything runs, when fewer are applied; `HistoryError` when
    another run changes the database in between.
    """
    compared = compare(database, migrations)
    compared.check()
    if len(planned := compared.descent(steps)) < steps:
        raise UsageError(
            f"--steps {steps}: {len(planned)} applied",
            remedy="take back no more than was applied",
        )
    for step in planned:
        _perform(database, migrations, step)
        yield step


def compare(database: Database, migrations: Sequence[Migration]) -> Comparison:
    """The database's history beside the folder's migrations."""
    return Comparison.of(database.history(), migrations)


def _next(
    database: Database,
    migrations: Sequence[Migration],
    plan: Callable[[Comparison], tuple[Step, ...]],
) -> Step | None:
    with database.exclusive():
        compared = compare(database, migrations)
        compared.check()
        steps = plan(compared)
        if not steps:
            return None
        database.perform(steps[0])
        return steps[0]


def _perform(database: Database, migrations: Sequence[Migration], step: Step) -> None:
    def still_newest(compared: Comparison) -> tuple[Step, ...]:
        if compared.descent(1) != (step,):
            raise _overtaken(step)
        return (step,)

    _next(database, migrations, still_newest)


def _overtaken(step: Step) -> HistoryError:
    fault = Fault(
        where=str(step.migration),
        message="another run changed the database meanwhile; it is no longer the newest",
        remedy="see workflow-migrate status, then decide anew",
    )
    return HistoryError([fault])
