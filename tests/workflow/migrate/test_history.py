from __future__ import annotations

import pytest

from workflow_migrate.errors import DirtyError, HistoryError
from workflow_migrate.history import Comparison, Entry, State
from workflow_migrate.migration import Direction, Migration, Script


def migration(version: int, text: str = "SELECT 1;") -> Migration:
    def script(direction: str) -> Script:
        return Script(file=f"{version}_m.{direction}.sql", text=text, transaction=True)

    return Migration(version=version, name="m", up=script("up"), down=script("down"))


def entry(version: int, *, text: str = "SELECT 1;", state: State = State.APPLIED) -> Entry:
    checksum = migration(version, text).up.checksum
    return Entry(version=version, name="m", checksum=checksum, state=state)


def messages(compared: Comparison) -> list[str]:
    return [f"{fault.where}: {fault.message}" for fault in compared.faults()]


def test_what_agrees_has_no_faults() -> None:
    compared = Comparison.of([entry(2), entry(1)], [migration(3), migration(2), migration(1)])

    compared.check()

    assert compared.current == 2
    assert [each.version for each in compared.pending] == [3]


def test_an_untouched_database_is_at_no_version() -> None:
    assert Comparison.of([], [migration(1)]).current is None


def test_the_ascent_stops_at_the_wanted_version() -> None:
    compared = Comparison.of([entry(1)], [migration(each) for each in (1, 2, 3)])

    assert [(step.direction, step.migration.version) for step in compared.ascent(2)] == [
        (Direction.UP, 2)
    ]
    assert [step.migration.version for step in compared.ascent(None)] == [2, 3]


def test_the_descent_takes_the_newest_first() -> None:
    compared = Comparison.of([entry(1), entry(2), entry(3)], [migration(n) for n in (1, 2, 3)])

    assert [step.migration.version for step in compared.descent(2)] == [3, 2]
    assert [step.script.file for step in compared.descent(1)] == ["3_m.down.sql"]


def test_all_disagreements_are_told_at_once() -> None:
    compared = Comparison.of(
        [entry(1, text="SELECT 0;"), entry(3), entry(5)], [migration(1), migration(2), migration(3)]
    )

    assert messages(compared) == [
        "5_m: it was applied, but the folder does not hold it",
        "1_m: its up file changed after it was applied",
        "2_m: it was not applied, but version 5 was",
    ]
    with pytest.raises(HistoryError):
        compared.check()


@pytest.mark.parametrize(
    ("state", "done", "undone"),
    [
        (
            State.APPLYING,
            "UPDATE schema_migrations SET state = 'applied' WHERE version = 2",
            "DELETE FROM schema_migrations WHERE version = 2",
        ),
        (
            State.REVERTING,
            "DELETE FROM schema_migrations WHERE version = 2",
            "UPDATE schema_migrations SET state = 'applied' WHERE version = 2",
        ),
    ],
)
def test_a_dirty_version_comes_with_the_statements_that_clear_it(
    state: State, done: str, undone: str
) -> None:
    compared = Comparison.of([entry(1), entry(2, state=state)], [migration(1), migration(2)])

    with pytest.raises(DirtyError) as raised:
        compared.check()

    (fault,) = raised.value.faults
    assert fault.remedy == (
        f"look at the schema, then finish what is missing and run: {done}; "
        f"or take back what happened and run: {undone}"
    )
