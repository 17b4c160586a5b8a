"""Where Debian packages come from: a mirror named by the caller, or the host's own.

A lock names archive and path; a mirror is what both are appended to. Found in this order: the
environment (`WORKFLOW_DEBIAN_MIRROR`, `WORKFLOW_DEBIAN_SECURITY_MIRROR`), then the Debian entries
of the host's apt configuration (sources.list(5), one-line and deb822 style).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from workflow_containers.debian.deb import fields
from workflow_containers.debian.lock import Archive
from workflow_containers.errors import MirrorError

DEBIAN_VARIABLE = "WORKFLOW_DEBIAN_MIRROR"
SECURITY_VARIABLE = "WORKFLOW_DEBIAN_SECURITY_MIRROR"
REMEDY = (
    f"name one with {DEBIAN_VARIABLE} (and {SECURITY_VARIABLE}),"
    " or with --mirror (and --security-mirror)"
)
# no space, for apt's own source lines end an address there
_ADDRESS = re.compile(r"(?:https?:/|file:/)/[!-~]+", re.ASCII)
_LINE = re.compile(r"deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)")
_MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrors:
    """The base addresses of the two archives, without a final slash."""

    debian: str
    security: str

    def __post_init__(self) -> None:
        for address in (self.debian, self.security):
            if not _ADDRESS.fullmatch(address):
                raise MirrorError(f"{address[:120]!r} is no http, https or file address; {REMEDY}")

    def url(self, archive: Archive, path: str) -> str:
        """The address of a package."""
        base = self.security if archive == "debian-security" else self.debian
        return f"{base}/{path}"


def find(host_root: str | Path = "/", environment: Mapping[str, str] | None = None) -> Mirrors:
    """The mirrors; raises `MirrorError` when there are none."""
    environment = environment or {}
    named = environment.get(DEBIAN_VARIABLE), environment.get(SECURITY_VARIABLE)
    configured = dict(_configured(Path(host_root))) if not all(named) else {}
    debian = named[0] or configured.get("debian")
    if not debian:
        raise MirrorError(f"this machine's apt configuration names no Debian mirror; {REMEDY}")
    debian = debian.rstrip("/")
    beside = None if named[0] else configured.get("debian-security")
    security = named[1] or beside or _beside(debian)
    return Mirrors(debian=debian, security=security.rstrip("/"))


def _beside(debian: str) -> str:
    """Mirrors that carry both archives carry them side by side."""
    return f"{debian}-security"


def _configured(root: Path) -> Iterator[tuple[str, str]]:
    """Archive and address of each Debian source, the first of each archive last: it wins."""
    found = [*_one_line(root), *_deb822(root)]
    for address, suite in reversed(found):
        archive = _archive(address, suite)
        if archive is not None:
            yield archive, address


def _archive(address: str, suite: str) -> str | None:
    """Which archive a source is: the folder's name tells Debian's from anybody else's."""
    if not _ADDRESS.fullmatch(address):
        return None
    last = address.rstrip("/").rpartition("/")[2]
    if last == "debian-security" or (last == "debian" and "-security" in suite):
        return "debian-security"
    return "debian" if last == "debian" else None


def _one_line(root: Path) -> Iterator[tuple[str, str]]:
    apt = root / "etc/apt"
    for path in (apt / "sources.list", *sorted(apt.glob("sources.list.d/*.list"))):
        for line in _text(path).splitlines():
            if match := _LINE.match(line.strip()):
                yield match[1], match[2]


def _deb822(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((root / "etc/apt/sources.list.d").glob("*.sources")):
        text = re.sub(r"(?m)^#.*\n?", "", _text(path))
        for stanza in re.split(r"\n\s*\n", text):
            found = {key.lower(): value for key, value in fields(stanza.encode()).items()}
            if "deb" not in found.get("types", "").split() or found.get("enabled") == "no":
                continue
            for address in found.get("uris", "").split():
                yield address, found.get("suites", "")


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return stream.read(_MAX_BYTES).decode(errors="replace")
    except OSError:
        return ""
