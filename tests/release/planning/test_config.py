from __future__ import annotations

from pathlib import Path, PurePosixPath

import jsonschema_rs
import pytest

from workflow_release.errors import ConfigError
from workflow_release.planning import config
from workflow_release.planning.config import Config, DirectoryTable, InRepository, PythonTable

ROOT = Path(__file__).resolve().parents[3]


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        config.parse(text)
    assert caught.value.remedy
    return caught.value.message.splitlines()


def test_an_empty_file_and_no_file_mean_the_defaults(tmp_path: Path) -> None:
    assert config.parse("") == Config()
    assert config.load(tmp_path) == Config()
    dist = DirectoryTable(kind="directory", path=InRepository(PurePosixPath("dist")))
    assert config.load(tmp_path).target == (dist,)


def test_a_python_artifact_is_read() -> None:
    text = '[[artifact]]\nkind = "python"\npath = "a/b"\ncheck = ["a", "--version"]\n'
    assert config.parse(text).artifact == (
        PythonTable(
            kind="python", path=InRepository(PurePosixPath("a/b")), check=("a", "--version")
        ),
    )


def test_every_fault_is_reported_at_once_with_its_path() -> None:
    text = """
    [project]
    nam = "x"
    branch = 3
    [[artifact]]
    kind = "pyton"
    [[artifact]]
    kind = "python"
    check = "wfctl --version"
    [[artifact]]
    kind = "go"
    name = "tool"
    platforms = ["linux"]
    [signing]
    key = "gpg"
    """
    assert faults(text) == [
        "release.toml: project.nam: unknown key (did you mean 'name'?)",
        "release.toml: project.branch: a string is expected, not an integer",
        "release.toml: artifact[0].kind: 'pyton' is no known kind (did you mean 'python'?)",
        "release.toml: artifact[1].path: missing (Folder of its pyproject.toml)",
        "release.toml: artifact[1].check: an array is expected, not a string",
        "release.toml: artifact[2].platforms[0]: 'linux' is no platform; write it like linux/amd64",
        "release.toml: signing.key: 'gpg' does not match [a-z][a-z0-9+.-]*:\\S*",
    ]


@pytest.mark.parametrize("path", ["/etc", "../x", "a/../../x", ".git/hooks", "a\\b", "a\nb"])
def test_a_path_that_leaves_the_repository_is_refused(path: str) -> None:
    said = faults(f"[[target]]\nkind = 'directory'\npath = {path!r}\n".replace("\\\\", "\\"))
    assert len(said) == 1


def test_no_toml_is_an_error_that_names_the_line() -> None:
    assert "line 2" in faults("[project]\nname = \n")[0]


def test_a_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "release.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="can't be read"):
        config.load(tmp_path)


def test_this_repositorys_own_configuration_is_valid_by_reader_and_schema() -> None:
    import tomllib

    read = config.load(ROOT)
    assert len(read.artifact) == 9
    table = tomllib.loads((ROOT / "release.toml").read_text())
    validator = jsonschema_rs.validator_for(config.schema())
    assert list(validator.iter_errors(table)) == []
    assert not validator.is_valid({**table, "unknown": 1})
