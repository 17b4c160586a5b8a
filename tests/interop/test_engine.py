"""The engine's room with a real Docker Engine: what passes, what does not, and nothing left of it.

Python of the migrate image stands for images that behave in every way.
"""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from simulators.images import member, tar
from support.docker_engine import Docker
from support.images import ENGINE, MIGRATE, Digests, Release
from support.patience import until
from support.runnable import rewritten
from support.severed import way_to
from workflow_containers.engine.connecting import connect
from workflow_containers.engine.daemon import DockerEngine
from workflow_containers.engine.gate import Gate, Passed
from workflow_containers.engine.interface import LABEL, Confined
from workflow_containers.engine.loading import load
from workflow_containers.engine.machine import ThisMachine
from workflow_containers.engine.running import run
from workflow_containers.engine.trying import Patience
from workflow_containers.errors import EngineError, LayoutError, UnhealthyError
from workflow_containers.oci.layout import Layout
from workflow_containers.platform import AMD64, ARM64
from workflow_containers.smoke import Get, Smoke
from workflow_sbom.terminal.progress import Silent

ROOT = Path(__file__).resolve().parents[2]
COMMAND = str(Path(sys.executable).parent / "workflow-containers")
PYTHON = "/usr/bin/python3"
CHECK = """
import http.client, os, sys
asked = http.client.HTTPConnection("127.0.0.1", int(os.environ["PORT"]), timeout=2)
asked.request("GET", "/health")
sys.exit(asked.getresponse().status != 200)
"""
SERVER = """
import http.server, os, signal, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"here I am")
signal.signal(signal.SIGTERM, {on_term})
print("listening", flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
WELL = SERVER.format(on_term="lambda *_: sys.exit(0)")
STUBBORN = SERVER.format(on_term="signal.SIG_IGN")
RUDE = SERVER.format(on_term="lambda *_: sys.exit(5)")
IDLE = "import time; print('idle', flush=True); time.sleep(600)"
SERVES = (Get(path="/", text="here I am"),)


@pytest.fixture
def engine(docker: Docker) -> Iterator[DockerEngine]:
    with connect({}, docker.host) as found:
        yield found


@pytest.fixture(autouse=True)
def _nothing_left(docker: Docker) -> Iterator[None]:
    """Whatever a test does, no container of ours stays."""
    yield
    assert containers(docker) == []


def containers(docker: Docker) -> list[str]:
    return docker.tell("ps", "--all", "--quiet", f"--filter=label={LABEL}").split()


@pytest.fixture(scope="module")
def python(
    docker: Docker, release: Release, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """An image that runs whatever Python it is given; it stays loaded for the tests here."""
    path = tmp_path_factory.mktemp("python") / "python.tar"
    execution = {
        "User": "65532:65532",
        "Entrypoint": [PYTHON],
        "Cmd": ["-c", "print('of its own')"],
        "Healthcheck": {"Test": ["CMD", PYTHON, "-c", CHECK], "Retries": 2},
    }
    with connect({}, docker.host) as engine:
        rewritten(release.archive(MIGRATE), path, engine.facts.platform, execution)
        loaded = load(engine, path)
        yield path
        for digest in loaded.brought:
            engine.forget(digest)


def passed(engine: DockerEngine, archive: Path, smoke: Smoke, **patience: int) -> Passed:
    given = Patience(**{"start": 15, "answer": 5, "stop": 2, **patience})
    gate = Gate(engine=engine, machine=ThisMachine(), progress=Silent(), patience=given)
    return gate.passed(archive, smoke)


def refused(engine: DockerEngine, archive: Path, smoke: Smoke, **patience: int) -> str:
    with pytest.raises(UnhealthyError) as caught:
        passed(engine, archive, smoke, **patience)
    assert caught.value.remedy
    return str(caught.value)


def command(docker: Docker, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [COMMAND, *words],
        env={**docker.environment, "DOCKER_HOST": docker.host},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def forget(docker: Docker, archive: Path) -> None:
    """Remove an archive's images, by whatever digest the engine has them."""
    digests = Digests.read(archive)
    for each in (digests.index, *digests.configurations.values()):
        docker.ask("rmi", "--force", each)


