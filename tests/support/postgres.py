"""A PostgreSQL server of our own: private folder, UNIX socket only, gone when it is left."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from support.absent import absent

BINARIES = Path("/usr/lib/postgresql")
SOCKET = ".s.PGSQL.5432"
SECONDS_TO_START = 60


@contextmanager
def running() -> Iterator[Path]:
    """The folder of a running server's socket; its superuser is `workflow`, without password."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="migrate-pg-"))
    identity = _unprivileged(folder)
    data = folder / "data"
    options = ["-U", "workflow", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    try:
        subprocess.run(
            [programs / "initdb", "-D", data, *options],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            env={"PATH": os.environ["PATH"]},
            **identity,
        )
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, "-k", folder, "-h", "", "-F"],
                stdout=log,
                stderr=log,
                cwd=folder,
                env={"PATH": os.environ["PATH"]},
                **identity,
            )
        try:
            _wait_for(folder, server)
            yield folder
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)
    finally:
        shutil.rmtree(folder)


def create_database(folder: Path) -> str:
    """Make an empty database of the server at that socket; its name."""
    name = f"t{uuid4().hex}"
    with psycopg.connect(
        host=str(folder), user="workflow", dbname="postgres", autocommit=True
    ) as own:
        own.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return name


def _programs() -> Path:
    found = sorted(BINARIES.glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    if not found:
        absent(f"no PostgreSQL server under {BINARIES}: apt-get install postgresql")
    return found[-1].parent


def _unprivileged(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root; as root, be nobody and own the folder as such."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _wait_for(folder: Path, server: subprocess.Popen[bytes]) -> None:
    for _ in range(SECONDS_TO_START * 10):
        try:
            psycopg.connect(host=str(folder), user="workflow", dbname="postgres").close()
        except psycopg.OperationalError:
            if server.poll() is not None:
                break
            time.sleep(0.1)
        else:
            return
    pytest.fail((folder / "log").read_text())
