"""Running what was built, to hear which version it says it is.

Wheels are installed as their users would: all of the release's into one throw-away virtual
environment, with hashed requirements for the rest. Programs see an empty home and nothing of this
process's environment.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workflow_containers.errors import ContainersError
from workflow_containers.host import native_platform
from workflow_containers.inspecting import rootless
from workflow_containers.platform import Platform
from workflow_release.building.cache import Cache, key
from workflow_release.errors import ToolError
from workflow_release.judging.evidence import NotRun, Report
from workflow_release.machine.host import Host
from workflow_release.machine.run import Command, Run
from workflow_release.model import Artifact, GoBinary, Image, Wheel
from workflow_sbom.canonical import Json
from workflow_sbom.digest import measure_file

_INSTALL_TIMEOUT = 900.0
_CHECK_TIMEOUT = 120.0
_MAX_PRINTED = 64 << 10
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
_METADATA_VERSION = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
_PACKAGES = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")
_INSTALL = ("install", "--quiet", "--no-deps", "--no-compile", "--no-warn-script-location")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """Where things are run: the machine, the release's own wheels, what they need besides.

    `requirements` is a hashed requirement file, or None when the wheels need nothing else.
    """

    host: Host
    run: Run
    cache: Cache
    wheels: tuple[Artifact, ...]
    requirements: Path | None

    def environment(self) -> Path:
        """The virtual environment with every wheel; raises `ToolError`.

        What they need besides is in one of its own, which stays when only the wheels change.
        """
        wheels: list[Json] = [wheel.digest.hex for wheel in self.wheels]
        parts = self._parts() | {"wheels": wheels}
        return self.cache.tree(key("wheels", parts), lambda empty: _install(empty, self)).path

    def needed(self) -> Path | None:
        """The virtual environment with the requirements, if there are any."""
        if self.requirements is None:
            return None
        return self.cache.tree(
            key("requirements", self._parts()), lambda empty: _install_needed(empty, self)
        ).path

    def _parts(self) -> dict[str, Json]:
        locked = measure_file(self.requirements).digest.hex if self.requirements else None
        return {"requirements": locked, "python": [str(self.host.python), sys.version]}


def run_wheel(recipe: Wheel, bench: Workbench) -> Report:
    """The wheel's check command, or what its installed metadata says."""
    try:
        folder = bench.environment()
    except ToolError as error:
        return Report(command=("pip", "install"), code=1, printed=error.message)
    python = folder / "bin" / "python"
    if not recipe.check:
        shown = ("importlib.metadata.version", recipe.distribution)
        argv: tuple[str | Path, ...] = (python, "-I", "-c", _METADATA_VERSION, recipe.distribution)
        return _report(shown, argv, bench, path=folder / "bin")
    program = folder / "bin" / Path(recipe.check[0]).name
    if program.name != recipe.check[0] or not program.is_file():
        message = "the wheels install no such command"
        return Report(command=recipe.check, code=127, printed=message)
    return _report(recipe.check, (program, *recipe.check[1:]), bench, path=folder / "bin")


def run_image(artifact: Artifact, recipe: Image, bench: Workbench) -> tuple[Report | NotRun, ...]:
    """The image's entrypoint with `--version`, for the platforms this machine runs."""
    return tuple(_run_platform(artifact, platform, bench) for platform in recipe.platforms)


def run_go(artifact: Artifact, recipe: GoBinary, bench: Workbench) -> tuple[Report | NotRun, ...]:
    """The program with its check arguments, if this machine runs it."""
    if not recipe.check:
        return ()
    if recipe.platform != native_platform():
        return (NotRun(subject=str(recipe.platform), reason="this machine does not run it"),)
    with tempfile.TemporaryDirectory() as scratch:
        program = Path(scratch) / recipe.name
        shutil.copyfile(artifact.path, program)
        program.chmod(0o755)
        shown = (recipe.name, *recipe.check)
        return (_report(shown, (program, *recipe.check), bench, path=Path(scratch)),)


def _run_platform(artifact: Artifact, platform: Platform, bench: Workbench) -> Report | NotRun:
    if platform != native_platform():
        return NotRun(subject=str(platform), reason="this machine does not run it")
    try:
        command = (*rootless.entrypoint(artifact.path, platform), "--version")
        code, printed = rootless.run(
            artifact.path,
            platform,
            command,
            store=bench.cache.root / "images",
            timeout=_CHECK_TIMEOUT,
        )
    except ContainersError as error:
        return NotRun(subject=str(platform), reason=str(error))
    return Report(command=command, code=code, printed=_text(printed))


def _install(folder: Path, bench: Workbench) -> None:
    """An environment with the wheels in it; raises `ToolError` with pip's last words."""
    pip = _make_environment(folder, bench)
    if (needed := bench.needed()) is not None:
        seen = repr(str(needed / _PACKAGES))
        link = folder / _PACKAGES / "requirements.pth"
        link.parent.mkdir(parents=True, exist_ok=True)
        link.write_text(f"import site; site.addsitedir({seen})\n")
    with tempfile.TemporaryDirectory() as scratch:
        wheels = [Path(scratch) / wheel.name for wheel in bench.wheels]
        for wheel, path in zip(bench.wheels, wheels, strict=True):
            shutil.copyfile(wheel.path, path)
        _run_tool((*pip, "--no-index", *wheels), bench)


def _install_needed(folder: Path, bench: Workbench) -> None:
    """An environment with the requirements in it; raises `ToolError`."""
    pip = _make_environment(folder, bench)
    _run_tool((*pip, "--require-hashes", "-r", str(bench.requirements)), bench)


def _make_environment(folder: Path, bench: Workbench) -> tuple[str | Path, ...]:
    """Make an empty virtual environment; returns the start of what installs into it."""
    _run_tool((bench.host.python, "-m", "venv", "--without-pip", folder), bench)
    return (bench.host.python, *_PIP, "--python", folder / "bin" / "python", *_INSTALL)


def _run_tool(argv: Sequence[str | Path], bench: Workbench) -> None:
    done = bench.run(
        Command(
            argv=argv, cwd=Path("/"), env=bench.host.tool_environment(), timeout=_INSTALL_TIMEOUT
        )
    )
    if done.code != 0:
        said = _text(done.stderr or done.stdout).strip().splitlines()
        raise ToolError(said[-1] if said else f"exit code {done.code} without a word")


def _report(
    shown: tuple[str, ...], argv: Sequence[str | Path], bench: Workbench, *, path: Path
) -> Report:
    """Run a program in an empty home, with its own folder first on its path."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "PATH": f"{path}:{_SYSTEM_PATH}",
            "HOME": home,
            "TMPDIR": home,
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = Command(argv=argv, cwd=Path(home), env=environment, timeout=_CHECK_TIMEOUT)
        try:
            done = bench.run(command)
        except ToolError as error:
            return Report(command=shown, code=126, printed=error.message)
    printed = done.stdout if done.code == 0 and done.stdout.strip() else done.stderr or done.stdout
    return Report(command=shown, code=done.code, printed=_text(printed))


def _text(data: bytes) -> str:
    return data[-_MAX_PRINTED:].decode(errors="replace")