# -------------------------------------------------------------------- the images of this repository


def test_the_engine_passes_its_gate(docker: Docker, release: Release) -> None:
    archive = release.archive(ENGINE)
    done = command(docker, "smoke", f"{ROOT}/containers/engine.toml", str(archive), "--json")
    assert done.returncode == 0, done.stderr
    told, digests = json.loads(done.stdout), Digests.read(archive)
    whole = docker.keeps_whole_indexes
    architecture = told["platform"].split("/")[1]
    assert told["config"] == digests.configurations[architecture]
    assert told["image"] == (digests.index if whole else told["config"])
    assert told["version"] == str(release.version)
    assert [(each["path"], each["status"]) for each in told["answered"]] == [
        ("/healthz", 200),
        ("/", 200),
        ("/api/v1/engine/status", 200),
    ]
    assert 0 < told["healthy_after"] < 30
    assert 0 < told["ended_after"] < 10
    assert told["exit_code"] == 0


def test_migrate_passes_its_gate_and_prints_its_version(docker: Docker, release: Release) -> None:
    archive = str(release.archive(MIGRATE))
    done = command(docker, "smoke", f"{ROOT}/containers/migrate.toml", archive)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == ["step", "load", "check", "end"]
    ran = command(docker, "run", archive, "--network=none", "--", "--version")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == f"workflow-migrate {release.version.render('pep440')}\n"
    forget(docker, release.archive(MIGRATE))


def test_an_image_does_not_pass_anothers_gate(docker: Docker, release: Release) -> None:
    words = (f"{ROOT}/containers/migrate.toml", str(release.archive(ENGINE)))
    done = command(docker, "smoke", *words)
    assert (done.returncode, done.stdout) == (38, "")
    assert "did not print 'workflow-migrate " in done.stderr


# ----------------------------------------------------------------------------- images of every kind


def test_one_that_is_well_passes(engine: DockerEngine, python: Path) -> None:
    outcome = passed(
        engine, python, Smoke(args=("-c", WELL), get=SERVES, text="listening"), start=60
    ).outcome
    assert outcome.healthy_after is not None
    assert outcome.exit_code == 0


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (IDLE, ["not healthy after 3 seconds", "its log: idle"]),
        ("print('no config'); raise SystemExit(3)", ["ended with 3", "its log: no config"]),
        (STUBBORN, ["still ran 2 seconds after SIGTERM", "its log: listening"]),
        (RUDE, ["ended with 5 when told to"]),
        (WELL.replace("here I am", "who?"), ["answers / without 'here I am': 'who?'"]),
        (WELL.replace("200", "500"), ["not healthy after 3 seconds"]),
        ("x = bytearray(1 << 30)", ["out of memory"]),
    ],
    ids=["never healthy", "crashes", "stubborn", "rude", "another", "ill", "greedy"],
)
def test_one_that_is_not_well_does_not(
    engine: DockerEngine, python: Path, script: str, said: list[str]
) -> None:
    """A busy machine is given time, where it is not the time that is tested."""
    start = 3 if "after 3 seconds" in said[0] else 60
    found = refused(engine, python, Smoke(args=("-c", script), get=SERVES), start=start)
    assert all(words in found for words in said), found


def test_one_that_can_not_be_started_does_not(
    engine: DockerEngine, release: Release, tmp_path: Path
) -> None:
    execution = {"User": "65532", "Entrypoint": ["/no/such/program"]}
    source = release.archive(MIGRATE)
    archive = rewritten(source, tmp_path / "none.tar", engine.facts.platform, execution)
    with pytest.raises(UnhealthyError, match="was not started"):
        passed(engine, archive, Smoke())


