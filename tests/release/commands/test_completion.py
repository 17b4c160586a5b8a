from __future__ import annotations

import shutil
import subprocess

import pytest

from support.absent import absent
from support.desk import Desk
from workflow_release.cli import COMMANDS


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_the_script_knows_every_command(desk: Desk, shell: str) -> None:
    done = desk.run("completion", shell)
    assert done.code == 0
    assert all(name in done.out for name in COMMANDS)
    # What shtab writes for tcsh has no options of subcommands.
    assert ("--dry-run" in done.out) is (shell != "tcsh")


def test_bash_reads_the_script(desk: Desk) -> None:
    if shutil.which("bash") is None:
        absent("no bash here to read the completion script")
    script = desk.run("completion", "bash").out
    read = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
    assert (read.returncode, read.stderr) == (0, "")
