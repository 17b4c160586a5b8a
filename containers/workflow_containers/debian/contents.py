"""How Debian packages become a root that works though no maintainer script ever ran.

What dpkg and the scripts would have left is written here: the merged `/usr`, the package records
that scanners read (`var/lib/dpkg/status.d`, as distroless images have them), the bundle of
certificate authorities.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Sequence

from workflow_containers.debian import deb
from workflow_containers.debian.lock import Package
from workflow_containers.errors import MemberError
from workflow_containers.layers.entries import Directory, Entry, File, Hardlink, Symlink

CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
AUTHORITIES = "usr/share/ca-certificates/"
_MERGED = ("bin/", "sbin/", "lib/", "lib64/", "lib32/", "libx32/")
MERGED_ROOTS = {prefix.rstrip("/") for prefix in _MERGED}

# What a container never reads: manuals, translations, boot and login files, package tooling,
# Python's own tests and development tools.
_DROPPED = re.compile(
    r"usr/share/(man|locale|lintian|bug|info|doc-base|menu|applications|pixmaps|bash-completion"
    r"|gcc|gdb|base-files|dict|binfmts|perl5|readline)(/|$)"
    r"|usr/share/doc/.*/(?!copyright$)[^/]*$"
    r"|usr/(games|include|src|lib/(binfmt\.d|valgrind|debug)|lib/[^/]+-linux-gnu/gconv)(/|$)"
    r"|usr/sbin/update-ca-certificates$"
    r"|etc/(default|update-motd\.d|profile\.d|skel|init\.d|kernel|logcheck|issue(\.net)?"
    r"|ca-certificates|python3[^/]*)(/|$)"
    r"|(boot|dev|home|media|mnt|opt|proc|run|srv|sys)(/|$)"
    r"|var/(backups|cache|local|lock|log|mail|opt|run|spool|lib/misc)(/|$)"
    r"|usr/lib/python3\.\d+/(test|idlelib|tkinter|turtledemo|ensurepip|pydoc_data|lib2to3"
    r"|__phello__|unittest/test|venv/scripts)(/|$)"
    r"|usr/lib/python3\.\d+/(sitecustomize\.py|EXTERNALLY-MANAGED)$"
    r"|usr/lib/python3\.\d+/lib-dynload/(_test|_xx|xx|_ctypes_test)[^/]*$"
)


def contents(package: deb.Package, locked: Package, exclude: Sequence[str]) -> Iterator[Entry]:
    """What goes into an image of one package; `exclude` are glob patterns of paths left out.

    Raises `MemberError` when the package is not the one that was locked.
    """
    require_locked(package, locked)
    authorities: dict[str, bytes] = {}
    for entry in map(merged, package.entries()):
        if entry.path.startswith(AUTHORITIES) and isinstance(entry, File):
            authorities[entry.path] = entry.data
        elif not left_out(entry, exclude):
            yield entry
    yield from records(package, locked)
    if locked.name == "ca-certificates":
        yield File(CERTIFICATES, 0o644, bundle(authorities))


def require_locked(package: deb.Package, locked: Package) -> None:
    """Raises `MemberError` for a package that is not the one that was locked."""
    found = package.fields
    expected = {
        "Package": locked.name,
        "Version": locked.version,
        "Architecture": locked.architecture,
    }
    for field, value in expected.items():
        if found.get(field) != value:
            raise MemberError(
                f"{package.origin}: its {field} is {found.get(field, 'missing')[:80]!r};"
                f" the lock says {value!r}"
            )


def merged(entry: Entry) -> Entry:
    """The entry with its path under `/usr`, where `bin`, `lib` and `sbin` are links to."""
    match entry:
        case File(path, mode, data):
            return File(_merge(path), mode, data)
        case Symlink(path, target):
            return Symlink(_merge(path), target)
        case Hardlink(path, target):
            return Hardlink(_merge(path), _merge(target))
        case Directory(path, mode):
            return Directory(_merge(path), mode)


def _merge(path: str) -> str:
    return f"usr/{path}" if path.startswith(_MERGED) else path


def left_out(entry: Entry, exclude: Sequence[str]) -> bool:
    """Whether an entry of a package (where it is `merged`) stays out of images.

    Folders come with the files in them; the only empty ones kept are Debian's own places.
    """
    if entry.path in MERGED_ROOTS:
        return True  # the links of the merged /usr, which every root has anyway
    if isinstance(entry, Directory):
        return entry.path not in {"etc", "root", "tmp", "usr", "var", "var/tmp"}
    if _DROPPED.match(entry.path) and not _is_doc_link(entry):
        return True
    return any(fnmatch.fnmatchcase(entry.path, pattern) for pattern in exclude)


def _is_doc_link(entry: Entry) -> bool:
    """`usr/share/doc/libgcc-s1 -> gcc-14-base`: how a package shares another one's copyright."""
    return isinstance(entry, Symlink) and entry.path.count("/") == 3


def records(package: deb.Package, locked: Package) -> Iterator[Entry]:
    """The package's record: its stanza, with the archive's own fields for its file added."""
    base = f"var/lib/dpkg/status.d/{locked.name}"
    stanza = (
        package.control.rstrip(b"\n")
        + (
            f"\nFilename: {locked.path}\nSize: {locked.size}\nSHA256: {locked.sha256.hex}\n"
        ).encode()
    )
    yield File(base, 0o644, stanza)
    if package.md5sums is not None:
        yield File(f"{base}.md5sums", 0o644, package.md5sums)


def bundle(authorities: dict[str, bytes]) -> bytes:
    """Every certificate in one file, sorted by name; what `update-ca-certificates` makes."""
    return b"".join(data.rstrip(b"\n") + b"\n" for _, data in sorted(authorities.items()))
