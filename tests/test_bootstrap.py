"""The way from Python and git alone to a session."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_session_that_is_named_is_run(bootstrap: ModuleType) -> None:
    """Asked of nox itself, which lists what it selected with a star."""
    wanted, extra = bootstrap.split(["lint", "test", "--", "-k", "x"])
    assert (wanted, extra) == (["lint", "test"], ["--", "-k", "x"])
    command = [sys.executable, *bootstrap.nox(wanted, [])[1:], "--list"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    chosen = {line.split()[1] for line in listed.splitlines() if line.startswith("*")}
    assert chosen == {"lint", "test"}


def test_without_a_session_it_says_what_there_is(
    bootstrap: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bootstrap.main([]) == 2
    assert "bootstrap.py release" in capsys.readouterr().out


def deb(members: list[tarfile.TarInfo]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    out = b"!<arch>\n"
    for name, content in (("debian-binary", b"2.0\n"), ("data.tar.xz", packed.getvalue())):
        header = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
        out += header + content + b"\n" * (len(content) % 2)
    return out


def test_a_debian_package_is_unpacked_below_its_folder_alone(
    bootstrap: ModuleType, tmp_path: Path
) -> None:
    wheel, escape = tarfile.TarInfo("./usr/share/python-wheels/pip-1.whl"), tarfile.TarInfo("../x")
    wheel.size = 5
    (tmp_path / "in").mkdir()
    (tmp_path / "good.deb").write_bytes(deb([wheel]))
    bootstrap.unpack_data(tmp_path / "good.deb", tmp_path / "in")
    assert (tmp_path / "in/usr/share/python-wheels/pip-1.whl").read_bytes() == b"xxxxx"
    (tmp_path / "bad.deb").write_bytes(deb([escape]))
    with pytest.raises(tarfile.OutsideDestinationError):
        bootstrap.unpack_data(tmp_path / "bad.deb", tmp_path / "in")
    assert not (tmp_path / "x").exists()
