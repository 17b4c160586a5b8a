"""The laws of the design that the code's own imports can show."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLKIT = {
    "workflow_sbom": ROOT / "sbom/workflow_sbom",
    "workflow_containers": ROOT / "containers/workflow_containers",
    "workflow_release": ROOT / "release/workflow_release",
}
PRODUCT = {
    "workflow_engine": ROOT / "workflow/engine/workflow_engine",
    "wfctl": ROOT / "workflow/wfctl/wfctl",
    "workflow_migrate": ROOT / "workflow/migrate/workflow_migrate",
}
MAY_IMPORT = {
    "workflow_sbom": set(),
    "workflow_containers": {"workflow_sbom"},
    "workflow_release": {"workflow_containers", "workflow_sbom"},
    "workflow_engine": set(),
    "wfctl": {"workflow_engine"},
    "workflow_migrate": set(),
}
# The modules that own an edge; everything else is handed what it needs.
EDGES = {
    "subprocess": {"workflow_release/machine/run.py", "workflow_containers/run.py"},
    "os.environ": {
        "workflow_release/machine/host.py",
        "workflow_containers/host.py",
        "workflow_sbom/machine/host.py",
    },
    "urllib.request": set(),
    "print": {"workflow_sbom/terminal/console.py"},
    "urllib3": {"workflow_containers/network/http.py"},
    "docker": {
        "workflow_containers/access/credentials.py",
        "workflow_containers/engine/connecting.py",
    },
    "docker.errors": {
        "workflow_containers/access/credentials.py",
        "workflow_containers/engine/answering.py",
    },
    "docker.utils.build": {"workflow_containers/engine/context.py"},
    "time": {
        "workflow_sbom/terminal/watch.py",
        "workflow_containers/network/clock.py",
        "workflow_containers/engine/machine.py",
    },
    "random": {"workflow_containers/network/clock.py"},
    # Their types; urllib3 opens them. The engine's machine looks for a free port.
    "socket": {
        "workflow_containers/network/bounded.py",
        "workflow_containers/network/failures.py",
        "workflow_containers/engine/machine.py",
    },
}

Module = tuple[str, Path, ast.Module]


def modules(packages: dict[str, Path]) -> Iterator[Module]:
    for package, folder in packages.items():
        for path in sorted(folder.rglob("*.py")):
            yield package, path, ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def used(tree: ast.Module) -> set[str]:
    """Imported modules, `os.environ`, and calls of `print`."""
    names = set(imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            names.add(f"{node.value.id}.{node.attr}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            names.add(node.func.id)
    return names


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_arrows_point_one_way(package: str) -> None:
    folders = TOOLKIT | PRODUCT
    foreign = (folders.keys() - MAY_IMPORT[package]) - {package}
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for _, path, tree in modules({package: folders[package]})
        for name in imported(tree)
        if name.partition(".")[0] in foreign
    ]
    assert wrong == []


@pytest.mark.parametrize("edge", EDGES)
def test_an_edge_lives_in_its_named_module(edge: str) -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for package, path, tree in modules(TOOLKIT)
        if edge in used(tree)
        and f"{package}/{path.relative_to(TOOLKIT[package])}" not in EDGES[edge]
    ]
    assert wrong == []


def test_no_module_needs_scrolling() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for _, path, _ in modules(TOOLKIT | PRODUCT)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 320
    }
    assert long == {}


def test_no_room_is_called_utils() -> None:
    rooms = {path.stem for _, path, _ in modules(TOOLKIT | PRODUCT)}
    assert rooms.isdisjoint({"utils", "util", "helpers", "common", "misc"})


def test_nothing_committed_depends_on_a_package_registry_by_name() -> None:
    locks = [*ROOT.glob("locks/*.txt"), *ROOT.glob("*/*/locks/*.txt"), *ROOT.glob("containers/*")]
    locks += ROOT.glob("workflow/*/package-lock.json")
    hosts = [
        str(lock.relative_to(ROOT))
        for lock in locks
        if lock.is_file() and lock.suffix in {".txt", ".json"} and "://" in _without_funding(lock)
    ]
    assert hosts == []


def _without_funding(lock: Path) -> str:
    """A lock's text without the addresses that packages print for donations."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if '"url": "https://' not in line)
