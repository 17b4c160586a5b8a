"""A Debian mirror in a folder, signed with a throwaway key."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from simulators.images import control, deb
from support.absent import absent
from workflow_containers.debian.mirror import Mirrors

NOW = datetime.now(UTC)
_SUITES = (("debian", "trixie"), ("debian", "trixie-updates"), ("security", "trixie-security"))
_DATE = "%a, %d %b %Y %H:%M:%S UTC"


def require_tools() -> None:
    """apt and gpg, as every Debian has them."""
    missing = [name for name in ("apt-get", "apt-cache", "gpg") if shutil.which(name) is None]
    if missing:
        absent(f"{', '.join(missing)} of Debian")


@dataclass(frozen=True, kw_only=True)
class Key:
    """An OpenPGP key of its own folder; `ring` is its public part."""

    home: Path

    @classmethod
    def make(cls, home: Path) -> Key:
        home.mkdir(mode=0o700)
        key = cls(home=home)
        key.gpg("--passphrase", "", "--quick-generate-key", "mirror@test", "ed25519", "sign")
        key.gpg("--output", str(key.ring), "--export", "mirror@test")
        return key

    @property
    def ring(self) -> Path:
        return self.home / "ring.gpg"

    def gpg(self, *arguments: str) -> None:
        subprocess.run(
            ["gpg", "--homedir", str(self.home), "--batch", "--quiet", "--yes", *arguments],
            check=True,
            capture_output=True,
            timeout=60,
        )

    def sign(self, release: Path) -> None:
        """Sign a Release file in place, as InRelease."""
        self.gpg("--output", str(release.with_name("InRelease")), "--clearsign", str(release))

    def close(self) -> None:
        """End the agent that gpg started for the folder."""
        subprocess.run(
            ["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=False, timeout=60
        )


@dataclass(kw_only=True)
class DebianMirror:
    """The archives `debian` and `security` below `root`."""

    root: Path
    key: Key
    stanzas: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    @property
    def mirrors(self) -> Mirrors:
        return Mirrors(debian=f"file://{self.root}/debian", security=f"file://{self.root}/security")

    def add(
        self,
        name: str,
        *,
        version: str = "1.0-1",
        architecture: str = "all",
        more: str = "",
        data: bytes | None = None,
        suite: str = "trixie",
    ) -> Path:
        """Put a package in; `more` are further fields of its stanza."""
        archive = "security" if suite == "trixie-security" else "debian"
        made = data or deb(name, version=version, architecture=architecture, more=more)
        file = f"{name}_{version.rpartition(':')[2]}_{architecture}.deb"
        path = self.root / archive / f"pool/main/{name[0]}/{name}/{file}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made)
        stanza = control(name, version, architecture, more).decode()
        stanza += (
            f"Filename: {path.relative_to(self.root / archive)}\n"
            f"Size: {len(made)}\nSHA256: {hashlib.sha256(made).hexdigest()}\n"
        )
        for each in ("amd64", "arm64") if architecture == "all" else (architecture,):
            self.stanzas.setdefault((suite, each), {})[name] = stanza
        return path

    def publish(
        self, *, valid: timedelta = timedelta(days=7), tampered: Mapping[str, bytes] | None = None
    ) -> None:
        """Write and sign the indexes; `tampered` is added to files after they were digested."""
        for archive, suite in _SUITES:
            folder = self.root / archive / "dists" / suite
            files = {
                f"main/binary-{each}/Packages": "\n".join(
                    self.stanzas.get((suite, each), {}).values()
                ).encode()
                for each in ("amd64", "arm64")
            }
            for name, data in files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data + (tampered or {}).get(suite, b""))
            release = folder / "Release"
            release.write_text(_release(suite, files, NOW + valid), encoding="utf-8")
            self.key.sign(release)
            release.unlink()


def _release(suite: str, files: Mapping[str, bytes], until: datetime) -> str:
    digests = "".join(
        f" {hashlib.sha256(data).hexdigest()} {len(data)} {name}\n"
        for name, data in sorted(files.items())
    )
    date = min(NOW, until) - timedelta(hours=1)
    return (
        f"Origin: A test\nSuite: {suite}\nCodename: {suite}\n"
        f"Date: {date.strftime(_DATE)}\nValid-Until: {until.strftime(_DATE)}\n"
        f"Architectures: amd64 arm64\nComponents: main\nSHA256:\n{digests}"
    )
