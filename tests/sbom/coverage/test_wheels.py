from __future__ import annotations

import importlib.util
import py_compile
import shutil
import stat
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from support.distributions import (
    ENTRY_POINTS,
    FILES,
    INFO,
    METADATA,
    STAMPED,
    WHEEL,
    Maker,
    origin,
    record,
    unexplained,
)
from workflow_sbom.coverage import wheels
from workflow_sbom.coverage.ledger import Generated, Owned
from workflow_sbom.coverage.wheels import cover_wheel
from workflow_sbom.errors import InventoryError

CACHED = f"thing/__pycache__/core.{importlib.util.cache_from_source('x').split('.')[1]}"


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def without(path: str, files: Mapping[str, bytes] = FILES) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if name != path}


def test_by_record_alone_the_package_owns_every_file(make: Maker) -> None:
    ledger = cover_wheel(make.wheel())
    assert ledger.subject == "thing-1.2.3-py3-none-any.whl"
    assert ledger.owners() == {"pkg:pypi/thing@1.2.3": len(FILES)}
    assert ledger.rules() == {wheels.RECORD: 1}


def test_with_the_commit_each_file_says_what_it_comes_from(make: Maker) -> None:
    ledger = cover_wheel(make.wheel(), origin=origin())
    assert {line.entry.path: line.why for line in ledger.lines} == {
        "thing/__init__.py": Generated(STAMPED),
        "thing/core.py": Owned("git:1234", "the commit's tree"),
        f"{INFO}/METADATA": Generated(wheels.METADATA),
        f"{INFO}/RECORD": Generated(wheels.RECORD),
        f"{INFO}/WHEEL": Generated(wheels.TAGS),
        f"{INFO}/entry_points.txt": Generated(wheels.ENTRY_POINTS),
        f"{INFO}/licenses/LICENSE": Owned("git:1234", "the commit's tree"),
    }


def test_the_name_may_be_told_where_the_path_has_another(make: Maker) -> None:
    path = make.wheel(name="blob")
    assert unexplained(cover_wheel(path, name="thing-1.2.3-py3-none-any.whl")) == {}
    with pytest.raises(InventoryError, match="'blob' is no wheel's file name"):
        cover_wheel(path)


# ------------------------------------------------------------------- what RECORD does not hold up


@pytest.mark.parametrize(
    ("listed", "extra", "expected"),
    [
        (None, [("thing/evil.py", b"x")], {"thing/evil.py": "not listed in RECORD"}),
        (
            record({**FILES, "thing/core.py": b"other"}),
            [],
            {"thing/core.py": "differs from RECORD"},
        ),
        (
            record(without("thing/core.py")),
            [],
            {"thing/core.py": "not listed in RECORD"},
        ),
        (
            record({**FILES, "thing/gone.py": b""}),
            [],
            {f"{INFO}/RECORD": "names 'thing/gone.py', which is not there"},
        ),
        (
            record(FILES) + b"thing/core.py,,\n",
            [],
            {
                f"{INFO}/RECORD": "lists 'thing/core.py' 2 times",
                "thing/core.py": "listed in RECORD without a SHA-256 digest",
            },
        ),
        (
            record(FILES).replace(b"RECORD,,", b"RECORD,sha256=" + b"A" * 43 + b",1"),
            [],
            {f"{INFO}/RECORD": "does not list itself without a digest"},
        ),
        (
            record(without("thing/core.py")) + b"thing/core.py,md5=AAAA,1\n",
            [],
            {
                f"{INFO}/RECORD": "gives 'thing/core.py' a digest by md5, "
                "which the specification forbids",
                "thing/core.py": "listed in RECORD without a SHA-256 digest",
            },
        ),
        (
            None,
            [(f"{INFO}/RECORD.jws", b"{}")],
            {f"{INFO}/RECORD.jws": "a signature, which nothing makes again"},
        ),
        (None, [("thing/empty/", b"")], {"thing/empty": "a folder that holds no file"}),
    ],
)
def test_what_record_does_not_hold_up_is_caught(
    make: Maker,
    listed: bytes | None,
    extra: list[tuple[str | zipfile.ZipInfo, bytes]],
    expected: dict[str, str],
) -> None:
    path = make.wheel(listed=listed, extra=extra)
    assert unexplained(cover_wheel(path)) == expected


