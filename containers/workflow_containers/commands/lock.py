"""`workflow-containers lock DEFINITION…`: resolve and write the locks that the images name.

A lock that the repository's own tool makes (`pylock.toml`, `uv.lock`) is left alone, but read for
every platform. With `--check` nothing is written; the exit code is 1 when a lock is stale.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workflow_containers import architecture
from workflow_containers.commands.interface import Shell
from workflow_containers.debian import changes, lock, locking, resolve
from workflow_containers.debian.lock import Lock, Wanted
from workflow_containers.definition import Base, Debian, Definition, load
from workflow_containers.errors import DefinitionError
from workflow_containers.platform import Platform
from workflow_containers.python import locking as requirements
from workflow_containers.python import locks
from workflow_containers.python.requirements import Target
from workflow_sbom.errors import Fault
from workflow_sbom.machine.files import write_whole

_COLUMNS = ("lock", "platform", "package", "change", "from", "to")
_NEWEST_GLIBC = 60
STALE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One change of a lock; `platform` is a requirement's marker, empty where it has none."""

    platform: str
    package: str
    change: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A lock as it was and as it is to be; `name` is its path in the repository."""

    name: str
    before: bytes | None
    after: bytes
    rows: tuple[Row, ...]

    @property
    def is_stale(self) -> bool:
        """Whether what is there differs."""
        return self.before != self.after


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Resolve, tell what changes, write."""
    root = asked.root.absolute()
    definitions = tuple(map(load, asked.definitions))
    drafts: list[Draft] = []
    if asked.only != "wheels":
        drafts += _debian(definitions, root, asked, shell)
    if asked.only != "debian":
        drafts += _wheels(definitions, root, shell)
        for definition in definitions:
            _require_complete(definition, root, drafts)
    stale = [draft for draft in drafts if draft.is_stale]
    _show(drafts, stale, asked, shell)
    if asked.check:
        return STALE if stale else 0
    for draft in stale:
        write_whole(root / draft.name, draft.after)
    shell.console.next_step("commit the locks, then workflow-containers build")
    return 0


def _debian(
    definitions: Sequence[Definition], root: Path, asked: argparse.Namespace, shell: Shell
) -> Iterator[Draft]:
    """A draft of each lock of Debian packages, for all the images that share it."""
    sharing: dict[str, list[Wanted]] = {}
    for each in definitions:
        match each.ground:
            case Debian() as debian:
                wanted = Wanted(image=each.name, debian=debian, platforms=each.platforms)
                sharing.setdefault(debian.lock, []).append(wanted)
            case Base():
                pass  # its digest is its lock
    if not sharing:
        return
    mirrors = shell.mirrors(asked.mirror, asked.security_mirror)
    keyring = asked.keyring or resolve.keyring()
    for name, images in sorted(sharing.items()):
        with tempfile.TemporaryDirectory() as folder:
            apt = resolve.Apt(
                folder=Path(folder),
                mirrors=mirrors,
                keyring=keyring.absolute(),
                environment=shell.environment,
                run=shell.run,
            )
            data = locking.resolved(images, apt)
        yield _draft(name, _read(root / name), data)


def _draft(name: str, before: bytes | None, after: bytes) -> Draft:
    new, old = lock.parse(after, name), _known(before, name)
    found = changes.between(old.platforms if old else {}, new.platforms)
    rows = [
        Row(
            platform=str(change.platform),
            package=change.name,
            change=change.kind,
            before=change.before.version if change.before else "",
            after=change.after.version if change.after else "",
        )
        for change in found
    ]
    return Draft(name=name, before=before, after=after, rows=tuple(rows))


def _known(data: bytes | None, name: str) -> Lock | None:
    """The old lock, unless there is none that can be read: then everything is new."""
    try:
        return None if data is None else lock.parse(data, name)
    except DefinitionError:
        return None


def _wheels(definitions: Sequence[Definition], root: Path, shell: Shell) -> Iterator[Draft]:
    """A draft of each lock of hashed requirements."""
    for definition in definitions:
        name = definition.requirements
        if name is None or locks.kind(name) != "requirements":
            continue
        text = requirements.compile_requirements(
            definition,
            root,
            uv=(sys.executable, "-m", "uv"),
            env=shell.environment,
            run=shell.run,
        )
        before, after = _read(root / name), text.encode()
        rows = [
            Row(
                platform=change.marker,
                package=change.name,
                change=change.kind,
                before=str(change.before or ""),
                after=str(change.after or ""),
            )
            for change in requirements.between(before, after)
        ]
        yield Draft(name=name, before=before, after=after, rows=tuple(rows))


def _require_complete(definition: Definition, root: Path, drafts: Sequence[Draft]) -> None:
    """Another tool's lock has a wheel of everything for every platform, or `DefinitionError`."""
    if definition.requirements is None or locks.kind(definition.requirements) == "requirements":
        return
    faults: list[Fault] = []
    for platform in definition.platforms:
        target = _target(definition, platform, root, drafts)
        try:
            locks.pins(definition, target, root)
        except DefinitionError as error:
            faults += error.faults
    if faults:
        raise DefinitionError(definition.requirements, sorted(set(faults)))


def _target(
    definition: Definition, platform: Platform, root: Path, drafts: Sequence[Draft]
) -> Target:
    """By the lock that is to be, else the one there is; what a base has only the build learns."""
    python, arch = definition.python, architecture.of(platform)
    match definition.ground:
        case Base():
            return Target(python=python, architecture=arch, glibc=_NEWEST_GLIBC)
        case Debian() as debian:
            made = {draft.name: draft.after for draft in drafts}
            known = made.get(debian.lock)
            locked = lock.parse(known, debian.lock) if known else lock.load(root / debian.lock)
            wanted = Wanted(image=definition.name, debian=debian, platforms=definition.platforms)
            packages = locked.of(wanted, platform)
            return Target(
                python=python,
                architecture=arch,
                glibc=lock.glibc(packages),
                release=lock.python_release(packages, python),
            )


def _show(
    drafts: Sequence[Draft], stale: Sequence[Draft], asked: argparse.Namespace, shell: Shell
) -> None:
    if asked.json:
        shell.console.json({"locks": [_document(draft) for draft in drafts]})
        return
    rows = [
        (draft.name, row.platform, row.package, row.change, row.before, row.after)
        for draft in stale
        for row in draft.rows
    ]
    if rows:
        shell.console.table(_COLUMNS, rows)
    for draft in drafts:
        words = {(True, True): "stale", (True, False): "written"}
        word = words.get((draft.is_stale, asked.check), "up to date")
        shell.console.say(f"{draft.name}: {word}")


def _document(draft: Draft) -> dict[str, object]:
    changed = [
        {
            "platform": row.platform,
            "package": row.package,
            "change": row.change,
            "from": row.before or None,
            "to": row.after or None,
        }
        for row in draft.rows
    ]
    return {"lock": draft.name, "stale": draft.is_stale, "changes": changed}


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
