from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from workflow_release.attesting import sums
from workflow_release.errors import RecordError
from workflow_release.machine.run import Command, run
from workflow_sbom.digest import Digest

A = Digest("a" * 64)
B = Digest("b" * 64)


def test_lines_are_sorted_by_name() -> None:
    rendered = sums.render([sums.Sum("zebra", A), sums.Sum("Ant", B)])
    assert rendered == b"b" * 64 + b"  Ant\n" + b"a" * 64 + b"  zebra\n"


def test_what_was_rendered_is_read_back() -> None:
    listed = (sums.Sum("ant", A), sums.Sum("zebra", B))
    assert sums.parse(sums.render(listed)) == listed


@pytest.mark.parametrize(
    "data",
    [
        b"a" * 64 + b" ant\n",
        b"a" * 64 + b" *ant\n",
        b"A" * 64 + b"  ant\n",
        b"a" * 64 + b"  ant",
        b"a" * 64 + b"  ant\r\n",
        b"a" * 64 + b"  ant\n\n",
        b"a" * 64 + b"  ../ant\n",
        b"\\" + b"a" * 64 + b"  a\\nt\n",
        b"a" * 64 + b"  zebra\n" + b"b" * 64 + b"  ant\n",
        b"a" * 64 + b"  ant\n" + b"b" * 64 + b"  ant\n",
        b"a" * 64 + b"  Ant\n" + b"b" * 64 + b"  ant\n",
        b"a" * 63 + b"\xff  ant\n",
        b"a" * 64 + b"  ant\x0b" + b"b" * 64 + b"  bee\n",
        "".encode("utf-16"),
    ],
)
def test_any_other_text_is_refused(data: bytes) -> None:
    with pytest.raises(RecordError):
        sums.parse(data)


def test_a_name_twice_is_not_rendered() -> None:
    with pytest.raises(RecordError, match="twice ant"):
        sums.render([sums.Sum("ant", A), sums.Sum("ant", B)])


def test_sha256sum_accepts_it(tmp_path: Path) -> None:
    program = shutil.which("sha256sum")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("sha256sum is missing in CI")
        pytest.skip("sha256sum is not installed: its reading of SHA256SUMS is NOT tested")
    (tmp_path / "a-1.whl").write_bytes(b"wheel")
    (tmp_path / "b").write_bytes(b"")
    listed = [
        sums.Sum("a-1.whl", Digest(hashlib.sha256(b"wheel").hexdigest())),
        sums.Sum("b", Digest(hashlib.sha256(b"").hexdigest())),
    ]
    (tmp_path / "SHA256SUMS").write_bytes(sums.render(listed))
    command = Command(
        argv=[program, "--check", "--strict", "SHA256SUMS"], cwd=tmp_path, env={"LC_ALL": "C"}
    )
    assert run(command).stdout == b"a-1.whl: OK\nb: OK\n"
    (tmp_path / "b").write_bytes(b"x")
    assert run(command).code == 1
