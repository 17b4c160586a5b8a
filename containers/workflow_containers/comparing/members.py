"""How the members of two images differ: what is there, what headers say, in what order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from workflow_containers.comparing.contents import Side
from workflow_containers.comparing.differences import (
    Attribute,
    Change,
    Contents,
    Difference,
    FileChanged,
    FileOnly,
    LayerEnd,
    OrderChanged,
    Version,
)
from workflow_containers.inspecting.software import Package
from workflow_containers.inspecting.survey import Found, Key
from workflow_containers.inspecting.tarmembers import Head

Pairs = Sequence[tuple[int, int]]


def versions(where: str, old: Side, new: Side) -> Iterator[Version]:
    """Packages and distributions that came, went or changed their version."""
    before, after = old.survey.software.versions, new.survey.software.versions
    for package in sorted(before.keys() | after.keys()):
        if before.get(package) != after.get(package):
            yield Version(
                where=where, package=package, old=before.get(package), new=after.get(package)
            )


def members(
    where: str, old: Side, new: Side, contents: Mapping[Key, Contents], pairs: Pairs
) -> Iterator[Difference]:
    """Members that one has, or that differ; by path."""
    moved = dict(pairs)
    for key in sorted(old.survey.members.keys() | new.survey.members.keys()):
        before, after = old.survey.members.get(key), new.survey.members.get(key)
        owner = _owner(key.path, (old, before), (new, after))
        if before is None or after is None:
            yield FileOnly(
                where=where,
                path=key.path,
                time=key.time,
                owner=owner,
                old=before.head.kind if before else None,
                new=after.head.kind if after else None,
            )
            continue
        changes = tuple(_changes(before, after, moved, contents.get(key)))
        if changes:
            yield FileChanged(
                where=where, path=key.path, time=key.time, owner=owner, changes=changes
            )


def _owner(path: str, *sides: tuple[Side, Found | None]) -> Package | None:
    """Whose it is by the records of either image; the same from both ends."""
    owners = {
        side.survey.software.owner(path, found.head.target)
        for side, found in sides
        if found is not None
    }
    return min((owner for owner in owners if owner is not None), default=None)


def _changes(
    old: Found, new: Found, moved: Mapping[int, int], contents: Contents | None
) -> Iterator[Change]:
    attributes = tuple(_attributes(old.head, new.head))
    yield from attributes
    if moved.get(old.layer) != new.layer:
        yield Attribute(name="layer", old=str(old.layer + 1), new=str(new.layer + 1))
    if contents is not None:
        yield contents
    if not attributes and old.framing != new.framing:
        yield Attribute(name="tar header", old=old.framing[:12], new=new.framing[:12])


def _attributes(old: Head, new: Head) -> Iterator[Attribute]:
    before, after = _fields(old), _fields(new)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield Attribute(name=name, old=before.get(name), new=after.get(name))


def _fields(head: Head) -> dict[str, str]:
    return {
        "type": head.kind,
        "mode": f"{head.mode:04o}",
        "owner": head.owner,
        "time": head.time,
        "target": head.target,
        "device": head.device,
        "size": str(head.size),
        "tar format": head.form,
        **{f"pax {key}": value for key, value in head.extensions},
    }


def orders(where: str, old: Side, new: Side, pairs: Pairs) -> Iterator[Difference]:
    """Counterparts whose members stand in another order, or that end in another way."""
    for one, other in pairs:
        before, after = old.survey.layers[one], new.survey.layers[other]
        numbers = one + 1, other + 1
        common = set(before.order) & set(after.order)
        kept = [[key for key in each.order if key in common] for each in (before, after)]
        for first, second in zip(*kept, strict=True):
            if first != second:
                yield OrderChanged(where=where, layers=numbers, old=first.path, new=second.path)
                break
        if before.end != after.end:
            yield LayerEnd(where=where, layers=numbers, old=before.end[:12], new=after.end[:12])
