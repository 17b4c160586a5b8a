"""Resolving the locks: Debian packages by the host's apt, wheels by uv.

apt runs in a root of its own, so that neither the host's configuration nor its installed packages
take part; the indexes' signatures are checked against the host's Debian archive keyring.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from workflow_containers import architecture
from workflow_containers.debian.lock import Archive, Package
from workflow_containers.debian.mirror import Mirrors
from workflow_containers.definition import Definition
from workflow_containers.errors import MirrorError, ToolError
from workflow_containers.platform import Platform
from workflow_containers.run import Command, Completed, Run
from workflow_sbom.digest import Digest

KEYRINGS = (
    "usr/share/keyrings/debian-archive-keyring.gpg",
    "usr/share/keyrings/debian-archive-keyring.pgp",
)
_URI = re.compile(r"'(\S+)' (\S+) ([0-9]+) SHA256:([0-9a-f]{64})", re.ASCII)
_FILE = re.compile(r"([a-z0-9][a-z0-9+.-]+)_([^_]+)_([a-z0-9-]+)\.deb", re.ASCII)
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

    def resolve(self, suite: str, platform: Platform, names: Iterable[str]) -> tuple[Package, ...]:
        """The newest version of each package that the suite has for the platform.

        Raises `MirrorError` when the mirror can't be read or lacks one, `ToolError` without apt.
        """
        root = self._prepared(suite, platform)
        self._apt(root, platform, "update", "--error-on=any")
        wanted = sorted(set(names))
        printed = self._apt(root, platform, "--print-uris", "download", *wanted)
        packages = tuple(map(self._package, printed.stdout.decode().splitlines()))
        missing = sorted(set(wanted) - {package.name for package in packages})
        if missing:
            raise MirrorError(f"{suite} has no {', '.join(missing)} for {platform}")
        return packages

    def _prepared(self, suite: str, platform: Platform) -> Path:
        root = self.folder / f"{suite}-{platform.architecture}"
        for folder in _FOLDERS:
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / "var/lib/dpkg/status").touch()
        option = f"[arch={platform.architecture} signed-by={self.keyring}]"
        sources = (
            (self.mirrors.debian, suite),
            (self.mirrors.debian, f"{suite}-updates"),
            (self.mirrors.security, f"{suite}-security"),
        )
        lines = [f"deb {option} {mirror} {name} main\n" for mirror, name in sources]
        (root / "etc/apt/sources.list").write_text("".join(lines), encoding="utf-8")
        return root

    def _apt(self, root: Path, platform: Platform, *arguments: str) -> Completed:
        name = architecture.of(platform).debian
        options = {
            "Dir": root,
            "Dir::State::status": root / "var/lib/dpkg/status",
            "Dir::Etc::parts": "/nonexistent",
            "APT::Architecture": name,
            "APT::Architectures::": name,
            "APT::Sandbox::User": "",
            "Acquire::Languages": "none",
            "Acquire::ForceHash": "SHA256",
            "Acquire::Retries": "3",
            "Debug::NoLocking": "1",
        }
        flags = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
        done = self.run(
            Command(
                argv=["apt-get", *flags, "-qq", *arguments],
                cwd=root,
                env={**self.environment, "LC_ALL": "C.UTF-8", "APT_CONFIG": "/dev/null"},
                timeout=600,
            )
        )
        if done.code != 0:
            raise MirrorError(f"apt-get: {done.last_words or done.code}")
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
            ("debian-security", self.mirrors.security),
            ("debian", self.mirrors.debian),
        )
        for archive, mirror in pairs:
            if address.startswith(f"{mirror}/"):
                return archive, address.removeprefix(f"{mirror}/")
        raise ToolError(f"apt-get names {address[:120]!r}, which is on no mirror of the lock")


def keyring(host_root: Path = Path("/")) -> Path:
    """The host's Debian archive keyring; raises `MirrorError` without one."""
    for name in KEYRINGS:
        if (host_root / name).is_file():
            return host_root / name
    raise MirrorError("no Debian archive keyring here; install debian-archive-keyring")


def requirements(
    definition: Definition, root: Path, *, uv: Sequence[str], env: Mapping[str, str], run: Run
) -> str:
    """The hashed requirements of the image's wheels, from their projects' own requirements.

    What the repository itself brings is left out. Raises `ToolError`.
    """
    own = [part for member in definition.wheels for part in ("--no-emit-package", member.name)]
    extras = [part for member in definition.wheels for extra in member.extras
              for part in ("--extra", extra)]  # fmt: skip
    projects = [root / member.project / "pyproject.toml" for member in definition.wheels]
    done = run(
        Command(
            argv=[
                *uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes",
                "--no-header", "--no-annotate", "--python-version", definition.python,
                *own, *extras, *projects,
            ],
            cwd=root,
            env=env,
            timeout=600,
        )
    )  # fmt: skip
    if done.code != 0:
        raise ToolError(f"uv can't resolve the wheels of {definition.name}: {done.last_words}")
    return done.stdout.decode()
