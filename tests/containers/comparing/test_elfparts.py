from __future__ import annotations

import struct

import zlib_ng.zlib_ng
from hypothesis import given
from hypothesis import strategies as st

from simulators.images import elf
from workflow_containers.comparing.elfparts import parts
from workflow_containers.comparing.kinds import explain

NOTE = struct.pack("<III4s", 4, 4, 3, b"GNU\0")


def program(text: bytes, build_id: bytes = b"\x01\x02\x03\x04", *, machine: int = 62) -> bytes:
    """An object with the sections of a small program, and nothing but them."""
    names = b"\0.text\0.note.gnu.build-id\0.bss\0.shstrtab\0"
    contents = [
        (b"", 0, b""),
        (b".text", 1, text),
        (b".note.gnu.build-id", 7, NOTE + build_id),
        (b".bss", 8, b""),
        (b".shstrtab", 3, names),
    ]
    at, body, table = 64, b"", b""
    for name, kind, data in contents:
        size = 1 << 30 if kind == 8 else len(data)
        table += struct.pack(
            "<IIQQQQIIQQ", names.index(name + b"\0"), kind, 0, 0, at + len(body), size, 0, 0, 1, 0
        )
        body += data
    fields = (3, machine, 1, 0, 0, 64 + len(body), 0, 64, 56, 0, 64, len(contents), 4)
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", *fields) + body + table


def test_sections_and_the_build_id_are_parts() -> None:
    found = parts(program(b"code"))
    assert found["build-id"] == "01020304"
    assert found["section .text"].startswith("4 bytes, ")
    assert "section .bss" not in found


def test_what_of_a_program_differs_is_named() -> None:
    def names(old: bytes, new: bytes) -> list[str]:
        return [part.name for part in explain("usr/bin/x", old, new).parts]

    assert names(program(b"code"), program(b"edoc")) == ["section .text"]
    assert names(program(b"code"), program(b"code", b"\xff" * 4)) == ["build-id"]
    assert names(program(b"code"), program(b"code", machine=183)) == ["machine"]


def test_a_real_library_has_its_parts() -> None:
    with open(zlib_ng.zlib_ng.__file__, "rb") as file:  # noqa: PTH123 - a path in a text
        found = parts(file.read())
    assert {"machine", "needed", "section .text", "section .dynsym"} <= found.keys()


def test_what_the_linker_is_asked_for_is_told_without_sections() -> None:
    found = parts(elf(62, needed=("libc.so.6",), soname="libx.so.1", runpath="/opt/lib"))
    assert {name: found[name] for name in ("machine", "needed", "soname", "runpath")} == {
        "machine": "62",
        "needed": "libc.so.6",
        "soname": "libx.so.1",
        "runpath": "/opt/lib",
    }


@given(st.integers(0, 800), st.binary(min_size=1, max_size=12))
def test_damage_is_no_reason_to_fail(at: int, noise: bytes) -> None:
    whole = program(b"code" * 20)
    parts(whole[:at] + noise + whole[at + len(noise) :])
    parts(whole[:at])
