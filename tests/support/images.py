"""The archives of the two images, what they hold, and running one of another processor."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.absent import absent
from workflow_containers.layers.unpack import unpack
from workflow_containers.oci.layout import Layout
from workflow_containers.platform import ARM64
from workflow_release.version import Version

ENGINE, MIGRATE = IMAGES = ("workflow-engine", "workflow-migrate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A folder with the two archives of one version."""

    folder: Path

    def archive(self, name: str) -> Path:
        (found,) = self.folder.glob(f"{name}-*.oci.tar")
        return found

    @property
    def version(self) -> Version:
        name = self.archive(ENGINE).name
        return Version.parse(name.removeprefix(f"{ENGINE}-").removesuffix(".oci.tar"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """What an archive holds, read and hashed with nothing of ours."""

    index: str
    configurations: Mapping[str, str]

    @classmethod
    def read(cls, archive: Path) -> Digests:
        with tarfile.open(archive) as tar:

            def blob(descriptor: Mapping[str, Any]) -> Any:
                algorithm, _, name = descriptor["digest"].partition(":")
                stream = tar.extractfile(f"blobs/{algorithm}/{name}")
                assert stream is not None
                data = stream.read()
                assert hashlib.new(algorithm, data).hexdigest() == name
                return json.loads(data)

            top = tar.extractfile("index.json")
            assert top is not None
            (index,) = json.load(top)["manifests"]
            configurations = {}
            for entry in blob(index)["manifests"]:
                configuration = blob(entry)["config"]
                architecture = entry["platform"]["architecture"]
                assert blob(configuration)["architecture"] == architecture
                configurations[architecture] = configuration["digest"]
            return cls(index=index["digest"], configurations=configurations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulated:
    """An image's root filesystem for arm64, unpacked, and how it wants to be run."""

    qemu: str
    root: Path
    entrypoint: tuple[str, ...]
    environment: Mapping[str, str]

    @classmethod
    def unpack(cls, archive: Path, root: Path) -> Emulated:
        qemu = shutil.which("qemu-aarch64-static")
        with Layout(archive) as layout:
            image = layout.image(ARM64)
            unpack((entry for layer in image.layers for entry in layout.entries(layer)), root)
        return cls(
            qemu=qemu or absent("no qemu-aarch64-static: apt-get install qemu-user-static"),
            root=root,
            entrypoint=image.entrypoint,
            environment=dict(line.split("=", 1) for line in image.config["config"]["Env"]),
        )

    def command(self, *words: str) -> list[str]:
        """Paths are looked up in the root first: the image's linker, libraries and modules."""
        program, *rest = self.entrypoint
        there = str(self.root / program.removeprefix("/"))
        return [self.qemu, "-L", str(self.root), "-0", program, there, *rest, *words]
