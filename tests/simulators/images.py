"""Debian packages, wheels, a mirror and a machine for image tests, made from nothing."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import lzma
import os
import struct
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from workflow_containers.building.given import Inputs, Tools
from workflow_containers.debian import lock
from workflow_containers.debian.lock import Package
from workflow_containers.debian.mirror import Mirrors
from workflow_containers.errors import AbsentError
from workflow_containers.platform import AMD64, ARM64, Platform
from workflow_containers.run import Command, Completed, run
from workflow_sbom.digest import Digest

MIRRORS = Mirrors(debian="https://mirror.test/debian", security="https://mirror.test/security")
CREATED = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def member(
    name: str,
    data: bytes = b"",
    *,
    mode: int = 0o644,
    kind: bytes = tarfile.REGTYPE,
    link: str = "",
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.type, info.linkname = len(data), mode, kind, link
    info.mtime, info.uid, info.uname = 1_700_000_000, 1000, "somebody"
    return info, data


def tar(members: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def ar(parts: Mapping[str, bytes]) -> bytes:
    out = b"!<arch>\n"
    for name, data in parts.items():
        header = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode()
        out += header + data + b"\n" * (len(data) % 2)
    return out


def packed(suffix: str, data: bytes) -> bytes:
    match suffix:
        case ".xz":
            return lzma.compress(data)
        case ".gz":
            return gzip.compress(data)
        case _:
            return data


def control(
    name: str, version: str = "1.0-1", architecture: str = "amd64", more: str = ""
) -> bytes:
    return (
        f"Package: {name}\nVersion: {version}\nArchitecture: {architecture}\n"
        f"Maintainer: Some Body <some@body.test>\n{more}Description: a package\n more of it\n"
    ).encode()


def deb(
    name: str,
    members: Iterable[tuple[tarfile.TarInfo, bytes]] = (),
    *,
    version: str = "1.0-1",
    architecture: str = "amd64",
    suffix: str = ".xz",
    more: str = "",
) -> bytes:
    stanza = control(name, version, architecture, more)
    files = [member("./control", stanza), member("./md5sums", b"0  usr/x\n")]
    return ar(
        {
            "debian-binary": b"2.0\n",
            f"control.tar{suffix}": packed(suffix, tar(files)),
            f"data.tar{suffix}": packed(suffix, tar(members)),
        }
    )


def locked(
    data: bytes, name: str, *, version: str = "1.0-1", architecture: str = "amd64"
) -> Package:
    return Package(
        name=name,
        version=version,
        architecture=architecture,
        archive="debian",
        path=f"pool/main/{name[0]}/{name}/{name}_{version}_{architecture}.deb",
        size=len(data),
        sha256=Digest.of(data),
    )


def record_line(path: str, data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(data)}\n"


def wheel_bytes(
    name: str,
    version: str,
    files: Mapping[str, bytes],
    *,
    record: str | None = None,
    order: int = 1,
    extra: Iterable[tuple[zipfile.ZipInfo, bytes]] = (),
    requires: Iterable[str] = (),
) -> bytes:
    """A wheel; `record` replaces the true RECORD, `extra` are members that RECORD leaves out."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {each}\n" for each in requires)
    metadata = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{needs}".encode()
    contents = {
        **files,
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    truth = "".join(record_line(path, data) for path, data in contents.items())
    text = truth + f"{info}/RECORD,,\n" if record is None else record
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(contents)[::order]:
            archive.writestr(zipfile.ZipInfo(path), contents[path])
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD"), text)
        for zipped, data in extra:
            archive.writestr(zipped, data)
    return out.getvalue()


def wheel(folder: Path, name: str, version: str, files: Mapping[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    path.write_bytes(wheel_bytes(name, version, files))
    return path


def elf(
    machine: int, *, needed: Iterable[str] = (), soname: str | None = None, runpath: str = ""
) -> bytes:
    """A 64-bit ELF object that is nothing but headers and a dynamic section."""
    strings, tags = b"\0", []
    for tag, text in (
        *((1, each) for each in needed),
        *(((14, soname),) if soname else ()),
        *(((29, runpath),) if runpath else ()),
    ):
        tags.append((tag, len(strings)))
        strings += text.encode() + b"\0"
    at = 64 + 2 * 56
    dynamic = b"".join(struct.pack("<qQ", *tag) for tag in [*tags, (5, at), (0, 0)])
    size = at + len(strings) + len(dynamic)
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0
    )  # fmt: skip
    load = struct.pack("<IIQQQQQQ", 1, 4, 0, 0, 0, size, size, 4096)
    place = at + len(strings)
    segment = struct.pack("<IIQQQQQQ", 2, 4, place, place, place, len(dynamic), len(dynamic), 8)
    return header + load + segment + strings + dynamic


@dataclass
class FakeMirror:
    """Answers addresses from memory; implements `Fetch`."""

    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def add(self, package: Package, data: bytes) -> Package:
        self.files[MIRRORS.url(package.archive, package.path)] = data
        return package

    def __call__(self, url: str) -> IO[bytes]:
        self.asked.append(url)
        if url not in self.files:
            raise AbsentError(url)
        return io.BytesIO(self.files[url])


@dataclass
class FakeMachine:
    """Runs what a build runs; implements `Run`.

    pip finds its wheels in `index`, by file name; the image's interpreter is this Python.
    """

    index: dict[str, bytes] = field(default_factory=dict)
    commands: list[list[str]] = field(default_factory=list)

    def __call__(self, command: Command) -> Completed:
        argv = [str(part) for part in command.argv]
        self.commands.append(argv)
        if argv[0] == "pip":
            return self._download(argv)
        start = argv.index("-S")
        here = Command(
            argv=[sys.executable, *argv[start:]],
            cwd=command.cwd,
            env={"PYTHONHASHSEED": os.environ.get("PYTHONHASHSEED", "random")},
            stdin=command.stdin,
        )
        return run(here)

    def _download(self, argv: list[str]) -> Completed:
        wanted = Path(argv[argv.index("--requirement") + 1]).read_text(encoding="utf-8")
        machine = argv[argv.index("--platform") + 1].partition("_2_")[2].partition("_")[2]
        destination = Path(argv[argv.index("--dest") + 1])
        for name, data in self.index.items():
            fits = name.endswith(("-any.whl", f"_{machine}.whl"))
            if fits and Digest.of(data).hex in wanted:
                (destination / name).write_bytes(data)
        return Completed(code=0, stdout=b"")


LIBC = {"amd64": ("x86_64-linux-gnu", 62), "arm64": ("aarch64-linux-gnu", 183)}
PYTHON = ("libc6", "python3.13-minimal", "tzdata")
ENGINE = """
name = "shop"
suite = "trixie"
python = "3.13"
lock = "images/debian.lock.json"
requirements = "images/shop.txt"
packages = ["libc6", "python3.13-minimal", "tzdata"]
entrypoint = ["/usr/bin/python3", "-m", "shop"]
ports = [8080]
[[wheels]]
name = "shop"
project = "shop"
[[bundles]]
name = "shop-ui"
path = "/app/ui"
[[files]]
source = "images/shop.yaml"
path = "/app/shop.yaml"
[health]
command = ["/usr/bin/python3", "-c", "pass"]
"""


def packages(architecture: str, suffix: str = ".xz") -> dict[str, bytes]:
    """A C library, an interpreter and data: enough for an image whose closure is whole."""
    triplet, machine = LIBC[architecture]
    library = elf(machine, soname="libc.so.6")
    program = elf(machine, needed=("libc.so.6",))
    return {
        "libc6": deb(
            "libc6",
            [
                member("./usr/lib/os-release", b'ID=debian\nVERSION_ID="13"\n'),
                member(f"./lib/{triplet}/libc.so.6", library, mode=0o755),
            ],
            architecture=architecture,
            version="2.41-12",
            suffix=suffix,
        ),
        "python3.13-minimal": deb(
            "python3.13-minimal",
            [
                member("./usr/bin/python3.13", program, mode=0o755),
                member("./usr/lib/python3.13/abc.py", b"X = {'a', 'b'}\nY = 'abc'\n"),
                member("./usr/lib/python3.13/os.py", b"def name(n: str) -> str:\n    return n\n"),
                member("./usr/share/man/man1/python3.13.1", b"how to"),
            ],
            architecture=architecture,
            version="3.13.5-2",
            suffix=suffix,
            more="Depends: libc6 (>= 2.41)\n",
        ),
        "tzdata": deb(
            "tzdata",
            [member("./usr/share/zoneinfo/UTC", b"TZif")],
            architecture="all",
            version="2026a-1",
            suffix=suffix,
        ),
    }


VERSIONS = {"libc6": "2.41-12", "python3.13-minimal": "3.13.5-2", "tzdata": "2026a-1"}


@dataclass(frozen=True, kw_only=True)
class World:
    """A repository with one image, a mirror and a machine."""

    root: Path
    mirror: FakeMirror
    machine: FakeMachine
    wheels: dict[str, Path]
    bundles: dict[str, Path]

    def inputs(self, version: str = "1.2.3") -> Inputs:
        return Inputs(
            version=version,
            created=CREATED,
            annotations={"org.opencontainers.image.revision": "c" * 40},
            wheels=self.wheels,
            bundles=self.bundles,
            root=self.root,
        )

    def tools(self, store: Path, *, workers: int = 2, native: Platform | None = AMD64) -> Tools:
        return Tools(
            store=store,
            mirrors=lambda: MIRRORS,
            pip=("pip",),
            environment={},
            fetch=self.mirror,
            run=self.machine,
            native=native,
            workers=workers,
        )


def world(root: Path, *, suffix: str = ".xz") -> World:
    """`suffix` tells how packages are packed: nothing but `""` gives the same bytes everywhere."""
    mirror, images = FakeMirror(), root / "images"
    images.mkdir(parents=True)
    table: dict[Platform, tuple[Package, ...]] = {}
    for platform in (AMD64, ARM64):
        made = packages(platform.architecture, suffix)
        table[platform] = tuple(
            mirror.add(
                locked(
                    data,
                    name,
                    version=VERSIONS[name],
                    architecture="all" if name == "tzdata" else platform.architecture,
                ),
                data,
            )
            for name, data in made.items()
        )
    (images / "debian.lock.json").write_bytes(lock.document("trixie", table))
    dependency = wheel_bytes("till", "2.0", {"till/__init__.py": b"CENT = 1\n"})
    (images / "shop.txt").write_text(
        f"till==2.0 --hash=sha256:{Digest.of(dependency).hex}\n", encoding="utf-8"
    )
    (images / "shop.toml").write_text(ENGINE, encoding="utf-8")
    (images / "shop.yaml").write_text("open: true\n", encoding="utf-8")
    bundle = root / "shop-ui-1.2.3.tar.gz"
    page = tar([member("dist/index.html", b"<p>shop</p>"), member("README.md", b"no")])
    bundle.write_bytes(gzip.compress(page, mtime=0))
    shop = {"shop/__init__.py": b"__version__ = '1.2.3'\n", "shop/__main__.py": b"print('hi')\n"}
    return World(
        root=root,
        mirror=mirror,
        machine=FakeMachine(index={"till-2.0-py3-none-any.whl": dependency}),
        wheels={"shop": wheel(root / "wheels", "shop", "1.2.3", shop)},
        bundles={"shop-ui": bundle},
    )
