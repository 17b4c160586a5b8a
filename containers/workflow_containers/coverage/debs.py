"""What a Debian package brings, by its own archive: nothing that an image says of it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from workflow_containers.coverage import rules
from workflow_containers.coverage.claims import Claim, Part
from workflow_containers.debian import contents, deb
from workflow_containers.debian.lock import Package
from workflow_containers.layers.entries import Directory, Entry, File, Symlink
from workflow_containers.layers.fragment import Object, Search, linked
from workflow_containers.python.bytecode import Bytecode
from workflow_sbom.coverage.ledger import Owned
from workflow_sbom.purl import package_url

PROOF = "the .deb's own contents"


def owner(locked: Package, distro: str) -> str:
    """A locked package's URL; `distro` is the release it is of (`debian-13`)."""
    return package_url(
        "deb", locked.name, locked.version,
        namespace="debian", arch=locked.architecture, distro=distro,
    )  # fmt: skip


def part(
    package: deb.Package, locked: Package, exclude: Sequence[str], bytecode: Bytecode, distro: str
) -> Part:
    """What of a package has to be in an image, and what is made of it.

    Raises `MemberError` for a package that is not the locked one or may not go into an image.
    """
    contents.require_locked(package, locked)
    reading = _Reading(Owned(owner(locked, distro), PROOF), exclude)
    for entry in package.entries():
        reading.take(contents.merged(entry))
    made = [
        *rules.package_record(package, locked),
        *rules.bytecode(reading.python, bytecode),
        *rules.authorities(locked, reading.authorities),
    ]
    return Part(
        claims=(*reading.claims, *made),
        absent=reading.absent,
        folders=dict.fromkeys(reading.folders, reading.owned),
        needed=tuple(reading.needed),
        objects=tuple(reading.objects),
        searches=tuple(reading.searches),
    )


@dataclass(slots=True)
class _Reading:
    """Takes a package's entries one by one and keeps no bytes but those of sources."""

    owned: Owned
    exclude: Sequence[str]
    claims: list[Claim] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    needed: list[Claim] = field(default_factory=list)
    python: list[File] = field(default_factory=list)
    authorities: list[File] = field(default_factory=list)
    objects: list[Object] = field(default_factory=list)
    searches: list[Search] = field(default_factory=list)

    def take(self, entry: Entry) -> None:
        if isinstance(entry, Directory):
            self._folder(entry)
        elif isinstance(entry, File) and entry.path.startswith(contents.AUTHORITIES):
            self.authorities.append(entry)
            self.absent[entry.path] = f"{self.owned.owner} has it for the bundle of authorities"
        elif isinstance(entry, Symlink) and entry.path in contents.MERGED_ROOTS:
            self.claims.append(Claim.of(entry, self.owned))
        elif contents.left_out(entry, self.exclude):
            self.absent[entry.path] = (
                f"{self.owned.owner} has it, and it is to stay out of the image"
            )
        else:
            self.claims.append(Claim.of(entry, self.owned))
            self._note(entry)

    def _folder(self, folder: Directory) -> None:
        self.folders.append(folder.path)
        if not contents.left_out(folder, self.exclude):
            self.needed.append(rules.folder(folder.path, self.owned))

    def _note(self, entry: Entry) -> None:
        if not isinstance(entry, File):
            return
        if entry.path.endswith(".py"):
            self.python.append(entry)
        match linked(entry):
            case Object() as found:
                self.objects.append(found)
            case Search() as search:
                self.searches.append(search)
            case _:
                pass
