from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from support.distributions import Maker, digests, unexplained
from workflow_sbom.coverage import interfaces
from workflow_sbom.coverage.interfaces import InterfaceOrigin, cover_interface, version_file
from workflow_sbom.coverage.ledger import Generated, Owned
from workflow_sbom.coverage.origin import Origin
from workflow_sbom.digest import Digest
from workflow_sbom.errors import InventoryError, TableError

NAME = "ui-1.2.3.tar.gz"
TRACKED = {
    "src/main.ts": b"main()",
    "src/main.css": b"a {}",
    "index.html": b"<script src=src/main.ts>",
    "public/robots.txt": b"User-agent: *\n",
}
BUILT = {
    "index.html": b"<script src=assets/a.js>",
    "assets/a.js": b"1",
    "assets/a.css": b"a{}",
    "assets/font.woff2": b"font",
}
FILES = {
    **{f"dist/{file}": data for file, data in BUILT.items()},
    "dist/robots.txt": TRACKED["public/robots.txt"],
    "dist/version.json": version_file("1.2.3"),
}
SHIPPED: dict[str, Any] = {
    "format": 2,
    "modules": [
        {"id": "src/main.ts", "file": "assets/a.js", "bytes": 1},
        {"id": "\0vite/preload-helper.js", "file": "assets/a.js", "bytes": 1},
        {"id": "node_modules/react/index.js", "file": "assets/a.js", "bytes": 1},
        {"id": "\0node_modules/react/x.js", "file": "assets/a.js", "bytes": 1},
        {"id": "src/main.css", "file": "assets/a.css", "bytes": 1},
    ],
    "assets": [
        {"file": "index.html", "sources": ["index.html"]},
        {"file": "assets/font.woff2", "sources": ["node_modules/@fontsource/inter/f.woff2"]},
    ],
    "written": [{"file": file, "sha256": Digest.of(data).hex} for file, data in BUILT.items()],
}
PACKAGES = ("", "node_modules/react", "node_modules/@fontsource/inter")


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def source(
    modules: Mapping[str, Any] | None = SHIPPED, tracked: Mapping[str, bytes] = TRACKED
) -> InterfaceOrigin:
    lock = {"lockfileVersion": 3, "packages": {path: {} for path in PACKAGES}}
    return InterfaceOrigin(
        origin=Origin(owner="git:1234", files=digests(tracked)),
        lock=json.dumps(lock).encode(),
        modules=None if modules is None else json.dumps(modules).encode(),
        version="1.2.3",
    )


def faults(make: Maker, files: Mapping[str, bytes], given: InterfaceOrigin) -> dict[str, str]:
    return unexplained(cover_interface(make.sdist(files, name=NAME), given))


def test_every_file_says_what_it_comes_from(make: Maker) -> None:
    folder = tarfile.TarInfo("dist")
    folder.type = tarfile.DIRTYPE
    ledger = cover_interface(make.sdist(FILES, extra=[folder], name=NAME), source())
    built = Owned("the build of git:1234", "the bundler's list of what it wrote")
    assert ledger.subject == NAME
    assert {line.entry.path: line.why for line in ledger.lines} == {
        "dist": Generated(interfaces.FOLDER),
        **{f"dist/{file}": built for file in BUILT},
        "dist/robots.txt": Owned("git:1234", "the commit's tree"),
        "dist/version.json": Generated(interfaces.VERSION),
    }


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"dist/assets/a.js": b"2"}, "differs from what the bundler wrote"),
        ({"dist/index.html": b""}, "differs from what the bundler wrote"),
        ({"dist/assets/evil.js": b"1"}, "neither the bundler's list nor the commit has it"),
        ({"dist/robots.txt": b""}, "differs from 'public/robots.txt' of the commit"),
        ({"dist/version.json": version_file("1.2.4")}, "states another version, or more"),
        ({"evil.js": b""}, "outside dist/"),
    ],
)
def test_a_planted_or_changed_file_is_caught(
    make: Maker, changed: dict[str, bytes], reason: str
) -> None:
    assert faults(make, {**FILES, **changed}, source()) == {next(iter(changed)): reason}


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("src/evil.ts", "made from 'src/evil.ts', which the commit has not"),
        ("node_modules/evil/x.js", "made from 'node_modules/evil', which the lock has not"),
    ],
)
def test_what_a_file_was_made_from_must_be_known(make: Maker, module: str, reason: str) -> None:
    added = {"id": module, "file": "assets/a.js", "bytes": 1}
    given = source(SHIPPED | {"modules": [*SHIPPED["modules"], added]})
    assert faults(make, FILES, given) == {"dist/assets/a.js": reason}


def test_a_file_that_was_made_from_nothing_is_unexplained(make: Maker) -> None:
    given = source(SHIPPED | {"modules": SHIPPED["modules"][:-1]})
    assert faults(make, FILES, given) == {
        "dist/assets/a.css": "the bundler does not say what it was made from"
    }


def test_without_the_list_only_the_commits_files_are_explained(make: Maker) -> None:
    nowhere = "neither the bundler's list nor the commit has it"
    assert faults(make, FILES, source(None)) == {f"dist/{file}": nowhere for file in BUILT}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (tarfile.SYMTYPE, "a symlink; an interface holds files and folders only"),
        (tarfile.LNKTYPE, "a hardlink; an interface holds files and folders only"),
        (tarfile.DIRTYPE, "a folder that holds no file"),
    ],
)
def test_links_and_empty_folders_are_caught(make: Maker, kind: bytes, reason: str) -> None:
    info = tarfile.TarInfo("dist/odd")
    info.type, info.linkname = kind, "/etc/passwd"
    path = make.sdist(FILES, extra=[info], name=NAME)
    assert unexplained(cover_interface(path, source())) == {"dist/odd": reason}


def test_what_is_malformed_is_refused(make: Maker) -> None:
    with pytest.raises(TableError, match="format"):
        faults(make, FILES, source({}))
    with pytest.raises(InventoryError, match="no readable archive"):
        cover_interface(make.raw(b"\x1f\x8bx", NAME), source())
