"""An installed environment, from the `*.dist-info` folders of its site-packages; nothing is run.

Specification: https://packaging.python.org/en/latest/specifications/recording-installed-packages/.
An environment is a folder from outside: no link is followed out of it, and nothing but regular
files is opened.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from packaging.utils import NormalizedName

from workflow_sbom.errors import InventoryError
from workflow_sbom.python import contents, origin
from workflow_sbom.python.distribution import MAX_METADATA, Distribution, from_metadata
from workflow_sbom.python.regular import open_regular

MAX_DISTRIBUTIONS = 20_000
MAX_RECORD = 64 << 20
MAX_FILES = 10_000  # in one dist-info folder
_PLACES = (
    "lib/python3.*/site-packages",
    "lib64/python3.*/site-packages",
    "Lib/site-packages",
    "lib/python3/dist-packages",
    "usr/lib/python3/dist-packages",
    "usr/local/lib/python3.*/*-packages",
)
_OF_INTEREST = re.compile(
    r"\.(?:so|dll|dylib|pyd)\b|\.(?:dy)?libs/|vendor.*\.dist-info/METADATA", re.IGNORECASE
)
_UNREAD = (".egg-info", ".egg", ".egg-link")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What an environment holds, sorted by name.

    `unread` are paths that tell of distributions in a way that is not read, `platform` the platform
    tag (PEP 425) of one distribution that has machine code.
    """

    distributions: tuple[Distribution, ...]
    unread: tuple[str, ...] = ()
    platform: str | None = None


def read(root: Path, folders: Sequence[str] = ()) -> Installed:
    """Read an environment: a virtual environment, a prefix, or a folder that was installed into.

    `folders` are where distributions lie, as paths from the root; by default where they usually do.
    Raises `InventoryError` for what can't be read, leads out of the root, or is there twice.
    """
    try:
        return _read(root, [root / folder for folder in folders] or list(_sites(root)))
    except OSError as error:
        name = error.filename or root
        raise InventoryError(f"{name}: can't be read: {error.strerror}") from error


def _sites(root: Path) -> Iterator[Path]:
    """Where distributions lie: in usual places, else in the root itself; each folder once."""
    found = {
        path.resolve(): path
        for pattern in reversed(_PLACES)
        for path in sorted(root.glob(pattern), reverse=True)
        if path.is_dir()
    }
    if not found and not any(root.glob("*.dist-info")):
        raise InventoryError(
            f"{root}: no site-packages and no *.dist-info in it",
            remedy="name a virtual environment or the folder that packages are installed in",
        )
    yield from sorted(found.values()) or [root]


def _read(root: Path, sites: Iterable[Path]) -> Installed:
    top = Path(os.path.realpath(root))
    found: dict[NormalizedName, Distribution] = {}
    unread: list[str] = []
    platform: str | None = None
    for site in sites:
        for folder in _folders(site, unread, root):
            tree = _Folder(top=top, root=root, site=site, info=folder)
            distribution = tree.distribution()
            if distribution is None:
                unread.append(tree.place)
                continue
            other = found.setdefault(distribution.key, distribution)
            if other is not distribution:
                raise _twice(distribution, other)
            platform = platform or tree.platform()
    return Installed(
        distributions=tuple(found[key] for key in sorted(found)),
        unread=tuple(sorted(unread)),
        platform=platform,
    )


def _folders(site: Path, unread: list[str], root: Path) -> Iterator[str]:
    names = sorted(_text(path.name, site) for path in site.iterdir())
    if len(names) > MAX_DISTRIBUTIONS:
        names = [name for name in names if name.endswith((".dist-info", *_UNREAD))]
    if len(names) > MAX_DISTRIBUTIONS:
        raise InventoryError(f"{site}: more than {MAX_DISTRIBUTIONS} distributions")
    for name in names:
        if name.endswith(".dist-info") and not name.startswith("~"):
            yield name
        elif name.endswith((".dist-info", *_UNREAD)):
            unread.append((site / name).relative_to(root).as_posix())


def _text(name: str, where: Path) -> str:
    """A file's name that can stand in a document; a folder may hold others, which are bytes."""
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise InventoryError(f"{where}: {ascii(name)[:120]} is no name in UTF-8") from error
    return name


def _twice(one: Distribution, other: Distribution) -> InventoryError:
    return InventoryError(
        f"{one.key} is there twice: {other.place} and {one.place}",
        remedy="install it anew, or name one folder",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    """One `*.dist-info` folder and the files it records; see `Tree`."""

    top: Path
    root: Path
    site: Path
    info: str

    @property
    def place(self) -> str:
        """The folder's path in the environment."""
        return (self.site / self.info).relative_to(self.root).as_posix()

    def distribution(self) -> Distribution | None:
        """What it says; None where it has no metadata."""
        folder = os.path.realpath(self.site / self.info)
        if not Path(folder).is_relative_to(self.top):
            raise InventoryError(f"{self.place}: a link out of the environment")
        metadata = self._own("METADATA", MAX_METADATA + 1)
        if metadata is None:
            return None
        try:
            known = from_metadata(metadata)
        except InventoryError as error:
            raise InventoryError(f"{self.place}: {error}") from error
        direct = self._own("direct_url.json", origin.MAX_BYTES + 1)
        return replace(
            known,
            dynamic=False,
            contents=contents.read(self, self.info),
            place=f"{self.place}/METADATA",
            origin=origin.parse(direct) if direct is not None else None,
            requested=(self.site / self.info / "REQUESTED").exists(),
        )

    def platform(self) -> str | None:
        """The platform of its tags, where that is a certain one."""
        text = (self._own("WHEEL", MAX_METADATA) or b"").decode("ascii", "replace")
        tags = re.findall(r"^Tag:[^\n]*-(?P<platform>\w+)\s*$", text, re.MULTILINE)
        return next((tag for tag in sorted(tags) if tag != "any"), None)

    def names(self) -> Iterator[str]:
        """See `Tree.names`: all in the folder itself, and what the record has of machine code."""
        yield from self._own_files()
        record = self._own("RECORD", MAX_RECORD + 1)
        if record is None:
            return
        if len(record) > MAX_RECORD:
            raise InventoryError(f"{self.place}/RECORD: more than {MAX_RECORD} bytes")
        lines = record.decode("utf-8", "replace").splitlines()
        rows = csv.reader(line for line in lines if _OF_INTEREST.search(line))
        try:
            found = [row[0] for row in rows if row]
        except csv.Error as error:
            raise InventoryError(f"{self.place}/RECORD: no CSV file: {error}") from error
        yield from (name for name in found if not name.startswith(f"{self.info}/"))

    def open(self, name: str) -> IO[bytes]:
        """See `Tree.open`; raises `InventoryError` for a path that leads out of the environment."""
        path = "/" if "\0" in name else os.path.realpath(self.site / name)
        if not Path(path).is_relative_to(self.top):
            raise InventoryError(f"{self.place}: {name[:120]!r} leads out of the environment")
        return open_regular(path)

    def _own(self, name: str, limit: int) -> bytes | None:
        try:
            with open_regular(self.site / self.info / name) as stream:
                return stream.read(limit)
        except FileNotFoundError:
            return None

    def _own_files(self) -> Iterator[str]:
        count, start = 0, str(self.site)
        for folder, _, files in os.walk(f"{start}/{self.info}"):
            count += len(files)
            if count > MAX_FILES:
                raise InventoryError(f"{self.place}: more than {MAX_FILES} files")
            below = folder.removeprefix(f"{start}/").replace(os.sep, "/")
            yield from (_text(f"{below}/{name}", self.site) for name in files)
