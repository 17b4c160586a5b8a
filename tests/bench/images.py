"""Images: ours against `docker build` (both of its builders) and buildah, on equal inputs.

Everybody has what the network would give at hand: we the locked packages and wheels, they a base
image of Debian (minbase, Python and pip, by mmdebstrap), whose making is not counted for them. Ours
is where it says "base and all": there it comes from the packages. They install the same wheels with
pip. One platform, the engine's image. A build counts until there is an archive to hand on (`docker
save`, an OCI archive), but for nothing changed, where peers need not write one again.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.contest import Contest, Side, hold, say
from support import docker_engine
from support.absent import absent
from support.docker_engine import Docker
from support.images import ENGINE, built
from support.patience import until
from support.person import User
from support.places import DEFINITIONS, DRIVER, ROOT, Supplies
from support.repositories import head_as_main
from support.supplies import gather
from workflow_containers import architecture, host
from workflow_containers.debian import mirror
from workflow_containers.layers.entries import File
from workflow_containers.oci.layout import Layout
from workflow_containers.python.wheel import record_digest
from workflow_containers.store import Store

RUNS = 3
PACKED, RAW = 0.33, 0.4
BASE = "bench-base"
BASE_VARIABLE = "WORKFLOW_BENCH_BASE"
ENVIRONMENT = {"PATH": docker_engine.PROGRAMS, "LANG": "C.UTF-8"}
CONTAINERFILE = """\
FROM {base}
COPY wheels /wheels
RUN pip install --no-index --no-deps --no-cache-dir --break-system-packages /wheels/*.whl
COPY ui /app/ui
COPY config.yaml /app/config.yaml
COPY app /wheels/app
RUN pip install --no-index --no-deps --no-cache-dir --break-system-packages /wheels/app/*.whl
USER 65532
ENTRYPOINT ["/usr/bin/python3", "-m", "workflow_engine"]
"""
REGISTRY = """
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "{address}"}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The engine's image for this machine's platform: what we are given, and a peer's context."""

    folder: Path
    supplies: Supplies
    wheel: Path
    architecture: str

    @classmethod
    def make(cls, folder: Path) -> Inputs:
        """Build the release's own files, fetch the rest; minutes, not counted for anybody."""
        checkout = head_as_main(ROOT, folder / "checkout")
        cache = Path(os.environ.get("WORKFLOW_TEST_CACHE") or folder / "cache")
        user = User(home=folder / "home", cache=cache)
        (folder / "home").mkdir()
        release = built(checkout, user, folder / "release", "wheel", "ui", "image")
        supplies = gather(folder, checkout, release, Store(cache / "images"))
        native = host.native_platform()
        assert native is not None
        definition = checkout / DEFINITIONS[ENGINE]
        text = definition.read_text(encoding="utf-8")
        (every,) = (line for line in text.splitlines() if line.startswith("platforms = "))
        definition.write_text(text.replace(every, f'platforms = ["{native}"]'), encoding="utf-8")
        return cls(
            folder=folder,
            supplies=supplies,
            wheel=supplies.wheels[ENGINE],
            architecture=architecture.of(native).machine,
        )

    def base(self) -> str:
        """The definition of an image of the engine's packages alone."""
        text = (self.supplies.checkout / DEFINITIONS[ENGINE]).read_text(encoding="utf-8")
        engine = tomllib.loads(text)
        kept = ("suite", "python", "lock", "platforms", "packages", "exclude", "entrypoint")
        lines = [f"{key} = {json.dumps(engine[key])}" for key in kept]
        path = "containers/base.toml"
        (self.supplies.checkout / path).write_text(
            "\n".join(['name = "base"', *lines]), encoding="utf-8"
        )
        return path

    def changed(self, mark: str) -> Path:
        """The engine's wheel with one line more."""
        into = self.folder / "changed" / mark / self.wheel.name
        into.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(self.wheel) as old, zipfile.ZipFile(into, "w", 8) as new:
            record = next(name for name in old.namelist() if name.endswith("/RECORD"))
            module = "workflow_engine/__init__.py"
            data = old.read(module) + f"\n# {mark}\n".encode()
            rows = [line.split(",") for line in old.read(record).decode().splitlines()]
            written = {row[0]: ",".join(row) for row in rows}
            written[module] = f"{module},{record_digest(data)},{len(data)}"
            listed = "".join(f"{row}\n" for row in written.values()).encode()
            contents = {module: data, record: listed}
            for name in old.namelist():
                new.writestr(name, contents.get(name) or old.read(name))
        return into

    def context(self, name: str, base: str) -> Path:
        """A folder that a Containerfile is read in, for each peer its own."""
        folder = self.folder / "context" / name
        (folder / "wheels").mkdir(parents=True)
        (folder / "app").mkdir()
        (folder / "Containerfile").write_text(CONTAINERFILE.format(base=base), encoding="utf-8")
        locked = (self.supplies.checkout / "containers/engine.txt").read_text(encoding="utf-8")
        for wheel in self.supplies.wheelhouse.iterdir():
            name = wheel.name.split("-")[0].replace("_", "-")
            if f"{name}==" in locked and wheel.stem.endswith(("any", self.architecture)):
                shutil.copy(wheel, folder / "wheels")
        shutil.copy(self.wheel, folder / "app")
        shutil.copy(self.supplies.checkout / "containers/engine/config.yaml", folder)
        (interface,) = self.supplies.bundles.values()
        with tarfile.open(interface, encoding="utf-8") as tar:
            tar.extractall(folder / "ui", filter="data")
        return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """Our builder, each time a process of its own."""

    inputs: Inputs
    folder: Path

    @property
    def archive(self) -> Path:
        return self.folder / f"{ENGINE}.oci.tar"

    @property
    def store(self) -> Path:
        return self.folder / "store"

    def cold(self) -> Side:
        """From an empty store, Debian's packages and Python's compiled files included."""
        return self._side(prepare=lambda _: shutil.rmtree(self.store, ignore_errors=True))

    def based(self) -> Side:
        """From a store that has the layer of Debian's packages, as peers have their base."""
        ready = self.folder / "base"
        order = self._told(ready) | {"images": {self.inputs.base(): "base.oci.tar"}}
        (self.folder / "base.json").write_text(json.dumps(order), encoding="utf-8")
        command = [sys.executable, str(DRIVER), str(self.folder / "base.json")]
        subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True)

        def renew(_: int) -> None:
            shutil.rmtree(self.store, ignore_errors=True)
            shutil.copytree(ready, self.store, copy_function=os.link)

        return self._side(prepare=renew)

    def again(self) -> Side:
        """With nothing changed."""
        return self._side()

    def changed(self, mark: str, *more: Sequence[str]) -> Side:
        """With a line changed since the last time, as another version; then what comes after."""

        def change(run: int) -> None:
            self._order(self.inputs.changed(f"{mark}{run}"), version=f"{mark}{run}")

        return self._side(*more, prepare=change)

    def _side(self, *more: Sequence[str], prepare: Callable[[int], None] = lambda _: None) -> Side:
        order = self._order(self.inputs.wheel)
        commands = ([sys.executable, str(DRIVER), str(order)], *more)
        return Side(commands=commands, prepare=prepare, folder=self.folder, environment=ENVIRONMENT)

    def _order(self, wheel: Path, version: str = "0") -> Path:
        order = self._told(self.store) | {
            "version": version,
            "wheels": {ENGINE: str(wheel)},
            "images": {DEFINITIONS[ENGINE]: self.archive.name},
        }
        path = self.folder / "order.json"
        path.write_text(json.dumps(order), encoding="utf-8")
        return path

    def _told(self, store: Path) -> dict[str, Any]:
        supplies = self.inputs.supplies
        return supplies.order(root=supplies.checkout, store=store, out=self.folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A builder that reads a Containerfile: `build` makes the image, `save` an archive of it.

    With the word `once` it starts from nothing.
    """

    name: str
    inputs: Inputs
    context: Path
    environment: Mapping[str, str]
    build: Sequence[str]
    once: str
    save: Sequence[str]
    push: Sequence[Sequence[str]]

    def cold(self) -> Side:
        """From nothing but the base."""
        return self._side([*self.build, self.once, "."], self.save)

    def again(self) -> Side:
        """With nothing changed, and no archive."""
        return self._side([*self.build, "."])

    def changed(self, mark: str, *more: Sequence[str]) -> Side:
        """With a line changed since the last time; then what comes after."""
        return self._side([*self.build, "."], *more, mark=mark)

    def _side(self, *commands: Sequence[str], mark: str = "") -> Side:
        def application(run: int) -> None:
            wheel = self.inputs.changed(f"{mark}{run}") if mark else self.inputs.wheel
            shutil.copy(wheel, self.context / "app")

        return Side(
            commands=commands,
            prepare=application,
            folder=self.context,
            environment=self.environment,
        )


def docker(engine: Docker, inputs: Inputs, registry: str, *, buildkit: bool) -> Peer:
    """Docker's builder of before BuildKit, or BuildKit."""
    name = "BuildKit" if buildkit else "docker build"
    tag, words = f"bench:{int(buildkit)}", engine.command
    return Peer(
        name=name,
        inputs=inputs,
        context=inputs.context(name, base=f"{BASE}:latest"),
        environment={**engine.environment, "DOCKER_BUILDKIT": str(int(buildkit))},
        build=[*words, "build", "--network=none", "-q", "-t", tag, "-f", "Containerfile"],
        once="--no-cache",
        save=[*words, "save", "-o", str(inputs.folder / f"{name}.tar"), tag],
        push=(
            [*words, "tag", tag, f"{registry}/{tag}"],
            [*words, "push", "-q", f"{registry}/{tag}"],
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildah:
    """Buildah with chroot isolation, in storage of its own."""

    words: Sequence[str]
    inputs: Inputs

    @classmethod
    def make(cls, inputs: Inputs) -> Buildah:
        program = shutil.which("buildah") or absent("no buildah: apt-get install buildah")
        storage = inputs.folder / "buildah"
        return cls(
            words=[program, f"--root={storage}/root", f"--runroot={storage}/run"], inputs=inputs
        )

    @property
    def environment(self) -> Mapping[str, str]:
        return {"PATH": docker_engine.PROGRAMS, "HOME": str(self.inputs.folder / "home")}

    def take(self, base: Path) -> None:
        """An image of the base's files."""
        made = self._tell("from", "scratch")
        self._tell("add", "-q", made, str(base), "/")
        self._tell("commit", "-q", made, BASE)

    def _tell(self, *words: str) -> str:
        command = [*self.words, *words]
        done = subprocess.run(
            command, env=self.environment, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout.strip()

    def peer(self, registry: str) -> Peer:
        build = ("bud", "--isolation=chroot", "--network=host", "--layers", "-q", "-t", "bench")
        there = f"docker://{registry}/buildah"
        return Peer(
            name="buildah",
            inputs=self.inputs,
            context=self.inputs.context("buildah", base=f"localhost/{BASE}"),
            environment=self.environment,
            build=[*self.words, *build, "-f", "Containerfile"],
            once="--no-cache",
            save=[
                *self.words,
                "push",
                "-q",
                "bench",
                f"oci-archive:{self.inputs.folder}/buildah.tar",
            ],
            push=[[*self.words, "push", "-q", "--tls-verify=false", "bench", there]],
        )


def main() -> bool:
    """Every row; whether all limits held and nothing was missing."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch, ExitStack() as stack:
        inputs = Inputs.make(Path(scratch))
        try:
            base = base_image(inputs.folder)
            registry = stack.enter_context(running_registry(inputs.folder))
            engine = stack.enter_context(docker_engine.running())
            engine.tell("import", str(base), f"{BASE}:latest")
            by_hand = Buildah.make(inputs)
            by_hand.take(base)
        except (pytest.skip.Exception, pytest.fail.Exception) as missing:
            say(f"IMAGES ARE NOT MEASURED: {missing}")
            return False
        peers = [
            docker(engine, inputs, registry, buildkit=True),
            docker(engine, inputs, registry, buildkit=False),
            by_hand.peer(registry),
        ]
        ours = Ours(inputs=inputs, folder=inputs.folder / "ours")
        ours.folder.mkdir()
        held = [hold(contest, RUNS) for contest in contests(ours, peers, registry)]
        return all([*held, *sizes(ours, engine, inputs.folder / "buildah.tar")])


def contests(ours: Ours, peers: Sequence[Peer], registry: str) -> Iterator[Contest]:
    """What is measured against what, a peer at a time."""
    push = ours_push(ours.archive, registry)
    for peer in peers:
        name, tag = peer.name, peer.name.replace(" ", ".")
        yield Contest(
            what=f"image, cold, base and all, against {name} on its base",
            ours=ours.cold(),
            peer=peer.cold(),
        )
        yield Contest(
            what=f"image, cold, each on its base, against {name}",
            ours=ours.based(),
            peer=peer.cold(),
            limit=0.6,
        )
        yield Contest(
            what=f"image, nothing changed, against {name}",
            ours=ours.again(),
            peer=peer.again(),
            warm=True,
        )
        yield Contest(
            what=f"image, a line of the engine changed, against {name}",
            ours=ours.changed(f"{tag}.archive."),
            peer=peer.changed(f"{tag}.archive.", peer.save),
            limit=0.5,
            warm=True,
        )
        if push is not None:
            yield Contest(
                what=f"image, that line to a registry, against {name}",
                ours=ours.changed(f"{tag}.push.", push),
                peer=peer.changed(f"{tag}.push.", *peer.push),
                limit=0.8,
                warm=True,
            )


def ours_push(archive: Path, registry: str) -> Sequence[str] | None:
    """Our command that pushes, where there is one."""
    command = [str(Path(sys.executable).with_name("workflow-containers")), "push"]
    if subprocess.run([*command, "--help"], capture_output=True, check=False).returncode:
        say("image to a registry: NOT MEASURED: workflow-containers has no push yet")
        return None
    return [*command, str(archive), f"{registry}/ours"]


def sizes(ours: Ours, engine: Docker, archive: Path) -> Iterator[bool]:
    """What goes over the network, and what a host unpacks, against the same of buildah's."""
    packed = ours.archive.stat().st_size, archive.stat().st_size
    raw = unpacked(ours.archive), engine.inspect("image", "bench:0")["Size"]
    for what, limit, mine, theirs in (("packed", PACKED, *packed), ("raw", RAW, *raw)):
        held = mine <= theirs * limit
        promise = f"(at most {limit:g}: {'held' if held else 'NOT HELD'})"
        figures = f"{mine / 1e6:6.1f} MB / {theirs / 1e6:6.1f} MB = {mine / theirs:5.2f}"
        say(f"{f'image size, {what}, against minbase and pip':<64} {figures} {promise}")
        yield held


def unpacked(archive: Path) -> int:
    """The bytes in an image's layers."""
    with Layout(archive) as layout:
        (image,) = layout.images
        return sum(
            len(entry.data)
            for layer in image.layers
            for entry in layout.entries(layer)
            if isinstance(entry, File)
        )


def base_image(folder: Path) -> Path:
    """Debian's minimal root with Python and pip, of the suite that our images have."""
    if given := os.environ.get(BASE_VARIABLE):
        return Path(given)
    program = shutil.which("mmdebstrap") or absent("no mmdebstrap: apt-get install mmdebstrap")
    suite = tomllib.loads((ROOT / DEFINITIONS[ENGINE]).read_text(encoding="utf-8"))["suite"]
    target = folder / "base.tar"
    source = mirror.find(environment=host.environment()).debian
    words = ["--quiet", "--variant=minbase", "--include=python3,python3-pip", suite]
    subprocess.run([program, *words, str(target), source], check=True)
    return target


@contextmanager
def running_registry(folder: Path) -> Iterator[str]:
    """Debian's registry on a loopback port: its address."""
    program = shutil.which("docker-registry") or absent(
        "no docker-registry: apt-get install docker-registry"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    configuration = folder / "registry.yml"
    text = REGISTRY.format(folder=folder / "registry", address=address)
    configuration.write_text(text, encoding="utf-8")
    with (folder / "registry.log").open("wb") as log:
        process = subprocess.Popen([program, "serve", configuration], stdout=log, stderr=log)
    try:
        until(lambda: answers(address), seconds=30, told=(folder / "registry.log").read_text)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def answers(address: str) -> bool:
    host_name, _, port = address.partition(":")
    try:
        socket.create_connection((host_name, int(port)), timeout=1).close()
    except OSError:
        return False
    return True
