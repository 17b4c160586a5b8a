"""What our wheels need, by the very files that a lock allows."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

import pytest

from support.git_repository import GitRepository
from support.package_index import offering
from support.workshops import Bench
from workflow_release.attesting.needed import needed
from workflow_release.building.artifacts.interface import LockFile
from workflow_release.errors import BuildError
from workflow_sbom.digest import Digest
from workflow_sbom.python.environment import Environment

PYTHON = Environment(python="3.13.0")


def wheel(folder: Path, name: str, *requires: str) -> str:
    """A wheel in a folder; its line in a lock."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-1.0.dist-info"
    lines = [f"Name: {name}", "Version: 1.0", "License-Expression: 0BSD"]
    lines += [f"Requires-Dist: {each}" for each in requires]
    files = {
        f"{info}/METADATA": "\n".join(["Metadata-Version: 2.4", *lines, ""]).encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\nRoot-Is-Purelib: true\n",
    }
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        rows = ""
        for member, data in files.items():
            archive.writestr(member, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            rows += f"{member},sha256={digest},{len(data)}\n"
        archive.writestr(f"{info}/RECORD", f"{rows}{info}/RECORD,,\n")
    return f"{name}==1.0 --hash={Digest.of(path.read_bytes())}\n"


def bench(tmp_path: Path) -> Bench:
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "wheels")}
    return Bench(scratch=tmp_path / "bench", environment=offline)


def test_licences_and_needs_are_those_of_the_files_that_the_lock_names(
    tmp_path: Path, repository: GitRepository
) -> None:
    repository.commit("feat: x")
    text = wheel(tmp_path / "wheels", "part", "other; python_version < '3'")
    text += f"old==1.0 ; python_version < '3.12' --hash=sha256:{'0' * 64}\n"
    shop = bench(tmp_path).workshop(repository)
    (found,) = needed(LockFile(name="lock.txt", content=text.encode()), PYTHON, shop)
    assert (found.name, str(found.version)) == ("part", "1.0")
    assert [str(each) for each in found.requires] == ['other; python_version < "3"']
    assert len(found.licences) == 1
    assert f"--hash=sha256:{found.hashes[0].hex}" in text


def test_what_has_no_wheel_is_known_by_the_lock_alone_and_that_is_said(
    tmp_path: Path, repository: GitRepository
) -> None:
    repository.commit("feat: x")
    text = wheel(tmp_path / "wheels", "part")
    text += f"bare==2.0 --hash=sha256:{'0' * 64}\n"
    environment = {
        **offering(tmp_path / "index", "bare-2.0.tar.gz"),
        "PIP_FIND_LINKS": str(tmp_path / "wheels"),
    }
    setup = Bench(scratch=tmp_path / "bench", environment=environment)
    lock = LockFile(name="lock.txt", content=text.encode())
    found = needed(lock, PYTHON, setup.workshop(repository))
    assert [each.name for each in found] == ["part"]
    assert setup.told.which("note") == {
        "bare 2.0 has no wheel that the lock allows: known by the lock"
    }


def test_what_cannot_be_asked_for_stops_a_release(
    tmp_path: Path, repository: GitRepository
) -> None:
    """Another machine would say more of it; a document is the same everywhere or is not made."""
    repository.commit("feat: x")
    wheel(tmp_path / "wheels", "part")
    lock = LockFile(name="lock.txt", content=f"part==2.0 --hash=sha256:{'0' * 64}\n".encode())
    with pytest.raises(
        BuildError, match=r"part 2\.0 can't be described: pip can't fetch"
    ) as caught:
        needed(lock, PYTHON, bench(tmp_path).workshop(repository))
    assert "index can be reached" in caught.value.remedy
