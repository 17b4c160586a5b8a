"""The version, written where each build backend looks for it, and nothing else changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from workflow_release.building.stamp import environment, stamp
from workflow_release.errors import BuildError
from workflow_release.version import Version

VERSION = Version.parse("1.2.3-dev.4")
PEP440 = "1.2.3.dev4"
NONE: frozenset[str] = frozenset()


def stamped(folder: Path, files: Mapping[str, str], siblings: frozenset[str] = NONE) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    stamp(folder, VERSION, siblings)
    return folder


def changed(folder: Path, files: Mapping[str, str]) -> set[str]:
    return {name for name, text in files.items() if (folder / name).read_bytes() != text.encode()}


def test_a_static_version_is_replaced_and_the_files_format_kept(tmp_path: Path) -> None:
    text = (
        "# who we are\r\n[project]\r\n  name = 'thing'   # its name\r\n"
        '  version = "0.0.0"  # the sentinel\r\n\r\n[tool.other]\r\nversion = "7"\r\n'
    )
    folder = stamped(tmp_path, {"pyproject.toml": text})
    expected = text.replace('"0.0.0"', f'"{PEP440}"')
    assert (folder / "pyproject.toml").read_bytes() == expected.encode()


DYNAMIC = '[project]\nname = "thing"\ndynamic = ["version"]\n'
VERSIONS = '"""A thing."""\n\n__version__ = "0.9"\n\nOTHER = "0.9"\n'
STAMPED = VERSIONS.replace("0.9", PEP440, 1)
FLIT_MODULE = '[tool.flit.module]\nname = "other.deep"\n'
BACKENDS: dict[str, tuple[str, str]] = {
    "hatchling": (f'{DYNAMIC}[tool.hatch.version]\npath = "lib/v.py"\n', "lib/v.py"),
    "pdm": (f'{DYNAMIC}[tool.pdm.version]\nsource = "file"\npath = "lib/v.py"\n', "lib/v.py"),
    "setuptools, attribute": (
        f'{DYNAMIC}[tool.setuptools.dynamic]\nversion = {{attr = "thing.v.__version__"}}\n',
        "thing/v.py",
    ),
    "setuptools, attribute of a package in src": (
        f'{DYNAMIC}[tool.setuptools.dynamic]\nversion.attr = "thing.__version__"\n',
        "src/thing/__init__.py",
    ),
    "flit": (
        f'{DYNAMIC}[build-system]\nbuild-backend = "flit_core.buildapi"\n',
        "thing/__init__.py",
    ),
    "flit, one module": (
        f'{DYNAMIC}[build-system]\nbuild-backend = "flit_core.buildapi"\n',
        "thing.py",
    ),
    "flit, named module": (
        f'{DYNAMIC}[build-system]\nbuild-backend = "flit_scm:x"\n{FLIT_MODULE}',
        "src/other/deep/__init__.py",
    ),
}  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_file_a_backend_reads_is_stamped(tmp_path: Path, backend: str) -> None:
    pyproject, file = BACKENDS[backend]
    files = {"pyproject.toml": pyproject, file: VERSIONS, "other/version.py": VERSIONS}
    folder = stamped(tmp_path, files)
    assert changed(folder, files) == {file}
    assert (folder / file).read_text() == STAMPED


@pytest.mark.parametrize("form", ['file = "VERSION"', 'file = ["VERSION"]'])
@pytest.mark.parametrize("before", ["0.0.0\n", "  1.0  ", "9"])
def test_a_file_that_is_a_version(tmp_path: Path, form: str, before: str) -> None:
    pyproject = f"{DYNAMIC}[tool.setuptools.dynamic]\nversion = {{{form}}}\n"
    folder = stamped(tmp_path, {"pyproject.toml": pyproject, "VERSION": before})
    assert (folder / "VERSION").read_text() == f"{PEP440}\n"


@pytest.mark.parametrize(
    "line",
    [
        '__version__ = "0.0.0"',
        "__version__ = '0.0.0'",
        '__version__: str = "0.0.0"',
        '__version__: typing.Final[str] = "0.0.0"',
        '__version__="0.0.0"',
        'VERSION = "0.0.0"',
        'version = "0.0.0"  # ours',
    ],
)
def test_every_way_to_write_it_down(tmp_path: Path, line: str) -> None:
    pyproject = f'{DYNAMIC}[tool.hatch.version]\npath = "thing/_about.py"\n'
    folder = stamped(tmp_path, {"pyproject.toml": pyproject, "thing/_about.py": f"#\n{line}\n"})
    text = line.replace("0.0.0", PEP440)
    assert (folder / "thing" / "_about.py").read_text() == f"#\n{text}\n"


def test_what_a_package_says_when_run_is_stamped_only_if_it_is_the_same(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "thing"\nversion = "1.1"\n',
        "thing/__init__.py": '__version__ = "0.0.0"\n',
        "src/other/__about__.py": '__version__ = "1.1"\n',
        "single.py": '__version__ = "0.0.0"\n',
        "thing/vendored/__init__.py": '__version__ = "0.0.0"\n',
        "thing/data.py": '__version__ = "0.0.0"\n',
        "protocol/__init__.py": 'version = "3.2"\n',
        "latin/__init__.py": "",
    }
    (tmp_path / "latin").mkdir()
    folder = stamped(tmp_path, files)
    assert changed(folder, files) == {
        "pyproject.toml", "thing/__init__.py", "src/other/__about__.py", "single.py",
    }  # fmt: skip


def test_a_file_that_is_not_utf8_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thing").mkdir()
    (tmp_path / "thing" / "__init__.py").write_bytes(b'# \xe9\n__version__ = "0.0.0"\n')
    stamped(tmp_path, {"pyproject.toml": '[project]\nname = "thing"\nversion = "0"\n'})
    assert b"0.0.0" in (tmp_path / "thing" / "__init__.py").read_bytes()


SETUP_CFG = """\
[bumpversion]
version = 0.1

