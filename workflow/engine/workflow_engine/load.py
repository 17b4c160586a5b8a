"""A configuration file into a blueprint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from workflow_engine import config, document
from workflow_engine.blueprint import Blueprint
from workflow_engine.errors import ConfigError, Fault, Faults
from workflow_engine.resolve import Surroundings, resolve


def from_file(path: Path, *, env: str, variables: Mapping[str, str]) -> Blueprint:
    """The blueprint of a file; relative paths in it start from its folder.

    Raises `ConfigError` with every fault, also when the file can't be read.
    """
    try:
        with path.open("rb") as opened:
            data = opened.read(document.MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise ConfigError([Fault("", f"can't read {str(path)!r}: {reason}")]) from error
    return from_bytes(data, env=env, variables=variables, folder=path.absolute().parent)


def from_bytes(
    data: bytes, *, env: str = "", variables: Mapping[str, str], folder: Path
) -> Blueprint:
    """The blueprint of a configuration's text; raises `ConfigError` with every fault."""
    faults = Faults()
    read = config.read(data, faults)
    return resolve(read, faults, Surroundings(env=env, variables=variables, folder=folder))
