from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from simulators import bases
from simulators.bases import Base, Member, file, folder, link
from simulators.images import LIBC, elf, tar
from workflow_containers.base.bringing import from_layouts
from workflow_containers.base.image import BaseImage, load
from workflow_containers.base.python import BasePython, find
from workflow_containers.errors import InterpreterError
from workflow_containers.platform import AMD64, ARM64
from workflow_containers.store import Store

PYTHON = "/usr/local/bin/python3"


def image(
    folder: Path, *members: Member, config: Any = None, python: Sequence[Member] = ()
) -> BaseImage:
    """A base with more in it, or with other Pythons."""
    whole = [*bases.system(AMD64), *(python or bases.python(AMD64)), *members]
    base = Base(layers={AMD64: [tar(whole)]}, config=config or {"Env": bases.ENV})
    reference = base.write(folder / "base")
    return load(reference, AMD64, Store(folder / "store"), from_layouts([folder / "base"]))


def found(base: BaseImage, *entrypoint: str) -> BasePython:
    return find(base, "3.13", entrypoint or (PYTHON,))


def test_the_docker_librarys_python_is_known_by_its_files(tmp_path: Path) -> None:
    python = found(image(tmp_path))
    assert python.release == "3.13.5"
    assert (python.program, python.home) == ("usr/local/bin/python3.13", "usr/local")
    assert python.site.packages == "usr/local/lib/python3.13/site-packages"
    assert (python.site.prefix, python.site.python) == ("usr/local", python.program)
    assert python.glibc == 41
    assert python.loader == "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
    assert python.folders[0] == "usr/lib/x86_64-linux-gnu"


def test_debians_python_looks_for_wheels_elsewhere(tmp_path: Path) -> None:
    python = found(
        image(tmp_path, python=bases.python(AMD64, prefix="usr", debian=True)), "/usr/bin/python3"
    )
    assert python.site.packages == "usr/local/lib/python3.13/dist-packages"
    assert (python.site.prefix, python.home) == ("usr/local", "usr")


@pytest.mark.parametrize("name", [PYTHON, "/usr/local/bin/python3.13", "python3", "uvicorn", "/x"])
def test_it_is_the_entrypoints_or_the_first_on_the_path(tmp_path: Path, name: str) -> None:
    other = bases.python(AMD64, "3.13.1", prefix="usr")
    python = found(image(tmp_path, *other), name)
    assert (python.program, python.release) == ("usr/local/bin/python3.13", "3.13.5")


def test_one_that_is_named_goes_before_the_path(tmp_path: Path) -> None:
    other = bases.python(AMD64, "3.13.1", prefix="usr")
    assert found(image(tmp_path, *other), "/bin/python3").release == "3.13.1"


def test_a_base_without_a_path_has_the_usual_one(tmp_path: Path) -> None:
    assert found(image(tmp_path, config={"User": "x"}), "serve").home == "usr/local"


def test_the_linkers_own_folders_come_first(tmp_path: Path) -> None:
    more = [
        file("etc/ld.so.conf", b"include /etc/ld.so.conf.d/*.conf\n"),
        file("etc/ld.so.conf.d/b.conf", b"# a comment\n/opt/b\n"),
        file("etc/ld.so.conf.d/a.conf", b"  /opt/link  \n"),
        link("opt/link", "/opt/a"),
        folder("opt/a"),
    ]
    assert found(image(tmp_path, *more)).folders[:3] == (
        "opt/a",
        "opt/b",
        "usr/lib/x86_64-linux-gnu",
    )


def interpreter(data: bytes, *more: Member) -> list[Member]:
    program = elf(62, needed=("libpython3.13.so.1.0",)) + data
    return [
        *(each for each in bases.python(AMD64) if not each[0].name.endswith("bin/python3.13")),
        file("./usr/local/bin/python3.13", program, mode=0o755),
        *more,
    ]


def test_a_program_in_a_library_of_its_own_has_its_version_there(tmp_path: Path) -> None:
    library = file("usr/local/lib/libpython3.13.so.1.0", elf(62) + b"\0z3.13.7rc1+\0")
    assert found(image(tmp_path, python=interpreter(b"\0", library))).release == "3.13.7rc1+"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x003.13.5\x003.13.6\0",
        b"\x003.12.5\0",
        b"\x0013.13.5\0",
        b"\x003.13.5 \0",
        b"\x003.13.\0",
    ],
)
def test_a_version_that_is_not_sure_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InterpreterError, match=r"does not tell one version of Python 3\.13"):
        found(image(tmp_path, python=interpreter(data)))


def test_everything_amiss_is_told_with_the_remedy(tmp_path: Path) -> None:
    other = file("./usr/local/bin/python3.13", elf(LIBC[ARM64.architecture][1]), mode=0o755)
    python = [*bases.python(AMD64)[1:2], other]
    with pytest.raises(InterpreterError) as caught:
        found(image(tmp_path, python=python))
    text = str(caught.value)
    assert text.startswith(f"{bases.NAME}@sha256:")
    for fault in (
        "is for another processor",
        "does not tell one version",
        "no standard library in usr/local/lib/python3.13",
    ):
        assert fault in text
    assert caught.value.remedy == "name a base with CPython 3.13 on glibc"


def test_a_script_is_no_interpreter(tmp_path: Path) -> None:
    script = file("./usr/local/bin/python3.13", b"#!/bin/sh\n# 3.13.5\0\n", mode=0o755)
    python = [*bases.python(AMD64)[1:], script]
    with pytest.raises(InterpreterError, match=r"python3\.13 is no program"):
        found(image(tmp_path, python=python))


@pytest.mark.parametrize("name", ["/opt/python3", "python3.99", "/usr/local/bin/python4"])
def test_one_that_is_not_there_is_not_found(tmp_path: Path, name: str) -> None:
    with pytest.raises(InterpreterError, match=f"no {name}") as caught:
        found(image(tmp_path), name)
    assert caught.value.remedy


def test_links_in_a_circle_are_no_interpreter(tmp_path: Path) -> None:
    loop = [link("opt/python3", "/opt/again"), link("opt/again", "/opt/python3")]
    with pytest.raises(InterpreterError, match="no /opt/python3"):
        found(image(tmp_path, *loop), "/opt/python3")


def test_it_can_be_asked_for_again(tmp_path: Path) -> None:
    """From what the store remembers of the base."""
    first = image(tmp_path)
    again = load(first.reference, AMD64, Store(tmp_path / "store"), from_layouts([]))
    assert again == first
    assert found(again) == found(first)
    assert dataclasses.replace(again, tree=first.tree) == first