[metadata]
name = thing
version = {}
url = https://example.org

[other]
version = 0.1
"""


def test_setup_cfg_has_its_version_in_one_section(tmp_path: Path) -> None:
    files = {"pyproject.toml": "[build-system]\n", "setup.cfg": SETUP_CFG.format("0.1")}
    folder = stamped(tmp_path, files)
    assert (folder / "setup.cfg").read_text() == SETUP_CFG.format(PEP440)


@pytest.mark.parametrize(
    ("directive", "file"),
    [
        ("attr: thing.__version__", "src/thing/__init__.py"),
        ("file: thing/VERSION", "thing/VERSION"),
    ],
)
def test_setup_cfg_names_where_the_version_is(tmp_path: Path, directive: str, file: str) -> None:
    text = "0.9" if file.endswith("VERSION") else VERSIONS
    files = {"pyproject.toml": "", "setup.cfg": SETUP_CFG.format(directive), file: text}
    folder = stamped(tmp_path, files)
    assert changed(folder, files) == {file}
    assert PEP440 in (folder / file).read_text()


@pytest.mark.parametrize("where", ["pyproject.toml", "setup.cfg"])
def test_the_variable_that_an_attribute_names_is_stamped_and_no_other(
    tmp_path: Path, where: str
) -> None:
    files = {
        "pyproject.toml": '[tool.setuptools.dynamic]\nversion = {attr = "thing.about.RELEASE"}\n',
        "setup.cfg": "",
        "thing/about.py": '__version__ = "7"  # of the protocol\nRELEASE = "0.9"\n',
    }
    if where == "setup.cfg":
        files |= {"pyproject.toml": "", where: SETUP_CFG.format("attr: thing.about.RELEASE")}
    folder = stamped(tmp_path, files)
    assert changed(folder, files) == {"thing/about.py"}
    assert (folder / "thing" / "about.py").read_text() == (
        f'__version__ = "7"  # of the protocol\nRELEASE = "{PEP440}"\n'
    )


def test_an_attribute_made_from_another_variable_is_stamped_there(tmp_path: Path) -> None:
    text = '[tool.setuptools.dynamic]\nversion.attr = "thing.RELEASE"\n'
    module = 'version = "0.9"\nRELEASE = version\n'
    folder = stamped(tmp_path, {"pyproject.toml": text, "thing.py": module})
    assert (folder / "thing.py").read_text() == module.replace("0.9", PEP440)


@pytest.mark.parametrize("attribute", ['""', '"RELEASE"', "7"])
def test_an_attribute_without_a_module_names_nothing(tmp_path: Path, attribute: str) -> None:
    text = f"[tool.setuptools.dynamic]\nversion = {{attr = {attribute}}}\n"
    assert changed(stamped(tmp_path, {"pyproject.toml": text}), {"pyproject.toml": text}) == set()


def test_stamping_twice_is_stamping_once(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "thing"\nversion = "0.0.0"\ndependencies = ["low"]\n'
        '[tool.versioningit]\n[tool.setuptools.dynamic]\nversion.file = "VERSION"\n',
        "setup.cfg": SETUP_CFG.format("attr: thing.__version__"),
        "thing/__init__.py": VERSIONS,
        "other.py": '__version__ = "0.0.0"\n',
        "VERSION": "0.9",
    }
    siblings = frozenset({"low"})
    once = {name: (stamped(tmp_path, files, siblings) / name).read_bytes() for name in files}
    assert all(PEP440.encode() in content for name, content in once.items() if name != "setup.cfg")
    stamp(tmp_path, VERSION, siblings)
    assert {name: (tmp_path / name).read_bytes() for name in files} == once


def test_setup_cfg_without_metadata(tmp_path: Path) -> None:
    files = {"pyproject.toml": "", "setup.cfg": "[flake8]\nversion = 1\n"}
    assert changed(stamped(tmp_path, files), files) == set()


def test_poetry_and_versioningit_have_tables_of_their_own(tmp_path: Path) -> None:
    text = '[tool.poetry]\nname = "thing"\nversion = "0"\n\n[tool.versioningit]\n'
    folder = stamped(tmp_path, {"pyproject.toml": text})
    assert (folder / "pyproject.toml").read_text() == (
        f'[tool.poetry]\nname = "thing"\nversion = "{PEP440}"\n\n'
        f'[tool.versioningit]\ndefault-version = "{PEP440}"\n'
    )


def test_siblings_without_a_version_are_pinned_and_nothing_else(tmp_path: Path) -> None:
    text = """\
