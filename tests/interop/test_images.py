"""The images run for real: under Docker with everything dropped, and for arm64 under qemu."""

from __future__ import annotations

import json
import platform
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Protocol
from urllib.parse import quote

import httpx
import psycopg
import pytest

from support import postgres, registries
from support.absent import absent
from support.docker_engine import Docker
from support.images import ENGINE, IMAGES, MIGRATE, Digests, Emulated, Release
from support.patience import until
from support.person import User
from workflow_containers import architecture as architectures
from workflow_containers.engine.connecting import connect
from workflow_containers.engine.loading import load
from workflow_containers.layers.unpack import unpack
from workflow_containers.oci.layout import Layout
from workflow_containers.platform import ARM64, Platform
from workflow_containers.python.bytecode import Compiler, Source
from workflow_containers.python.interpreter import Interpreter
from workflow_release.version import Version

ARCHITECTURES = ("amd64", "arm64")
HERE = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
NOBODY = "65532:65532"
PYTHON = "/usr/bin/python3"
# Debian's Python ships venv without ensurepip; nothing else in the image could install anything.
INSTALLERS = ("pip", "ensurepip", "setuptools", "apt", "uv")
LOOK_AROUND = f"""
import importlib.util, json, os, pathlib
folders = ["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/games", "/opt"]
programs = {{str(p) for f in folders for p in pathlib.Path(f).resolve().glob("*")}}
found = [name for name in {INSTALLERS!r} if importlib.util.find_spec(name)]
print(json.dumps({{"programs": sorted(programs), "installers": found}}))
"""
WRITE_EVERYWHERE = """
import os
for folder, _, files in os.walk("/"):
    if folder.startswith(("/proc", "/sys", "/dev")):
        continue
    for name in ("mark", *files):
        path = os.path.join(folder, name)
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT))
        except OSError:
            continue
        print(path)
"""
# No compiled module misses a library; authorities, time zones, services and the user are known.
ASK_EVERYTHING = """
import getpass, glob, importlib, pathlib, socket, ssl, zoneinfo
for path in glob.glob("/usr/lib/python3.*/lib-dynload/*.so"):
    importlib.import_module(pathlib.Path(path).name.split(".")[0])
assert ssl.create_default_context().cert_store_stats()["x509_ca"] > 100
assert zoneinfo.ZoneInfo("Pacific/Kiritimati")
assert socket.getservbyname("https") == 443
assert socket.gethostbyname("localhost") == "127.0.0.1"
assert getpass.getuser() == "nonroot"
"""
# Answered by a server that listens on every address, as one in a container must.
ASK_ANOTHER_ADDRESS = """
import urllib.request
assert urllib.request.urlopen("http://127.0.0.2:8080/healthz", timeout=5).status == 200
"""


# ----------------------------------------------------------------------------------- the archives


