"""Archives written one way: same members, same bytes, whatever machine or backend made them.

tar.gz: members sorted, owner 0, no names, modes 0644 or 0755, one time, a pinned compressor.
Wheels are written in `wheels`. Readers refuse whatever could escape, hide or overwhelm.
"""

from __future__ import annotations

import gzip
import stat
import tarfile
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, cast

from workflow_containers.layers.compress import STEP, Member
from workflow_release.errors import BuildError
from workflow_release.repository import links

MAX_MEMBERS = 100_000
MAX_BYTES = (4 << 30) - (64 << 20)  # a plain zip file ends at 4 GiB, its directory included
_MAX_HEADER = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A file, folder (`open` is None) or link of an archive; `executable` is all its mode."""

    path: str
    size: int = 0
    executable: bool = False
    link: str | None = None
    open: Callable[[], IO[bytes]] | None = None


def write_tar_gz(items: Iterable[Item], out: Path, epoch: int) -> None:
    """Write a tar.gz of the items, sorted by path; memory does not grow with their size."""
    with out.open("xb") as stream:
        member = Member(stream)
        adapter = cast(IO[bytes], _Adapter(member))
        with tarfile.open(fileobj=adapter, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            for item in sorted(items, key=lambda each: each.path):
                _add(tar, item, epoch)
        member.finish()


class _Adapter:
    """What tarfile's stream mode asks of a file object."""

    def __init__(self, member: Member) -> None:
        self._member = member

    def write(self, data: bytes) -> int:
        self._member.write(data)
        return len(data)


def _add(tar: tarfile.TarFile, item: Item, epoch: int) -> None:
    info = tarfile.TarInfo(item.path)
    info.mtime = epoch
    info.mode = 0o755 if item.executable or item.open is None else 0o644
    if item.link is not None:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, item.link, 0o777
        tar.addfile(info)
    elif item.open is None:
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
    else:
        info.size = item.size
        with item.open() as stream:
            tar.addfile(info, stream)


def items_of(folder: Path, root: str) -> Iterator[Item]:
    """The files and folders of a folder on disk, under the name `root`; no links."""
    yield Item(path=root)
    for path in sorted(folder.rglob("*")):
        name = f"{root}/{path.relative_to(folder).as_posix()}"
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            yield Item(path=name)
        elif stat.S_ISREG(mode):
            size = path.stat().st_size
            yield Item(path=name, size=size, executable=bool(mode & 0o100), open=_opener(path))
        else:
            raise BuildError(
                f"{name}: neither a file nor a folder", remedy="build regular files only"
            )


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def normalise_sdist(source: Path, out: Path, epoch: int) -> None:
    """Rewrite a source distribution; raises `BuildError` for members that may not be there."""
    try:
        with tempfile.TemporaryFile(dir=source.parent) as plain:
            _decompress(source, plain)
            bounded = cast(IO[bytes], _Bounded(plain))
            with tarfile.open(fileobj=bounded, mode="r:", encoding="utf-8") as tar:
                members = _sane(list(islice(tar, MAX_MEMBERS + 1)), source.name)
                write_tar_gz([_tar_item(tar, info) for info in members], out, epoch)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise BuildError(f"{source.name}: no readable tar archive: {error}") from error


def _decompress(source: Path, plain: IO[bytes]) -> None:
    """The archive without its compression, for members are read in another order than they lie."""
    left = MAX_BYTES
    with gzip.open(source) as stream:
        while chunk := stream.read(STEP):
            left -= len(chunk)
            if left < 0:
                raise BuildError(f"{source.name}: unpacks to more than {MAX_BYTES} bytes")
            plain.write(chunk)
    plain.seek(0)


class _Bounded:
    """A file of which nobody may hold more than a header's share at a time."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int) -> bytes:
        if size > _MAX_HEADER:
            raise tarfile.ReadError(f"a header that asks for {size} bytes at once")
        return self._stream.read(size)


def _tar_item(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Item:
    path = info.name.rstrip("/")
    if info.isdir():
        return Item(path=path)
    if info.issym():
        return Item(path=path, link=info.linkname)
    return Item(
        path=path,
        size=info.size,
        executable=bool(info.mode & 0o100),
        open=lambda: _extracted(tar, info),
    )


def _extracted(tar: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    stream = tar.extractfile(info)
    if stream is None:
        raise BuildError(f"{info.name}: no file in the archive")
    return stream


def _sane(members: list[tarfile.TarInfo], origin: str) -> list[tarfile.TarInfo]:
    faults = []
    if len(members) > MAX_MEMBERS or sum(info.size for info in members) > MAX_BYTES:
        faults.append(f"more than {MAX_MEMBERS} members or {MAX_BYTES} bytes")
    odd = (info for info in members if not (info.isreg() or info.isdir() or info.issym()))
    faults += [f"{info.name!r} is no file, folder or link" for info in odd]
    faults += _bad_links(members)
    names = [info.name.rstrip("/") for info in members]
    faults += bad_names(names, (info.name for info in members if not info.isdir()))
    refuse(faults, origin)
    return members


def _bad_links(members: list[tarfile.TarInfo]) -> Iterator[str]:
    """A link stays in the folder at the top of the archive, through whatever links it passes."""
    texts = {PurePosixPath(info.name): info.linkname for info in members if info.issym()}
    for path, text in texts.items():
        end = links.destination(path, texts) if links.is_portable(text) else None
        if end is None or end.parts[:1] != path.parts[:1]:
            yield f"{str(path)!r} links to {text!r}, outside the archive"


def bad_names(names: list[str], files: Iterable[str]) -> list[str]:
    """What is wrong with the paths of an archive's members, of which `files` are files."""
    faults = [
        f"{name!r} is no path inside the archive"
        for name in names
        if not name
        or name.startswith("/")
        or "\\" in name
        or not name.isprintable()
        or not {"", ".", ".."}.isdisjoint(name.split("/"))
    ]
    counts = Counter(names)
    faults += [f"{name!r} stands twice" for name, count in counts.items() if count > 1]
    folders = {str(parent) for name in counts for parent in PurePosixPath(name).parents}
    faults += [f"{name!r} is a file and a folder" for name in files if name in folders]
    return faults


def refuse(faults: list[str], origin: str) -> None:
    """Raise `BuildError` with all faults of an archive, if there are any."""
    if faults:
        raise BuildError(
            "\n".join(f"{origin}: {fault}" for fault in faults),
            remedy="mend what the build backend puts into its archive",
        )
