"""Small wheels and source distributions, each part replaceable by a hostile one."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from workflow_sbom.coverage.ledger import Ledger
from workflow_sbom.coverage.origin import Made, Origin
from workflow_sbom.digest import Digest

INFO = "thing-1.2.3.dist-info"
WHEEL = b"Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
PROJECT = b"""\
[project]
name = "thing"
dynamic = ["version"]
description = "A thing"
readme = "README.md"
license = "MIT"
requires-python = ">=3.11"
authors = [{ name = "Somebody" }, { name = "Who", email = "who@example.org" }]
dependencies = ["packaging>=25"]

[project.optional-dependencies]
full = ["rich>=14; python_version > '3'"]

[project.urls]
Source = "https://example.org/thing"

[project.scripts]
thing = "thing.core:main"
"""
METADATA = b"""\
Metadata-Version: 2.4
Name: thing
Version: 1.2.3
Summary: A thing
Project-URL: Source, https://example.org/thing
Author: Somebody
Author-email: Who <who@example.org>
License-Expression: MIT
License-File: LICENSE
Requires-Python: >=3.11
Requires-Dist: packaging>=25
Provides-Extra: full
Requires-Dist: rich>=14; (python_version > "3") and extra == 'full'
Description-Content-Type: text/markdown

# Thing
"""
ENTRY_POINTS = b"[console_scripts]\nthing = thing.core:main\n"
README = b"# Thing\n"
FILES: Mapping[str, bytes] = {
    "thing/__init__.py": b'__version__ = "1.2.3"\n',
    "thing/core.py": b"def main() -> None:\n    print({1, 2} | {3})\n",
    f"{INFO}/METADATA": METADATA,
    f"{INFO}/WHEEL": WHEEL,
    f"{INFO}/entry_points.txt": ENTRY_POINTS,
    f"{INFO}/licenses/LICENSE": b"Do as you like.\n",
}
TRACKED: Mapping[str, bytes] = {
    "LICENSE": FILES[f"{INFO}/licenses/LICENSE"],
    "README.md": README,
    "pyproject.toml": PROJECT,
    "src/thing/__init__.py": b'__version__ = "0.0.0"\n',
    "src/thing/core.py": FILES["thing/core.py"],
    "tests/thing/core.py": b"# a test's own\n",
}
SDIST_FILES = {
    **{f"thing-1.2.3/{path}": data for path, data in TRACKED.items()},
    "thing-1.2.3/src/thing/__init__.py": FILES["thing/__init__.py"],
    "thing-1.2.3/PKG-INFO": METADATA,
}
STAMPED = "the version stamped"


def record(files: Mapping[str, bytes]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for path, data in files.items():
        writer.writerow([path, f"sha256={_encoded(hashlib.sha256(data).digest())}", len(data)])
    writer.writerow([f"{INFO}/RECORD", "", ""])
    return text.getvalue().encode()


def _encoded(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def digests(files: Mapping[str, bytes]) -> dict[str, Digest]:
    return {path: Digest.of(data) for path, data in files.items()}


def origin(**changed: bytes | None) -> Origin:
    return Origin(
        owner="git:1234",
        files=digests(TRACKED),
        links={"also": "LICENSE"},
        made=(Made(STAMPED, digests({"src/thing/__init__.py": FILES["thing/__init__.py"]})),),
        version="1.2.3",
        project=changed.get("project") or PROJECT,
        readme=README,
    )


def unexplained(ledger: Ledger) -> dict[str, str]:
    return {entry.path: why.reason for entry, why in ledger.unexplained()}


@dataclass(slots=True)
class Maker:
    """Writes archives into a folder of the test's own."""

    folder: Path
    made: int = field(default=0)

    def _path(self, name: str) -> Path:
        self.made += 1
        folder = self.folder / str(self.made)
        folder.mkdir()
        return folder / name

    def wheel(
        self,
        files: Mapping[str, bytes] = FILES,
        *,
        listed: bytes | None = None,
        extra: Iterable[tuple[str | zipfile.ZipInfo, bytes]] = (),
        name: str = "thing-1.2.3-py3-none-any.whl",
        comment: bytes = b"",
    ) -> Path:
        """`listed` replaces RECORD; `extra` is added after it was made."""
        path = self._path(name)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            rows = record(files) if listed is None else listed
            for member, data in [*files.items(), (f"{INFO}/RECORD", rows), *extra]:
                archive.writestr(member, data)
            archive.comment = comment
        return path

    def sdist(
        self,
        files: Mapping[str, bytes] = SDIST_FILES,
        *,
        extra: Iterable[tarfile.TarInfo] = (),
        name: str = "thing-1.2.3.tar.gz",
    ) -> Path:
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for member, data in files.items():
                info = tarfile.TarInfo(member)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
            for info in extra:
                archive.addfile(info, io.BytesIO(b"x" * info.size))
        return self.raw(gzip.compress(raw.getvalue(), mtime=0), name)

    def raw(self, data: bytes, name: str = "thing-1.2.3.tar.gz") -> Path:
        path = self._path(name)
        path.write_bytes(data)
        return path


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    return Maker(tmp_path)
