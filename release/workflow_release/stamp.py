"""The version, written into a staged project where its build backend will look for it.

Committed version fields hold the sentinel `0.0.0`; the history is the truth. What a backend reads:

    project.version, tool.poetry.version              rewritten, the file's format kept
    tool.hatch.version.path, tool.pdm.version.path    the assignment in that file rewritten
    tool.setuptools.dynamic.version attr or file      likewise; setup.cfg's metadata.version too
    flit: __version__ of the module                   likewise
    a package's own __version__ = "0.0.0"             likewise, for what it says when run
    setuptools-scm, hatch-vcs, pdm, pbr, versioneer…  told by their environment variables

Requirements on siblings of the same release that name no version get `==<version>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from tomlkit.exceptions import TOMLKitError

from workflow_release.errors import BuildError
from workflow_release.version import Version

SENTINEL = "0.0.0"
_ASSIGNMENT = re.compile(
    r"""^(?P<before>(?:__version__|VERSION|version)\s*(?::\s*[\w.\[\]]+\s*)?=\s*)"""
    r"""(?P<quote>['"])(?P<value>[^'"\n]*)(?P=quote)""",
    re.MULTILINE,
)
_CONFIG_LINE = re.compile(r"^(version\s*=\s*)(?!attr:|file:)(\S.*)$", re.MULTILINE)
_SELF_NAMING = ("__init__.py", "__about__.py", "_version.py", "version.py")


def environment(distribution: str, version: Version) -> dict[str, str]:
    """The variables by which version-from-SCM backends are told the version."""
    pep440 = version.render("pep440")
    own = re.sub(r"[^A-Z0-9]", "_", distribution.upper())
    return {
        "SETUPTOOLS_SCM_PRETEND_VERSION": pep440,
        f"SETUPTOOLS_SCM_PRETEND_VERSION_FOR_{own}": pep440,
        "PBR_VERSION": pep440,
        "PDM_BUILD_SCM_VERSION": pep440,
        "UV_DYNAMIC_VERSIONING_BYPASS": pep440,
        "POETRY_DYNAMIC_VERSIONING_BYPASS": pep440,
        "VERSIONEER_OVERRIDE": pep440,
    }


def stamp(project: Path, version: Version, siblings: frozenset[str]) -> None:
    """Write the version into the project in this folder; raises `BuildError`.

    `siblings` are the canonical names of the distributions of the same release.
    """
    pep440 = version.render("pep440")
    pyproject = project / "pyproject.toml"
    document = _read(pyproject)
    for path in (*_named_files(project, document), *_self_naming(project)):
        _rewrite(path, pep440)
    _stamp_setup_cfg(project / "setup.cfg", pep440)
    table: Any = document.get("project")
    if table is not None and "version" in table:
        table["version"] = pep440
    poetry: Any = document.get("tool", {}).get("poetry", {})
    if "version" in poetry:
        poetry["version"] = pep440
    if table is not None:
        _pin(table, pep440, siblings)
    pyproject.write_text(tomlkit.dumps(document), encoding="utf-8")


def _read(pyproject: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(pyproject.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise BuildError(
            f"{pyproject.name}: can't be read: {error}", remedy="mend the file"
        ) from error


def _named_files(project: Path, document: Mapping[str, Any]) -> Iterator[Path]:
    """The files a dynamic version is read from, as the tools' own tables name them."""
    tool = document.get("tool", {})
    for tables in (tool.get("hatch", {}), tool.get("pdm", {})):
        path = tables.get("version", {}).get("path")
        if isinstance(path, str):
            yield _inside(project, path)
    dynamic = tool.get("setuptools", {}).get("dynamic", {}).get("version", {})
    if isinstance(dynamic.get("file"), str):
        yield _inside(project, dynamic["file"])
    if isinstance(dynamic.get("attr"), str):
        yield from _attribute_files(project, dynamic["attr"])


def _attribute_files(project: Path, attribute: str) -> Iterator[Path]:
    module = attribute.rpartition(".")[0].replace(".", "/")
    for root in ("", "src/"):
        for candidate in (f"{root}{module}.py", f"{root}{module}/__init__.py"):
            path = _inside(project, candidate)
            if path.is_file():
                yield path


def _inside(project: Path, name: str) -> Path:
    path = (project / name).resolve()
    if not path.is_relative_to(project.resolve()):
        raise BuildError(f"the version is read from {name!r}, outside the project")
    return path


def _self_naming(project: Path) -> Iterator[Path]:
    """Top-level modules that hold the sentinel as their own version."""
    for root in (project, project / "src"):
        for folder in (root, *sorted(path for path in root.glob("*/") if not path.is_symlink())):
            names = sorted(folder.glob("*.py")) if folder == root else None
            for path in names or [folder / name for name in _SELF_NAMING]:
                if path.is_file() and not path.is_symlink() and _holds_sentinel(path):
                    yield path


def _holds_sentinel(path: Path) -> bool:
    try:
        found = _ASSIGNMENT.search(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        return False
    return found is not None and found["value"] == SENTINEL


def _rewrite(path: Path, version: str) -> None:
    """Rewrite the first assignment of a version; a file that holds nothing else is the version."""
    text = path.read_text(encoding="utf-8")
    stamped, count = _ASSIGNMENT.subn(rf"\g<before>\g<quote>{version}\g<quote>", text, count=1)
    if count == 0 and re.fullmatch(r"\s*\S+\s*", text):
        stamped = f"{version}\n"
    path.write_text(stamped, encoding="utf-8")


def _stamp_setup_cfg(path: Path, version: str) -> None:
    if path.is_file() and not path.is_symlink():
        text = path.read_text(encoding="utf-8")
        path.write_text(_CONFIG_LINE.sub(rf"\g<1>{version}", text, count=1), encoding="utf-8")


def _pin(table: Any, version: str, siblings: frozenset[str]) -> None:
    groups = [table.get("dependencies", []), *table.get("optional-dependencies", {}).values()]
    for group in groups:
        for at, text in enumerate(group):
            group[at] = _pinned(str(text), version, siblings)


def _pinned(text: str, version: str, siblings: frozenset[str]) -> str:
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return text
    if canonicalize_name(requirement.name) not in siblings:
        return text
    if requirement.specifier or requirement.url:
        return text
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    marker = f" ; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}{extras}=={version}{marker}"
