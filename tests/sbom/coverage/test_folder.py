from __future__ import annotations

from pathlib import Path

import pytest

from workflow_sbom.coverage import folder
from workflow_sbom.coverage.folder import project_in
from workflow_sbom.digest import Digest
from workflow_sbom.errors import InventoryError


def written(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_a_project_is_its_files_and_links_and_nothing_that_was_installed(tmp_path: Path) -> None:
    root = written(
        tmp_path / "thing",
        **{
            "pyproject.toml": "[project]\nname = 'thing'\nreadme = 'README.md'\n",
            "README.md": "# Thing",
            "src/thing.py": "x",
            ".git/config": "x",
            "ui/node_modules/x/index.js": "x",
            ".venv/pyvenv.cfg": "x",
            ".venv/lib/x.py": "x",
        },
    )
    (root / "out").symlink_to("/etc")
    (root / "also").symlink_to("README.md")
    found = project_in(root, "1.2")
    assert found.owner == "folder:thing"
    assert found.files.keys() == {"pyproject.toml", "README.md", "src/thing.py"}
    assert found.files["src/thing.py"] == Digest.of(b"x")
    assert found.links == {"out": "/etc", "also": "README.md"}
    assert (found.version, found.readme) == ("1.2", b"# Thing")
    assert found.project.startswith(b"[project]")


def test_a_readme_outside_is_not_read(tmp_path: Path) -> None:
    written(tmp_path, **{"secret.md": "x"})
    root = written(
        tmp_path / "thing",
        **{"pyproject.toml": "[project]\nname = 'thing'\nreadme = '../secret.md'\n"},
    )
    assert project_in(root, "1").readme is None
    assert project_in(written(tmp_path / "bare", x="x"), "1").project == b""


def test_a_folder_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MAX_FILES", 2)
    written(tmp_path, a="x", b="x")
    project_in(tmp_path, "1")
    written(tmp_path, c="x")
    with pytest.raises(InventoryError, match="more than 2 files"):
        project_in(tmp_path, "1")
