"""The locks of wheels, whatever tool made them: one reading for one target platform.

The file's name tells its kind: `pylock.toml` or `pylock.<name>.toml` (PEP 751), `uv.lock`, else
hashed requirements as pip reads them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Literal, assert_never

from packaging.pylock import is_valid_pylock_path

from workflow_containers.definition import Definition, Member
from workflow_containers.errors import DefinitionError
from workflow_containers.python import pylock, requirements, uvclosure, uvlock
from workflow_containers.python.requirements import Pin, Target
from workflow_containers.store import Store
from workflow_sbom import canonical
from workflow_sbom.digest import Digest
from workflow_sbom.errors import Fault

Kind = Literal["requirements", "pylock", "uv"]
MAX_BYTES = 32 << 20


def kind(name: str) -> Kind:
    """What sort of lock a file is, by its name."""
    file = PurePosixPath(name)
    if file.name == "uv.lock":
        return "uv"
    return "pylock" if is_valid_pylock_path(Path(file.name)) else "requirements"


def pins(definition: Definition, target: Target, root: Path) -> tuple[Pin, ...]:
    """What the definition's lock says is to be fetched for the target; `root` is the repository.

    Raises `DefinitionError`.
    """
    name = definition.requirements
    return () if name is None else read(name, _read(root / name), target, definition.wheels)


def remembered(
    definition: Definition, target: Target, root: Path, store: Store, rules: Digest
) -> tuple[Pin, ...]:
    """See `pins`; a lock is read once, for a large one takes a while. `rules` digest this code."""
    name = definition.requirements
    if name is None:
        return ()
    data = _read(root / name)
    members = [[member.name, member.extras, member.groups] for member in definition.wheels]
    parts: canonical.Json = [rules.hex, name, Digest.of(data).hex, str(target), members]
    key = Digest.of(canonical.encode(["pins", parts]))
    if (known := store.recall(key)) is not None:
        return tuple(
            Pin(name=name, version=version, digests=tuple(map(Digest, digests)))
            for name, version, digests in known
        )
    found = read(name, data, target, definition.wheels)
    store.remember(
        key, [[pin.name, pin.version, [digest.hex for digest in pin.digests]] for pin in found]
    )
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        own = kind(path.name) == "requirements"
        remedy = "run workflow-containers lock" if own else "make it with the tool it is of"
        fault = Fault("requirements", f"can't be read: {error}", remedy)
        raise DefinitionError(str(path), [fault]) from error


def read(name: str, data: bytes, target: Target, members: Sequence[Member]) -> tuple[Pin, ...]:
    """What is to be fetched for the target beside the repository's own `members`, by name.

    Raises `DefinitionError` with every fault.
    """
    match kind(name):
        case "uv":
            return uvclosure.read(_table(data, name), target, members, name)
        case "pylock":
            return pylock.read(_table(data, name), target, members, name)
        case "requirements":
            return requirements.read(_text(data, name), target, name)
        case other:
            assert_never(other)


def check(name: str, data: bytes) -> None:
    """Read a `pylock.toml` or `uv.lock` for no platform: raises `DefinitionError` for what is
    malformed or lacks a hash, also in packages that no image needs."""
    if kind(name) == "uv":
        uvlock.parse(_table(data, name), name)
    else:
        pylock.parse(_table(data, name), name)


def _text(data: bytes, name: str) -> str:
    if len(data) > MAX_BYTES:
        raise DefinitionError(name, [Fault("", f"{len(data)} bytes; at most {MAX_BYTES} are read")])
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise DefinitionError(name, [Fault("", f"can't be read: {error}")]) from error


def _table(data: bytes, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(data, name))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DefinitionError(name, [Fault("", f"no TOML: {error}")]) from error
