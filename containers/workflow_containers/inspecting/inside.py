"""What lies in an installed distribution beside its code, from what was read of the image."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import IO

from workflow_containers.inspecting.reading import Seen
from workflow_sbom.python import contents, libraries
from workflow_sbom.python.contents import Contents
from workflow_sbom.python.libraries import Library


def contents_of(seen: Seen, info: str, files: Iterable[str]) -> Contents:
    """Documents, licence files and libraries of the distribution with that `.dist-info` folder.

    `files` are those of its RECORD, as paths of the image. Raises `InventoryError`.
    """
    site = posixpath.dirname(info)
    own = {path.removeprefix(f"{site}/"): path for path in files if path.startswith(f"{site}/")}
    folder = posixpath.basename(info)
    kept = {name: seen.kept[path] for name, path in own.items() if path in seen.kept}
    return replace(
        contents.read(_Kept(kept), folder),
        libraries=tuple(_libraries(seen, own)),
        native=any(map(libraries.is_native, own)),
    )


def _libraries(seen: Seen, own: Mapping[str, str]) -> Iterator[Library]:
    """Those that are not modules of Python; their bytes were digested as they went by."""
    for name, path in sorted(own.items()):
        found = seen.files[path]
        if libraries.may_be_bundled(name) and libraries.is_bundled(name, found.soname):
            yield Library(path=name, digest=found.digest, soname=found.soname)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The files whose bytes were kept; implements `contents.Tree`."""

    files: Mapping[str, bytes]

    def names(self) -> Iterable[str]:
        return (name for name in self.files if not libraries.may_be_bundled(name))

    def open(self, name: str) -> IO[bytes]:
        return io.BytesIO(self.files[name])
