from __future__ import annotations

import io
import struct

import pytest

from workflow_sbom.digest import Digest
from workflow_sbom.python.libraries import (
    Library,
    is_bundled,
    is_native,
    may_be_bundled,
    soname,
)

ZERO = Digest("0" * 64)


def elf(name: bytes, *, size: int = 1000) -> bytes:
    """A shared object of one segment: dynamic section at 200, its strings at 300."""
    head = struct.pack("<16sHHIQQQIHHH", b"\x7fELF\x02\x01\x01", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2)
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x1000, 0, size, size, 0)
    dynamic = struct.pack("<IIQQQQQQ", 2, 6, 200, 0x1200, 0, 48, 48, 0)
    data = bytearray(head.ljust(64, b"\0") + load + dynamic).ljust(size, b"\0")
    data[200:248] = struct.pack("<qQqQqQ", 14, 1, 5, 0x1000 + 300, 0, 0)
    data[301 : 302 + len(name)] = name + b"\0"
    return bytes(data)


def read(data: bytes) -> str | None:
    return soname(io.BytesIO(data), len(data))


def test_soname() -> None:
    assert read(elf(b"libz.so.1")) == "libz.so.1"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x7fELF",
        b"MZ" + elf(b"libz.so.1")[2:],
        elf(b"libz.so.1")[:100],
        elf(b"libz.so.1")[:305],
        elf(b"bad\x1b[0m"),
        elf(b"\xff\xfe"),
        elf(b""),
        elf(b"libz.so.1").replace(struct.pack("<qQ", 14, 1), struct.pack("<qQ", 14, 1 << 63)),
        elf(b"libz.so.1").replace(struct.pack("<qQ", 5, 0x112C), struct.pack("<qQ", 5, 1)),
        elf(b"libz.so.1")[:54] + b"\xff\xff\xff\xff" + elf(b"libz.so.1")[58:],
        elf(b"libz.so.1")[:32] + b"\xff" * 8 + elf(b"libz.so.1")[40:],
        elf(b"libz.so.1").replace(struct.pack("<II", 2, 6), struct.pack("<II", 3, 6)),
        elf(b"libz.so.1").replace(struct.pack("<qQqQ", 14, 1, 5, 0x112C), b"\1" * 32),
    ],
)
def test_damaged_files_have_none(data: bytes) -> None:
    assert read(data) is None


@pytest.mark.parametrize(
    ("file", "plain", "stem"),
    [
        ("libz-dd453c56.so.1.2.13", "libz.so.1.2.13", "z"),
        ("libgfortran-040039e1-0352e75f.so.5.0.0", "libgfortran.so.5.0.0", "gfortran"),
        ("libscipy_openblas64_-32a4b2a6.so", "libscipy_openblas64_.so", "scipy_openblas64_"),
        ("msvcp140-a4c2229bdc2a2a630acdc095b4d86008.dll", "msvcp140.dll", "msvcp140"),
        ("libjpeg.62.4.0.dylib", "libjpeg.62.4.0.dylib", "jpeg"),
        ("libsodium-26.so", "libsodium-26.so", "sodium-26"),
    ],
)
def test_names_without_a_repair_tools_hash(file: str, plain: str, stem: str) -> None:
    library = Library(path=f"demo.libs/{file}", digest=ZERO)
    assert (library.file, library.plain, library.stem) == (file, plain, stem)


@pytest.mark.parametrize(
    "name",
    [
        "demo.libs/libz-dd453c56.so.1",
        "demo.libs/odd",
        "demo/.dylibs/libjpeg.62.4.0.dylib",
        "demo/lib/libcuda.so.12",
        "demo/libplain.so",
        "demo/vcruntime140.dll",
        "demo-1.data/platlib/demo/lib/libfoo.so",
    ],
)
def test_bundled(name: str) -> None:
    assert may_be_bundled(name)
    assert is_bundled(name, None)


@pytest.mark.parametrize(
    "name",
    [
        "demo/_speed.cpython-311-x86_64-linux-gnu.so",
        "demo/_speed.cpython-313t-x86_64-linux-gnu.so",
        "demo/_rust.abi3.so",
        "demo/_speed.pypy310-pp73-x86_64-linux-gnu.so",
        "demo/_speed.cp313-win_amd64.pyd",
    ],
)
def test_modules_of_python_are_native_and_not_bundled(name: str) -> None:
    assert is_native(name)
    assert not may_be_bundled(name)


def test_a_plain_name_is_told_by_its_soname() -> None:
    assert may_be_bundled("demo/speed.so")
    assert not is_bundled("demo/speed.so", None)
    assert is_bundled("demo/speed.so", "speed.so.1")


@pytest.mark.parametrize(
    "name", ["demo/a.py", "demo.libs/.load-order-demo", "demo.libs/__init__.py", "demo/so"]
)
def test_other_files_are_neither(name: str) -> None:
    assert not may_be_bundled(name)
    assert not is_native(name)
