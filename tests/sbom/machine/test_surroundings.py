from __future__ import annotations

from workflow_sbom.machine.surroundings import (
    build_environment,
    fetching_environment,
    processors,
)

GIVEN = {
    "PATH": "/opt/bin",
    "PIP_INDEX_URL": "https://index.example",
    "HTTPS_PROXY": "http://proxy",
    "GITHUB_TOKEN": "secret",
    "TWINE_PASSWORD": "secret",
    "LD_PRELOAD": "/evil.so",
}


def test_package_clients_see_their_settings_and_no_token() -> None:
    assert fetching_environment(GIVEN, "/home/ann") == {
        "PATH": "/opt/bin",
        "PIP_INDEX_URL": "https://index.example",
        "HTTPS_PROXY": "http://proxy",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "HOME": "/home/ann",
    }


def test_what_runs_a_projects_code_sees_less() -> None:
    assert build_environment(GIVEN).keys() == {"PATH", "LANG", "LC_ALL", "TZ"}
    assert build_environment({})["PATH"]


def test_there_is_a_processor() -> None:
    assert processors() >= 1
