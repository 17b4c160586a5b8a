"""What differs between two images: `compare(a, b)`, a function of what the archives hold.

Layers that both have are not read. The others are read twice at most: once for all that stands in
them, once more for the contents of files that differ. Memory grows with the number of members,
not with their size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workflow_containers.comparing import contents, documents, layers, members
from workflow_containers.comparing.contents import Side
from workflow_containers.comparing.differences import Difference, ImageOnly, Metadata, Rewritten
from workflow_containers.comparing.layers import Opened
from workflow_containers.inspecting.survey import survey
from workflow_containers.oci.layout import Image, Layout
from workflow_containers.platform import Platform
from workflow_sbom import canonical
from workflow_sbom.digest import Digest


def compare(old: Layout, new: Layout, only: Platform | None = None) -> tuple[Difference, ...]:
    """Every difference, of one platform or of all; none for the same image, whatever its names.

    Raises `LayoutError` or `MemberError` for an archive that lies or is larger than is read.
    """
    return tuple(_compare(old, new, only))


def _compare(old: Layout, new: Layout, only: Platform | None) -> Iterator[Difference]:
    before, after = _by_name(old, only), _by_name(new, only)
    if only is None:
        yield from _indexes(old, new, before, after)
    for where in sorted(before.keys() | after.keys()):
        one, other = before.get(where), after.get(where)
        if one is not None and other is not None:
            yield from _images(where, Opened(old, one), Opened(new, other))
        else:
            yield ImageOnly(
                where=where,
                old=one.manifest if one else None,
                new=other.manifest if other else None,
            )


def _by_name(layout: Layout, only: Platform | None) -> Mapping[str, Image]:
    """Images by platform; those of a platform that stands again, by its number too."""
    found: dict[str, Image] = {}
    for image in layout.images:
        name = str(image.platform)
        again = sum(1 for each in found.values() if each.platform == image.platform)
        if only is None or image.platform == only:
            found[f"{name} ({again + 1})" if again else name] = image
    return found


def _indexes(
    old: Layout, new: Layout, before: Mapping[str, Image], after: Mapping[str, Image]
) -> Iterator[Difference]:
    one, other = (canonical.decode(each.document(each.index)) for each in (old, new))
    yield from documents.metadata("index", _plain(one, before), _plain(other, after))
    common = [
        [name for name in each if name in before and name in after] for each in (before, after)
    ]
    if common[0] != common[1]:
        first, second = map(", ".join, common)
        yield Metadata(where="index", field="order of platforms", old=first, new=second)
    yield from _rewritten("index", "index", (one, old.index), (other, new.index))


def _plain(index: Mapping[str, Any], images: Mapping[str, Image]) -> Mapping[str, Any]:
    """The index without digests and sizes, which follow from the images."""
    entries = {
        name: _without(entry, "digest", "size")
        for name, entry in zip(images, index["manifests"], strict=True)
    }
    return {**index, "manifests": entries}


def _without(table: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    return {key: value for key, value in table.items() if key not in keys}


def _rewritten(
    where: str, name: str, old: tuple[Any, Digest], new: tuple[Any, Digest]
) -> Iterator[Rewritten]:
    if old[0] == new[0] and old[1] != new[1]:
        yield Rewritten(where=where, document=name, old=old[1], new=new[1])


def _images(where: str, old: Opened, new: Opened) -> Iterator[Difference]:
    if old.image.manifest == new.image.manifest:
        return
    yield from _documents(where, old, new)
    paired = layers.pair(old.image, new.image)
    yield from layers.differences(where, old, new, paired)
    one, other = (
        Side(opened=each, survey=survey(each.layout, each.image, numbers))
        for each, numbers in zip((old, new), paired.others, strict=True)
    )
    yield from members.versions(where, one, other)
    found = contents.differing(one, other)
    yield from members.members(where, one, other, found, paired.pairs)
    yield from members.orders(where, one, other, paired.pairs)


def _documents(where: str, old: Opened, new: Opened) -> Iterator[Difference]:
    manifests = [canonical.decode(each.layout.document(each.image.manifest)) for each in (old, new)]
    same_number = len(old.image.layers) == len(new.image.layers)
    yield from documents.metadata(where, *(_manifest(each, same_number) for each in manifests))
    configs = [each.image.config for each in (old, new)]
    yield from documents.metadata(where, *(_configuration(each) for each in configs))
    yield from _rewritten(
        where, "manifest", (manifests[0], old.image.manifest), (manifests[1], new.image.manifest)
    )
    yield from _rewritten(
        where, "configuration", (configs[0], old.image.config_digest),
        (configs[1], new.image.config_digest),
    )  # fmt: skip


def _manifest(document: Mapping[str, Any], with_layers: bool) -> Mapping[str, Any]:
    """A manifest without what follows from the configuration and the layers."""
    said = [_without(each, "digest", "size") for each in document["layers"]] if with_layers else []
    return {**document, "config": _without(document["config"], "digest", "size"), "layers": said}


def _configuration(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """A configuration without the digests of its layers."""
    return {**document, "rootfs": _without(document["rootfs"], "diff_ids")}
