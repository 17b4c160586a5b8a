"""The archives of the two images, what they hold, and running one of another processor."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from support.absent import absent
from support.person import User
from workflow_containers.layers.unpack import unpack
from workflow_containers.oci.layout import Layout
from workflow_containers.platform import ARM64
from workflow_containers.run import Command, Completed, run
from workflow_release.version import Version

BUILT_VARIABLE = "WORKFLOW_RELEASE_FOLDER"
MOST = 40
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


def built(checkout: Path, user: User, folder: Path, *kinds: str) -> Release:
    """Artifacts of those kinds, built from a checkout or taken from where they are already."""
    if given := os.environ.get(BUILT_VARIABLE):
        return Release(folder=Path(given))
    only = [word for kind in kinds for word in ("--only", kind)]
    downloads = os.environ.get("PIP_CACHE_DIR") or str(Path.home() / ".cache" / "pip")
    done = user.run(
        *("build", "-C", str(checkout), *only, "--output", str(folder)),
        env={"PIP_CACHE_DIR": downloads},
    )
    assert done.code == 0, done.err
    return Release(folder=folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """What an archive holds, read and hashed with nothing of ours; by architecture.

    A configuration depends on the files alone, a manifest on how they were compressed, too.
    """

    index: str
    annotations: Mapping[str, str]
    manifests: Mapping[str, str]
    configurations: Mapping[str, str]

    @classmethod
    def read(cls, archive: Path) -> Digests:
        with tarfile.open(archive) as tar:
            top = tar.extractfile("index.json")
            assert top is not None
            (index,) = json.load(top)["manifests"]
            whole = json.loads(_blob(tar, index))
            manifests, configurations = {}, {}
            for entry in whole["manifests"]:
                configuration = json.loads(_blob(tar, entry))["config"]
                architecture = entry["platform"]["architecture"]
                assert json.loads(_blob(tar, configuration))["architecture"] == architecture
                manifests[architecture] = entry["digest"]
                configurations[architecture] = configuration["digest"]
        return cls(
            index=index["digest"],
            annotations=whole.get("annotations", {}),
            manifests=manifests,
            configurations=configurations,
        )


def contents(archive: Path) -> Mapping[str, str]:
    """Every file of every layer, and every other part, with a digest of all that is known of it."""
    found = {}
    with tarfile.open(archive) as tar:
        top = tar.extractfile("index.json")
        assert top is not None
        (index,) = json.load(top)["manifests"]
        found["index"] = index["digest"]
        for entry in json.loads(_blob(tar, index))["manifests"]:
            manifest, where = json.loads(_blob(tar, entry)), entry["platform"]["architecture"]
            found[f"{where} manifest"] = entry["digest"]
            found[f"{where} configuration"] = manifest["config"]["digest"]
            for at, layer in enumerate(manifest["layers"]):
                data = _blob(tar, layer)
                found[f"{where} layer {at} compressed"] = hashlib.sha256(data).hexdigest()
                for path, known in _members(data):
                    found[f"{where} layer {at} {path}"] = known
    return found


def told_apart(one: Path, other: Path) -> str:
    """What differs between two archives, each difference on a line; nothing when none does."""
    known, there = contents(one), contents(other)
    lines = [
        f"{name}: {known.get(name, 'absent')} / {there.get(name, 'absent')}"
        for name in sorted(known.keys() | there.keys())
        if known.get(name) != there.get(name)
    ]
    if not lines and one.read_bytes() != other.read_bytes():
        lines = ["only the archive itself, or the order in a layer"]
    return "\n".join(lines[:MOST])


def _blob(tar: tarfile.TarFile, descriptor: Mapping[str, Any]) -> bytes:
    algorithm, _, name = descriptor["digest"].partition(":")
    stream = tar.extractfile(f"blobs/{algorithm}/{name}")
    assert stream is not None
    data = stream.read()
    assert hashlib.new(algorithm, data).hexdigest() == name
    return data


def _members(layer: bytes) -> Iterator[tuple[str, str]]:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(layer))) as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.isreg() else None
            header = (member.type, member.mode, member.uid, member.gid, member.mtime)
            data = stream.read() if stream is not None else member.linkname.encode()
            yield member.name, hashlib.sha256(repr(header).encode() + data).hexdigest()[:12]


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

    def run(self, command: Command) -> Completed:
        """Run a program of the root; implements `Run`."""
        return run(replace(command, argv=[self.qemu, *command.argv]))
