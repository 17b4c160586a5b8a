"""A process that builds images in a place of its own, in whatever disorder it is told.

    python image_builder.py ORDER.json     prints the digests, and what the process saw around it

The disorder stands for what no image may depend on: folders list their files in another order,
threads overtake each other, the image's interpreter has imported other modules and is given its
sources in another order.
"""

from __future__ import annotations

import importlib
import json
import locale
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

BEFORE = len(sys.modules)
COMPILING = "-c"


def given(text: str) -> str:
    """A word as the shell would have given it: bytes, whatever this process's locale is."""
    return os.fsdecode(text.encode())


def path(text: str) -> Path:
    return Path(given(text))


def main() -> None:
    order = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    chance = random.Random(order["seed"])
    for name in order["imports"]:
        importlib.import_module(name)
    if order["disorder"]:
        disorder(chance)
    json.dump({"seen": seen(path(order["root"])), "images": build(order, chance)}, sys.stdout)


def disorder(chance: random.Random) -> None:
    """Folders list in any order, threads change places at any moment."""
    list_folder, scan_folder = os.listdir, os.scandir

    def listed(*asked: Any) -> list[Any]:
        return shuffled(list(list_folder(*asked)), chance)

    class Scanned:
        def __init__(self, *asked: Any) -> None:
            with scan_folder(*asked) as found:
                self._found = iter(shuffled(list(found), chance))

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            self.close()

        def __iter__(self) -> Iterator[os.DirEntry[Any]]:
            return self._found

        def close(self) -> None:
            self._found = iter(())

    os.listdir, os.scandir = listed, Scanned  # type: ignore[assignment]
    sys.setswitchinterval(1e-5)


def shuffled(items: list[Any], chance: random.Random) -> list[Any]:
    chance.shuffle(items)
    return items


def build(order: Mapping[str, Any], chance: random.Random) -> list[dict[str, Any]]:
    """Imported here, after what was to be imported first."""
    from workflow_containers import definition
    from workflow_containers.building.builder import build_archive
    from workflow_containers.building.given import Inputs, Tools
    from workflow_containers.debian.mirror import Mirrors
    from workflow_containers.network.transport import fetcher

    root, mirror = path(order["root"]), order["mirror"]
    inputs = Inputs(
        version=order["version"],
        created=datetime.fromisoformat(order["created"]),
        annotations=order["annotations"],
        wheels={name: path(each) for name, each in order["wheels"].items()},
        bundles={name: path(each) for name, each in order["bundles"].items()},
        root=root,
    )
    tools = Tools(
        store=path(order["store"]),
        mirrors=lambda: Mirrors(debian=f"{mirror}/debian", security=f"{mirror}/debian-security"),
        pip=tuple(map(given, order["pip"])),
        environment={name: given(text) for name, text in order["tool-environment"].items()},
        fetch=fetcher({}),
        run=Disordered(order=order, chance=chance),
        workers=order["workers"],
    )
    made = [
        build_archive(definition.load(root / each), inputs, tools, path(order["out"]) / name)
        for each, name in order["images"].items()
    ]
    return [
        {
            "file": archive.path.name,
            "digest": str(archive.digest),
            "index": str(archive.index_digest),
            "platforms": {
                str(each.platform): {"manifest": str(each.manifest), "config": str(each.config)}
                for each in archive.images
            },
        }
        for archive in made
    ]


@dataclass(frozen=True, kw_only=True)
class Disordered:
    """Runs what a build runs, at a moment of its own choosing; implements `Run`."""

    order: Mapping[str, Any]
    chance: random.Random

    def __call__(self, command: Any) -> Any:
        from workflow_containers.run import run

        if self.order["disorder"]:
            time.sleep(self.chance.random() / 50)
        around = self.order["around"]
        command = replace(command, env={**command.env, **around})
        if COMPILING not in command.argv:
            return run(command)
        return self._compile(command, run)

    def _compile(self, command: Any, run: Callable[[Any], Any]) -> Any:
        """The sources in another order, compiled after other imports; answers in theirs."""
        argv = list(command.argv)
        at = argv.index(COMPILING) + 1
        argv[at] = f"import {', '.join(self.order['compiler-imports'])}\n{argv[at]}"
        asked = list(_pairs(command.stdin))
        places = list(range(len(asked)))
        if self.order["disorder"]:
            self.chance.shuffle(places)
        done = run(replace(command, argv=argv, stdin=b"".join(asked[place] for place in places)))
        answers = dict(zip(places, _answers(done.stdout), strict=True)) if not done.code else {}
        return replace(done, stdout=b"".join(answers[place] for place in sorted(answers)))


def _pairs(data: bytes) -> Iterator[bytes]:
    """Each path and source, framed as they are."""
    at = 0
    while at < len(data):
        begin = at
        for _ in range(2):
            at += 4 + int.from_bytes(data[at : at + 4], "little")
        yield data[begin:at]


def _answers(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        begin = at
        at += 1 if data[at] == 0 else 5 + int.from_bytes(data[at + 1 : at + 5], "little")
        yield data[begin:at]


def seen(root: Path) -> dict[str, Any]:
    """What is different from place to place, as this process saw it."""
    umask = os.umask(0o077)
    os.umask(umask)
    sources = sorted(root.rglob("*.toml"))
    return {
        "path": str(Path(__file__).parent).encode(errors="replace").decode(),
        "user": os.getuid(),
        "umask": umask,
        "year": time.localtime().tm_year,
        "zone": time.strftime("%z"),
        "locale": locale.setlocale(locale.LC_ALL, ""),
        "encoding": sys.getfilesystemencoding(),
        "processors": len(os.sched_getaffinity(0)),
        "hash": hash("order"),
        "imported before": len(sys.modules),
        "order of files": [entry.name for entry in os.scandir(root / "containers")],
        "times of files": [int(source.stat().st_mtime) for source in sources],
        "modes of files": sorted({source.stat().st_mode & 0o777 for source in sources}),
        "optimize": sys.flags.optimize,
        "bytecode": sys.dont_write_bytecode,
        "python": sys.version.split()[0],
        "home": os.environ.get("HOME"),
        "temporary": tempfile.gettempdir(),
        "epoch": os.environ.get("SOURCE_DATE_EPOCH"),
    }


if __name__ == "__main__":
    main()
