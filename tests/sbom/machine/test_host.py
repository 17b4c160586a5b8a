from __future__ import annotations

import io
import os
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace

import pytest

from workflow_sbom.machine import host


def test_the_environment_is_that_of_the_process_and_nobody_changes_it() -> None:
    found = host.environment()
    assert found["PATH"] == os.environ["PATH"]
    with pytest.raises(TypeError):
        found["PATH"] = "x"  # type: ignore[index]


def test_the_time_knows_its_zone() -> None:
    assert host.now().tzinfo is UTC


def test_a_pipe_is_read_one_byte_beyond_the_limit_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"12345")))
    assert host.standard_input(3) == b"1234"
    monkeypatch.setattr("sys.stdin", None)
    assert host.standard_input(3) == b""


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"HOME": "/h"}, "/h/.cache/workflow-sbom/logs"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "/c"}, "/c/workflow-sbom/logs"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "relative"}, "/h/.cache/workflow-sbom/logs"),
        ({}, "/.cache/workflow-sbom/logs"),
    ],
)
def test_logs_lie_where_the_base_directories_say(environment: dict[str, str], folder: str) -> None:
    assert host.log_folder(environment) == Path(folder)
