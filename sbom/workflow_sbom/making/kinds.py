"""What a path is, told from its bytes; a file's name decides nothing."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from workflow_sbom.errors import InventoryError, SbomError

MAX_MEMBERS = 200_000
MAX_UNPACKED = 8 << 30
_PROGRAMS = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
UNREADABLE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What the archive modules raise for archives that are none, or are damaged."""
_TAR_MAGIC = slice(257, 262)
_KNOWN = (
    "wheels, folders of wheels, source distributions, installed environments,"
    " archives of web interfaces, Go programs"
)


class Kind(Enum):
    """What can be described; the value is what a person calls it."""

    WHEEL = "a wheel"
    SDIST = "a source distribution"
    WEB = "the archive of a web interface"
    GO = "a Go program"
    ENVIRONMENT = "an installed environment"
    WHEELS = "a folder of wheels, as a set"


@dataclass(frozen=True, slots=True)
class Recognised:
    """A path and what it is."""

    kind: Kind
    path: Path


def recognise(path: Path) -> Recognised:
    """What a path is; raises `InventoryError` with the remedy, `OSError`."""
    if path.is_dir():
        return Recognised(_folder(path), path)
    if path.is_file():
        return Recognised(_file(path), path)
    what = "neither a file nor a folder" if path.exists() else "nothing is there"
    raise _no_artifact(path, what, f"name what is to be described: {_KNOWN}")


def _folder(path: Path) -> Kind:
    """Whether something is installed in the last kind shows when it is read."""
    if (path / "oci-layout").is_file():
        raise _image(path)
    return Kind.WHEELS if any(path.glob("*.whl")) else Kind.ENVIRONMENT


def _file(path: Path) -> Kind:
    with path.open("rb") as stream:
        head = stream.read(512)
        stream.seek(0)
        if head.startswith(b"PK"):
            return _zip(path, stream)
        if head.startswith(b"\x1f\x8b"):
            return _packed(path, stream)
    if head.startswith(_PROGRAMS):
        return Kind.GO
    if head[_TAR_MAGIC] == b"ustar":
        raise _image(path)
    if head.lstrip().startswith(b"{"):
        raise _no_artifact(path, "a JSON document", f"workflow-sbom validate {path}")
    raise _no_artifact(path, "no kind of artifact that is known", f"these are: {_KNOWN}")


def _zip(path: Path, stream: BinaryIO) -> Kind:
    try:
        with zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
    except UNREADABLE as error:
        raise _no_artifact(path, f"no readable zip: {str(error)[:120]}", "get it again") from error
    if any(_parts(name) == (2, ".dist-info", "WHEEL") for name in names):
        return Kind.WHEEL
    raise _no_artifact(path, "a zip, but no wheel: *.dist-info/WHEEL is missing", "name a wheel")


def _parts(name: str) -> tuple[int, str, str]:
    path = PurePosixPath(name)
    return len(path.parts), path.parent.suffix, path.name


def _packed(path: Path, stream: BinaryIO) -> Kind:
    """The first member that only one kind has decides; at most one bounded pass is made."""
    unpacked = 0
    try:
        with tarfile.open(fileobj=stream, mode="r|gz", encoding="utf-8") as archive:
            for number, member in enumerate(archive, start=1):
                if (kind := _of_member(path, member.name)) is not None:
                    return kind
                unpacked += member.size
                if number >= MAX_MEMBERS or unpacked > MAX_UNPACKED:
                    break
    except SbomError:
        raise
    except UNREADABLE as error:
        told = f"no readable archive: {str(error)[:120]}"
        raise _no_artifact(path, told, "get it again") from error
    raise _no_artifact(
        path, "an archive with neither <name>/PKG-INFO nor dist/index.html", f"known: {_KNOWN}"
    )


def _of_member(path: Path, name: str) -> Kind | None:
    match PurePosixPath(name).parts:
        case (_, "PKG-INFO"):
            return Kind.SDIST
        case ("dist", "index.html"):
            return Kind.WEB
        case ("oci-layout",):
            raise _image(path)
        case ("package", "package.json"):
            remedy = "build the interface that uses it, and name the archive of its dist/"
            raise _no_artifact(path, "a package of npm", remedy)
        case _:
            return None


def _image(path: Path) -> InventoryError:
    return InventoryError(
        f"{path}: a container image, which workflow-containers describes",
        remedy=f"workflow-containers sbom {path}",
    )


def _no_artifact(path: Path, told: str, remedy: str) -> InventoryError:
    return InventoryError(f"{path}: {told}", remedy=remedy)
