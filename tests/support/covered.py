"""An image with all that it was made from, to be checked and to be tampered with."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from simulators.bases import Base
from simulators.images import ENGINE, World, deb, locked, member, world
from support.tampering import Change, tampered
from workflow_containers.base.bringing import from_layouts
from workflow_containers.building.builder import build_archive
from workflow_containers.building.given import Tools
from workflow_containers.coverage.check import check
from workflow_containers.coverage.sources import Ours
from workflow_containers.coverage.weighing import Coverage
from workflow_containers.debian import lock
from workflow_containers.definition import Definition, load

SITE = "usr/local/lib/python3.13/dist-packages"
LIBRARY = "usr/lib/python3.13"
TILL = f"{SITE}/till/__init__.py"
OS = f"{LIBRARY}/os.py"
OS_PYC = f"{LIBRARY}/__pycache__/os.cpython-313.pyc"
UTC = "usr/share/zoneinfo/UTC"
LIBC = "pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=debian"
PYTHON = "pkg:deb/debian/python3.13-minimal@3.13.5-2?arch=amd64&distro=debian"
TZDATA = "pkg:deb/debian/tzdata@2026a-1?arch=all&distro=debian"
FOLDERS = b"/usr/lib/x86_64-linux-gnu\n/usr/lib/aarch64-linux-gnu\n"
DATA = [member(f"./{UTC}", b"TZif"), member("./etc/ld.so.conf.d/libraries.conf", FOLDERS)]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shop:
    """A repository with an image, the archive of it, and a store that has all its sources."""

    world: World
    folder: Path
    archive: Path
    layouts: Sequence[Path] = ()

    @property
    def definition(self) -> Definition:
        return load(self.world.root / "images/shop.toml")

    @property
    def tools(self) -> Tools:
        tools = self.world.tools(self.folder / "store")
        return dataclasses.replace(tools, bring=from_layouts(self.layouts))

    @property
    def ours(self) -> Ours:
        return Ours.of(self.world.inputs())

    def check(
        self, archive: Path | None = None, tools: Tools | None = None
    ) -> tuple[Coverage, ...]:
        return check(archive or self.archive, self.definition, self.ours, tools or self.tools)

    def faults(self, change: Change, folder: Path) -> list[str]:
        """What is told of an archive that was changed, of both platforms as many."""
        amd64, arm64 = self.check(tampered(self.archive, folder / "changed.tar", change))
        assert len(amd64.faults) == len(arm64.faults)
        return list(amd64.faults)


def shop(folder: Path) -> Shop:
    """One whose packages bring all that rules are for."""
    found = world(folder / "repository")
    relock(found, "tzdata", deb("tzdata", DATA, version="2026a-1", architecture="all"))
    return built(found, folder)


def built(found: World, folder: Path, *layouts: Path) -> Shop:
    shop = Shop(world=found, folder=folder, archive=folder / "shop.tar", layouts=layouts)
    build_archive(shop.definition, found.inputs(), shop.tools, shop.archive)
    return shop


def on(base: Base, folder: Path) -> Shop:
    """One on a base, which has a Python of its own."""
    found = world(folder / "repository")
    reference = base.write(folder / "base")
    text = ENGINE.replace('suite = "trixie"\n', f'base = "{reference}"\n')
    text = text.replace('lock = "images/debian.lock.json"\n', "")
    text = text.replace('packages = ["libc6", "python3.13-minimal", "tzdata"]\n', "")
    text = text.replace("/usr/bin/python3", "/usr/local/bin/python3")
    (found.root / "images/shop.toml").write_text(text, encoding="utf-8")
    return built(found, folder, folder / "base")


def relock(found: World, name: str, data: bytes) -> None:
    """Another package in the mirror and in the lock, on both platforms."""
    path = found.root / "images/debian.lock.json"
    package = found.mirror.add(locked(data, name, version="2026a-1", architecture="all"), data)
    table = {
        platform: tuple(package if each.name == name else each for each in of)
        for platform, of in lock.load(path).platforms.items()
    }
    path.write_bytes(lock.document("trixie", table))