def test_one_that_runs_as_root_is_not_even_loaded(
    engine: DockerEngine, release: Release, tmp_path: Path
) -> None:
    execution = {"User": "0:0", "Entrypoint": [PYTHON]}
    source = release.archive(MIGRATE)
    archive = rewritten(source, tmp_path / "root.tar", engine.facts.platform, execution)
    assert "no number of a user but root" in refused(engine, archive, Smoke())


def test_one_for_another_processor_is_refused(engine: DockerEngine, release: Release) -> None:
    other = ARM64 if engine.facts.platform == AMD64 else AMD64
    with pytest.raises(EngineError, match=f"runs {engine.facts.platform}, not {other}"):
        load(engine, release.archive(ENGINE), other)


def test_one_for_another_processor_alone_is_refused(
    engine: DockerEngine, release: Release, tmp_path: Path
) -> None:
    other = ARM64 if engine.facts.platform == AMD64 else AMD64
    execution = {"User": "65532", "Entrypoint": [PYTHON]}
    archive = rewritten(release.archive(MIGRATE), tmp_path / "other.tar", other, execution)
    with pytest.raises(LayoutError, match=f"no image for {engine.facts.platform}; it has {other}"):
        load(engine, archive)


# -------------------------------------------------------------------------------- lies and mistakes


