"""The programs builds use: locked Python environments, Node and Go, and the toolkit itself.

An environment is made by hashes alone and kept by its lock and Python. Node and Go are the
machine's when they will do; otherwise they come as wheels from the package index, by hash.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from importlib.resources import files
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import workflow_containers
import workflow_release
import workflow_sbom
from workflow_containers.layers import compress
from workflow_release.building.artifacts.interface import LockFile, Tool, Workshop
from workflow_release.building.cache import key
from workflow_release.errors import BuildError, ToolError
from workflow_release.machine.run import Command, checked
from workflow_sbom.digest import Digest

NODE_MINIMUM = (20, 19)
_NODE, _GO = r"v(\d+\.\d+\.\d+)", r"go(\d+(?:\.\d+)+)"
_NOT_FOR_US = frozenset(
    f"PIP_{option}"
    for option in (
        "CONSTRAINT", "EDITABLE", "NO_BINARY", "ONLY_BINARY", "PREFIX", "PYTHON", "REQUIREMENT",
        "REQUIRE_VIRTUALENV", "ROOT", "TARGET", "USER",
    )
)  # fmt: skip
"""A user's own wishes for pip: what is installed, and where to, is not theirs to say here."""


def embedded(name: str) -> LockFile:
    """A lock that comes with the toolkit."""
    content = files("workflow_release").joinpath(f"locks/{name}.txt").read_bytes()
    return LockFile(name=f"workflow-release/locks/{name}.txt", content=content)


@cache
def toolkit_digest() -> Digest:
    """The digest of the toolkit: what it would do differently is made again.

    Its own source, the compressor, and the Python that writes its archives.
    """
    roots = [
        Path(str(module.__file__)).parent
        for module in (workflow_sbom, workflow_containers, workflow_release)
    ]
    parts = [
        [f"{root.name}/{path.relative_to(root).as_posix()}", Digest.of(path.read_bytes()).hex]
        for root in roots
        for path in sorted((*root.rglob("*.py"), *root.rglob("*.txt")))
    ]
    python = platform.python_version()
    return key("toolkit", {"files": parts, "compressor": compress.VERSION, "python": python})


def environment(lock: LockFile, shop: Workshop, log: Path) -> Path:
    """The folder of a virtual environment that holds exactly what the lock names.

    Raises `BuildError` for a lock that names anything but packages with hashes, before pip sees it.
    """
    parts = {"lock": lock.lock.digest.hex, "python": sys.version, "at": str(shop.host.python)}
    return shop.cache.tree(
        key("environment", parts), lambda empty: _install(empty, lock, shop, log)
    ).path


def backend_environment(lock: LockFile, wanted: frozenset[str], shop: Workshop, log: Path) -> Path:
    """A virtual environment with these requirements and what they need of the lock, no more.

    A package that nobody asked for would act nevertheless: setuptools calls every plug-in there is.
    What needs what is read from the packages themselves, all of them installed elsewhere.
    """
    requirements = [Requirement(text) for text in wanted]
    if not requirements:
        return environment(lock.only(()), shop, log)
    everything = environment(lock, shop, log)
    return environment(lock.only(_closure(requirements, _installed(everything))), shop, log)


def _installed(folder: Path) -> dict[str, list[Requirement]]:
    """What each package in an environment needs."""
    places = [str(place) for place in folder.glob("lib/python*/site-packages")]
    return {
        canonicalize_name(found.name): [Requirement(text) for text in found.requires or ()]
        for found in metadata.distributions(path=places)
    }


def _closure(
    wanted: list[Requirement], installed: Mapping[str, list[Requirement]]
) -> frozenset[str]:
    seen: set[tuple[str, str]] = set()
    left = list(wanted)
    while left:
        requirement = left.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras} - {extra for each, extra in seen if each == name}:
            seen.add((name, extra))
            left += [each for each in installed.get(name, ()) if _applies(each, extra)]
    return frozenset(name for name, _ in seen)


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _install(folder: Path, lock: LockFile, shop: Workshop, log: Path) -> None:
    lock.entries()
    shop.progress.note(f"installing {lock.name} by its hashes, once")
    requirements = folder / "requirements.txt"
    requirements.write_bytes(lock.content)
    python = (str(shop.host.python), "-m")
    here = folder / "bin" / "python"
    _must(shop, [*python, "venv", "--without-pip", str(folder)], folder, log)
    pip = [*python, "pip", "--python", str(here), "--no-input", "--disable-pip-version-check"]
    hashed = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(requirements)]
    _must(shop, [*pip, "install", *hashed], folder, log)


def _must(shop: Workshop, argv: list[str], cwd: Path, log: Path) -> None:
    given = shop.host.tool_environment()
    env = {name: value for name, value in given.items() if name not in _NOT_FOR_US}
    done = shop.run(Command(argv=argv, cwd=cwd, env=env, log=log))
    if done.code != 0:
        raise BuildError(
            f"{' '.join(argv[1:4])} failed with exit code {done.code}",
            remedy=f"see {log}; is the package index reachable?",
        )


def node(shop: Workshop, log: Path) -> Tool:
    """Node.js with npm: the machine's when it is new enough, else the locked wheel."""
    return shop.tools.answer("node", lambda: _node(shop, log))


def _node(shop: Workshop, log: Path) -> Tool:
    found = _version_of(shop, ["node", "--version"], _NODE)
    if found is not None and _numbers(found.version)[:2] >= NODE_MINIMUM:
        if (found.folder / "npm").exists():  # Debian has one without the other
            return found
        shop.progress.note("there is Node.js here without npm beside it; taking both as a wheel")
    folder = environment(embedded("node"), shop, log) / "bin"
    made = _version_of(shop, [str(folder / "node"), "--version"], _NODE)
    if made is None:
        raise BuildError("the wheel of Node.js does not run here", remedy="install Node.js 20.19+")
    return made


def go(shop: Workshop, minimum: str, log: Path) -> Tool:
    """The Go toolchain: the machine's when the module's `go` line allows it, else the wheel."""
    return shop.tools.answer(f"go {minimum}", lambda: _go(shop, minimum, log))


def _go(shop: Workshop, minimum: str, log: Path) -> Tool:
    found = _version_of(shop, ["go", "version"], _GO)
    if found is not None and _numbers(found.version) >= _numbers(minimum):
        return found
    folder = environment(embedded("go"), shop, log) / "bin"
    made = _version_of(shop, [str(folder / "go"), "version"], _GO)
    if made is None or _numbers(made.version) < _numbers(minimum):
        has = made.version if made else "none that runs here"
        raise BuildError(
            f"the module needs Go {minimum}, and there is {has}", remedy=f"install Go {minimum}"
        )
    return made


def _version_of(shop: Workshop, argv: list[str], pattern: str) -> Tool | None:
    """What a program says its version is; None when there is no such program."""
    env = shop.host.tool_environment() | {"GOTOOLCHAIN": "local"}
    try:
        said = checked(shop.run, Command(argv=argv, cwd=shop.cache.root, env=env, timeout=60))
    except ToolError:
        return None
    found = re.search(pattern, said.decode(errors="replace"), re.ASCII)
    where = _which(argv[0], env["PATH"])
    if found is None or where is None:
        return None
    return Tool(folder=where.parent, version=found[1])


def _which(program: str, path: str) -> Path | None:
    import shutil

    found = shutil.which(program, path=path)
    return Path(found) if found else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
