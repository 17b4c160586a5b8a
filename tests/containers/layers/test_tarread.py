from __future__ import annotations

import subprocess
import sys

import pytest

from simulators.images import member, tar

READ = """
import io, sys
from workflow_containers.layers.tarread import Bounded, members
stream = Bounded(io.BytesIO(sys.stdin.buffer.read()), 1 << 20, "p.deb")
for entry in members(stream, "p.deb"):
    print(ascii(entry.path))
"""
LOCALES = {
    "UTF-8": {"LC_ALL": "C.UTF-8"},
    "ASCII": {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
}


@pytest.mark.parametrize("locale", LOCALES)
def test_names_do_not_depend_on_the_locale(locale: str) -> None:
    """tarfile decodes names as this process's file names are, unless it is told."""
    done = subprocess.run(
        [sys.executable, "-c", READ],
        input=tar([member("./usr/share/Főtanúsítvány.crt", b"x")]),
        env=LOCALES[locale],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == ascii("usr/share/Főtanúsítvány.crt") + "\n"
