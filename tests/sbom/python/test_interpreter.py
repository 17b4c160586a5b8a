from __future__ import annotations

import os
from pathlib import Path

import pytest

from workflow_sbom.errors import InventoryError
from workflow_sbom.python.environment import Environment
from workflow_sbom.python.interpreter import detect

ASSUMED = Environment(python="3.12.1", system="darwin", machine="arm64")


@pytest.mark.parametrize(
    ("line", "python"),
    [
        ("version = 3.11.7", "3.11.7"),
        ("version_info = 3.13.0.final.0", "3.13.0"),
        ("version_info=3.14.0.candidate.2", "3.14.0rc2"),
        ("version_info = 3.14.0rc2", "3.14.0rc2"),
        ("home = /usr\nversion_info = 3.12.9\nuv = 0.1", "3.12.9"),
    ],
)
def test_the_version_as_three_tools_write_it(tmp_path: Path, line: str, python: str) -> None:
    (tmp_path / "pyvenv.cfg").write_text(line + "\n")
    assert detect(tmp_path, None) == Environment(python=python)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("manylinux_2_17_x86_64", ("linux", "x86_64")),
        ("manylinux2014_aarch64", ("linux", "aarch64")),
        ("musllinux_1_2_x86_64", ("linux", "x86_64")),
        ("linux_x86_64", ("linux", "x86_64")),
        ("macosx_11_0_arm64", ("darwin", "arm64")),
        ("macosx_10_9_universal2", ("darwin", "arm64")),
        ("win_amd64", ("win32", "AMD64")),
        ("odd", ("darwin", "arm64")),
        (None, ("darwin", "arm64")),
    ],
)
def test_the_platform_of_a_wheel(
    tmp_path: Path, tag: str | None, expected: tuple[str, str]
) -> None:
    found = detect(tmp_path, tag, ASSUMED)
    assert (found.system, found.machine, found.python) == (*expected, "3.12.1")


@pytest.mark.parametrize("text", ["", "version = 2.7.18", "version = 3.11", "version = 3.11.7evil"])
def test_without_a_version_it_must_be_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyvenv.cfg").write_text(text)
    with pytest.raises(InventoryError, match="nothing tells which Python") as failure:
        detect(tmp_path, "linux_x86_64")
    assert failure.value.remedy == "say its full version, such as 3.13.1"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pyvenv.cfg")
    with pytest.raises(InventoryError, match="no regular file"):
        detect(tmp_path, None)
