from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from workflow_release.errors import ConfigError, SourceError
from workflow_release.model import GoBinary, Recipe, Sdist, UiBundle, Wheel
from workflow_release.planning import config, discover
from workflow_release.repository.checkout import Checkout, root_of


def checkout(root: Path, files: dict[str, str]) -> Checkout:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Checkout.of(root, b"".join(name.encode() + b"\0" for name in files))


def found(root: Path, files: dict[str, str], text: str = "") -> tuple[Recipe, ...]:
    return discover.recipes(config.parse(text), checkout(root, files))


PYPROJECT = '[project]\nname = "thing"\n[build-system]\nrequires = ["hatchling"]\n'


def test_one_pyproject_and_no_configuration_is_enough(tmp_path: Path) -> None:
    assert found(tmp_path, {"pyproject.toml": PYPROJECT}) == (
        Sdist(distribution="thing", project=PurePosixPath()),
        Wheel(distribution="thing", project=PurePosixPath()),
    )


def test_a_workspace_root_that_is_no_package_is_left_out(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "ws"\n[tool.uv]\npackage = false\n',
        "a/pyproject.toml": PYPROJECT.replace("thing", "a"),
        "b/pyproject.toml": PYPROJECT.replace("thing", "b"),
        "tests/fixtures/c/pyproject.toml": PYPROJECT,
    }
    ids = [recipe.id for recipe in found(tmp_path, files)]
    assert ids == ["sdist:a", "wheel:a", "sdist:b", "wheel:b"]


def test_a_go_module_makes_a_program_of_each_main_package(tmp_path: Path) -> None:
    files = {
        "go.mod": "module example.org/tool/v2\n",
        "main.go": "package main\n",
        "cmd/other/main.go": "package main\n",
        "lib/lib.go": "package lib\n",
        "cmd/other/main_test.go": "package main\n",
    }
    made = found(tmp_path, files)
    assert {(r.name, r.package) for r in made if isinstance(r, GoBinary)} == {
        ("tool", "."),
        ("other", "./cmd/other"),
    }
    assert len(made) == 2 * len(discover.GO_PLATFORMS)


def test_an_npm_project_with_a_lock_and_a_build_script_is_a_bundle(tmp_path: Path) -> None:
    package = '{"name": "@org/ui", "scripts": {"build": "vite build"}}'
    files = {"ui/package.json": package, "ui/package-lock.json": "{}", "x/package.json": package}
    assert found(tmp_path, files) == (UiBundle(name="org-ui", project=PurePosixPath("ui")),)


def test_what_git_does_not_track_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    assert discover.recipes(config.parse(""), Checkout.of(tmp_path, b"")) == ()


def test_faults_of_all_artifacts_are_reported_at_once(tmp_path: Path) -> None:
    text = "".join(
        f'[[artifact]]\nkind = "{kind}"\n{rest}\n'
        for kind, rest in (
            ("python", 'path = "missing"'),
            ("python", 'path = "bad"'),
            ("ui", 'name = "ui"\npath = "ui"'),
            ("go", 'name = "g"'),
        )
    )
    with pytest.raises(ConfigError) as caught:
        found(tmp_path, {"bad/pyproject.toml": "[", "ui/package.json": "{}"}, text)
    said = caught.value.message.splitlines()
    assert [line.partition(":")[0] for line in said] == [f"artifact[{at}]" for at in range(4)]
    assert "missing/pyproject.toml: no such file among those git tracks" in said[0]
    assert "no script named build" in said[2]


@pytest.mark.parametrize("name", ["../evil", "a/b", "-rf", "", "a\\u001bb"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    files = {"pyproject.toml": PYPROJECT.replace("thing", name)}
    with pytest.raises(ConfigError, match="can't be the name"):
        found(tmp_path, files)


def test_a_symbolic_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(PYPROJECT)
    (tmp_path / "pyproject.toml").symlink_to("secret")
    with pytest.raises(ConfigError, match="symbolic link"):
        discover.recipes(config.parse(""), Checkout.of(tmp_path, b"pyproject.toml\0"))


def test_the_releases_name(tmp_path: Path) -> None:
    folder = tmp_path / "My Project"
    folder.mkdir()
    named = config.parse('[project]\nname = "declared"\n')
    assert discover.release_name(named, checkout(folder, {})) == "declared"
    assert discover.release_name(config.parse(""), checkout(folder, {})) == "My-Project"
    with_root = checkout(folder, {"pyproject.toml": PYPROJECT})
    assert discover.release_name(config.parse(""), with_root) == "thing"


def test_the_root_of_a_checkout_is_found_from_below(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert root_of(below) == tmp_path


def test_no_checkout_is_an_error() -> None:
    with pytest.raises(SourceError, match="no git checkout"):
        root_of(Path("/"))


def test_a_tracked_name_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not UTF-8"):
        Checkout.of(tmp_path, b"\xff\0")
