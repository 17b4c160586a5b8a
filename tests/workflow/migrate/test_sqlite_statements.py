from __future__ import annotations

import pytest

from workflow_migrate.databases.sqlite import statements

TRIGGER = "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT CASE 1 WHEN 1 THEN 2 END; END;"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1; SELECT 2;", [(0, "SELECT 1;"), (10, "SELECT 2;")]),
        ("SELECT 1", [(0, "SELECT 1")]),
        ("\n\nSELECT 1;\n", [(2, "SELECT 1;")]),
        ("SELECT ';', \";\", [;], `;`;", [(0, "SELECT ';', \";\", [;], `;`;")]),
        ("SELECT 1 -- ; not here\n;", [(0, "SELECT 1 -- ; not here\n;")]),
        ("SELECT /* ; */ 1;", [(0, "SELECT /* ; */ 1;")]),
        (f"{TRIGGER} SELECT 2;", [(0, TRIGGER), (len(TRIGGER) + 1, "SELECT 2;")]),
        ("SELECT 'unclosed;", [(0, "SELECT 'unclosed;")]),
        ("", []),
    ],
)
def test_a_statement_ends_where_sqlite_says(text: str, expected: list[tuple[int, str]]) -> None:
    assert list(statements(text)) == expected
