"""Core metadata, made again from the `[project]` table that it was made from.

Specifications: https://packaging.python.org/en/latest/specifications/pyproject-toml/ and
…/core-metadata/. Backends order and wrap fields as they like, so fields are compared, not bytes;
a field that the table does not give rise to is a difference like any other.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from packaging.markers import InvalidMarker
from packaging.metadata import parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from workflow_sbom.printable import printable

MAX_METADATA = 4 << 20
_README_TYPES = {".md": "text/markdown", ".rst": "text/x-rst", ".txt": "text/plain"}
_FREE = frozenset({"metadata_version", "dynamic", "license_files"})
"""What the backend chooses, or (licence files) the caller compares with what is there."""

_DYNAMIC = {
    "authors": {"author", "author_email"},
    "classifiers": {"classifiers"},
    "dependencies": {"requires_dist"},
    "description": {"summary"},
    "keywords": {"keywords"},
    "license": {"license", "license_expression"},
    "maintainers": {"maintainer", "maintainer_email"},
    "optional-dependencies": {"requires_dist", "provides_extra"},
    "readme": {"description", "description_content_type"},
    "requires-python": {"requires_python"},
    "urls": {"project_urls"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a build takes metadata from: the `[project]` table, the readme's text, the version."""

    project: Mapping[str, Any]
    readme: str | None
    version: str

    @classmethod
    def read(cls, pyproject: bytes, readme: bytes | None, version: str) -> Table | None:
        """The table of a `pyproject.toml`; None when there is none, or it is no TOML."""
        try:
            project = tomllib.loads(pyproject.decode("utf-8")).get("project")
            text = None if readme is None else readme.decode("utf-8")
        except (ValueError, RecursionError):
            return None
        if not isinstance(project, dict) or not isinstance(project.get("name"), str):
            return None
        return cls(project=project, readme=text, version=version)


def readme_of(pyproject: bytes) -> str | None:
    """The path of the readme that a `pyproject.toml` names."""
    table = Table.read(pyproject, None, "")
    readme = table.project.get("readme") if table else None
    path = readme.get("file") if isinstance(readme, dict) else readme
    return path if isinstance(path, str) else None


def licence_files(metadata: bytes) -> tuple[str, ...]:
    """The licence files that core metadata names (PEP 639)."""
    return tuple(parse_email(metadata[:MAX_METADATA])[0].get("license_files", ()))


def difference(metadata: bytes, table: Table | None) -> str | None:
    """How `METADATA` or `PKG-INFO` differs from its table; None when it does not."""
    if table is None:
        return "there is no [project] table that it could be made again from"
    if len(metadata) > MAX_METADATA:
        return f"has {len(metadata)} bytes; at most {MAX_METADATA} are read"
    parsed, unparsed = parse_email(metadata)
    if unparsed:
        return f"malformed or twice there: {min(unparsed)[:40]!a}"
    found: dict[str, Any] = {key: value for key, value in parsed.items() if key not in _FREE}
    try:
        expected = {key: value for key, value in _expected(table) if value}
        unknown = _unknowable(table.project)
        return _first_difference(found, expected, unknown)
    except (
        AttributeError,
        InvalidMarker,
        InvalidRequirement,
        InvalidSpecifier,
        InvalidVersion,
        TypeError,
        ValueError,
    ) as error:
        return f"can't be compared: {printable(str(error))[:120]}"


def _first_difference(
    found: Mapping[str, Any], expected: Mapping[str, Any], unknown: frozenset[str]
) -> str | None:
    for key in sorted(found.keys() | expected.keys()):
        form = _FORMS.get(key, str)
        if key in unknown:
            if key in found:
                return f"`{key}` is dynamic, and can't be made again"
        elif key not in found:
            return f"`{key}` is missing"
        elif key not in expected or form(found[key]) != form(expected[key]):
            return f"`{key}` is not what the [project] table says"
    return None


def _unknowable(project: Mapping[str, Any]) -> frozenset[str]:
    names = [str(each) for each in project.get("dynamic", ())]
    return frozenset(key for name in names for key in _DYNAMIC.get(name, ()))


def _expected(table: Table) -> Iterator[tuple[str, Any]]:
    """The fields that the table gives rise to; empty ones are left out by the caller."""
    project = table.project
    yield "name", project["name"]
    yield "version", project.get("version") or table.version
    yield "summary", project.get("description")
    yield "requires_python", project.get("requires-python")
    yield "keywords", project.get("keywords")
    yield "classifiers", project.get("classifiers")
    yield "project_urls", project.get("urls")
    yield "description", table.readme
    yield "description_content_type", _readme_type(project.get("readme"))
    yield from _licence(project.get("license"))
    yield from _people("author", project.get("authors", ()))
    yield from _people("maintainer", project.get("maintainers", ()))
    extras: Mapping[str, list[str]] = project.get("optional-dependencies", {})
    yield "provides_extra", list(extras)
    yield "requires_dist", [*project.get("dependencies", ()), *_optional(extras)]


def _readme_type(readme: Any) -> str | None:
    if isinstance(readme, dict):
        declared = readme.get("content-type")
        return str(declared) if declared else _readme_type(readme.get("file"))
    return _README_TYPES.get(PurePosixPath(readme).suffix.lower()) if readme else None


def _licence(licence: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(licence, str):
        yield "license_expression", licence
    elif isinstance(licence, dict):
        yield "license", licence.get("text")


def _people(role: str, people: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, Any]]:
    """Names alone in one field, whoever has an address in the other."""
    people = list(people)
    yield role, [each["name"] for each in people if "email" not in each]
    addresses = (
        f"{each['name']} <{each['email']}>" if "name" in each else each["email"]
        for each in people
        if "email" in each
    )
    yield f"{role}_email", list(addresses)


def _optional(extras: Mapping[str, Iterable[str]]) -> Iterator[str]:
    for extra, requirements in extras.items():
        for text in requirements:
            requirement = Requirement(text)
            marker = f"({requirement.marker}) and " if requirement.marker else ""
            requirement.marker = None
            yield f'{requirement} ; {marker}extra == "{canonicalize_name(extra)}"'


def _requirement(text: str) -> tuple[str, ...]:
    each = Requirement(text)
    extras = ",".join(sorted(map(canonicalize_name, each.extras)))
    marker = str(each.marker or "")
    return (canonicalize_name(each.name), extras, str(each.specifier), each.url or "", marker)


def _listed(value: Any) -> list[str]:
    """Names in one field, by commas; quotes around them are the backend's."""
    text = value if isinstance(value, str) else ",".join(value)
    return sorted(each.strip().replace('"', "") for each in text.split(","))


def _text(value: str) -> str:
    return "\n".join(line.rstrip() for line in value.strip().splitlines())


_FORMS: Mapping[str, Callable[[Any], Any]] = {
    "name": canonicalize_name,
    "version": Version,
    "summary": lambda value: " ".join(value.split()),
    "description": _text,
    "description_content_type": lambda value: value.partition(";")[0].strip(),
    "requires_python": SpecifierSet,
    "keywords": _listed,
    "classifiers": sorted,
    "project_urls": lambda value: {key.casefold(): url for key, url in value.items()},
    "author": _listed,
    "author_email": _listed,
    "maintainer": _listed,
    "maintainer_email": _listed,
    "provides_extra": lambda value: sorted(map(canonicalize_name, value)),
    "requires_dist": lambda value: sorted(map(_requirement, value)),
    "license": _text,
    "license_expression": str.casefold,
}
