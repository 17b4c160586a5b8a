"""A Docker Engine of our own, in one folder and without network; its client as people use it.

It needs root and no more than Debian's docker.io. Where it can't be had, `WORKFLOW_DOCKER_HOST` may
name an engine of this machine to use instead (`unix:///var/run/docker.sock`).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.absent import absent
from support.patience import until

HOST_VARIABLE = "WORKFLOW_DOCKER_HOST"
PROGRAMS = os.pathsep.join(["/usr/bin", os.environ["PATH"], "/usr/sbin", "/sbin"])
OF_THE_MACHINE = Path("/run/containerd/containerd.sock")
SECONDS = 60
DROPPED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--pull=never")


@dataclass(frozen=True, slots=True, kw_only=True)
class Docker:
    """The client of one engine; `folder` holds its configuration: nobody's own takes part.

    `containerd` is the socket of the engine's own containerd, where we started both.
    """

    host: str
    folder: Path
    containerd: Path | None = None

    @property
    def environment(self) -> Mapping[str, str]:
        return {"PATH": PROGRAMS, "HOME": str(self.folder), "DOCKER_CONFIG": str(self.folder)}

    @property
    def keeps_whole_indexes(self) -> bool:
        """Whether it keeps images in containerd's store, as Docker does from version 29 on."""
        return "io.containerd.snapshotter" in self.tell("info", "--format={{.DriverStatus}}")

    @property
    def command(self) -> Sequence[str]:
        """The client's own words, which any command begins with."""
        return (_program("docker"), "-H", self.host)

    def ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command that may fail."""
        return subprocess.run(
            [*self.command, *words],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )

    def tell(self, *words: str) -> str:
        """Run a command that must succeed; what it printed."""
        done = self.ask(*words)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout.strip()

    def inspect(self, kind: str, name: str) -> Any:
        (found,) = json.loads(self.tell(kind, "inspect", name))
        return found

    def ctr(self, *words: str) -> str:
        """Run containerd's own client, which must succeed; what it printed."""
        if self.containerd is None:
            pytest.skip("the engine's containerd is another's")
        command = [_program("ctr"), f"--address={self.containerd}", "--namespace=tests", *words]
        done = subprocess.run(
            command,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=SECONDS,
        )
        return done.stdout

    @contextmanager
    def container(self, *words: str) -> Iterator[str]:
        """Run in the background with everything dropped; its id. Nothing is left of it."""
        name = self.tell("run", "--detach", *DROPPED, *words)
        try:
            yield name
        finally:
            self.tell("rm", "--force", "--volumes", name)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run to the end with everything dropped."""
        return self.ask("run", "--rm", *DROPPED, *words)

    def logs(self, name: str) -> str:
        done = self.ask("logs", name)
        return done.stdout + done.stderr


@contextmanager
def running() -> Iterator[Docker]:
    """An engine that was started for this, or the one that the environment names."""
    # Not pytest's folder: the path of a socket has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="docker-") as name:
        folder = Path(name)
        if given := os.environ.get(HOST_VARIABLE):
            _program("docker")
            yield Docker(host=given, folder=folder)
            return
        containerd = folder / "exec/containerd/containerd.sock"
        docker = Docker(host=f"unix://{folder}/socket", folder=folder, containerd=containerd)
        with _daemon(docker):
            yield docker


@contextmanager
def _daemon(docker: Docker) -> Iterator[None]:
    folder = docker.folder
    (folder / "daemon.json").write_text(json.dumps(_configuration(docker)))
    # It ends when we are killed, and whatever it mounted is gone with its mount namespace.
    around = ["setpriv", "--pdeathsig=TERM", "unshare", "--mount"]
    argv = [*around, _startable(), f"--config-file={folder}/daemon.json"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            argv,
            env=docker.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        until(
            lambda: docker.ask("version").returncode == 0 or process.poll() is not None,
            seconds=SECONDS,
            told=(folder / "log").read_text,
        )
        assert process.poll() is None, (folder / "log").read_text()
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise


def _configuration(docker: Docker) -> Mapping[str, object]:
    return {
        "hosts": [docker.host],
        "data-root": str(docker.folder / "data"),
        "exec-root": str(docker.folder / "exec"),
        "pidfile": str(docker.folder / "pid"),
        "bridge": "none",
        "iptables": False,
        "ip6tables": False,
        "log-level": "warn",
    }


def _startable() -> str:
    found = _program("dockerd")
    if os.geteuid() != 0:
        absent(f"a Docker Engine of our own needs root; {HOST_VARIABLE} may name another")
    if OF_THE_MACHINE.exists():
        absent(f"a Docker Engine runs here already; {HOST_VARIABLE} may name it")
    return found


def _program(name: str) -> str:
    return shutil.which(name, path=PROGRAMS) or absent(f"no {name}: apt-get install docker.io")
