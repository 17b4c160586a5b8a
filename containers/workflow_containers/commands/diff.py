"""`workflow-containers diff A B`: what differs between two images. 0 for nothing, as diff(1)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from workflow_containers.commands.interface import Shell
from workflow_containers.commands.opening import opened
from workflow_containers.comparing.compare import compare
from workflow_containers.comparing.differences import Difference
from workflow_containers.comparing.record import encoded
from workflow_containers.comparing.telling import told
from workflow_containers.errors import ContainersError
from workflow_containers.oci.layout import Image, Layout
from workflow_containers.platform import Platform
from workflow_sbom import canonical
from workflow_sbom.digest import Digest

SAME, DIFFERENT = 0, 1


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Compare, then say it; no failure has the exit code of a difference."""
    try:
        return _run(asked, shell)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ContainersError(
            f"can't be compared: {error.strerror}", remedy="is the disk full?"
        ) from error


def _run(asked: argparse.Namespace, shell: Shell) -> int:
    only = Platform.parse(asked.platform) if asked.platform else None
    with (
        opened(asked.old, asked.plain_http, shell) as old,
        opened(asked.new, asked.plain_http, shell) as new,
    ):
        if only is not None:
            for layout in (old, new):
                layout.image(only)
        differences = compare(old, new, only)
        if asked.json:
            shell.console.json(_document(old, new, only, differences))
        elif differences:
            _tell(asked, old, new, differences, shell)
        else:
            _tell_same(old, only, shell)
    return DIFFERENT if differences else SAME


def _images(layout: Layout, only: Platform | None) -> dict[str, Image]:
    return {str(image.platform): image for image in layout.images if only in {None, image.platform}}


def _document(
    old: Layout, new: Layout, only: Platform | None, differences: Sequence[Difference]
) -> canonical.Json:
    return {
        "same": not differences,
        "old": _digests(old, only),
        "new": _digests(new, only),
        "differences": [*map(encoded, differences)],
    }


def _digests(layout: Layout, only: Platform | None) -> canonical.Json:
    """Both levels of truth: the configuration's digest knows no compressor, the manifest's does."""
    return {
        "index": str(layout.index),
        "platforms": {
            name: {"manifest": str(image.manifest), "config": str(image.config_digest)}
            for name, image in _images(layout, only).items()
        },
    }


def _tell(
    asked: argparse.Namespace,
    old: Layout,
    new: Layout,
    differences: Sequence[Difference],
    shell: Shell,
) -> None:
    only = Platform.parse(asked.platform) if asked.platform else None
    shell.console.result(f"- {asked.old}\n+ {asked.new}\n")
    shell.console.table(("image", "digest of", "-", "+", ""), [*_rows(old, new, only)])
    shell.console.result("")
    for line in told(differences, every_file=asked.files):
        shell.console.result(line)


def _rows(old: Layout, new: Layout, only: Platform | None) -> Iterator[tuple[str, ...]]:
    if only is None:
        yield _row("all", "index", old.index, new.index)
    before, after = _images(old, only), _images(new, only)
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name), after.get(name)
        yield _row(name, "manifest", *(each.manifest if each else None for each in (one, other)))
        yield _row(name, "config", *(each.config_digest if each else None for each in (one, other)))


def _row(image: str, document: str, old: Digest | None, new: Digest | None) -> tuple[str, ...]:
    shown = [digest.hex[:16] if digest else "" for digest in (old, new)]
    return (image, document, *shown, "same" if old == new else "differs")


def _tell_same(layout: Layout, only: Platform | None, shell: Shell) -> None:
    shell.console.result("the same image")
    if only is None:
        shell.console.result(f"index    {layout.index}")
    for name, image in _images(layout, only).items():
        shell.console.result(f"\n{name}\nmanifest {image.manifest}\nconfig   {image.config_digest}")
