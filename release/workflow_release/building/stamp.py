"""The version, written into a staged project where its build backend will look for it.

Committed version fields hold the sentinel `0.0.0`; the history is the truth. What a backend reads:

    project.version, tool.poetry.version              rewritten, the file's format kept
    tool.hatch.version.path, tool.pdm.version.path    the assignment in that file rewritten
    tool.setuptools.dynamic.version attr or file      likewise
    setup.cfg's metadata.version, attr: and file: too likewise
    flit: __version__ of the module                   likewise
    a package's own __version__, if it is the same    likewise, for what it says when run
    setuptools-scm, hatch-vcs, pdm, pbr, dunamai's    told by their environment variables
    versioningit                                      told by its default version

Requirements on siblings of the same release that name no version get `==<version>`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from tomlkit.exceptions import TOMLKitError

from workflow_release.errors import BuildError
from workflow_release.version import Version

SENTINEL = "0.0.0"


def _assignment(names: str) -> re.Pattern[str]:
    return re.compile(
        rf"""^(?P<before>(?:{names})\s*(?::\s*[\w.\[\]]+\s*)?=\s*)"""
        r"""(?P<quote>['"])(?P<value>[^'"\n]*)(?P=quote)""",
        re.MULTILINE,
    )


_ASSIGNMENT = _assignment("__version__|VERSION|version")
_METADATA = re.compile(r"^\[metadata\][^\n]*\n(?:(?!\[).*\n?)*", re.MULTILINE)
_CONFIG_LINE = re.compile(r"^version[ \t]*[=:][ \t]*(?P<value>\S[^\r\n]*)$", re.MULTILINE)
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
    }


def stamp(project: Path, version: Version, siblings: frozenset[str]) -> None:
    """Write the version into the project in this folder; raises `BuildError`.

    `siblings` are the canonical names of the distributions of the same release.
    """
    pep440 = version.render("pep440")
    pyproject = project / "pyproject.toml"
    document = _read(pyproject)
    table, poetry = _table(document, "project"), _table(document, "tool", "poetry")
    committed = {SENTINEL, *(str(each["version"]) for each in (table, poetry) if "version" in each)}
    named = [*_named_files(project, document), *_self_naming(project, committed)]
    for path in dict.fromkeys(named):
        _rewrite(path, pep440)
    _stamp_attribute(project, _dynamic(document).get("attr"), pep440)
    _stamp_setup_cfg(project / "setup.cfg", pep440)
    for holder in (table, poetry):
        if "version" in holder:
            holder["version"] = pep440
    if "versioningit" in _table(document, "tool"):
        _table(document, "tool", "versioningit")["default-version"] = pep440
    _pin(table, pep440, siblings)
    _write(pyproject, tomlkit.dumps(document))


def _read(pyproject: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(_text(pyproject))
    except TOMLKitError as error:
        raise BuildError(f"{pyproject.name}: no TOML: {error}", remedy="mend the file") from error


def _text(path: Path) -> str:
    """A staged file's text with its own line ends; raises `BuildError`."""
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise BuildError(f"{path.name}: can't be read: {reason}", remedy="mend the file") from error


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode())


def _table(document: Any, *names: str) -> Any:
    """A table by its names; an empty one when it, or a part of the way, is no table."""
    for name in names:
        found = document.get(name)
        document = found if isinstance(found, Mapping) else {}
    return document


def _named_files(project: Path, document: Any) -> Iterator[Path]:
    """The files a dynamic version is read from, as the tools' own tables name them."""
    for tool in ("hatch", "pdm"):
        path = _table(document, "tool", tool, "version").get("path")
        if isinstance(path, str):
            yield _inside(project, path)
    match _dynamic(document).get("file"):
        case str(name) | [str(name)]:
            yield _inside(project, name)
    if str(_table(document, "build-system").get("build-backend")).startswith("flit"):
        yield from _modules(project, _flit_module(document))


def _dynamic(document: Any) -> Any:
    return _table(document, "tool", "setuptools", "dynamic", "version")


def _stamp_attribute(project: Path, attribute: Any, version: str) -> None:
    """What setuptools' `attr` names: that variable, or the version it may be made from."""
    module, _, name = str(attribute or "").rpartition(".")
    for path in _modules(project, module) if module else ():
        own = _assignment(re.escape(name))
        _rewrite(path, version, own if own.search(_text(path)) else _ASSIGNMENT)


def _flit_module(document: Any) -> str:
    """The module flit packs: as its table says, else the project's name."""
    named = _table(document, "tool", "flit", "module").get("name")
    return str(named or _table(document, "project").get("name")).replace("-", "_")


def _modules(project: Path, module: str) -> Iterator[Path]:
    """The file of a module, in the project's folder or in its src/."""
    place = module.replace(".", "/")
    for root in ("", "src/"):
        for candidate in (f"{root}{place}.py", f"{root}{place}/__init__.py"):
            path = _inside(project, candidate)
            if path.is_file():
                yield path


def _inside(project: Path, name: str) -> Path:
    path = (project / name).resolve()
    if not path.is_relative_to(project.resolve()):
        raise BuildError(
            f"the version is read from {name!r}, outside the project",
            remedy="keep the version's file in the project's folder",
        )
    return path


def _self_naming(project: Path, committed: Container[str]) -> Iterator[Path]:
    """Top-level modules that hold a committed version as their own."""
    for root in (project, project / "src"):
        packages = sorted(path for path in root.glob("*/") if not path.is_symlink())
        modules = [folder / name for folder in packages for name in _SELF_NAMING]
        for path in (*sorted(root.glob("*.py")), *modules):
            if path.is_file() and not path.is_symlink() and _version_in(path) in committed:
                yield path.resolve()


def _version_in(path: Path) -> str | None:
    try:
        found = _ASSIGNMENT.search(path.read_bytes().decode("utf-8"))
    except UnicodeDecodeError:
        return None
    return found["value"] if found else None


def _rewrite(path: Path, version: str, assignment: re.Pattern[str] = _ASSIGNMENT) -> None:
    """Rewrite the first assignment of a version; a file that holds nothing else is the version."""
    text = _text(path)
    stamped, count = assignment.subn(rf"\g<before>\g<quote>{version}\g<quote>", text, count=1)
    if count == 0 and re.fullmatch(r"\s*\S+\s*", text):
        stamped = f"{version}\n"
    _write(path, stamped)


def _stamp_setup_cfg(path: Path, version: str) -> None:
    """setuptools' older file: metadata.version, or the module or file that it names."""
    if not path.is_file() or path.is_symlink():
        return
    text = _text(path)
    section = _METADATA.search(text)
    line = _CONFIG_LINE.search(text, *section.span()) if section else None
    if line is None:
        return
    directive, _, named = line["value"].strip().partition(":")
    match directive:
        case "attr":
            _stamp_attribute(path.parent, named.strip(), version)
        case "file":
            _rewrite(_inside(path.parent, named.strip()), version)
        case _:
            _write(path, f"{text[: line.start('value')]}{version}{text[line.end('value') :]}")


def _pin(project: Any, version: str, siblings: frozenset[str]) -> None:
    groups = [project.get("dependencies"), *_table(project, "optional-dependencies").values()]
    for group in groups:
        for at, text in enumerate(group if isinstance(group, list) else []):
            pinned = _pinned(str(text), version, siblings)
            if pinned != text:
                group[at] = pinned


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
