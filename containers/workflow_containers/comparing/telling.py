"""Differences in words: causes first (a new version), single files where no cause is known."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from workflow_containers.comparing.differences import (
    Attribute,
    Change,
    Contents,
    Difference,
    FileChanged,
    FileOnly,
    Hunk,
    ImageOnly,
    LayerEnd,
    LayerOnly,
    LayersReordered,
    Metadata,
    OrderChanged,
    Recompressed,
    Rewritten,
    Version,
)
from workflow_containers.inspecting.software import Package
from workflow_sbom.digest import Digest
from workflow_sbom.printable import printable

MAX_FILES = 10
MAX_VALUE = 60
_VALUED = {"flags", "magic number", "needed", "runpath", "soname", "machine", "time"}

FileDifference = FileOnly | FileChanged


def told(differences: Sequence[Difference], *, every_file: bool) -> Iterator[str]:
    """The lines, a section for the index and for the platforms, those with the same lines joined.

    Files are listed where no new version explains them, ten at most, or else every one. What
    comes from the images is made printable: no name can pass for a line of its own.
    """
    sections: dict[str, list[Difference]] = defaultdict(list)
    for difference in differences:
        sections[difference.where].append(difference)
    bodies: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for where, of in sections.items():
        bodies[tuple(_section(of, every_file))].append(where)
    for body, wheres in bodies.items():
        yield ", ".join(wheres)
        yield from (printable(f"  {line}".expandtabs()) for line in body)


def _section(differences: Sequence[Difference], every_file: bool) -> Iterator[str]:
    files: dict[Package | None, list[FileDifference]] = defaultdict(list)
    versions: dict[Package, Version] = {}
    for difference in differences:
        match difference:
            case FileOnly() | FileChanged():
                files[difference.owner].append(difference)
            case Version():
                versions[difference.package] = difference
            case _:
                yield _whole(difference)
    for package in sorted({*versions, *filter(None, files)}):
        yield from _group(package, versions.get(package), files.get(package, []), every_file)
    if None in files:
        yield f"files of no package: {_counts(files[None])}"
        yield from _files(files[None], every_file)


def _whole(difference: Difference) -> str:
    """A difference that is no file's, in one line."""
    match difference:
        case Metadata(field=field, old=old, new=new):
            return _changed(field, old, new)
        case Rewritten(document=document):
            return f"{document}: says the same in other bytes"
        case ImageOnly(old=old):
            return f"only {'the second' if old is None else 'the first'} has an image for it"
        case LayerOnly(layer=layer, old=old, new=new):
            return f"layer {layer} {'added' if old is None else 'removed'}: {_short(old or new)}"
        case LayersReordered(old=old, new=new):
            return f"layers in another order: {_list(old)} → {_list(new)}"
        case Recompressed(contents=contents, old=old, new=new):
            return (
                f"layer {_short(contents)}: the same contents, compressed differently, by another"
                f" compressor or level ({_short(old)} → {_short(new)})"
            )
        case OrderChanged(layers=layers, old=old, new=new):
            return f"layer {_number(layers)}: files in another order, from {old} → {new} on"
        case LayerEnd(layers=layers):
            return f"layer {_number(layers)}: other bytes after its last file"
        case _:
            raise TypeError(f"{type(difference).__name__} is told with its package")


def _group(
    package: Package, version: Version | None, files: Sequence[FileDifference], every_file: bool
) -> Iterator[str]:
    counts = f": {_counts(files)}" if files else ""
    if version is None:
        yield f"{package}, same version{counts}"
    else:
        match version.old, version.new:
            case None, str(new):
                yield f"{package} {new} added{counts}"
            case str(old), None:
                yield f"{package} {old} removed{counts}"
            case old, new:
                yield f"{package} {old} → {new}{counts}"
    if version is None or every_file:
        yield from _files(files, every_file)


def _counts(files: Sequence[FileDifference]) -> str:
    """`2 files changed, 1 added`."""
    counted = Counter(map(_sign, files))
    words = (("~", "changed"), ("+", "added"), ("-", "removed"))
    first, *rest = ((counted[sign], word) for sign, word in words if counted[sign])
    noun = "file" if first[0] == 1 else "files"
    return ", ".join([f"{first[0]} {noun} {first[1]}", *(f"{n} {word}" for n, word in rest)])


def _sign(difference: FileDifference) -> str:
    match difference:
        case FileChanged():
            return "~"
        case FileOnly(old=old):
            return "+" if old is None else "-"
        case _:
            assert_never(difference)


def _files(files: Sequence[FileDifference], every_file: bool) -> Iterator[str]:
    for difference in files if every_file else files[:MAX_FILES]:
        yield from (f"  {line}" for line in _file(difference))
    if not every_file and len(files) > MAX_FILES:
        yield f"  … {len(files) - MAX_FILES} more; --files lists every one"


def _file(difference: FileDifference) -> Iterator[str]:
    again = f" (again, {difference.time})" if difference.time > 1 else ""
    line = f"{_sign(difference)} {difference.path}{again}"
    match difference:
        case FileOnly(old=old, new=new):
            kind = old or new
            yield line if kind == "file" else f"{line} ({kind})"
        case FileChanged(changes=changes):
            yield f"{line}: {'; '.join(map(_change, changes))}"
            for change in changes:
                if isinstance(change, Contents) and change.hunk is not None:
                    yield from _hunk(change.hunk)
        case _:
            assert_never(difference)


def _change(change: Change) -> str:
    match change:
        case Attribute(name="tar header"):
            return "its tar header is written differently"
        case Attribute(name=name, old=old, new=new):
            return _changed(name, old, new, between=" ")
        case Contents(format=format_, offset=offset, parts=parts, more=more):
            what = "contents differ" if format_ == "bytes" else f"{format_} differs"
            place = f"{what} from byte {offset} on"
            names = [*map(_part, parts), *([f"{more} more"] if more else [])]
            return f"{place} ({', '.join(names)})" if names else place
        case _:
            assert_never(change)


def _part(part: Attribute) -> str:
    if part.name in _VALUED or part.old is None or part.new is None:
        return _changed(part.name, part.old, part.new, between=" ")
    return part.name


def _changed(name: str, old: str | None, new: str | None, between: str = ": ") -> str:
    match old, new:
        case None, str():
            return f"{name} added{_after(between, new)}"
        case str(), None:
            return f"{name} removed{_after(between, old)}"
        case _:
            return f"{name}{between}{_value(old or '')} → {_value(new or '')}"


def _after(between: str, text: str) -> str:
    """What came or went; nothing for a name that has no value, as a port has none."""
    return "" if text == "{}" else f"{between}{_value(text)}"


def _value(text: str) -> str:
    return (text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…") or "(none)"


def _hunk(hunk: Hunk) -> Iterator[str]:
    yield f"    line {hunk.line}"
    if hunk.before is not None:
        yield f"      {hunk.before}"
    yield from (f"    - {line}" for line in hunk.old)
    yield from (f"    + {line}" for line in hunk.new)


def _number(layers: tuple[int, int]) -> str:
    return str(layers[0]) if layers[0] == layers[1] else f"{layers[0]} → {layers[1]}"


def _short(digest: Digest | None) -> str:
    return digest.hex[:12] if digest is not None else ""


def _list(digests: Iterable[Digest]) -> str:
    return ", ".join(map(_short, digests))
