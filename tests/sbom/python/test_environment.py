from __future__ import annotations

from typing import Any

import pytest
from packaging.markers import Marker

from workflow_sbom.errors import ModelError
from workflow_sbom.python.environment import Environment

LINUX = Environment(python="3.11.2")
WINDOWS = Environment(python="3.13.0", system="win32", machine="AMD64")


@pytest.mark.parametrize(
    ("marker", "linux", "windows"),
    [
        ("python_version < '3.12'", True, False),
        ("python_version >= '3.9'", True, True),
        ("python_full_version >= '3.11.3'", False, True),
        ("sys_platform == 'win32'", False, True),
        ("os_name == 'nt'", False, True),
        ("platform_system == 'Linux'", True, False),
        ("platform_machine == 'x86_64'", True, False),
        ("implementation_name == 'cpython'", True, True),
        ("platform_python_implementation != 'PyPy'", True, True),
        ("implementation_version == '3.11.2'", True, False),
        ("platform_release == ''", True, True),
        ("extra == 'tls'", False, False),
    ],
)
def test_markers_are_evaluated_for_what_is_declared(
    marker: str, linux: bool, windows: bool
) -> None:
    assert LINUX.holds(Marker(marker)) is linux
    assert WINDOWS.holds(Marker(marker)) is windows


def test_no_marker_always_holds() -> None:
    assert LINUX.holds(None)


def test_extras_are_compared_by_normalised_name() -> None:
    assert LINUX.holds(Marker("extra == 'Fast_Loop'"), extra="fast-loop")


def test_text() -> None:
    assert str(WINDOWS) == "cpython 3.13.0 win32 AMD64"


@pytest.mark.parametrize(
    "fields",
    [
        {"python": "3.11"},
        {"python": "2.7.18"},
        {"python": "3.11.2\n"},
        {"python": "3.11.2", "system": "Linux"},
        {"python": "3.11.2", "machine": "x86 64"},
        {"python": "3.11.2", "machine": ""},
    ],
)
def test_refuses_what_no_interpreter_says(fields: dict[str, Any]) -> None:
    with pytest.raises(ModelError):
        Environment(**fields)