def test_folders_of_files_are_explained(make: Maker) -> None:
    ledger = cover_wheel(make.wheel(extra=[("thing/", b"")]))
    assert ledger.rules() == {wheels.RECORD: 1, wheels.FOLDER: 1}


@pytest.mark.parametrize(
    ("mode", "kind"), [(stat.S_IFLNK, "symlink"), (stat.S_IFIFO, "fifo"), (stat.S_IFBLK, "device")]
)
def test_a_wheel_holds_no_links_and_devices(make: Maker, mode: int, kind: str) -> None:
    info = zipfile.ZipInfo("thing/odd")
    info.external_attr = (mode | 0o777) << 16
    content = b"../../etc/passwd" if kind == "symlink" else b""
    path = make.wheel(extra=[(info, content)])
    assert unexplained(cover_wheel(path)) == {
        "thing/odd": f"a {kind}; a wheel holds files and folders only"
    }


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("thing/core.py", "'thing/core.py' stands twice"),
        (f"{INFO}/RECORD", "'thing-1.2.3.dist-info/RECORD' stands twice"),
        ("other-1.dist-info/RECORD", r"2 folders \*\.dist-info"),
        ("Thing-1.2.3.DIST-INFO/RECORD", r"2 folders \*\.dist-info"),
        ("thing/core.py/x", "'thing/core.py' is a file, and"),
        ("../evil.py", "'../evil.py' leads out of the archive"),
        ("/etc/cron.d/evil", "leads out of the archive"),
        ("thing//core.py", "leads out of the archive"),
        ("thing\\evil.py", "leads out of the archive"),
        ("thing/\x1b[2Jevil.py", r"'thing/\\x1b\[2Jevil.py' leads out"),
        ("x" * 5000, "longer than any that is read"),
        ("a/" * 101 + "a", "longer than any that is read"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_two_readers_would_read_in_two_ways_is_refused(
    make: Maker, extra: str, said: str
) -> None:
    path = make.wheel(extra=[(extra, b"x")])
    with pytest.raises(InventoryError, match=f"thing-1.2.3-py3-none-any.whl: .*{said}"):
        cover_wheel(path)


def test_a_wheel_without_record_is_none(make: Maker) -> None:
    path = make.raw(b"", "thing-1.2.3-py3-none-any.whl")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{INFO}/METADATA", METADATA)
    with pytest.raises(InventoryError, match=r"no RECORD in 'thing-1\.2\.3\.dist-info'"):
        cover_wheel(path)


# ------------------------------------------------------------------ what the commit does not hold


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"thing/core.py": b"evil\n"}, "differs from 'src/thing/core.py' of the commit"),
        ({"thing/core.py": b"# a test's own\n"}, "differs from 'src/thing/core.py' of the commit"),
        ({"thing/__init__.py": b""}, "differs from 'src/thing/__init__.py' of the commit"),
        ({"thing/evil.py": b""}, "nothing that the commit tracks, and no rule makes it"),
        ({f"{INFO}/licenses/LICENSE": b"Pay.\n"}, "differs from 'LICENSE' of the commit"),
        ({f"{INFO}/top_level.txt": b"x"}, "nothing that the commit tracks, and no rule makes it"),
        (
            {f"{INFO}/METADATA": METADATA.replace(b"packaging", b"evil")},
            "`requires_dist` is not what the [project] table says",
        ),
        (
            {f"{INFO}/METADATA": METADATA.replace(b"File: LICENSE", b"File: COPYING")},
            "names the licence file 'COPYING', which is not there",
        ),
        (
            {f"{INFO}/entry_points.txt": ENTRY_POINTS.replace(b"main", b"evil")},
            "is not what the [project] table says",
        ),
        (
            {f"{INFO}/entry_points.txt": b"thing = x\n"},
            "can't be compared: File contains no section headers.",
        ),
        ({f"{INFO}/WHEEL": WHEEL + b"Tag: py2-none-any\n"}, "states other tags than the file name"),
        ({f"{INFO}/WHEEL": WHEEL + b"X: y\n"}, "has the unknown field 'X'"),
        (
            {f"{INFO}/WHEEL": WHEEL + b"Build: 1\n"},
            "states another build number than the file name",
        ),
        (
            {f"{INFO}/WHEEL": WHEEL.replace(b"true", b"maybe")},
            "does not say whether its root is purelib",
        ),
        ({f"{INFO}/WHEEL": WHEEL.replace(b"1.0", b"2.0")}, "is of no version 1"),
    ],
)
def test_what_the_commit_does_not_hold_up_is_caught(
    make: Maker, changed: dict[str, bytes], expected: str
) -> None:
    path = make.wheel({**FILES, **changed})
    assert unexplained(cover_wheel(path)) == {}
    assert unexplained(cover_wheel(path, origin=origin())) == {next(iter(changed)): expected}


