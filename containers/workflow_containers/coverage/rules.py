"""What no source has as it stands in an image: each rule makes it again from the sources.

A rule is a function of sources that were checked themselves. None goes by a name: what it makes
is held against what is there, to the byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import assert_never

from workflow_containers.architecture import Architecture
from workflow_containers.base import users
from workflow_containers.building import rootfs
from workflow_containers.coverage.claims import Claim, Part
from workflow_containers.debian import contents, deb
from workflow_containers.debian.lock import Package
from workflow_containers.definition import Definition
from workflow_containers.layers import entries, ldcache
from workflow_containers.layers.entries import Directory, Entry, File, Symlink
from workflow_containers.layers.tree import Tree
from workflow_containers.python.bytecode import Bytecode
from workflow_sbom.coverage.ledger import Generated, Owned

BYTECODE = "bytecode"
PACKAGE_RECORD = "package-record"
AUTHORITIES = "certificate-bundle"
LINKER_CACHE = "linker-cache"
USERS = "users"
NAME_SERVICE = "name-service"
MERGED_USR = "merged-usr"
INTERPRETER_LINK = "interpreter-link"
CERTIFICATE_LINKS = "certificate-links"
SCRATCH = "scratch-folders"
FOLDERS = "folders"
INSTALLER = "installer"
SCRIPT = "script"
WHEEL_RECORD = "wheel-record"

MEANING: Mapping[str, str] = {
    BYTECODE: "compiled again from its source by the image's own Python",
    PACKAGE_RECORD: "the .deb's control file and checksums",
    AUTHORITIES: "the certificates of ca-certificates, one after another",
    LINKER_CACHE: "the libraries of the packages, as ldconfig lists them",
    USERS: "the user of the definition",
    NAME_SERVICE: "where users and hosts are looked for",
    MERGED_USR: "links of the merged /usr",
    INTERPRETER_LINK: "python3, the Python of the definition",
    CERTIFICATE_LINKS: "where OpenSSL looks for certificates",
    SCRATCH: "folders to write to",
    FOLDERS: "folders of what is in them",
    INSTALLER: "INSTALLER of an installed wheel",
    SCRIPT: "a wheel's script, naming the image's Python",
    WHEEL_RECORD: "RECORD of what was installed of a wheel",
}
_ROOT = {
    "etc/passwd": USERS,
    "etc/group": USERS,
    "etc/nsswitch.conf": NAME_SERVICE,
    "usr/bin/python3": INTERPRETER_LINK,
    "usr/lib/ssl/cert.pem": CERTIFICATE_LINKS,
    "usr/lib/ssl/certs": CERTIFICATE_LINKS,
    "tmp": SCRATCH,
    "var/tmp": SCRATCH,
    "home/nonroot": SCRATCH,
}


def bytecode(sources: Sequence[File], how: Bytecode) -> Iterator[Claim]:
    """The compiled form of every source that is Python; raises `InterpreterError`."""
    for entry in compiled(sources, how):
        yield Claim.of(entry, Generated(BYTECODE))


def compiled(sources: Sequence[File], how: Bytecode) -> Iterator[Entry]:
    """The compiled files themselves."""
    return islice(how.added(iter(sources)), len(sources), None)


def package_record(package: deb.Package, locked: Package) -> Iterator[Claim]:
    """What `status.d` has of a package: its control file and checksums, and the file's digest."""
    for entry in contents.records(package, locked):
        yield Claim.of(entry, Generated(PACKAGE_RECORD))


def authorities(locked: Package, certificates: Sequence[File]) -> Iterator[Claim]:
    """The bundle that the scripts of ca-certificates would make."""
    if locked.name == "ca-certificates":
        data = contents.bundle({each.path: each.data for each in certificates})
        yield Claim.of(File(contents.CERTIFICATES, 0o644, data), Generated(AUTHORITIES))


def linker_cache(packages: Sequence[Part], architecture: Architecture) -> Iterator[Claim]:
    """The cache that ldconfig would make of the packages' libraries."""
    found = ldcache.libraries(packages, architecture)
    if found:
        data = ldcache.encode(found, architecture)
        yield Claim.of(File(ldcache.PATH, 0o644, data), Generated(LINKER_CACHE))


def root(definition: Definition, architecture: Architecture) -> Part:
    """What every image on Debian packages has beside them; a path no rule is known for is left."""
    names = dict.fromkeys(architecture.links, MERGED_USR) | _ROOT
    claims, needed = [], []
    for entry in rootfs.entries(definition, architecture):
        why = [Generated(names[entry.path])] if entry.path in names else []
        if isinstance(entry, Directory):
            needed += [folder(entry.path, each) for each in why]
        else:
            claims += [Claim.of(entry, each) for each in why]
    return Part(claims=tuple(claims), needed=tuple(needed))


def users_on(base: Tree, definition: Definition) -> Part:
    """The user that a base does not know."""
    claims, needed = [], []
    for entry in users.entries(base, definition.user):
        match entry:
            case Directory(path):
                needed.append(folder(path, Generated(SCRATCH)))
            case File() | Symlink() | entries.Hardlink():
                claims.append(Claim.of(entry, Generated(USERS)))
            case _:
                assert_never(entry)
    return Part(claims=tuple(claims), needed=tuple(needed))


def folder(path: str, why: Owned | Generated) -> Claim:
    """A folder with the mode it has in every image."""
    return Claim.of(entries.directory(path), why)
