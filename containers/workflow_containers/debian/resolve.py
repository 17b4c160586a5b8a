"""Resolving Debian packages by the host's apt.

apt runs in a root of its own, so that neither the host's configuration nor its installed packages
take part; the indexes' signatures and dates are checked against the host's Debian archive keyring.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from workflow_containers import architecture
from workflow_containers.debian.deb import fields
from workflow_containers.debian.lock import Archive, Package
from workflow_containers.debian.mirror import Mirrors
from workflow_containers.errors import MirrorError, ToolError
from workflow_containers.platform import Platform
from workflow_containers.run import Command, Completed, Run
from workflow_sbom.digest import Digest
from workflow_sbom.printable import printable

KEYRINGS = (
    "usr/share/keyrings/debian-archive-keyring.gpg",
    "usr/share/keyrings/debian-archive-keyring.pgp",
)
_URI = re.compile(r"'(\S+)' (\S+) ([0-9]+) SHA256:([0-9a-f]{64})", re.ASCII)
_FILE = re.compile(r"([a-z0-9][a-z0-9+.-]+)_([^_]+)_([a-z0-9-]+)\.deb", re.ASCII)
_MIRROR_REMEDY = "try again later, or name another mirror"
_FOLDERS = (
    "etc/apt/preferences.d", "etc/apt/trusted.gpg.d", "etc/apt/apt.conf.d",
    "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/lib/dpkg",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Apt:
    """apt in a root of its own: folder, mirrors, the keyring, how programs are run."""

    folder: Path
    mirrors: Mirrors
    keyring: Path
    environment: Mapping[str, str]
    run: Run

    def open(self, suite: str, platform: Platform) -> Indexes:
        """The suite's indexes for the platform, brought here and proved by their signatures.

        Raises `MirrorError` when the mirror can't be read or believed, `ToolError` without apt.
        """
        root = self.folder / f"{suite}-{platform.architecture}"
        for folder in _FOLDERS:
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / "var/lib/dpkg/status").touch()
        # read before any option is: else the host's apt.conf.d would still have its say
        (root / "apt.conf").write_text(f'Dir "{root}";\n', encoding="utf-8")
        (root / "etc/apt/sources.list").write_text(self._sources(suite, platform), encoding="utf-8")
        indexes = Indexes(apt=self, suite=suite, platform=platform, root=root)
        indexes.update()
        return indexes

    def _sources(self, suite: str, platform: Platform) -> str:
        option = f"[arch={platform.architecture} signed-by={self.keyring}]"
        sources = (
            (self.mirrors.debian, suite),
            (self.mirrors.debian, f"{suite}-updates"),
            (self.mirrors.security, f"{suite}-security"),
        )
        return "".join(f"deb {option} {mirror} {name} main\n" for mirror, name in sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexes:
    """What a suite has for one platform, in a root where nothing is installed."""

    apt: Apt
    suite: str
    platform: Platform
    root: Path

    def update(self) -> None:
        """Bring the indexes here; raises `MirrorError`."""
        self._run("apt-get", "update", "--error-on=any")

    def named(self, names: Iterable[str]) -> tuple[Package, ...]:
        """The newest version of each package; raises `MirrorError` for one that is not there."""
        return self._printed(sorted(set(names)), "--print-uris", "download")

    def closure(self, names: Iterable[str], without: Iterable[str] = ()) -> tuple[Package, ...]:
        """The packages with all that they depend on, as apt would install them.

        What is Essential or recommended does not come along by itself. `without` is taken as
        installed, in the version the suite has, and so is what only it needs left out. Raises
        `MirrorError` for a package that is not there or can't be installed.
        """
        wanted = sorted(set(names))
        return self._installed(wanted, self._stand_ins(wanted, without).values())

    def idle(self, names: Iterable[str], without: Iterable[str]) -> frozenset[str]:
        """Those of `without` that nothing in the closure asks for."""
        wanted = sorted(set(names))
        stand_ins = self._stand_ins(wanted, without)

        def is_needed(name: str) -> bool:
            rest = [text for other, text in stand_ins.items() if other != name]
            return name in {package.name for package in self._installed(wanted, rest)}

        return frozenset(name for name in without if not is_needed(name))

    def _installed(self, wanted: Sequence[str], status: Iterable[str]) -> tuple[Package, ...]:
        (self.root / "var/lib/dpkg/status").write_text("".join(status), encoding="utf-8")
        return self._printed(wanted, "--print-uris", "--no-install-recommends", "install")

    def _stand_ins(self, wanted: Sequence[str], names: Iterable[str]) -> dict[str, str]:
        """For each package that is there, dpkg's record of one that provides it and needs nothing.

        Under a name of its own, for a package of the real name apt may want to upgrade.
        """
        cut = sorted(set(names))
        if not cut:
            return {}
        shown = self._run("apt-cache", "show", "--no-all-versions", *cut, *wanted).stdout
        found = [fields(stanza) for stanza in shown.split(b"\n\n")]
        known = {each["Package"]: each for each in found if "Package" in each}
        return {name: _stand_in(name, known[name]) for name in cut if name in known}

    def _printed(self, wanted: Sequence[str], *words: str) -> tuple[Package, ...]:
        done = self._run("apt-get", *words, *wanted)
        packages = tuple(map(self._package, done.stdout.decode().splitlines()))
        missing = sorted(set(wanted) - {package.name for package in packages})
        if missing:
            raise MirrorError(f"{self.suite} has no {', '.join(missing)} for {self.platform}")
        return packages

    def _run(self, program: str, *arguments: str) -> Completed:
        name = architecture.of(self.platform).debian
        options = {
            "Dir": self.root,
            "Dir::State::status": self.root / "var/lib/dpkg/status",
            "APT::Architecture": name,
            "APT::Architectures::": name,
            "APT::Sandbox::User": "",
            "Acquire::Languages": "none",
            "Acquire::ForceHash": "SHA256",
            "Acquire::Retries": "3",
            "Debug::NoLocking": "1",
        }
        flags = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
        done = self.apt.run(
            Command(
                argv=[program, *flags, "-qq", *arguments],
                cwd=self.root,
                env={
                    **self.apt.environment,
                    "LC_ALL": "C.UTF-8",
                    "APT_CONFIG": str(self.root / "apt.conf"),
                },
                timeout=600,
            )
        )
        if done.code != 0:
            raise MirrorError(f"{program}: {_words(done)}", remedy=_MIRROR_REMEDY)
        return done

    def _package(self, line: str) -> Package:
        found = _URI.fullmatch(line)
        file = _FILE.fullmatch(unquote(found[2])) if found else None
        if found is None or file is None:
            raise ToolError(f"apt-get printed {line[:120]!r} where a package's address is expected")
        archive, path = self._place(unquote(found[1]))
        return Package(
            name=file[1],
            version=file[2],
            architecture=file[3],
            archive=archive,
            path=path,
            size=int(found[3]),
            sha256=Digest(found[4]),
        )

    def _place(self, address: str) -> tuple[Archive, str]:
        """The archive and the path in it, as the lock has them: without the mirror."""
        pairs: tuple[tuple[Archive, str], ...] = (
            ("debian-security", self.apt.mirrors.security),
            ("debian", self.apt.mirrors.debian),
        )
        for archive, base in pairs:
            # as apt prints it, whatever number of slashes it was given
            mirror = base.replace("file:///", "file:/", 1)
            if address.startswith(f"{mirror}/"):
                return archive, address.removeprefix(f"{mirror}/")
        raise ToolError(f"apt-get names {address[:120]!r}, which is on no mirror of the lock")


def _stand_in(name: str, real: Mapping[str, str]) -> str:
    version = real.get("Version", "")
    provides = [f"{name} (= {version})", *filter(None, [real.get("Provides")])]
    return (
        f"Package: without-{name}\nVersion: {version}\n"
        f"Architecture: {real.get('Architecture', '')}\n"
        f"Provides: {', '.join(provides)}\nStatus: install ok installed\n\n"
    )


def _words(done: Completed) -> str:
    """apt's own errors, its first ones; the last line alone often says only that it failed."""
    lines = done.stderr.decode(errors="replace").splitlines()
    errors = [line.removeprefix("E: ") for line in lines if line.startswith("E: ")]
    return printable("; ".join(errors[:3])[:600]) or done.last_words or str(done.code)


def keyring(host_root: Path = Path("/")) -> Path:
    """The host's Debian archive keyring; raises `MirrorError` without one."""
    for name in KEYRINGS:
        if (host_root / name).is_file():
            return host_root / name
    raise MirrorError("no Debian archive keyring here; install debian-archive-keyring")
