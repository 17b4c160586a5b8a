"""What the lock and the manifest promise, read without Node."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent.parent.parent / "workflow/admin-ui"


def document(name: str) -> dict[str, Any]:
    value = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    assert isinstance(value, dict)
    return value


def installed() -> dict[str, dict[str, Any]]:
    packages = document("package-lock.json")["packages"]
    return {path: package for path, package in packages.items() if path}


def test_the_committed_version_is_the_sentinel() -> None:
    assert document("package.json")["version"] == "0.0.0"
    assert document("package-lock.json")["version"] == "0.0.0"


def test_the_lock_names_no_host() -> None:
    """Neither where a package came from, nor where it asks for donations."""
    assert "://" not in (FOLDER / "package-lock.json").read_text(encoding="utf-8")
    assert [path for path, package in installed().items() if "resolved" in package] == []


def test_every_package_is_held_by_a_digest() -> None:
    loose = [
        path
        for path, package in installed().items()
        if not str(package.get("integrity", "")).startswith("sha512-")
    ]
    assert loose == []


def test_direct_dependencies_are_exact_versions_of_the_public_registry() -> None:
    manifest = document("package.json")
    wanted = manifest["dependencies"] | manifest["devDependencies"]

    assert [name for name, v in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", v)] == []
    assert {name: installed()[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_nothing_of_a_package_runs_while_it_is_installed() -> None:
    assert "ignore-scripts=true" in (FOLDER / ".npmrc").read_text().splitlines()


def test_what_ships_may_be_shipped() -> None:
    shipping = {
        path: package["license"]
        for path, package in installed().items()
        if not package.get("dev") and not package.get("optional")
    }
    assert shipping == {
        "node_modules/react": "MIT",
        "node_modules/react-dom": "MIT",
        "node_modules/scheduler": "MIT",
    }
