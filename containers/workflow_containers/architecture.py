"""What differs between the processor architectures that images are built for."""

from __future__ import annotations

from dataclasses import dataclass

from workflow_containers.errors import PlatformError
from workflow_containers.platform import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """One architecture by its names: Debian's multiarch tuple, the kernel's, ELF's number.

    `loader` is the dynamic linker's path in a Debian image; `links` are the usrmerge links of the
    root (https://wiki.debian.org/UsrMerge); `cache_flags` marks its libraries in ld.so.cache.
    """

    debian: str
    triplet: str
    machine: str
    elf: int
    loader: str
    links: tuple[str, ...]
    cache_flags: int


_MERGED = ("bin", "lib", "sbin")
_KNOWN = {
    "linux/amd64": Architecture(
        debian="amd64",
        triplet="x86_64-linux-gnu",
        machine="x86_64",
        elf=62,
        loader="usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
        links=(*_MERGED, "lib64"),
        cache_flags=0x0303,
    ),
    "linux/arm64": Architecture(
        debian="arm64",
        triplet="aarch64-linux-gnu",
        machine="aarch64",
        elf=183,
        loader="usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1",
        links=_MERGED,
        cache_flags=0x0A03,
    ),
}


def of(platform: Platform) -> Architecture:
    """The platform's architecture; raises `PlatformError` for one no image is built for."""
    try:
        return _KNOWN[str(platform)]
    except KeyError:
        raise PlatformError(
            f"images are not built for {platform}; known: {', '.join(sorted(_KNOWN))}"
        ) from None


def running_on(system: str, machine: str) -> Platform | None:
    """The platform whose programs a machine runs as they are (`uname -s`, `uname -m`)."""
    for name, architecture in _KNOWN.items():
        if system == "Linux" and machine == architecture.machine:
            return Platform.parse(name)
    return None


ALL = tuple(Platform.parse(name) for name in sorted(_KNOWN))