def test_a_data_folder_is_unpacked_in_the_mind(make: Maker) -> None:
    path = make.wheel({**FILES, "thing-1.2.3.data/data/README.md": b"# Thing\n"})
    assert unexplained(cover_wheel(path, origin=origin())) == {}


def test_without_a_project_table_nothing_makes_the_metadata_again(make: Maker) -> None:
    found = unexplained(cover_wheel(make.wheel(), origin=origin(project=b"[tool.poetry]\n")))
    assert found[f"{INFO}/METADATA"] == (
        "there is no [project] table that it could be made again from"
    )


# ---------------------------------------------------------------------------------- compiled files


def compiled(tmp_path: Path, source: bytes) -> bytes:
    shutil.rmtree(tmp_path / "compiled", ignore_errors=True)
    path = tmp_path / "compiled" / "core.py"
    path.parent.mkdir()
    path.write_bytes(source)
    made = Path(py_compile.compile(str(path), doraise=True, dfile="/usr/lib/thing/core.py") or "")
    return made.read_bytes()


@pytest.mark.parametrize("name", [f"{CACHED}.pyc", "thing/core.pyc"])
def test_a_compiled_file_is_compiled_again(make: Maker, tmp_path: Path, name: str) -> None:
    true = {**FILES, name: compiled(tmp_path, FILES["thing/core.py"])}
    other = compiled(tmp_path, FILES["thing/core.py"].replace(b"{3}", b"{4}"))
    false = {**FILES, name: other}
    for given in (None, origin()):
        ledger = cover_wheel(make.wheel(true), origin=given)
        assert unexplained(ledger) == {}
        assert ledger.rules()[wheels.COMPILED] == 1
        assert unexplained(cover_wheel(make.wheel(false), origin=given)) == {
            name: "is not what its source compiles to"
        }


def test_a_compiled_file_without_its_source_is_unexplained(make: Maker, tmp_path: Path) -> None:
    path = make.wheel({**FILES, "thing/lost.pyc": compiled(tmp_path, b"x = 1\n")})
    assert unexplained(cover_wheel(path)) == {
        "thing/lost.pyc": "compiled Python without its source"
    }


# ------------------------------------------------------------------------------- damaged archives


def between(data: bytes) -> bytes:
    """Bytes that the directory does not know of, and that it counts."""
    at = data.index(b"PK\x03\x04", 4)
    return data[:at] + b"hidden" + data[at:]


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: b"#!/bin/sh\n" + data,
        between,
        lambda data: data.replace(b"thing/core.py", b"thing/CORE.py", 1),
        lambda data: data[:60] + b"\xff" * 8 + data[68:],
    ],
)
def test_a_damaged_archive_is_refused(make: Maker, damage: Callable[[bytes], bytes]) -> None:
    whole = make.wheel().read_bytes()
    path = make.raw(damage(whole), "thing-1.2.3-py3-none-any.whl")
    with pytest.raises(InventoryError, match=r"thing-1\.2\.3"):
        cover_wheel(path)


def test_an_archive_with_a_comment_is_refused(make: Maker) -> None:
    with pytest.raises(InventoryError, match="or a comment"):
        cover_wheel(make.wheel(comment=b"PK"))


def test_a_gap_before_the_directory_is_refused(make: Maker) -> None:
    data = make.wheel().read_bytes()
    end = data.rindex(b"PK\x05\x06")
    start = int.from_bytes(data[end + 16 : end + 20], "little")
    moved = (start + 4).to_bytes(4, "little")
    hidden = data[:start] + b"evil" + data[start : end + 16] + moved + data[end + 20 :]
    with pytest.raises(InventoryError, match="between the archive's entries and its directory"):
        cover_wheel(make.raw(hidden, "thing-1.2.3-py3-none-any.whl"))
