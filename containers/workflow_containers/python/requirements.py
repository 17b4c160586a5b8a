"""Hashed requirement files, read for one target platform.

The form is pip's (`name==version ; marker --hash=sha256:…`), as uv writes it. Markers are
evaluated for the image's platform, not for this machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name

from workflow_containers.architecture import Architecture
from workflow_containers.errors import DefinitionError
from workflow_sbom.digest import Digest
from workflow_sbom.errors import Fault

_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_OLDEST_GLIBC = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A requirement that holds on the target: exact version and the digests it may have."""

    name: str
    version: str
    digests: tuple[Digest, ...]

    @property
    def line(self) -> str:
        """The requirement as pip reads it, without its marker."""
        hashes = " ".join(f"--hash={digest}" for digest in self.digests)
        return f"{self.name}=={self.version} {hashes}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What wheels are chosen for: a Python version, an architecture and a glibc (2, minor).

    `release` is the full version where it is known (`3.13.5`), for markers that ask for it.
    """

    python: str
    architecture: Architecture
    glibc: int
    release: str | None = None

    @property
    def version(self) -> tuple[int, int]:
        """The Python version as numbers."""
        major, _, minor = self.python.partition(".")
        return int(major), int(minor)

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platform tags that run there, best first (PEP 600, PEP 599, PEP 571, PEP 513)."""
        machine = self.architecture.machine
        legacy = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
        lowest = _OLDEST_GLIBC if machine == "x86_64" else 17
        tags: list[str] = []
        for minor in range(self.glibc, lowest - 1, -1):
            tags.append(f"manylinux_2_{minor}_{machine}")
            if minor in legacy:
                tags.append(f"{legacy[minor]}_{machine}")
        return (*tags, f"linux_{machine}")

    @property
    def ranking(self) -> tuple[Tag, ...]:
        """Every wheel tag that runs there, best first."""
        version, platforms = self.version, list(self.platforms)
        interpreter = f"cp{version[0]}{version[1]}"
        return (
            *cpython_tags(version, platforms=platforms),
            *compatible_tags(version, interpreter=interpreter, platforms=platforms),
        )

    @property
    def tags(self) -> frozenset[Tag]:
        """Every wheel tag that runs there."""
        return frozenset(self.ranking)

    def __str__(self) -> str:
        """As messages name it."""
        machine = self.architecture.debian
        return f"Python {self.release or self.python} on linux/{machine} with glibc 2.{self.glibc}"

    @property
    def markers(self) -> Mapping[str, str]:
        """The marker environment (PEP 508); what only the running machine knows is empty."""
        release = self.release or f"{self.python}.0"
        return {
            "implementation_name": "cpython",
            "implementation_version": release,
            "os_name": "posix",
            "platform_machine": self.architecture.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": release,
            "python_version": self.python,
            "sys_platform": "linux",
            "extra": "",
        }


def read(text: str, target: Target, origin: str) -> tuple[Pin, ...]:
    """The requirements that hold on the target; raises `DefinitionError` with every fault."""
    faults: list[Fault] = []
    pins: dict[str, Pin] = {}
    for number, line in _logical_lines(text):
        try:
            pin = _pin(line, target)
        except ValueError as error:
            faults.append(Fault(f"line {number}", str(error)))
            continue
        if pin is not None and pins.setdefault(pin.name, pin) != pin:
            faults.append(Fault(f"line {number}", f"{pin.name} is locked twice for one platform"))
    if faults:
        raise DefinitionError(origin, faults)
    return tuple(pin for _, pin in sorted(pins.items()))


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines joined at a final backslash, without comments, with the number of the first."""
    joined, start = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("#"):
            continue
        start = start if joined else number
        joined += " " + stripped.removesuffix("\\").strip()
        if not stripped.endswith("\\"):
            if joined.strip():
                yield start, joined.strip()
            joined = ""
    if joined.strip():
        yield start, joined.strip()


def _pin(line: str, target: Target) -> Pin | None:
    head, digests = line.split(" --hash=", maxsplit=1)[0], tuple(map(Digest, _HASH.findall(line)))
    if line.startswith("-"):
        raise ValueError(f"{line[:80]!r} is an option; only pinned requirements are read")
    try:
        requirement = Requirement(head.strip())
    except InvalidRequirement as error:
        raise ValueError(f"{head[:80]!r} is no requirement") from error
    if requirement.url is not None:
        raise ValueError(f"{requirement.name} is an address, which a lock may not hold")
    if requirement.marker is not None and not requirement.marker.evaluate(dict(target.markers)):
        return None
    specifiers = list(requirement.specifier)
    if len(specifiers) != 1 or specifiers[0].operator != "==" or "*" in specifiers[0].version:
        raise ValueError(f"{requirement.name} is not pinned to one version")
    if not digests:
        raise ValueError(f"{requirement.name} has no sha256 hash")
    return Pin(
        name=canonicalize_name(requirement.name),
        version=specifiers[0].version,
        digests=tuple(sorted(digests)),
    )
