"""Programs that serve on a free port of loopback: waited for until they do, and ended by id."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from support.patience import until

SECONDS = 60


@contextmanager
def serving(argv: Sequence[str | Path], *, log: Path, env: Mapping[str, str]) -> Iterator[str]:
    """The address that a program said it listens on, `host:port`; what it prints is in `log`."""
    # It ends when we are killed.
    around = ["setpriv", "--pdeathsig=TERM"] if shutil.which("setpriv") else []
    with log.open("wb") as printed:
        process = subprocess.Popen(
            [*around, *map(str, argv)],
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
        )
    try:
        until(
            lambda: announced(log) is not None or process.poll() is not None,
            seconds=SECONDS,
            told=log.read_text,
        )
        address = announced(log)
        assert address is not None, log.read_text()
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


def announced(log: Path) -> str | None:
    """Where a program listens, by its own words."""
    found = re.search(r"listening on (127\.0\.0\.1:[0-9]+)", log.read_text(errors="replace"))
    return found[1] if found else None
