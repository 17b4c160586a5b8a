"""What image builds need from the network, fetched once, so that none of them needs it again."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.images import Digests, Release
from support.places import DEFINITIONS, ROOT, Supplies
from workflow_containers import architecture, definition, host
from workflow_containers.building.recipe import package_entries
from workflow_containers.debian import fetch, lock, mirror
from workflow_containers.debian.lock import Package
from workflow_containers.definition import Debian, Definition
from workflow_containers.layers.unpack import unpack
from workflow_containers.network.transport import fetcher
from workflow_containers.platform import Platform
from workflow_containers.python import requirements
from workflow_containers.python.interpreter import Interpreter
from workflow_containers.python.wheelhouse import Pip, wheels
from workflow_containers.run import run
from workflow_containers.store import Store

PIP = (sys.executable, "-m", "pip")
OURS = ("org.opencontainers.image.revision", "org.opencontainers.image.source")


def gather(folder: Path, checkout: Path, release: Release, store: Store) -> Supplies:
    """Everything the images of a release are made from; `store` may hold some of it."""
    fetched = _Fetched(folder=folder, checkout=checkout, store=store)
    images = [definition.load(checkout / name) for name in DEFINITIONS.values()]
    for image in images:
        fetched.packages(image)
        fetched.wheels(image)
    said = Digests.read(release.archive(images[0].name)).annotations
    return Supplies(
        folder=folder,
        checkout=checkout,
        version=said["org.opencontainers.image.version"],
        created=said["org.opencontainers.image.created"],
        annotations={name: said[name] for name in OURS if name in said},
        wheels={
            each.name: _one(release.folder, f"{each.name.replace('-', '_')}-*.whl")
            for image in images
            for each in image.wheels
        },
        bundles={
            each.name: _one(release.folder, f"{each.name}-*.tar.gz")
            for image in images
            for each in image.bundles
        },
        mirror=fetched.mirror,
        wheelhouse=fetched.wheelhouse,
        python=fetched.python(images[0]),
        extensions=_extensions(folder / "extensions", images[0].python),
    )


def _one(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fetched:
    """What the locks of a checkout name, from the network or the store into a folder."""

    folder: Path
    checkout: Path
    store: Store

    @property
    def mirror(self) -> Path:
        return self.folder / "mirror"

    @property
    def wheelhouse(self) -> Path:
        return self.folder / "wheelhouse"

    def locked(self, image: Definition) -> Mapping[Platform, tuple[Package, ...]]:
        """The image's packages on every platform."""
        assert isinstance(image.ground, Debian)
        found = lock.load(self.checkout / image.ground.lock)
        names, origin = image.packages, image.ground.lock
        return {platform: found.select(platform, names, origin) for platform in found.platforms}

    def packages(self, image: Definition) -> None:
        """The locked packages where a mirror has them."""
        packages = {each.path: each for locked in self.locked(image).values() for each in locked}
        fetch.packages(
            packages.values(),
            store=self.store,
            mirrors=mirror.find(environment=host.environment()),
            fetch=fetcher(host.environment()),
        )
        for package in packages.values():
            target = self.mirror / package.archive / package.path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.store.blob(package.sha256), target)

    def wheels(self, image: Definition) -> None:
        """The locked wheels of every platform, by their names."""
        self.wheelhouse.mkdir(exist_ok=True)
        assert image.requirements is not None
        text = (self.checkout / image.requirements).read_text(encoding="utf-8")
        pip = Pip(argv=PIP, environment=host.environment(), run=run)
        for platform in image.platforms:
            target = self._target(image, platform)
            pins = requirements.read(text, target, image.requirements)
            for wheel in wheels(pins, target, self.store, pip):
                shutil.copyfile(self.store.blob(wheel.digest), self.wheelhouse / wheel.name)

    def _target(self, image: Definition, platform: Platform) -> requirements.Target:
        (libc,) = (each for each in self.locked(image)[platform] if each.name == "libc6")
        return requirements.Target(
            python=image.python,
            architecture=architecture.of(platform),
            glibc=int(libc.version.split("-")[0].split(".")[1]),
        )

    def python(self, image: Definition) -> Interpreter:
        """The images' own Python, unpacked."""
        native = host.native_platform()
        assert native is not None
        root = self.folder / "python"
        entries = (
            package_entries(self.store, each, image.exclude) for each in self.locked(image)[native]
        )
        unpack((entry for package in entries for entry in package), root)
        return Interpreter.debian(root, architecture.of(native), f"usr/bin/python{image.python}")


def _extensions(folder: Path, python: str) -> tuple[Path, ...]:
    """Our locked compressor, compiled for another Python than this one."""
    lines = [line for line in _logical((ROOT / "locks/run.txt").read_text()) if "zlib-ng==" in line]
    folder.mkdir()
    (folder / "requirements.txt").write_text("\n".join(lines), encoding="utf-8")
    command = [*PIP, "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    about = [f"--python-version={python}", f"--dest={folder}", "-r", f"{folder}/requirements.txt"]
    subprocess.run([*command, *about], check=True, capture_output=True)
    return tuple(folder.glob("*.whl"))


def _logical(text: str) -> list[str]:
    return text.replace("\\\n", " ").splitlines()
