"""Reading the layers of an image: every file by path and digest, and the records among them.

An image on a base says how many of its layers are the base's, and is read as a container sees it.
Any other has every path once, for a layer that replaces a file would hide what the records say.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from workflow_containers import architecture
from workflow_containers.base.image import KEPT
from workflow_containers.base.python import library_folders, release_of
from workflow_containers.errors import LayoutError, MemberError
from workflow_containers.layers import elf
from workflow_containers.layers import tree as merged
from workflow_containers.layers.entries import File, Hardlink, Symlink, parents
from workflow_containers.layers.tree import MAX_KEPT, Tree
from workflow_containers.oci.image import BASE_DIGEST, BASE_LAYERS, BASE_NAME
from workflow_containers.oci.layout import Image, Layout
from workflow_sbom.digest import Digest
from workflow_sbom.python.libraries import may_be_bundled

STATUS = "var/lib/dpkg/status"
STATUS_FOLDER = f"{STATUS}.d/"
RELEASE = "usr/lib/os-release"
COPYRIGHT = "usr/share/doc/{package}/copyright"
_PROGRAM = re.compile(r"(?:.*/)?bin/python(3\.[0-9]+)")
_RECORDS = re.compile(
    rf"{STATUS_FOLDER}[^/]+|{STATUS}|{RELEASE}|usr/share/doc/[^/]+/copyright"
    r"|.*/[^/]+\.dist-info/.+"
)
# What else a root is asked for; the base's own reading remembers what it kept, so its rule stays.
_KEPT = re.compile(rf"(?:{KEPT.pattern})|{_RECORDS.pattern}")
_MAX_LINKS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledFile:
    """A regular file of an image; `layer` counts from 0, `soname` is what a library is called."""

    path: str
    size: int
    digest: Digest
    layer: int
    soname: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BasePart:
    """What of an image is its base's: the lowest `layers`; `setuid` are its files with that bit.

    Name and digest are as the image says.
    """

    name: str
    digest: str
    layers: int
    setuid: tuple[str, ...]


@dataclass(slots=True)
class Seen:
    """What reading the layers of one image has shown.

    `kept` are its records by path; `place` gives where a path leads. `python` is the full version
    of the interpreter, and `program` its path.
    """

    files: dict[str, InstalledFile] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    kept: dict[str, bytes] = field(default_factory=dict)
    place: Callable[[str], str] = str
    base: BasePart | None = None
    python: str | None = None
    program: str | None = None

    def record(self, path: str) -> bytes | None:
        """A record by a path that may lead through links; None where it leads nowhere."""
        for _ in range(_MAX_LINKS):
            if path in self.kept:
                return self.kept[path]
            link = next((each for each in (path, *parents(path)) if each in self.links), None)
            if link is None:
                return None
            target = posixpath.join("/", posixpath.dirname(link), self.links[link])
            rest = path[len(link) :].lstrip("/")
            path = posixpath.normpath(posixpath.join(target, rest)).lstrip("/")
        return None

    def is_of_base(self, path: str) -> bool:
        """Whether a file came with the base."""
        return self.base is not None and self.files[path].layer < self.base.layers


def read(layout: Layout, image: Image) -> Seen:
    """Read an image; raises `LayoutError` or `MemberError`."""
    return _merged(layout, image) if BASE_LAYERS in image.annotations else _read(layout, image)


def _merged(layout: Layout, image: Image) -> Seen:
    """An image on a base, as a container sees it."""
    tree = layout.tree(image, _KEPT)
    files = {path: node for path, node in tree.nodes.items() if isinstance(node, merged.File)}
    program, python = _python(tree, image) or (None, None)
    return Seen(
        files={
            path: InstalledFile(
                path=path,
                size=node.size,
                digest=node.digest,
                layer=node.layer,
                soname=node.elf.soname if node.elf else None,
            )
            for path, node in files.items()
        },
        links={
            path: node.target for path, node in tree.nodes.items() if isinstance(node, merged.Link)
        },
        kept={
            path: tree.kept[node.digest]
            for path, node in files.items()
            if _RECORDS.fullmatch(path) and node.digest in tree.kept
        },
        place=tree.place,
        base=_base(image, files),
        python=python,
        program=program,
    )


def _base(image: Image, files: Mapping[str, merged.File]) -> BasePart:
    said = image.annotations[BASE_LAYERS]
    if not said.isascii() or not said.isdigit() or not 0 < int(said[:9]) < len(image.layers):
        raise LayoutError(
            f"{image.platform}: {said[:20]!r} layers of a base, of {len(image.layers)}"
        )
    return BasePart(
        name=image.annotations.get(BASE_NAME, ""),
        digest=image.annotations.get(BASE_DIGEST, ""),
        layers=int(said),
        setuid=tuple(path for path, node in files.items() if node.mode & 0o6000),
    )


def _python(tree: Tree, image: Image) -> tuple[str, str] | None:
    """The interpreter that the image starts, or else one that it has: its path and full version."""
    arch = architecture.of(image.platform)
    names = [each.lstrip("/") for each in image.entrypoint[:1]]
    try:
        programs = [*(tree.resolve(name) for name in names), *sorted(tree.nodes)]
    except MemberError:
        programs = sorted(tree.nodes)
    for program in programs:
        if (found := _PROGRAM.fullmatch(program)) and tree.has_file(program):
            release = release_of(tree, program, found[1], library_folders(tree, arch))
            if release is not None:
                return tree.resolve(program), release
    return None


def _read(layout: Layout, image: Image) -> Seen:
    seen, kept = Seen(), 0
    for number, layer in enumerate(image.layers):
        for entry in layout.entries(layer):
            if entry.path in seen.files or entry.path in seen.links:
                raise LayoutError(f"{entry.path!r} stands twice in the image for {image.platform}")
            match entry:
                case File(path=path, data=data):
                    seen.files[path] = InstalledFile(
                        path=path,
                        size=len(data),
                        digest=Digest.of(data),
                        layer=number,
                        soname=_soname(path, data),
                    )
                    if _RECORDS.fullmatch(path):
                        kept += len(data)
                        _require_bounded(kept, image)
                        seen.kept[path] = data
                case Symlink(path=path, target=target) | Hardlink(path=path, target=target):
                    seen.links[path] = target
                case _:
                    pass
    return seen


def _soname(path: str, data: bytes) -> str | None:
    found = elf.parse(data) if may_be_bundled(path) else None
    return found.soname if found is not None else None


def _require_bounded(kept: int, image: Image) -> None:
    if kept > MAX_KEPT:
        raise LayoutError(
            f"the image for {image.platform} has records of more than {MAX_KEPT} bytes"
        )
