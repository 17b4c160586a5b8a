"""A folder of paired files, `<digits>_<name>.up.sql` and `.down.sql`, read into migrations.

Everything wrong with the folder is found before anything runs, and reported together.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from workflow_migrate.errors import Fault, SourceError
from workflow_migrate.migration import NO_TRANSACTION, Direction, Migration, Script

LARGEST_FILE = 16 * 1024 * 1024
# 2**53 is where programs that read the number as a float begin to err; 15 digits stay below.
LONGEST_VERSION = 15
# From eight digits on a number is a date or a moment, and a series of them has no gaps to find.
TIMESTAMP_DIGITS = 8
DIRECTIVE = "-- workflow-migrate:"

_NAME = re.compile(r"(?P<digits>[0-9]+)_(?P<name>[A-Za-z0-9._-]+)\.(?P<direction>up|down)\.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A file with an acceptable name."""

    digits: str
    name: str
    direction: Direction
    path: Path

    @property
    def version(self) -> int:
        return int(self.digits)


def read(folder: Path) -> tuple[Migration, ...]:
    """The folder's migrations, by rising version; raises `SourceError` with every fault.

    Files that do not end in `.sql`, hidden files and folders are no business of ours.
    """
    paths = _sql_files(folder)
    faults: list[Fault] = []
    found = [each for path in paths if (each := _parse(path, faults))]
    faults.extend(_twice(found))
    faults.extend(_unpaired(found))
    faults.extend(_gaps(found))
    scripts = {each.path: _script(each.path, faults) for each in found}
    if faults:
        raise SourceError(sorted(faults, key=lambda fault: (fault.where, fault.message)))
    return _paired(found, scripts)


def _sql_files(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        fault = Fault(
            where=str(folder),
            message=f"the folder of migrations can't be read: {error.strerror}",
            remedy="name it with --source-dir",
        )
        raise SourceError([fault]) from error
    return [
        path
        for path in entries
        if path.suffix.lower() == ".sql" and not path.name.startswith(".") and not path.is_dir()
    ]


def _parse(path: Path, faults: list[Fault]) -> _Found | None:
    match = _NAME.fullmatch(path.name)
    if match and len(match["digits"].lstrip("0")) <= LONGEST_VERSION:
        direction = Direction(match["direction"])
        return _Found(digits=match["digits"], name=match["name"], direction=direction, path=path)
    message = "the name is no migration's" if not match else "the number is too large"
    remedy = f"<digits>_<name>.up.sql or .down.sql, at most {LONGEST_VERSION} digits"
    faults.append(Fault(where=path.name, message=message, remedy=remedy))
    return None


def _by_version(found: Iterable[_Found]) -> dict[int, list[_Found]]:
    groups: defaultdict[int, list[_Found]] = defaultdict(list)
    for each in found:
        groups[each.version].append(each)
    return groups


def _twice(found: Iterable[_Found]) -> Iterator[Fault]:
    for version, group in _by_version(found).items():
        names = sorted({f"{each.digits}_{each.name}" for each in group})
        if len(names) > 1:
            message = f"version {version} is taken by more than one: {', '.join(names)}"
            yield Fault(where=names[0], message=message, remedy="renumber all but one")


def _unpaired(found: Sequence[_Found]) -> Iterator[Fault]:
    halves = Counter((each.digits, each.name) for each in found)
    for each in found:
        if halves[each.digits, each.name] == 1:
            other = Direction.DOWN if each.direction is Direction.UP else Direction.UP
            missing = f"{each.digits}_{each.name}.{other}.sql"
            message = f"its other half, {missing}, is missing"
            yield Fault(where=each.path.name, message=message, remedy="every migration is a pair")


def _gaps(found: Iterable[_Found]) -> Iterator[Fault]:
    numbers = {each.version for each in found if len(each.digits) < TIMESTAMP_DIGITS}
    for before, after in pairwise(sorted(numbers)):
        if after != before + 1:
            missing = f"{before + 1}" if after == before + 2 else f"{before + 1} to {after - 1}"
            message = f"the series has a gap: {missing} between {before} and {after}"
            yield Fault(where=f"{after}", message=message, remedy="add what is missing or renumber")


def _script(path: Path, faults: list[Fault]) -> Script | None:
    try:
        text = _text(path)
        return Script(file=path.name, text=text, transaction=_in_transaction(text))
    except OSError as error:
        message, remedy = f"it can't be read: {error.strerror}", "make it readable"
    except UnicodeDecodeError as error:
        message, remedy = f"byte {error.start} is no UTF-8", "save it as UTF-8"
    except _UnfitError as error:
        message, remedy = error.args
    faults.append(Fault(where=path.name, message=message, remedy=remedy))
    return None


class _UnfitError(Exception):
    """What is wrong with a file's content, and the remedy."""


def _text(path: Path) -> str:
    if not path.is_file():
        raise _UnfitError("it is no regular file", "put the file itself there")
    with path.open("rb") as file:
        data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise _UnfitError(f"it is larger than {LARGEST_FILE} bytes", "split it")
    text = data.decode()
    if "\0" in text or text.startswith("\ufeff"):
        raise _UnfitError("it holds a NUL or a byte order mark", "save it as plain UTF-8")
    if not text.strip():
        raise _UnfitError("it is empty", "write what it does, or a comment why that is nothing")
    return text


def _in_transaction(text: str) -> bool:
    first = text.partition("\n")[0].rstrip()
    if first.startswith(DIRECTIVE) and first != NO_TRANSACTION:
        raise _UnfitError("its first line asks for something unknown", f"known: {NO_TRANSACTION}")
    return first != NO_TRANSACTION


def _paired(found: Iterable[_Found], scripts: dict[Path, Script | None]) -> tuple[Migration, ...]:
    halves = {
        (each.version, each.direction): script
        for each in found
        if (script := scripts[each.path]) is not None
    }
    names = {each.version: each.name for each in found}
    return tuple(
        Migration(
            version=version,
            name=names[version],
            up=halves[version, Direction.UP],
            down=halves[version, Direction.DOWN],
        )
        for version in sorted(names)
    )
