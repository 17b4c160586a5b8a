"""What a checkout holds that can be released, and the recipes that follow from it.

Reading is confined to files git tracks: a project in an ignored folder is none of ours. With
`[[artifact]]` tables the configuration decides; without any, every project that is found does.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, assert_never

from workflow_containers.platform import Platform
from workflow_release.errors import ConfigError
from workflow_release.model import GoBinary, Image, Recipe, Sdist, UiBundle, Wheel
from workflow_release.planning.config import (
    ArtifactTable,
    Config,
    GoTable,
    ImageTable,
    InRepository,
    PythonTable,
    UiTable,
)
from workflow_release.repository.checkout import Checkout

GO_PLATFORMS = tuple(
    Platform(os, architecture)
    for os, architecture in (
        ("darwin", "amd64"),
        ("darwin", "arm64"),
        ("linux", "amd64"),
        ("linux", "arm64"),
        ("windows", "amd64"),
    )
)
_DISTRIBUTION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", re.ASCII)
_MAIN_PACKAGE = re.compile(r"^package main\b", re.MULTILINE)
_NOT_PRODUCT = frozenset({"tests", "test", "testdata", "fixtures", "examples", "vendor", "docs"})


def recipes(config: Config, checkout: Checkout) -> tuple[Recipe, ...]:
    """The recipes of a release, in the order of their declaration.

    Raises `ConfigError` with the faults of every artifact at once.
    """
    tables = config.artifact or found(checkout)
    made: list[Recipe] = []
    faults: list[str] = []
    for at, table in enumerate(tables):
        try:
            made.extend(_recipes_of(table, checkout))
        except ConfigError as error:
            faults.extend(f"artifact[{at}]: {line}" for line in error.message.splitlines())
    if faults:
        raise ConfigError("\n".join(faults), remedy="mend release.toml or the files it names")
    return tuple(made)


def release_name(config: Config, checkout: Checkout) -> str:
    """The name of the release: declared, or the root project's, or the folder's."""
    if config.project.name:
        return config.project.name
    root = PurePosixPath()
    if root / "pyproject.toml" in checkout.tracked:
        name = _toml(checkout, root / "pyproject.toml").get("project", {}).get("name")
        if isinstance(name, str) and _DISTRIBUTION.fullmatch(name):
            return name
    return re.sub(r"[^A-Za-z0-9._-]+", "-", checkout.root.resolve().name).strip("-._") or "release"


def found(checkout: Checkout) -> tuple[ArtifactTable, ...]:
    """The artifacts of a repository that declares none: its Python, Go and npm projects."""
    return (*_found_python(checkout), *_found_go(checkout), *_found_ui(checkout))


def _found_python(checkout: Checkout) -> Iterator[PythonTable]:
    for folder in checkout.folders_with("pyproject.toml"):
        pyproject = _toml(checkout, folder / "pyproject.toml")
        if _is_distribution(checkout, folder, pyproject):
            yield PythonTable(kind="python", path=InRepository(folder))


def _is_distribution(checkout: Checkout, folder: PurePosixPath, pyproject: dict[str, Any]) -> bool:
    """Whether a build would make a wheel of it: a workspace's root that only ties others does not.

    `[project]` without `[build-system]` is setuptools by PEP 517's default, unless uv is told not
    to package it.
    """
    tool = pyproject.get("tool", {})
    if tool.get("uv", {}).get("package") is False:
        return False
    if "build-system" in pyproject:
        return "project" in pyproject or folder / "setup.cfg" in checkout.tracked
    return "project" in pyproject and "workspace" not in tool.get("uv", {})


def _found_go(checkout: Checkout) -> Iterator[GoTable]:
    for folder in checkout.folders_with("go.mod"):
        mains = sorted({path.parent for path in _go_mains(checkout, folder)})
        for main in mains:
            relative = main.relative_to(folder)
            name = main.name or _module_name(checkout, folder)
            if main == folder:
                name = _module_name(checkout, folder)
            yield GoTable(
                kind="go",
                name=name,
                path=InRepository(folder),
                package=f"./{relative}" if relative.parts else ".",
            )


def _go_mains(checkout: Checkout, module: PurePosixPath) -> Iterator[PurePosixPath]:
    for path in checkout.tracked:
        inside = path.is_relative_to(module) and not _NOT_PRODUCT & set(path.parent.parts)
        if not inside or path.suffix != ".go" or path.name.endswith("_test.go"):
            continue
        if _MAIN_PACKAGE.search(checkout.text(path)):
            yield path


def _module_name(checkout: Checkout, folder: PurePosixPath) -> str:
    """The last element of the module path that is no major version (`…/tool/v2` is `tool`)."""
    declared = re.search(r"^module\s+(\S+)", checkout.text(folder / "go.mod"), re.MULTILINE)
    parts = [part for part in (declared[1] if declared else "").strip('"').split("/") if part]
    if len(parts) > 1 and re.fullmatch(r"v\d+", parts[-1], re.ASCII):
        parts.pop()
    if not parts or not _DISTRIBUTION.fullmatch(parts[-1]):
        raise ConfigError(f"{folder / 'go.mod'}: no module path that names a program")
    return parts[-1]


def _found_ui(checkout: Checkout) -> Iterator[UiTable]:
    for folder in checkout.folders_with("package.json"):
        package = _json(checkout, folder / "package.json")
        if folder / "package-lock.json" in checkout.tracked and "build" in package.get(
            "scripts", {}
        ):
            name = str(package.get("name", "")).removeprefix("@").replace("/", "-")
            yield UiTable(kind="ui", name=_name(name, folder), path=InRepository(folder))


def _recipes_of(table: ArtifactTable, checkout: Checkout) -> tuple[Recipe, ...]:
    match table:
        case PythonTable():
            return _python(table, checkout)
        case UiTable():
            return (_ui(table, checkout),)
        case GoTable():
            return _go(table, checkout)
        case ImageTable():
            return (_image(table, checkout),)
        case _:
            assert_never(table)


def _python(table: PythonTable, checkout: Checkout) -> tuple[Recipe, ...]:
    folder = table.path.path
    name = _distribution_name(checkout, folder)
    return (
        Sdist(distribution=name, project=folder, inputs=_paths(table.inputs)),
        Wheel(distribution=name, project=folder, check=table.check),
    )


def _distribution_name(checkout: Checkout, folder: PurePosixPath) -> str:
    pyproject = _toml(checkout, folder / "pyproject.toml")
    name = pyproject.get("project", {}).get("name")
    if name is None and folder / "setup.cfg" in checkout.tracked:
        declared = re.search(
            r"^name\s*=\s*(\S+)", checkout.text(folder / "setup.cfg"), re.MULTILINE
        )
        name = declared[1] if declared else None
    if name is None:
        raise ConfigError(f"{folder / 'pyproject.toml'}: project.name is missing")
    return _name(str(name), folder)


def _ui(table: UiTable, checkout: Checkout) -> UiBundle:
    folder = table.path.path
    package = _json(checkout, folder / "package.json")
    if "build" not in package.get("scripts", {}):
        raise ConfigError(f"{folder / 'package.json'}: no script named build")
    checkout.text(folder / "package-lock.json")
    return UiBundle(name=table.name, project=folder, inputs=_paths(table.inputs))


def _go(table: GoTable, checkout: Checkout) -> tuple[Recipe, ...]:
    checkout.text(table.path.path / "go.mod")
    return tuple(
        GoBinary(
            name=table.name,
            project=table.path.path,
            package=table.package,
            variable=table.variable,
            platform=platform,
            check=table.check,
            inputs=_paths(table.inputs),
        )
        for platform in table.platforms or GO_PLATFORMS
    )


def _image(table: ImageTable, checkout: Checkout) -> Image:
    from workflow_containers import definition
    from workflow_containers.errors import DefinitionError

    path = table.definition.path
    checkout.text(path)
    try:
        image = definition.load(checkout.root / path)
    except DefinitionError as error:
        lines = "\n".join(f"{path}: {fault}" for fault in error.faults)
        raise ConfigError(lines, remedy="mend the image's definition") from error
    return Image(
        name=image.name,
        definition=path,
        platforms=image.platforms,
        wheels=tuple(member.name for member in image.wheels),
        bundles=tuple(bundle.name for bundle in image.bundles),
    )


def _paths(inputs: Sequence[InRepository]) -> tuple[PurePosixPath, ...]:
    return tuple(sorted(each.path for each in inputs))


def _name(name: str, folder: PurePosixPath) -> str:
    if not _DISTRIBUTION.fullmatch(name):
        raise ConfigError(f"{folder}: {name[:80]!r} can't be the name of an artifact")
    return name


def _toml(checkout: Checkout, path: PurePosixPath) -> dict[str, Any]:
    try:
        return tomllib.loads(checkout.text(path))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: no TOML: {error}", remedy="mend the line it names") from error


def _json(checkout: Checkout, path: PurePosixPath) -> dict[str, Any]:
    try:
        value = json.loads(checkout.text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: no JSON: {error}", remedy="mend the line it names") from error
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: no JSON object", remedy="write it as npm does")
    return value
