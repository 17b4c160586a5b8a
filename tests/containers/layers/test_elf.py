from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.images import elf
from workflow_containers.layers.elf import Elf, parse


def test_what_an_object_needs_is_read() -> None:
    data = elf(62, needed=("libc.so.6", "libm.so.6"), soname="libx.so.1", runpath="$ORIGIN/../l:/m")
    assert parse(data) == Elf(
        machine=62,
        needed=("libc.so.6", "libm.so.6"),
        soname="libx.so.1",
        runpath=("$ORIGIN/../l", "/m"),
    )


def test_an_object_without_needs_is_one() -> None:
    assert parse(elf(183)) == Elf(machine=183)


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"\x7fELF\x01\x01" + bytes(60), b"#!/bin/sh\n"])
def test_what_is_no_64_bit_object_is_none(data: bytes) -> None:
    assert parse(data) is None


@given(st.integers(0, 10_000), st.binary(max_size=8))
def test_a_damaged_object_never_raises(at: int, noise: bytes) -> None:
    data = bytearray(elf(62, needed=("libc.so.6",), runpath="/x"))
    at %= len(data)
    data[at : at + len(noise)] = noise
    parse(bytes(data))
    parse(bytes(data[:at]))


@pytest.mark.skipif(sys.platform != "linux", reason="no ELF programs here")
def test_a_real_object_is_read() -> None:
    found = parse(Path("/proc/self/exe").read_bytes())
    assert found is not None
    assert any(name.startswith("libc.so") for name in found.needed)
