"""Places where images are built from one commit, each as unlike the others as can be arranged.

A place has its own path, user, umask, clock, time zone, locale, processors, environment, order of
files, interpreter: everything that differs between two machines and may decide no byte.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.absent import absent
from workflow_containers.python.interpreter import Interpreter

ROOT = Path(__file__).resolve().parents[2]
DRIVER = Path(__file__).with_name("image_builder.py")
MEMBERS = ("containers/workflow_containers", "sbom/workflow_sbom")
DEFINITIONS = {
    "workflow-engine": "containers/engine.toml",
    "workflow-migrate": "containers/migrate.toml",
}
PLACE = "{place}"
LIMIT = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place; `seed` decides the order of files, and of everything when there is `disorder`.

    `{place}` in the environment stands for the place's own folder. `own_python` builds with the
    images' Python instead of this one.
    """

    name: str
    folder: str
    seed: int = 0
    user: int | None = None
    umask: int = 0o022
    processors: int = 2
    workers: int = 2
    clock: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    compiler_imports: tuple[str, ...] = ("sys",)
    disorder: bool = False
    own_python: bool = False
    images: tuple[str, ...] = tuple(DEFINITIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a build in a place left: its archives, the digests it told, what it saw around it."""

    folder: Path
    images: Mapping[str, Mapping[str, Any]]
    seen: Mapping[str, Any]

    def archive(self, name: str) -> Path:
        return self.folder / str(self.images[name]["file"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplies:
    """What all places share, and nothing else: the release's own wheels, and what was fetched.

    `mirror` holds the locked packages as a mirror has them, `wheelhouse` the locked wheels,
    `python` is the images' own Python, and `extensions` the wheels our tool needs to run on it.
    """

    folder: Path
    checkout: Path
    version: str
    created: str
    annotations: Mapping[str, str]
    wheels: Mapping[str, Path]
    bundles: Mapping[str, Path]
    mirror: Path
    wheelhouse: Path
    python: Interpreter
    extensions: Sequence[Path]

    def order(self, *, root: Path, store: Path, out: Path) -> dict[str, Any]:
        """What the driver is told to build every image of a root, without any disorder."""
        return {
            "seed": 0,
            "imports": (),
            "compiler-imports": ("sys",),
            "disorder": False,
            "workers": len(os.sched_getaffinity(0)),
            "around": {},
            "root": str(root),
            "store": str(store),
            "out": str(out),
            "mirror": f"file://{self.mirror}",
            "pip": (sys.executable, "-m", "pip"),
            "tool-environment": {
                "PATH": "/usr/bin:/bin",
                "PIP_NO_INDEX": "1",
                "PIP_FIND_LINKS": str(self.wheelhouse),
                "PIP_CONFIG_FILE": os.devnull,
                "PIP_NO_CACHE_DIR": "1",
            },
            "version": self.version,
            "created": self.created,
            "annotations": dict(self.annotations),
            "wheels": {name: str(path) for name, path in self.wheels.items()},
            "bundles": {name: str(path) for name, path in self.bundles.items()},
            "images": {path: f"{name}.oci.tar" for name, path in DEFINITIONS.items()},
        }

    def build(self, place: Place, *, store: Path | None = None) -> Outcome:
        """Build every image there, from an empty store unless one is given."""
        home = self.folder / place.folder
        site = _Site(place=place, home=home, supplies=self)
        site.furnish(store)
        done = subprocess.run(
            site.command,
            cwd=home / "work",
            env=site.environment,
            umask=place.umask,
            capture_output=True,
            check=False,
            timeout=LIMIT,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        told = json.loads(done.stdout)
        return Outcome(
            folder=home / "out",
            images=dict(zip(place.images, told["images"], strict=True)),
            seen=told["seen"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """A place on disk: our tool and the commit's files copied there, its own store and output."""

    place: Place
    home: Path
    supplies: Supplies

    @property
    def command(self) -> Sequence[str]:
        place = self.place
        driver = str(self.home / "tool" / DRIVER.name)
        processors = ",".join(map(str, sorted(os.sched_getaffinity(0))[: place.processors]))
        return [
            *_as_user(place.user),
            *(_program("taskset", "util-linux"), "--cpu-list", processors),
            *("env", *(f"{name}={text}" for name, text in self.clock.items())),
            *self.python,
            driver,
            str(self.home / "order.json"),
        ]

    @property
    def python(self) -> Sequence[str]:
        if not self.place.own_python:
            return [str(_interpreter())]
        return [str(part) for part in self.supplies.python.argv]

    @property
    def environment(self) -> Mapping[str, str]:
        python = self.supplies.python
        own = {"PYTHONHOME": str(python.root / python.home)} if self.place.own_python else {}
        return {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(self.home / "tool"),
            "PYTHONSAFEPATH": "1",
            **{
                name: text.replace(PLACE, str(self.home))
                for name, text in self.place.environment.items()
            },
            **own,
        }

    @property
    def clock(self) -> Mapping[str, str]:
        if self.place.clock is None:
            return {}
        return {"LD_PRELOAD": str(_faketime()), "FAKETIME": self.place.clock}

    def furnish(self, store: Path | None) -> None:
        """Everything the build reads, in an order and with times of the place's own."""
        chance = random.Random(self.place.seed)
        shutil.rmtree(self.home, ignore_errors=True)
        for name in ("work", "out", "tmp"):
            (self.home / name).mkdir(parents=True)
        if store is not None:
            store.rename(self.home / "store")
        copies = dict(self._copies())
        for target in sorted(copies, key=lambda _: chance.random()):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(copies[target], target)
            target.chmod(0o666 & ~self.place.umask)
            moment = chance.randrange(1 << 30)
            os.utime(target, (moment, moment))
        for wheel in self.supplies.extensions if self.place.own_python else ():
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(self.home / "tool")
        order = json.dumps(self.order)
        (self.home / "order.json").write_text(order, encoding="utf-8")
        if self.place.user is not None and os.geteuid() == 0:
            _give(self.home, self.supplies.folder, self.place.user)

    def _copies(self) -> Iterator[tuple[Path, Path]]:
        tool, supplies = self.home / "tool", self.supplies
        yield tool / DRIVER.name, DRIVER
        for member in MEMBERS:
            package = ROOT / member
            for path in package.rglob("*.py"):
                yield tool / package.name / path.relative_to(package), path
        for name, path in _dependencies({"workflow-containers", "pip"}):
            yield tool / name, path
        for path in (supplies.checkout / "containers").rglob("*"):
            if path.is_file() and "workflow_containers" not in path.parts:
                yield self.home / "source" / path.relative_to(supplies.checkout), path
        for path in (*supplies.wheels.values(), *supplies.bundles.values()):
            yield self.home / "given" / path.name, path

    @property
    def order(self) -> Mapping[str, Any]:
        """What the driver is told: as ever, but for what the place changes."""
        place, given = self.place, self.home / "given"
        plain = self.supplies.order(
            root=self.home / "source", store=self.home / "store", out=self.home / "out"
        )
        pip = {**plain["tool-environment"], **self.environment, **self.clock}
        return plain | {
            "seed": place.seed,
            "imports": place.imports,
            "compiler-imports": place.compiler_imports,
            "disorder": place.disorder,
            "workers": place.workers,
            "around": dict(self.clock),
            "pip": [*self.python, "-m", "pip"],
            "tool-environment": pip,
            **{
                kind: {name: str(given / Path(path).name) for name, path in plain[kind].items()}
                for kind in ("wheels", "bundles")
            },
            "images": {DEFINITIONS[name]: f"{name}.oci.tar" for name in place.images},
        }


def _interpreter() -> Path:
    """The Python that this environment was made with, without the environment."""
    return Path(sys.executable).resolve()


def turkish(folder: Path) -> Mapping[str, str]:
    """An environment in which text is not UTF-8 and the small letter of I is no i."""
    if not Path("/usr/share/i18n/locales/tr_TR").exists():
        absent("no locale definitions: apt-get install locales")
    folder.mkdir(exist_ok=True)
    target = folder / "tr_TR.ISO-8859-9"
    command = [_program("localedef", "libc-bin"), "-i", "tr_TR", "-f", "ISO-8859-9", str(target)]
    subprocess.run(command, check=True, capture_output=True)
    return {"LOCPATH": str(folder), "LC_ALL": target.name}


def _as_user(user: int | None) -> Sequence[str]:
    """Who is root becomes another; who is another becomes root, in a user namespace."""
    if user is None:
        return ()
    if os.geteuid() != 0:
        return (_program("unshare", "util-linux"), "--user", "--map-root-user")
    setpriv = _program("setpriv", "util-linux")
    return (setpriv, f"--reuid={user}", f"--regid={user}", "--clear-groups")


def _give(home: Path, base: Path, user: int) -> None:
    for path in (home, *home.rglob("*")):
        os.chown(path, user, user, follow_symlinks=False)
    for parent in home.parents:
        if parent == base:
            break
        parent.chmod(0o755)


def _program(name: str, package: str) -> str:
    return shutil.which(name) or absent(f"no {name}: apt-get install {package}")


def _faketime() -> Path:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return found[0] if found else absent("no libfaketime: apt-get install libfaketime")


def _dependencies(names: set[str]) -> Iterator[tuple[Path, Path]]:
    """The files of distributions of this environment and of all they need, by relative path."""
    waiting, done = set(names), set[str]()
    while waiting:
        name = canonicalize_name(waiting.pop())
        done.add(name)
        found = metadata.distribution(name)
        for line in found.requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting |= {canonicalize_name(requirement.name)} - done
        for file in found.files or ():
            path = Path(str(found.locate_file(file)))
            if ".." not in file.parts and "__pycache__" not in file.parts and path.is_file():
                yield Path(file), path
