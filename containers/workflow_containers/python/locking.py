"""Making the lock of an image's wheels: hashed requirements, resolved by uv."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from workflow_containers.definition import Definition
from workflow_containers.errors import ToolError
from workflow_containers.run import Command, Run
from workflow_sbom.errors import TableError
from workflow_sbom.python.requirements import LockedRequirement, parse


def compile_requirements(
    definition: Definition, root: Path, *, uv: Sequence[str], env: Mapping[str, str], run: Run
) -> str:
    """The hashed requirements of the image's wheels, from their projects' own requirements.

    What the repository itself brings is left out. Raises `ToolError`.
    """
    projects = {member: root / member.project / "pyproject.toml" for member in definition.wheels}
    own = [part for member in definition.wheels for part in ("--no-emit-package", member.name)]
    extras = [part for member in definition.wheels for extra in member.extras
              for part in ("--extra", extra)]  # fmt: skip
    groups = [part for member, project in projects.items() for group in member.groups
              for part in ("--group", f"{project}:{group}")]  # fmt: skip
    done = run(
        Command(
            argv=[
                *uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes",
                "--no-header", "--no-annotate", "--python-version", definition.python,
                *own, *extras, *groups, *projects.values(),
            ],
            cwd=root,
            env=env,
            timeout=600,
        )
    )  # fmt: skip
    if done.code != 0:
        raise ToolError(f"uv can't resolve the wheels of {definition.name}: {done.last_words}")
    return done.stdout.decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A requirement before and after, by its marker; one of the two may not be there."""

    name: str
    marker: str
    before: Version | None
    after: Version | None

    @property
    def kind(self) -> str:
        """What happened, in a word; `rebuilt` is the same version with other files."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        if self.before == self.after:
            return "rebuilt"
        return "upgraded" if self.before < self.after else "downgraded"


def between(before: bytes | None, after: bytes) -> tuple[Change, ...]:
    """What two locks of hashed requirements differ in; an unreadable one held nothing."""
    old, new = _rows(before), _rows(after)
    return tuple(
        Change(name=name, marker=marker, before=_version(was), after=_version(now))
        for name, marker in sorted({*old, *new})
        if (was := old.get((name, marker))) != (now := new.get((name, marker)))
    )


def _rows(data: bytes | None) -> dict[tuple[str, str], LockedRequirement]:
    try:
        entries = parse(data).requirements if data is not None else ()
    except TableError:
        entries = ()
    return {(each.name, str(each.marker or "")): each for each in entries}


def _version(entry: LockedRequirement | None) -> Version | None:
    return None if entry is None else entry.version