[project]
name = "high"
version = "0.0.0"
dependencies = [
    "low",  # ours
    "Low_Er[fast,all] ; python_version >= '3.11'",
    "low>=1",
    "low @ https://example.org/low.whl",
    "foreign",
    "not a requirement !",
]

[project.optional-dependencies]
more = ["low", "foreign>1"]
"""
    folder = stamped(tmp_path, {"pyproject.toml": text}, frozenset({"low", "low-er", "high"}))
    assert (folder / "pyproject.toml").read_text() == (
        text.replace('"0.0.0"', f'"{PEP440}"')
        .replace('"low",', f'"low=={PEP440}",')
        .replace("Low_Er[fast,all] ; python_version >= '3.11'", PINNED)
    )


PINNED = f"""Low_Er[all,fast]=={PEP440} ; python_version >= '3.11'""".replace("'", '\\"')


@pytest.mark.parametrize(
    ("pyproject", "said"),
    [
        ("[project", r"pyproject\.toml: no TOML"),
        (f'{DYNAMIC}[tool.hatch.version]\npath = "../../etc/passwd"\n', "outside the project"),
        (f'{DYNAMIC}[tool.hatch.version]\npath = "/etc/passwd"\n', "outside the project"),
        (f'{DYNAMIC}[tool.hatch.version]\npath = "nothing.py"\n', r"nothing\.py: can't be read"),
        (f'{DYNAMIC}[tool.setuptools.dynamic]\nversion.file = "../x"\n', "outside the project"),
    ],
)
def test_what_cannot_be_stamped_is_told(tmp_path: Path, pyproject: str, said: str) -> None:
    project = tmp_path / "a" / "b"
    with pytest.raises(BuildError, match=said) as told:
        stamped(project, {"pyproject.toml": pyproject, "../../etc/passwd": '__version__ = "1"'})
    assert told.value.remedy
    assert (tmp_path / "etc" / "passwd").read_text() == '__version__ = "1"'


def test_a_link_is_never_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text('__version__ = "0.0.0"\n')
    project = tmp_path / "project"
    (project / "thing").mkdir(parents=True)
    (project / "thing" / "__init__.py").symlink_to(outside)
    (project / "setup.cfg").symlink_to(outside)
    stamped(project, {"pyproject.toml": '[project]\nname = "thing"\nversion = "0"\n'})
    assert outside.read_text() == '__version__ = "0.0.0"\n'


def test_there_is_no_project_without_a_pyproject(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"pyproject\.toml: can't be read: No such file"):
        stamp(tmp_path, VERSION, NONE)


def test_tables_that_are_none_are_no_reason_to_fail(tmp_path: Path) -> None:
    text = 'project = 1\n[tool]\nhatch = 2\nsetuptools = "x"\n'
    assert changed(stamped(tmp_path, {"pyproject.toml": text}), {"pyproject.toml": text}) == set()


def test_backends_that_ask_an_scm_are_told_by_variables() -> None:
    told = environment("my.Thing-x", VERSION)
    assert set(told.values()) == {PEP440}
    assert "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_MY_THING_X" in told
    assert "PDM_BUILD_SCM_VERSION" in told
