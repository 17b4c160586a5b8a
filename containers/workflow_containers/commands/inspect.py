"""`workflow-containers inspect IMAGE`: what is in it, how it is run, and all its digests."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Mapping

from workflow_containers.commands.interface import Shell
from workflow_containers.commands.opening import opened
from workflow_containers.inspecting.software import Package
from workflow_containers.inspecting.summary import ImageSummary, LayerSummary, Summary, summarise
from workflow_sbom import canonical
from workflow_sbom.printable import printable
from workflow_sbom.terminal.sizes import in_units


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Read it, every layer, and say what is there."""
    with opened(asked.image, asked.plain_http, shell) as layout:
        summary = summarise(layout)
    if asked.json:
        shell.console.json(_document(summary))
    else:
        _tell(summary, shell)
    return 0


def _tell(summary: Summary, shell: Shell) -> None:
    console = shell.console
    named = {
        "name": summary.name,
        "version": summary.version,
        "base": summary.base,
        "index": str(summary.index),
    }
    console.result(_lines(named))
    for platforms, how in _runs(summary).items():
        console.result(f"\n{platforms}\n{how}")
    for image in summary.images:
        digests = {"manifest": str(image.manifest), "config": str(image.config)}
        console.result(f"\n{image.platform}\n{_lines(digests)}\n")
        console.table(
            ("layer", "made of", "packed", "unpacked", "members", "digest"),
            [_row(number, layer) for number, layer in enumerate(image.layers, start=1)],
        )
    software = _software(summary)
    if software:
        console.result("")
        console.table(
            ("software", "version", "kind", "platforms"),
            [(p.name, version, p.kind, on) for (p, version), on in software.items()],
        )


def _lines(facts: Mapping[str, str]) -> str:
    return "\n".join(f"{name:<9}{printable(text)}" for name, text in facts.items() if text)


def _runs(summary: Summary) -> dict[str, str]:
    """How it is run, by the platforms where it is run that way."""
    found: dict[str, list[str]] = defaultdict(list)
    for image in summary.images:
        found[_lines({"created": image.created, **image.run})].append(image.platform)
    return {", ".join(platforms): how for how, platforms in found.items()}


def _row(number: int, layer: LayerSummary) -> tuple[str, ...]:
    return (
        str(number),
        layer.name,
        in_units(layer.size),
        in_units(layer.raw_size),
        str(layer.members),
        layer.digest.hex[:16],
    )


def _software(summary: Summary) -> dict[tuple[Package, str], str]:
    """Each package in each version it has, with the platforms that have it."""
    found: dict[tuple[Package, str], list[str]] = defaultdict(list)
    for image in summary.images:
        for package, version in image.versions.items():
            found[package, version].append(image.platform)
    return {
        key: "all" if len(on) == len(summary.images) else ", ".join(on)
        for key, on in sorted(found.items())
    }


def _document(summary: Summary) -> canonical.Json:
    return {
        "name": summary.name,
        "version": summary.version,
        "base": summary.base,
        "index": str(summary.index),
        "images": [_image(each) for each in summary.images],
    }


def _image(image: ImageSummary) -> canonical.Json:
    return {
        "platform": image.platform,
        "manifest": str(image.manifest),
        "config": str(image.config),
        "created": image.created,
        "run": image.run,
        "layers": [
            {
                "name": layer.name,
                "digest": str(layer.digest),
                "contents": str(layer.contents),
                "size": layer.size,
                "raw-size": layer.raw_size,
                "members": layer.members,
            }
            for layer in image.layers
        ],
        "software": [*_versions(image.versions)],
    }


def _versions(versions: Mapping[Package, str]) -> Iterator[canonical.Json]:
    for package, version in versions.items():
        yield {"kind": package.kind, "name": package.name, "version": version}