def retold(source: Path, path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """The archive with the contents of its members changed."""
    with tarfile.open(source) as archive:
        members = []
        for each in archive:
            stream = archive.extractfile(each)
            if stream is not None:
                members.append(member(each.name, change(each.name, stream.read())))
    path.write_bytes(tar(members))
    return path


def test_a_list_for_docker_that_names_another_image_is_found_out(
    docker: Docker, engine: DockerEngine, release: Release, tmp_path: Path
) -> None:
    """`manifest.json` is Docker's alone, and no digest covers it."""
    other = ARM64 if engine.facts.platform == AMD64 else AMD64

    def lying(name: str, data: bytes) -> bytes:
        if name != "manifest.json":
            return data
        (theirs,) = (x for x in json.loads(data) if other.architecture in x["RepoTags"][0])
        mine = {**theirs, "RepoTags": [f"lie:1-{engine.facts.platform.architecture}"]}
        return json.dumps([mine]).encode()

    archive = retold(release.archive(MIGRATE), tmp_path / "lie.tar", lying)
    forget(docker, archive)
    if docker.keeps_whole_indexes:
        load(engine, archive)  # it goes by the index, which does not lie
    else:
        with pytest.raises(EngineError, match="loaded it and has no sha256:"):
            load(engine, archive)
    forget(docker, archive)


def test_a_byte_that_changed_is_found_before_anything_is_sent(
    engine: DockerEngine, release: Release, tmp_path: Path
) -> None:
    data = bytearray(release.archive(MIGRATE).read_bytes())
    data[len(data) // 2] ^= 1
    archive = tmp_path / "changed.tar"
    archive.write_bytes(data)
    with pytest.raises(LayoutError, match="has another digest"):
        load(engine, archive)


def test_a_name_that_another_image_has_is_no_matter(
    docker: Docker, engine: DockerEngine, python: Path
) -> None:
    """Whoever may load images may give them any name."""
    platform = engine.facts.platform
    with Layout(python) as layout:
        version = layout.version
    tag = f"python:{version}"
    name = tag if docker.keeps_whole_indexes else f"{tag}-{platform.architecture}"
    tree = io.BytesIO(tar([member("etc/other", b"another")]))
    imported = subprocess.run(
        ["docker", "-H", docker.host, "import", "-", name],
        input=tree.getvalue(),
        env=dict(docker.environment),
        capture_output=True,
        check=True,
    )
    other = imported.stdout.decode().strip()
    try:
        smoke = Smoke(args=("-c", "print('mine')"), exit=0, text="mine")
        mine = passed(engine, python, smoke, start=60)
        assert str(mine.outcome.image) != other
    finally:
        docker.ask("rmi", "--force", other)


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.usefixtures("sockets_of_the_sdk")
def test_an_engine_that_dies_meanwhile_is_told_at_once(docker: Docker, python: Path) -> None:
    with way_to(docker.host) as way, connect({}, way.address) as engine:
        timer = threading.Timer(2, way.cut)
        timer.start()
        begin = time.monotonic()
        with pytest.raises(EngineError) as caught:
            passed(engine, python, Smoke(args=("-c", IDLE)), start=60)
        assert time.monotonic() - begin < 30
        assert "start Docker" in caught.value.remedy
        timer.join()
    docker.tell("rm", "--force", *containers(docker))


# ------------------------------------------------------------------------------------------ running


@dataclass
class Heard:
    """What a container printed; implements `Listener`."""

    outs: list[str] = field(default_factory=list)
    errs: list[str] = field(default_factory=list)

    def out(self, line: str) -> None:
        self.outs.append(line)

    def err(self, line: str) -> None:
        self.errs.append(line)


LOOK = """
import json, os, pathlib, socket, sys
lines = pathlib.Path("/proc/self/status").read_text().splitlines()
status = dict(line.split(":\\t", 1) for line in lines)
def fails(path):
    try:
        pathlib.Path(path).write_text("x")
    except OSError as error:
        return error.strerror
    return ""
print(json.dumps({
    "uid": status["Uid"].split(), "caps": [status[f"Cap{x}"] for x in ("Eff", "Prm", "Bnd", "Amb")],
    "privileges": status["NoNewPrivs"], "root": fails("/x"), "usr": fails("/usr/x"),
    "tmp": fails("/tmp/x"), "shared": fails("/scratch/x"),
    "interfaces": [name for _, name in socket.if_nameindex()],
    "environment": dict(os.environ),
}))
print("and an error", file=sys.stderr)
raise SystemExit(7)
"""


def test_everything_is_dropped_but_what_was_asked_for(engine: DockerEngine, python: Path) -> None:
    loaded, heard = load(engine, python), Heard()
    wanted = Confined(
        image=loaded.id,
        arguments=("-c", LOOK),
        environment={"MINE": "yes"},
        tmpfs=("/scratch",),
    )
    assert run(engine, wanted, heard, stop=1) == 7
    assert heard.errs == ["and an error"]
    (line,) = heard.outs
    told = json.loads(line)
    assert told["uid"] == ["65532"] * 4
    assert {int(caps, 16) for caps in told["caps"]} == {0}
    assert told["privileges"] == "1"
    assert told["root"] == told["usr"] == told["tmp"] == "Read-only file system"
    assert told["shared"] == ""
    assert told["interfaces"] == ["lo"]
    assert told["environment"]["MINE"] == "yes"
    assert not any("proxy" in name.lower() for name in told["environment"])


def test_much_output_comes_whole(engine: DockerEngine, python: Path) -> None:
    heard = Heard()
    script = "for n in range(100_000): print(n, 'x' * 50)"
    wanted = Confined(image=load(engine, python).id, arguments=("-c", script))
    assert run(engine, wanted, heard, stop=1) == 0
    assert heard.outs == [f"{n} {'x' * 50}" for n in range(100_000)]


def test_no_process_too_many_is_started(engine: DockerEngine, python: Path) -> None:
    script = "import os, time\nfor n in range(400):\n    if not os.fork(): time.sleep(60)"
    wanted = Confined(image=load(engine, python).id, arguments=("-c", script))
    heard = Heard()
    assert run(engine, wanted, heard, stop=1) == 1
    assert "BlockingIOError" in heard.errs[-1]


@pytest.fixture
def begun(docker: Docker) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the command line, and waits for a container that printed something."""
    processes = []
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it is ignored

    def begin(*words: str) -> subprocess.Popen[str]:
        processes.append(
            subprocess.Popen(
                [COMMAND, *words],
                env={**docker.environment, "DOCKER_HOST": docker.host},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        until(
            lambda: any(docker.logs(each) for each in containers(docker)),
            seconds=60,
            told=lambda: "no container",
        )
        return processes[-1]

    yield begin
    for each in processes:
        each.kill()
        each.communicate(timeout=10)
    signal.signal(signal.SIGINT, before)
    if left := containers(docker):
        docker.tell("rm", "--force", *left)


Begin = Callable[..., "subprocess.Popen[str]"]
POLITE = """
import signal, sys, time
def end(*_):
    print("ending")
    sys.exit(4)
signal.signal(signal.SIGTERM, end)
print("begun", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_stops_it_and_leaves_no_container(
    docker: Docker, begun: Begin, python: Path, number: signal.Signals
) -> None:
    process = begun("run", str(python), "--", "-c", POLITE)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (4, "begun\nending\n"), err
    assert containers(docker) == []


def test_ctrl_c_kills_what_does_not_listen(docker: Docker, begun: Begin, python: Path) -> None:
    process = begun("run", str(python), "--stop-after=1", "--", "-c", IDLE)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (137, "idle\n"), err
    assert containers(docker) == []


def test_an_interrupted_trial_leaves_no_container(
    docker: Docker, begun: Begin, python: Path, tmp_path: Path
) -> None:
    definition = (ROOT / "containers/migrate.toml").read_text().split("[smoke]")[0]
    script = json.dumps(["-c", IDLE])
    (tmp_path / "x.toml").write_text(f"{definition}\n[smoke]\nargs = {script}\n")
    process = begun("smoke", str(tmp_path / "x.toml"), str(python))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, ""), err
    assert "Traceback" not in err
    assert containers(docker) == []


# ---------------------------------------------------------------------------------- a Containerfile


@pytest.fixture
def context(engine: DockerEngine, python: Path, tmp_path: Path) -> Path:
    """A folder whose Containerfile starts from Python's image, and asks for a network."""
    folder = tmp_path / "context"
    folder.mkdir()
    script = "import socket; print([name for _, name in socket.if_nameindex()])"
    (folder / "Containerfile").write_text(
        f"FROM {load(engine, python).id}\n"
        f"RUN {json.dumps([PYTHON, '-c', script])}\n"
        "COPY greeting.txt /greeting.txt\n"
        'ENTRYPOINT ["/usr/bin/python3", "-c", "print(open(\'/greeting.txt\').read())"]\n'
    )
    (folder / "greeting.txt").write_text("hello")
    return folder


def test_a_containerfile_becomes_an_archive_that_runs(
    docker: Docker, context: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "mine.tar"
    before = set(docker.tell("images", "--all", "--quiet").split())
    built = command(
        docker, "containerfile", str(context), "--untracked",
        "--name=mine", "--version=1.0", f"--output={archive}", "--json",
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    assert "['lo']" in built.stderr
    assert "not reproducible" in built.stderr
    assert set(docker.tell("images", "--all", "--quiet").split()) <= before
    told = json.loads(built.stdout)
    with Layout(archive) as layout:
        (image,) = layout.images
        assert (str(layout.index), str(image.config_digest)) == (told["index"], told["config"])
        paths = {entry.path for each in image.layers for entry in layout.entries(each)}
        assert {"greeting.txt", "usr/bin/python3"} <= paths
    ran = command(docker, "run", str(archive))
    assert (ran.returncode, ran.stdout) == (0, "hello\n"), ran.stderr
    forget(docker, archive)


def test_a_step_that_fails_is_told(docker: Docker, context: Path, tmp_path: Path) -> None:
    text = (context / "Containerfile").read_text()
    (context / "Containerfile").write_text(text.replace("socket.if_nameindex()", "1/0"))
    words = ("--untracked", "--name=mine", "--version=1", f"--output={tmp_path}/x.tar")
    built = command(docker, "containerfile", str(context), *words)
    assert (built.returncode, built.stdout) == (37, "")
    assert "Containerfile was not built" in built.stderr
    assert not (tmp_path / "x.tar").exists()