@pytest.mark.parametrize("name", IMAGES)
def test_the_linkers_cache_is_what_ldconfig_would_leave(
    release: Release, name: str, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    with Layout(release.archive(name)) as layout:
        image = layout.image(Platform("linux", HERE))
        unpack((entry for layer in image.layers for entry in layout.entries(layer)), root)
    ours = (root / "etc/ld.so.cache").read_bytes()
    (root / "etc/ld.so.conf").write_text("include /etc/ld.so.conf.d/*.conf\n", encoding="utf-8")
    ldconfig = shutil.which("ldconfig", path="/usr/sbin:/sbin") or absent("ldconfig")
    subprocess.run([ldconfig, "-r", root, "-X", "-C", "/etc/theirs"], check=True)
    theirs = (root / "etc/theirs").read_bytes()
    # all but where theirs says that ldconfig made it
    assert ours[:32] + ours[36:] == theirs[:32] + theirs[36 : len(ours)]
    assert b"/libssl.so.3\0" in ours


# ----------------------------------------------------------------------------------------- docker


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """An engine that has both images, by the names it gave them."""

    docker: Docker
    release: Release
    whole: bool

    def tag(self, name: str, architecture: str = HERE) -> str:
        suffix = "" if self.whole else f"-{architecture}"
        return f"{name}:{self.release.version}{suffix}"

    def tags(self) -> set[str]:
        return {self.tag(name, each) for name in IMAGES for each in ARCHITECTURES}


@pytest.fixture(scope="module")
def loaded(docker: Docker, release: Release) -> Iterator[Loaded]:
    """Whether the engine has the right images is tested first."""
    found = Loaded(docker=docker, release=release, whole=docker.keeps_whole_indexes)
    with connect({}, docker.host) as engine:
        for name in IMAGES:
            load(engine, release.archive(name))
    try:
        yield found
    finally:
        docker.ask("rmi", *sorted(found.tags()))


@pytest.mark.parametrize("name", IMAGES)
def test_what_was_loaded_is_what_was_built(loaded: Loaded, name: str) -> None:
    """`docker load` may say that all is well and have loaded nothing."""
    digests = Digests.read(loaded.release.archive(name))
    assert set(digests.configurations) == set(ARCHITECTURES)
    for architecture, digest in digests.configurations.items():
        image = loaded.docker.inspect("image", loaded.tag(name, architecture))
        assert image["Id"] == (digests.index if loaded.whole else digest)
        assert image["Config"]["User"] == NOBODY
        assert (image["Os"], image["Architecture"]) == (
            "linux",
            HERE if loaded.whole else architecture,
        )


@pytest.mark.parametrize("name", IMAGES)
def test_containerd_names_one_image_for_all_platforms(loaded: Loaded, name: str) -> None:
    """As Docker with containerd's store does, which finds it by no other name."""
    archive = loaded.release.archive(name)
    imported = ("images", "import", "--all-platforms", "--no-unpack", str(archive))
    loaded.docker.ctr(*imported)
    whole = f"docker.io/library/{name}:{loaded.release.version}"
    lines = [line.split() for line in loaded.docker.ctr("images", "list").splitlines()]
    (digest,) = (line[2] for line in lines if line[0] == whole)
    assert digest == Digests.read(archive).index


@pytest.mark.parametrize("name", IMAGES)
def test_docker_pulls_what_was_built_and_pushed(loaded: Loaded, name: str, tmp_path: Path) -> None:
    archive = loaded.release.archive(name)
    digests, user = Digests.read(archive), User(home=tmp_path / "home", cache=tmp_path / "cache")
    with registries.distribution(tmp_path / "registry") as registry:
        pushed = user.containers("push", str(archive), registry.name(name))
        assert pushed.code == 0, pushed.err
        place = registry.name(f"{name}:{loaded.release.version}")
        loaded.docker.tell("pull", place)
        image = loaded.docker.inspect("image", place)
        loaded.docker.tell("rmi", place)
        assert f"{registry.name(name)}@{digests.index}" in image["RepoDigests"]
        assert image["Id"] == (digests.index if loaded.whole else digests.configurations[HERE])
        pulled = user.containers("pull", place, "--output", str(tmp_path / "pulled.tar"))
        assert pulled.code == 0, pulled.err
    assert (tmp_path / "pulled.tar").read_bytes() == archive.read_bytes()


@pytest.mark.parametrize("name", IMAGES)
def test_there_is_python_and_no_other_program(loaded: Loaded, name: str) -> None:
    image = loaded.tag(name)
    for program in ("sh", "/bin/sh", "bash"):
        refused = loaded.docker.run(
            "--network=none", f"--entrypoint={program}", image, "-c", "true"
        )
        assert refused.returncode == 127, refused.stderr
    looked = loaded.docker.run(
        "--network=none", f"--entrypoint={PYTHON}", image, "-I", "-c", LOOK_AROUND
    )
    assert json.loads(looked.stdout) == {
        "programs": [PYTHON, f"{PYTHON}.13"],
        "installers": [],
    }


@pytest.mark.parametrize("name", IMAGES)
def test_its_python_is_whole(loaded: Loaded, name: str) -> None:
    words = (f"--entrypoint={PYTHON}", loaded.tag(name), "-I", "-c", ASK_EVERYTHING)
    asked = loaded.docker.run("--network=none", *words)
    assert (asked.returncode, asked.stderr) == (0, "")


@pytest.mark.parametrize("name", IMAGES)
def test_its_user_can_write_nothing_but_scratch_files(loaded: Loaded, name: str) -> None:
    """Not only because the root is read-only here: the files' own modes allow nothing."""
    words = (f"--entrypoint={PYTHON}", loaded.tag(name), "-I", "-c", WRITE_EVERYWHERE)
    open_root = loaded.docker.ask("run", "--rm", "--network=none", "--pull=never", *words)

    assert loaded.docker.run("--network=none", *words).stdout == ""
    assert open_root.stdout.split() == ["/tmp/mark", "/var/tmp/mark"]


# -------------------------------------------------------------------------------------- the engine


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def check_it_serves(client: httpx.Client, version: Version) -> None:
    """The engine, the admin UI's files and what both say of their version."""
    assert client.get("/healthz").json()["status"] == "healthy"
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    (script,) = (part.split('"')[0] for part in page.text.split('src="')[1:])
    code = client.get(httpx.URL(client.base_url).join(script))
    assert code.status_code == 200
    assert code.headers["content-type"].startswith("text/javascript")
    assert client.get("/version.json").json() == {"version": str(version)}
    status = client.get("/api/v1/engine/status").json()
    assert (status["status"], status["version"]) == ("running", version.render("pep440"))


@contextmanager
def serving(loaded: Loaded) -> Iterator[tuple[str, httpx.Client]]:
    """A container of the engine on a loopback port of this machine, and a client of it."""
    port = free_port()
    with (
        loaded.docker.container(
            *("--network=host", "--health-interval=1s", f"--env=PORT={port}"),
            *("--env=HTTP_PROXY=http://127.0.0.1:9", "--env=http_proxy=http://127.0.0.1:9"),
            *(loaded.tag(ENGINE), "--config", "/app/config.yaml", "--host", "127.0.0.1"),
        ) as name,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as client,
    ):
        until(lambda: answers(client), seconds=30, told=lambda: loaded.docker.logs(name))
        yield name, client


@pytest.fixture(scope="module")
def served(loaded: Loaded) -> Iterator[tuple[str, httpx.Client]]:
    with serving(loaded) as found:
        yield found


def test_the_engine_serves_with_everything_dropped(
    served: tuple[str, httpx.Client], release: Release
) -> None:
    check_it_serves(served[1], release.version)


def test_nothing_of_it_runs_as_root(docker: Docker, served: tuple[str, httpx.Client]) -> None:
    process = Path("/proc", str(docker.inspect("container", served[0])["State"]["Pid"]), "status")
    lines = dict(line.split(":\t", 1) for line in process.read_text().splitlines())

    assert {lines["Uid"], lines["Gid"]} == {"\t".join(["65532"] * 4)}
    assert {int(lines[f"Cap{kind}"], 16) for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {0}
    assert lines["NoNewPrivs"] == "1"


def test_docker_finds_it_healthy_on_another_port_and_past_a_proxy(
    docker: Docker, served: tuple[str, httpx.Client]
) -> None:
    check_it_becomes_healthy(docker, served[0])


def test_as_it_comes_it_serves_and_becomes_healthy(loaded: Loaded) -> None:
    """No argument, its own port, a network of nothing but its own loopback."""
    words = ("--network=none", "--health-interval=1s", loaded.tag(ENGINE))
    with loaded.docker.container(*words) as name:
        check_it_becomes_healthy(loaded.docker, name)
        loaded.docker.tell("exec", name, PYTHON, "-c", ASK_ANOTHER_ADDRESS)


def check_it_becomes_healthy(docker: Docker, name: str) -> None:
    def health() -> Any:
        return docker.inspect("container", name)["State"]["Health"]

    until(
        lambda: bool(health()["Status"] != "starting"),
        seconds=30,
        told=lambda: json.dumps(health()),
    )
    assert health()["Status"] == "healthy", health()


def test_a_mounted_configuration_that_is_broken_is_refused_by_name(loaded: Loaded) -> None:
    with tempfile.TemporaryDirectory(prefix="mounted-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "config.yaml").write_text("modules:\n  - {name: web, type: no.such.kind}\n")
        mounted = f"--volume={folder}/config.yaml:/app/config.yaml:ro"
        refused = loaded.docker.run("--network=none", mounted, loaded.tag(ENGINE))
    assert refused.returncode == 3, refused.stderr
    assert "no.such.kind" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_sigterm_ends_it_in_time_though_a_client_stays(loaded: Loaded) -> None:
    """Docker sends SIGTERM, and SIGKILL ten seconds later: that would be exit code 137."""
    with serving(loaded) as (name, client):
        assert answers(client)
        begin = time.monotonic()
        loaded.docker.tell("stop", "--time=10", name)
        assert time.monotonic() - begin < 10
        state = loaded.docker.inspect("container", name)["State"]
        assert (state["Status"], state["ExitCode"]) == ("exited", 0), loaded.docker.logs(name)
        assert not answers(client)


# -------------------------------------------------------------------------------------- under qemu


@pytest.fixture(scope="module")
def emulated(
    release: Release, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Emulated]:
    return cache(
        lambda name: Emulated.unpack(release.archive(name), tmp_path_factory.mktemp("root"))
    )


def test_the_arm64_engine_serves(
    emulated: Callable[[str], Emulated], release: Release, tmp_path: Path
) -> None:
    engine, port = emulated(ENGINE), free_port()
    command = engine.command("--config", "/app/config.yaml", "--host", "127.0.0.1")
    environment = {**engine.environment, "PORT": str(port)}
    log = tmp_path / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen(command, env=environment, stdout=out, stderr=out) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client,
    ):
        try:
            until(lambda: answers(client), seconds=120, told=log.read_text)
            check_it_serves(client, release.version)
            process.terminate()
            assert process.wait(30) == 0, log.read_text()
        finally:
            process.kill()


def test_its_python_compiles_what_this_processor_s_did(emulated: Callable[[str], Emulated]) -> None:
    """A build on arm64 gives the same bytes: shown by some of the files, for it takes its time."""
    engine = emulated(ENGINE)
    interpreter = Interpreter.debian(engine.root, architectures.of(ARM64), "usr/bin/python3.13")
    files = sorted(path for path in engine.root.rglob("*.py") if cached(path).exists())
    sources = [
        Source(str(path.relative_to(engine.root)), path.read_bytes())
        for path in Random(0).sample(files, 40)
    ]
    found = Compiler(interpreter, engine.run)(sources)
    different = [
        source.path
        for source, pyc in zip(sources, found, strict=True)
        if pyc != cached(engine.root / source.path).read_bytes()
    ]
    assert different == []


def cached(path: Path) -> Path:
    """Where the image has a module compiled."""
    return path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc"


# ------------------------------------------------------------------------------------- migrations


class Migrate(Protocol):
    """Runs migrate on a folder of migrations and a database of the server at a socket."""

    def __call__(
        self, folder: Path, database: str, *words: str
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="module")
def postgres_socket() -> Iterator[Path]:
    with postgres.running() as folder:
        yield folder


@pytest.fixture
def under_docker(loaded: Loaded, postgres_socket: Path) -> Migrate:
    """No network: the server is reached by its socket alone."""
    there = "/run/postgresql"
    socket_file = postgres_socket / postgres.SOCKET

    def run(folder: Path, database: str, *words: str) -> subprocess.CompletedProcess[str]:
        return loaded.docker.run(
            "--network=none",
            f"--volume={folder}:/migrations:ro",
            f"--volume={socket_file}:{there}/{socket_file.name}",
            f"--env=DATABASE_URL={address(database, Path(there))}",
            loaded.tag(MIGRATE),
            *words,
            "--source-dir=/migrations",
        )

    return run


@pytest.fixture
def under_qemu(emulated: Callable[[str], Emulated], postgres_socket: Path) -> Migrate:
    image = emulated(MIGRATE)

    def run(folder: Path, database: str, *words: str) -> subprocess.CompletedProcess[str]:
        url = address(database, postgres_socket)
        return subprocess.run(
            image.command(*words, f"--source-dir={folder}"),
            env={**image.environment, "DATABASE_URL": url},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


@pytest.fixture(params=["under_docker", "under_qemu"])
def migrate(request: pytest.FixtureRequest) -> Migrate:
    found: Migrate = request.getfixturevalue(request.param)
    return found


def address(database: str, folder: Path) -> str:
    return f"postgresql://workflow@/{database}?host={quote(str(folder), safe='')}"


@pytest.fixture
def migrations() -> Iterator[Path]:
    """Two pairs, in a folder that every user can read."""
    with tempfile.TemporaryDirectory(prefix="migrations-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        pairs = {
            "1_users": ("CREATE TABLE users (name text); INSERT INTO users VALUES ('å');",
                        "DROP TABLE users;"),
            "2_index": ("CREATE INDEX by_name ON users (name);", "DROP INDEX by_name;"),
        }  # fmt: skip
        for pair, (up, down) in pairs.items():
            (folder / f"{pair}.up.sql").write_text(up, encoding="utf-8")
            (folder / f"{pair}.down.sql").write_text(down, encoding="utf-8")
        yield folder


def states(reported: subprocess.CompletedProcess[str]) -> list[tuple[int, str]]:
    assert reported.returncode == 0, reported.stderr
    return [(each["version"], each["state"]) for each in json.loads(reported.stdout)["migrations"]]


def test_migrate_applies_reports_and_reverts(
    migrate: Migrate, migrations: Path, postgres_socket: Path
) -> None:
    database = postgres.create_database(postgres_socket)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return migrate(migrations, database, *words)

    def relations() -> list[str]:
        url = address(database, postgres_socket)
        query = "SELECT relname FROM pg_class WHERE relname IN ('users', 'by_name') ORDER BY 1"
        with psycopg.connect(url) as own:
            return [name for (name,) in own.execute(query)]

    applied = run("up")
    assert (applied.returncode, applied.stdout) == (0, "applied 1_users\napplied 2_index\n")
    assert relations() == ["by_name", "users"]
    assert states(run("status", "--json")) == [(1, "applied"), (2, "applied")]
    reverted = run("down", "--steps", "2")
    assert (reverted.returncode, reverted.stdout) == (0, "reverted 2_index\nreverted 1_users\n")
    assert relations() == []


def test_a_failing_migration_is_told(
    under_docker: Migrate, migrations: Path, postgres_socket: Path
) -> None:
    (migrations / "2_index.up.sql").write_text("CREATE INDEX by_name ON nowhere (name);")
    database = postgres.create_database(postgres_socket)
    failed = under_docker(migrations, database, "up")
    assert failed.stdout == "applied 1_users\n"
    assert failed.returncode == 9, failed.stderr
    assert "nowhere" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_migrate_runs_no_python_of_the_folder_it_is_given(
    under_docker: Migrate, migrations: Path, postgres_socket: Path
) -> None:
    """The folder is its working folder, which Python would look for modules in first."""
    for name in ("argparse", "json", "psycopg", "workflow_migrate"):
        (migrations / f"{name}.py").write_text("raise SystemExit('hijacked')\n")
    assert states(
        under_docker(migrations, postgres.create_database(postgres_socket), "status", "--json")
    )


def test_the_arm64_migrate_tells_its_version(
    emulated: Callable[[str], Emulated], release: Release
) -> None:
    image = emulated(MIGRATE)
    told = subprocess.run(
        image.command("--version"),
        env=image.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert told.stdout == f"workflow-migrate {release.version.render('pep440')}\n"
