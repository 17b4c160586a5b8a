"""Three web interfaces, really built by npm and Vite, and the truth of what is in them.

The truth has nothing of ours in it: the source maps of a build without our plugin, the bytes of
every file that npm installed, the texts of style sheets, and npm's own tree.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from support.absent import absent
from workflow_release.building.archive import items_of, write_tar_gz
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.javascript.npm import BundleSource, describe_bundle
from workflow_sbom.model.document import Sbom

ROOT = Path(__file__).resolve().parents[2]
OURS = ROOT / "workflow/admin-ui"
FIXTURES = ROOT / "tests/interop/interfaces"
EPOCH = 1_767_323_045
NAMES = ("admin-ui", "shop", "charts")

_TRUTH = """\
import { loadConfigFromFile } from 'vite'
const { config } = await loadConfigFromFile({ command: 'build', mode: 'production' })
export default {
  ...config,
  plugins: config.plugins.flat().filter((plugin) => plugin.name !== 'workflow:what-ships'),
  build: { ...config.build, outDir: 'truth', minify: false, cssMinify: false, sourcemap: true },
}
"""
# What only the build's own runtime says, and the package it is from.
_RUNTIME = {
    "__vitePreload": "vite",
    'supports("modulepreload")': "vite",
    "function getDefaultExportFromCjs(": "vite",
    "\\0rolldown/runtime.js": "rolldown",
    "var __commonJSMin": "rolldown",
    "_export_sfc = (": "@vitejs/plugin-vue",
}
_NESTED = re.compile(r"^(.*node_modules/(?:@[^/]+/)?[^/]+)/")
_SHEET = 40  # characters; less is said by many

Edges = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Found:
    """Components as `name@version`, and edges between them; the interface itself is `""`."""

    components: frozenset[str]
    edges: Edges


class Interface:
    """A copy of an interface's project with what npm installed by its lock."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder

    @classmethod
    def prepare(cls, name: str, folder: Path) -> Interface:
        """Copy it, with the plugin as an adopter would have it, and install by the lock."""
        if shutil.which("npm") is None:
            absent("no npm: install Node 20.19 or later")
        source = OURS if name == "admin-ui" else FIXTURES / name
        ignored = shutil.ignore_patterns("node_modules", "dist", "build")
        shutil.copytree(source, folder, ignore=ignored)
        shutil.copytree(OURS / "vite", folder / "vite", dirs_exist_ok=True)
        made = cls(name, folder)
        made.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        return made

    def copy(self, folder: Path) -> Interface:
        """The same at another place, as if nothing had been built."""
        made = {"dist", "build", "truth"}

        def ignored(place: str, _: list[str]) -> set[str]:
            return made if Path(place) == self.folder else set()

        shutil.copytree(self.folder, folder, symlinks=True, ignore=ignored, copy_function=os.link)
        return Interface(self.name, folder)

    def run(self, *command: str) -> str:
        """What a program prints; it must succeed."""
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False,
            env={**os.environ, "npm_config_update_notifier": "false"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def vite(self, *arguments: str) -> None:
        """Build with the locked Vite."""
        self.run("node", "node_modules/vite/bin/vite.js", "build", *arguments)

    def archive(self) -> ArtifactFile:
        """Build, and pack `dist/` as a release does."""
        self.vite()
        path = self.folder / f"{self.name}-1.2.3.tar.gz"
        path.unlink(missing_ok=True)
        write_tar_gz(items_of(self.folder / "dist", "dist"), path, EPOCH)
        return ArtifactFile.measure(path)

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def describe(self) -> Sbom:
        """Our bill of materials of a fresh build."""
        artifact = self.archive()
        source = BundleSource(
            package=self.read("package.json"),
            lock=self.read("package-lock.json"),
            modules=self.read("build/modules.json"),
        )
        return describe_bundle(artifact, "1.2.3", source)

    @cached_property
    def truth(self) -> Found:
        """What is in the interface, and what of it asks for what."""
        (self.folder / "truth.config.mjs").write_text(_TRUTH)
        self.vite("--config", "truth.config.mjs")
        folders = {*self._mapped(), *self._copied(), *self._styled()}
        runtime = set(self._runtime())
        components = {self._named(folder) for folder in folders | runtime}
        edges = {
            edge for edge in self.tree if edge[1] in components and edge[0] in {"", *components}
        }
        # Nobody asks for the runtime that the build puts in; it serves the whole.
        edges |= {("", self._named(folder)) for folder in runtime - folders}
        return Found(frozenset(components), frozenset(edges))

    @cached_property
    def tree(self) -> Edges:
        """npm's own tree, every kind of edge in it."""
        return frozenset(_edges("", json.loads(self.run("npm", "ls", "--all", "--json"))))

    def _named(self, folder: str) -> str:
        manifest = json.loads(self.read(f"{folder}/package.json"))
        return f"{manifest['name']}@{manifest['version']}"

    def _mapped(self) -> Iterator[str]:
        """The packages that source maps point into."""
        for path in (self.folder / "truth").rglob("*.map"):
            for source in json.loads(path.read_bytes())["sources"]:
                place = os.path.relpath(os.path.normpath(path.parent / source), self.folder)
                if found := _NESTED.match(place):
                    yield found[1]

    def _copied(self) -> Iterator[str]:
        """The packages with a file of the same bytes as one in the output."""
        made = {_digest(path): path.suffix for path in _files(self.folder / "truth")}
        kinds = {*made.values()} - {".js", ".map", ".css", ".html"}
        for path in _files(self.folder / "node_modules"):
            if path.suffix in kinds and _digest(path) in made:
                yield self._folder_of(path)

    def _styled(self) -> Iterator[str]:
        """The packages with a style sheet whose text is in one of the output."""
        sheets = [_squeezed(path) for path in _files(self.folder / "truth", ".css")]
        for path in _files(self.folder / "node_modules", ".css"):
            text = _squeezed(path)
            if len(text) >= _SHEET and any(text in sheet for sheet in sheets):
                yield self._folder_of(path)

    def _runtime(self) -> Iterator[str]:
        """The packages whose runtime the build put in."""
        text = "\n".join(path.read_text() for path in _files(self.folder / "truth", ".js"))
        for mark, package in _RUNTIME.items():
            if mark in text:
                yield f"node_modules/{package}"

    def _folder_of(self, path: Path) -> str:
        found = _NESTED.match(path.relative_to(self.folder).as_posix())
        assert found is not None, path
        return found[1]


def found_in(sbom: Sbom) -> Found:
    """What a bill of ours says, in the words of the truth."""
    names = {sbom.subject.ref: ""}
    for part in sbom.components:
        name = f"{part.group}/{part.name}" if part.group else part.name
        names[part.ref] = f"{name}@{part.version}"
    return Found(
        frozenset(names.values()) - {""},
        frozenset((names[e.ref], names[to]) for e in sbom.dependencies for to in e.depends_on),
    )


def _edges(name: str, node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for child, entry in node.get("dependencies", {}).items():
        if "version" in entry:  # else an optional one that is not installed here
            there = f"{child}@{entry['version']}"
            yield name, there
            yield from _edges(there, entry)


def _files(folder: Path, suffix: str = "") -> Iterator[Path]:
    for path in sorted(folder.rglob(f"*{suffix}")):
        if path.is_file() and not path.is_symlink():
            yield path


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _squeezed(path: Path) -> str:
    """A style sheet without comments, spaces and addresses, which a build changes."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(errors="replace"), flags=re.DOTALL)
    text = re.sub(r"@charset[^;]*;|url\([^)]*\)", "", text)
    return re.sub(r"\s+", "", text)
