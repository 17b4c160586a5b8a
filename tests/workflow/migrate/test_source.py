from __future__ import annotations

from pathlib import Path

import pytest

from workflow_migrate import source
from workflow_migrate.errors import SourceError


def write(folder: Path, **content: str) -> Path:
    """A file a keyword; `__` stands for a dot, `v` before the digits is dropped."""
    for name, text in content.items():
        (folder / name.removeprefix("v").replace("__", ".")).write_text(text)
    return folder


def faults(folder: Path) -> list[str]:
    with pytest.raises(SourceError) as raised:
        source.read(folder)
    return [f"{fault.where}: {fault.message}" for fault in raised.value.faults]


def test_pairs_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    write(tmp_path, v9_a__up__sql="A;", v9_a__down__sql="a;")
    write(tmp_path, v10_b__up__sql="B;", v10_b__down__sql="b;")
    write(tmp_path, README__md="not ours")

    first, second = source.read(tmp_path)

    assert (first.version, first.name, first.up.text, first.down.text) == (9, "a", "A;", "a;")
    assert second.version == 10
    assert str(second) == "10_b"
    # sha256sum of "A;"
    assert first.up.checksum == (
        "sha256:73c5754a2bb8796123dc24b0f7f7a5219f24eebff1e1807e1662e9a147d88c7c"
    )


def test_leading_zeros_and_fourteen_digits_are_numbers(tmp_path: Path) -> None:
    write(tmp_path, v0007_a__up__sql="A;", v0007_a__down__sql="a;")
    write(tmp_path, v20260424093015_b__up__sql="B;", v20260424093015_b__down__sql="b;")
    write(tmp_path, v20260424093017_c__up__sql="C;", v20260424093017_c__down__sql="c;")

    assert [each.version for each in source.read(tmp_path)] == [
        7,
        20260424093015,
        20260424093017,
    ]


def test_an_empty_folder_holds_no_migrations(tmp_path: Path) -> None:
    assert source.read(tmp_path) == ()


def test_every_fault_is_reported_at_once(tmp_path: Path) -> None:
    write(tmp_path, v1_a__up__sql="A;", v1_a__down__sql="a;")
    write(tmp_path, v001_b__up__sql="B;", v001_b__down__sql="b;")
    write(tmp_path, v3_c__up__sql="C;")
    write(tmp_path, v7_d__up__sql="D;", v7_d__down__sql=" \n")
    write(tmp_path, nonsense__sql="", v1234567890123456_e__up__sql="E;")

    assert faults(tmp_path) == [
        "001_b: version 1 is taken by more than one: 001_b, 1_a",
        "1234567890123456_e.up.sql: the number is too large",
        "3: the series has a gap: 2 between 1 and 3",
        "3_c.up.sql: its other half, 3_c.down.sql, is missing",
        "7: the series has a gap: 4 to 6 between 3 and 7",
        "7_d.down.sql: it is empty",
        "nonsense.sql: the name is no migration's",
    ]


def test_halves_of_two_names_are_no_pair(tmp_path: Path) -> None:
    write(tmp_path, v1_a__up__sql="A;", v1_b__down__sql="b;")

    assert faults(tmp_path) == [
        "1_a: version 1 is taken by more than one: 1_a, 1_b",
        "1_a.up.sql: its other half, 1_a.down.sql, is missing",
        "1_b.down.sql: its other half, 1_b.up.sql, is missing",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"SELECT '\xff';", "byte 8 is no UTF-8"),
        (b"\xef\xbb\xbfSELECT 1;", "it holds a NUL or a byte order mark"),
        (b"SELECT 1;\0", "it holds a NUL or a byte order mark"),
        (b"-- workflow-migrate: no-transactoin\n", "its first line asks for something unknown"),
    ],
)
def test_a_file_that_is_no_plain_text_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    write(tmp_path, v1_a__down__sql="a;")
    (tmp_path / "1_a.up.sql").write_bytes(content)

    assert faults(tmp_path) == [f"1_a.up.sql: {message}"]


def test_a_file_larger_than_the_limit_is_not_read_whole(tmp_path: Path) -> None:
    write(tmp_path, v1_a__down__sql="a;")
    with (tmp_path / "1_a.up.sql").open("wb") as file:
        file.truncate(source.LARGEST_FILE + 1)

    assert faults(tmp_path) == ["1_a.up.sql: it is larger than 16777216 bytes"]


def test_a_link_that_leads_nowhere_is_reported(tmp_path: Path) -> None:
    write(tmp_path, v1_a__down__sql="a;")
    (tmp_path / "1_a.up.sql").symlink_to(tmp_path / "absent")

    assert faults(tmp_path) == ["1_a.up.sql: it is no regular file"]


def test_links_are_followed_as_mounted_configuration_needs(tmp_path: Path) -> None:
    folder = tmp_path / "links"
    folder.mkdir()
    for name in ("1_a.up.sql", "1_a.down.sql"):
        (tmp_path / name).write_text("SELECT 1;")
        (folder / name).symlink_to(tmp_path / name)

    assert [each.version for each in source.read(folder)] == [1]


def test_a_name_with_control_characters_is_no_migration(tmp_path: Path) -> None:
    (tmp_path / "1_a\x1b[31m.up.sql").write_text("A;")

    assert faults(tmp_path) == ["1_a\x1b[31m.up.sql: the name is no migration's"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert faults(tmp_path / "absent") == [
        f"{tmp_path}/absent: the folder of migrations can't be read: No such file or directory"
    ]


def test_the_first_line_can_ask_for_no_transaction(tmp_path: Path) -> None:
    write(tmp_path, v1_a__up__sql="-- workflow-migrate: no-transaction\r\nVACUUM;")
    write(tmp_path, v1_a__down__sql="SELECT 1; -- workflow-migrate: no-transaction")

    (only,) = source.read(tmp_path)

    assert (only.up.transaction, only.down.transaction) == (False, True)
