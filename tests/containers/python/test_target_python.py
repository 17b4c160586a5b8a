from __future__ import annotations

from pathlib import Path

import pytest

from simulators.images import deb, locked, member
from workflow_containers.errors import InterpreterError
from workflow_containers.platform import AMD64
from workflow_containers.python.bytecode import Source
from workflow_containers.python.target_python import TargetPython
from workflow_containers.run import run
from workflow_containers.store import Store


def test_packages_without_the_interpreter_are_told_which_brings_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    data = deb("tzdata", [member("./usr/share/zoneinfo/UTC", b"TZif")])
    store.put(data)
    python = TargetPython(
        version="3.13", native=AMD64, packages=[locked(data, "tzdata")], exclude=(), store=store,
        run=run,
    )  # fmt: skip
    with pytest.raises(InterpreterError, match=r"no package brings usr/bin/python3\.13") as caught:
        python([Source("usr/lib/x.py", b"")])
    assert "add python3.13-minimal to packages" in caught.value.remedy
