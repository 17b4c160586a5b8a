"""Bringing locked wheels into the store, with pip as the package client.

pip knows the user's indexes, proxies and credentials; what it brings is checked against the lock
again here, and kept by digest, so that a wheel is fetched once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from workflow_containers.errors import MemberError, ToolError
from workflow_containers.python.requirements import Pin, Target
from workflow_containers.run import Command, Run
from workflow_containers.store import Store
from workflow_sbom import canonical
from workflow_sbom.digest import Digest, measure_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A wheel in the store: its file name, which holds its tags, and its digest."""

    name: str
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Pip:
    """How pip is started: `argv` before its command, its environment, and the runner."""

    argv: Sequence[str]
    environment: Mapping[str, str]
    run: Run


def wheels(pins: Sequence[Pin], target: Target, store: Store, pip: Pip) -> tuple[Stored, ...]:
    """One wheel for each pin, best for the target; raises `ToolError` when one can't be had."""
    if not pins:
        return ()
    lines = [pin.line for pin in pins]
    key = Digest.of(canonical.encode(["wheels", lines, target.python, target.platforms]))
    with store.alone(key):
        if (known := _recalled(key, store)) is not None:
            return known
        found = _download(pins, target, store, pip)
        store.remember(key, [[wheel.name, wheel.digest.hex] for wheel in found])
        return found


def _recalled(key: Digest, store: Store) -> tuple[Stored, ...] | None:
    known = store.recall(key)
    if known is None:
        return None
    found = tuple(Stored(name=name, digest=Digest(hex_)) for name, hex_ in known)
    return found if all(store.has(wheel.digest) for wheel in found) else None


def _download(pins: Sequence[Pin], target: Target, store: Store, pip: Pip) -> tuple[Stored, ...]:
    with tempfile.TemporaryDirectory(dir=store.scratch()) as name:
        folder = Path(name).absolute()
        lock = folder / "requirements.txt"
        lock.write_text("".join(f"{pin.line}\n" for pin in pins), encoding="utf-8")
        destination = folder / "wheels"
        destination.mkdir()
        done = pip.run(
            Command(
                argv=[*pip.argv, *_arguments(target), "--requirement", lock, "--dest", destination],
                cwd=folder,
                env={"HOME": str(folder), **pip.environment},  # pip insists on one
                timeout=1800,
            )
        )
        if done.code != 0:
            raise ToolError(f"pip can't fetch the locked wheels: {done.last_words or done.code}")
        return _adopted(sorted(destination.iterdir()), pins, store)


def _arguments(target: Target) -> list[str]:
    major, minor = target.version
    abis = [f"cp{major}{minor}", "abi3", "none"]
    return [
        "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps",
        "--require-hashes", "--only-binary", ":all:", "--implementation", "cp",
        "--python-version", target.python,
        *(part for abi in abis for part in ("--abi", abi)),
        *(part for tag in target.platforms for part in ("--platform", tag)),
    ]  # fmt: skip


def _adopted(files: Sequence[Path], pins: Sequence[Pin], store: Store) -> tuple[Stored, ...]:
    """Exactly one wheel for each pin, with one of its digests."""
    wanted = {(pin.name, pin.version): pin for pin in pins}
    found = []
    for path in files:
        try:
            name, version, _, _ = parse_wheel_filename(path.name)
        except InvalidWheelFilename as error:
            raise MemberError(f"pip brought {path.name[:120]!r}, which is no wheel") from error
        pin = wanted.pop((canonicalize_name(name), str(version)), None)
        digest = measure_file(path).digest
        if pin is None or digest not in pin.digests:
            raise MemberError(f"pip brought {path.name[:120]!r}, which is not what was locked")
        store.adopt_file(path, digest)
        found.append(Stored(name=path.name, digest=digest))
    if wanted:
        raise ToolError(f"pip brought no wheel of {', '.join(name for name, _ in wanted)}")
    return tuple(found)
