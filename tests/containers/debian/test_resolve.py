from __future__ import annotations

from pathlib import Path

import pytest

from simulators.images import MIRRORS
from workflow_containers.debian.lock import Package
from workflow_containers.debian.resolve import Apt, keyring
from workflow_containers.errors import MirrorError, ToolError
from workflow_containers.platform import AMD64, ARM64
from workflow_containers.run import Command, Completed
from workflow_sbom.digest import Digest

SHA = "a" * 64
PRINTED = f"""\
'https://mirror.test/debian/pool/main/z/zlib/zlib1g_1.3.1-1%2bb1_amd64.deb'\
 zlib1g_1%3a1.3.1-1+b1_amd64.deb 88720 SHA256:{SHA}
'https://mirror.test/security/pool/updates/main/g/glibc/libc6_2.41-12%2bdeb13u5_amd64.deb'\
 libc6_2.41-12+deb13u5_amd64.deb 12 SHA256:{SHA}
"""


class FakeApt:
    """Prints what apt-get prints."""

    def __init__(self, printed: str = PRINTED, code: int = 0) -> None:
        self.printed, self.code = printed, code
        self.commands: list[list[str]] = []
        self.sources = ""

    def __call__(self, command: Command, /) -> Completed:
        argv = [str(part) for part in command.argv]
        self.commands.append(argv)
        self.sources = (command.cwd / "etc/apt/sources.list").read_text(encoding="utf-8")
        if self.code:
            return Completed(code=self.code, stdout=b"", stderr=b"E: no \x07 network\n")
        return Completed(code=0, stdout=b"" if "update" in argv else self.printed.encode())


def apt(tmp_path: Path, run: FakeApt) -> Apt:
    return Apt(folder=tmp_path, mirrors=MIRRORS, keyring=Path("/k.gpg"), environment={}, run=run)


def test_what_apt_prints_becomes_packages_without_a_host(tmp_path: Path) -> None:
    found = apt(tmp_path, FakeApt()).open("trixie", AMD64).named(["zlib1g", "libc6"])
    assert found == (
        Package(
            name="zlib1g",
            version="1:1.3.1-1+b1",
            architecture="amd64",
            archive="debian",
            path="pool/main/z/zlib/zlib1g_1.3.1-1+b1_amd64.deb",
            size=88720,
            sha256=Digest(SHA),
        ),
        Package(
            name="libc6",
            version="2.41-12+deb13u5",
            architecture="amd64",
            archive="debian-security",
            path="pool/updates/main/g/glibc/libc6_2.41-12+deb13u5_amd64.deb",
            size=12,
            sha256=Digest(SHA),
        ),
    )


def test_the_hosts_configuration_and_packages_take_no_part(tmp_path: Path) -> None:
    run = FakeApt()
    apt(tmp_path, run).open("trixie", ARM64).named(["zlib1g", "libc6"])
    root = tmp_path / "trixie-arm64"
    assert all(f"Dir={root}" in argv for argv in run.commands)
    assert "APT::Architecture=arm64" in run.commands[0]
    assert run.sources.splitlines() == [
        "deb [arch=arm64 signed-by=/k.gpg] https://mirror.test/debian trixie main",
        "deb [arch=arm64 signed-by=/k.gpg] https://mirror.test/debian trixie-updates main",
        "deb [arch=arm64 signed-by=/k.gpg] https://mirror.test/security trixie-security main",
    ]
    assert (root / "var/lib/dpkg/status").read_bytes() == b""


def test_a_failure_is_told_in_apts_words(tmp_path: Path) -> None:
    with pytest.raises(MirrorError) as caught:
        apt(tmp_path, FakeApt(code=100)).open("trixie", AMD64).named(["libc6"])
    assert str(caught.value) == "apt-get: no \\x07 network"


def test_a_package_the_suite_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(MirrorError, match="trixie has no tzdata for linux/amd64"):
        apt(tmp_path, FakeApt()).open("trixie", AMD64).named(["zlib1g", "libc6", "tzdata"])


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        f"'https://evil.test/pool/x_1_all.deb' x1_1_all.deb 1 SHA256:{SHA}",
        "'https://mirror.test/debian/pool/x_1_all.deb' x1_1_all.deb 1 MD5:abc",
        f"'https://mirror.test/debian/pool/x.deb' x.deb 1 SHA256:{SHA}",
    ],
)
def test_a_line_that_is_no_package_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(ToolError, match="apt-get"):
        apt(tmp_path, FakeApt(line)).open("trixie", AMD64).named(["x1"])


def test_a_machine_without_debians_keys_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(MirrorError, match="install debian-archive-keyring"):
        keyring(tmp_path)
    path = tmp_path / "usr/share/keyrings/debian-archive-keyring.pgp"
    path.parent.mkdir(parents=True)
    path.touch()
    assert keyring(tmp_path) == path
