from __future__ import annotations

import importlib.util
import py_compile
import time
from pathlib import Path
from typing import Any

import pytest

from workflow_sbom.coverage.bytecode import difference, source_of

SOURCE = b'''\
"""A module with every kind of constant."""
import os
X = (None, True, False, ..., 1, -1, 1 << 40, 1.5, 2j, "a", "\\u00e4", b"b", "long " * 20, (1, (2,)))


class Thing:
    """A class."""

    async def method(self, *args: int, key: str = "x") -> set[int]:
        assert args, "told"
        return {each async for each in self if each in {1, 2, 3, 7, "s"}}


def outer(a, /, b, *, c):
    def inner():
        return a, b, c, os.sep
    try:
        return [lambda x=each: x + each for each in range(3)][1:2]
    except ValueError as error:
        raise TypeError from error
'''
MAGIC = importlib.util.MAGIC_NUMBER
MODES = py_compile.PycInvalidationMode


def compiled(tmp_path: Path, source: bytes = SOURCE, **options: Any) -> bytes:
    path = tmp_path / "thing.py"
    path.write_bytes(source)
    made = py_compile.compile(str(path), cfile=str(tmp_path / "x.pyc"), doraise=True, **options)
    return Path(made or "").read_bytes()


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a/__pycache__/b.cpython-311.pyc", ("a/b.py", 0)),
        ("__pycache__/b.cpython-313.opt-2.pyc", ("b.py", 2)),
        ("a/b.pyc", ("a/b.py", 0)),
        ("a/__pycache__/b.pyc", None),
        ("a/b.py", None),
        ("a/b.pyc/c", None),
    ],
)
def test_a_compiled_file_names_its_source(path: str, found: tuple[str, int] | None) -> None:
    assert source_of(path) == found


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("mode", list(MODES))
def test_the_compilation_of_a_source_has_no_difference(
    tmp_path: Path, level: int, mode: py_compile.PycInvalidationMode
) -> None:
    pyc = compiled(tmp_path, optimize=level, invalidation_mode=mode)
    assert difference(pyc, SOURCE, level) is None
    assert difference(pyc, SOURCE, (level + 1) % 3) == "is not what its source compiles to"


def test_the_standard_library_compiles_to_what_is_beside_it(tmp_path: Path) -> None:
    for name in ("argparse", "dataclasses", "typing", "enum"):
        source = Path(str(importlib.util.find_spec(name).origin)).read_bytes()  # type: ignore[union-attr]
        assert difference(compiled(tmp_path, source), source, 0) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"+ each", b"- each"),
        (b"7, ", b"8, "),
        (b"told", b"tole"),
        (b"key", b"kee"),
        (b"1.5", b"1.6"),
    ],
)
def test_the_compilation_of_another_source_is_told(tmp_path: Path, old: bytes, new: bytes) -> None:
    assert old in SOURCE
    pyc = compiled(tmp_path, SOURCE.replace(old, new))
    assert difference(pyc, SOURCE, 0) == "is not what its source compiles to"


def test_another_file_name_inside_is_no_other_code(tmp_path: Path) -> None:
    assert difference(compiled(tmp_path, dfile="/elsewhere/x.py"), SOURCE, 0) is None


def test_a_header_of_another_source_is_told(tmp_path: Path) -> None:
    for mode in MODES:
        pyc = compiled(tmp_path, invalidation_mode=mode)
        forged = pyc[:8] + bytes(8) + pyc[16:]
        assert difference(forged, SOURCE, 0) == "its header is of another source"
    assert difference(MAGIC + b"\x07\0\0\0" + bytes(8), SOURCE, 0) == (
        "its header is of another source"
    )
    assert difference(MAGIC, SOURCE, 0) == "its header is of another source"


def test_what_another_python_compiled_is_unknown() -> None:
    assert "compiled by another Python than" in str(difference(b"\x33\x0d\r\n" + bytes(99), b"", 0))


def test_a_source_that_is_no_python_compiles_to_nothing(tmp_path: Path) -> None:
    pyc = compiled(tmp_path, b"x=1")
    assert difference(pyc, b"x=(", 0) == "is not what its source compiles to"


def test_a_huge_source_is_not_compiled() -> None:
    source = b" " * ((4 << 20) + 1)
    assert (
        difference(MAGIC, source, 0) == "its source has 4194305 bytes; at most 4194304 are compiled"
    )


def hostile(data: bytes) -> bytes:
    return MAGIC + bytes(8) + len(SOURCE).to_bytes(4, "little") + data


def number(value: int) -> bytes:
    return value.to_bytes(4, "little", signed=True)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no compiled file: is cut short"),
        (b"N", "no compiled file: it holds no module"),
        (b")\x00", "no compiled file: it holds no module"),
        (b"Nx", "no compiled file: bytes after its end"),
        (b"?", "no compiled file: an object of kind '?'"),
        (b"c", "no compiled file: is cut short"),
        (b"(" + number(-1), "no compiled file: -1 objects in one"),
        (b"(" + number(2**31 - 1), "no compiled file: 2147483647 objects in one"),
        (b"s" + number(-5), "no compiled file: is cut short"),
        (b"l" + number(-(2**31)), "no compiled file: is cut short"),
        (b"r" + number(0), "no compiled file: refers to what is not there"),
        (b"\xa9\x01r" + number(0), "no compiled file: refers to what is not there"),
        (b")\x01" * 2000 + b"N", "no compiled file: nested deeper than 100 levels"),
        (b"z\x01\xff", "no compiled file: "),
        (b")\x02" + b"\xa9\x01N" + b"r" + number(0), "no compiled file: it holds no module"),
        (b":NNN", "no compiled file: it holds no module"),
    ],
)
def test_hostile_bytes_are_told_and_never_unmarshalled(data: bytes, said: str) -> None:
    found = difference(hostile(data), SOURCE, 0)
    assert found is not None
    assert found.startswith(said)


def test_objects_that_share_each_other_cost_nothing(tmp_path: Path) -> None:
    """A module whose constants are a bomb of references: told apart at once."""
    pyc = compiled(tmp_path, b"x = (1, 2)\n")
    tuples = b"\xa9\x01N" + b"".join(
        b"\xa9\x02r" + number(1 + n) + b"r" + number(1 + n) for n in range(60)
    )
    body = b"\xe3" + bytes(20) + b"s" + number(0) + b"(" + number(61) + tuples
    body += b")\0)\0s" + number(0) + b"z\x01xz\x01xz\x01x" + bytes(4) + (b"s" + number(0)) * 2
    begin = time.process_time()
    assert difference(pyc[:16] + body, b"x = (1, 2)\n", 0) == "is not what its source compiles to"
    assert time.process_time() - begin < 1
