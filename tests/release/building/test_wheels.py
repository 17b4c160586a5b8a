"""Wheels in one normal form, and wheels that must not be read at all."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import stat
import struct
import sys
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from support import built
from workflow_release.building import wheels
from workflow_release.building.wheels import ZipWriter, normalise_wheel
from workflow_release.errors import BuildError
from workflow_release.machine.run import Command, run
from workflow_sbom.digest import measure_file

EPOCH = 1_700_000_000  # 2023-11-14 22:13:20


def wheel(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "thing-1.2.3-py3-none-any.whl"
    path.write_bytes(data)
    return path


def zipped(*names: str, attributes: int = 0o100644 << 16) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        for name, letter in zip(names, "XY", strict=False):
            info = zipfile.ZipInfo(letter * len(name))
            info.external_attr = attributes
            written.writestr(info, b"content")
    data = out.getvalue()
    for name, letter in zip(names, "XY", strict=False):  # zipfile itself mends names
        data = data.replace((letter * len(name)).encode(), name.encode(), 2)
    return data


ZIP = "aa784145de601a6e65b6d1b497ad6565002f95e8b71bf15b93b608671de48ce2"


def test_the_bytes_are_known(tmp_path: Path) -> None:
    """The same on every machine; when a pinned compressor changes, this is where it is seen."""
    body = "".join(f"line {number}\n" for number in range(20_000)).encode()
    with (tmp_path / "out.whl").open("xb") as stream:
        writer = ZipWriter(stream, EPOCH)
        writer.add("t/ä", io.BytesIO(body), executable=False)
        writer.add("t/b", io.BytesIO(b""), executable=True)
        writer.finish()
    assert measure_file(tmp_path / "out.whl").digest.hex == ZIP


def test_a_wheel_has_one_form(tmp_path: Path) -> None:
    files = {"thing/run": b"#!", **built.wheel_files()}
    source = wheel(tmp_path, built.wheel(files, modes={"thing/run": 0o100775}))
    normalise_wheel(source, tmp_path / "out.whl", EPOCH)
    with zipfile.ZipFile(tmp_path / "out.whl") as made, zipfile.ZipFile(source) as given:
        assert made.testzip() is None
        assert [info.filename for info in made.infolist()] == [
            "thing/__init__.py",
            "thing/core.py",
            "thing/run",
            "thing-1.2.3.dist-info/METADATA",
            "thing-1.2.3.dist-info/WHEEL",
            "thing-1.2.3.dist-info/licenses/LICENSE",
            "thing-1.2.3.dist-info/sboms/thing.cdx.json",
            "thing-1.2.3.dist-info/RECORD",
        ]
        for info in made.infolist():
            mode = 0o755 if info.filename == "thing/run" else 0o644
            assert info.external_attr >> 16 == stat.S_IFREG | mode
            assert info.date_time == (2023, 11, 14, 22, 13, 20)
            assert (info.compress_type, info.create_system) == (zipfile.ZIP_DEFLATED, 3)
            assert (info.extra, info.comment, info.flag_bits) == (b"", b"", 0)
            assert made.read(info) == given.read(info.filename)


@pytest.mark.parametrize(
    ("epoch", "said"),
    [
        (-(1 << 40), (1980, 1, 1, 0, 0, 0)),
        (0, (1980, 1, 1, 0, 0, 0)),
        (315_532_800, (1980, 1, 1, 0, 0, 0)),
        (1 << 40, (2107, 12, 31, 23, 59, 58)),
    ],
)
def test_a_time_that_a_zip_cannot_name_becomes_the_nearest(
    tmp_path: Path, epoch: int, said: tuple[int, ...]
) -> None:
    normalise_wheel(wheel(tmp_path, built.wheel()), tmp_path / "out.whl", epoch)
    with zipfile.ZipFile(tmp_path / "out.whl") as made:
        assert {info.date_time for info in made.infolist()} == {said}


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../x", "a/../../x", "a\\..\\x", "C:\\x", "a//b", "./a", "a\x1b[2J"]
)
def test_a_wheel_that_could_escape_or_hide_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BuildError, match="no path inside the archive"):
        normalise_wheel(wheel(tmp_path, zipped("fine", name)), tmp_path / "out", EPOCH)


def test_a_wheel_with_a_member_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="'same' stands twice"):
        normalise_wheel(wheel(tmp_path, zipped("same", "same")), tmp_path / "out", EPOCH)


def test_a_wheels_link_becomes_the_text_it_is(tmp_path: Path) -> None:
    data = zipped("link", attributes=0o120777 << 16)
    normalise_wheel(wheel(tmp_path, data), tmp_path / "out.whl", EPOCH)
    with zipfile.ZipFile(tmp_path / "out.whl") as made:
        assert stat.S_ISREG(made.infolist()[0].external_attr >> 16)


def _lying(size: int) -> bytes:
    """A wheel whose one member claims another size than it has."""
    data = zipped("name")
    return data.replace(struct.pack("<LL", 7, 7), struct.pack("<LL", 7, size))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive",
        built.wheel()[:-30],
        built.wheel()[: len(built.wheel()) // 2],
        built.wheel().replace(b"PK\x03\x04", b"PK\x03\x05"),
        _lying(3),
        _lying(3000),
        zipped("name").replace(b"content", b"c0ntent"),
        built.wheel()[:60] + bytes(40) + built.wheel()[100:],
    ],
)
def test_what_is_no_wheel_is_told(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BuildError, match="no readable wheel"):
        normalise_wheel(wheel(tmp_path, data), tmp_path / "out", EPOCH)


def test_an_encrypted_wheel_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped("name"))
    data[data.index(b"PK\x03\x04") + 6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(BuildError, match="is encrypted"):
        normalise_wheel(wheel(tmp_path, bytes(data)), tmp_path / "out", EPOCH)


@pytest.mark.filterwarnings("ignore:Overlapped entries")  # Python 3.13 says so, then goes on
def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    data = zipped("one")
    directory, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = data[directory:end]
    two = entry + entry.replace(b"one", b"two")
    tail = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 2, 2, len(two), directory, 0)
    with pytest.raises(BuildError, match="no readable wheel"):
        normalise_wheel(wheel(tmp_path, data[:directory] + two + tail), tmp_path / "out", EPOCH)


def test_a_normalised_wheel_is_installed_and_its_record_is_true(tmp_path: Path) -> None:
    source = wheel(tmp_path, built.wheel())
    made = tmp_path / "made" / source.name
    made.parent.mkdir()
    normalise_wheel(source, made, EPOCH)
    with zipfile.ZipFile(made) as archive_:
        text = archive_.read("thing-1.2.3.dist-info/RECORD").decode()
        rows = {path: digest for path, digest, _ in csv.reader(text.splitlines())}
        assert rows.keys() == set(archive_.namelist())
        for path, digest in rows.items():
            if digest:
                hashed = base64.urlsafe_b64encode(hashlib.sha256(archive_.read(path)).digest())
                assert digest == f"sha256={hashed.decode().rstrip('=')}"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    command = Command(
        argv=[*pip, "--target", tmp_path / "target", made], cwd=tmp_path, env={"HOME": "/"}
    )
    assert run(command).code == 0
    assert (tmp_path / "target" / "thing" / "core.py").is_file()


def test_a_wheel_of_too_many_bytes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="more than 65534 members or"):
        normalise_wheel(wheel(tmp_path, _lying(0xFFFF_FFFE)), tmp_path / "out", EPOCH)


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "_MAX_ZIPPED", 3)
    with pytest.raises(BuildError, match="more than 3 members"):
        normalise_wheel(wheel(tmp_path, built.wheel()), tmp_path / "out", EPOCH)


def test_members_are_added_and_take_the_place_of_others(tmp_path: Path) -> None:
    source = wheel(tmp_path, built.wheel({"thing/a.py": b"a", "thing/c.py": b"c"}))
    written = {"thing/b.py": b"new", "thing/c.py": b"other"}
    normalise_wheel(source, tmp_path / "out.whl", EPOCH, written)
    with zipfile.ZipFile(tmp_path / "out.whl") as made:
        contents = {name: made.read(name) for name in made.namelist()}
    assert sorted(contents) == ["RECORD", "thing/a.py", "thing/b.py", "thing/c.py"]
    assert contents["thing/a.py"] == b"a"
    assert written.items() <= contents.items()


def test_memory_does_not_grow_with_size(tmp_path: Path) -> None:
    class Zeros(io.BytesIO):
        left = 40 << 20

        def read(self, size: int | None = -1) -> bytes:
            given = bytes(min(size or 0, self.left))
            self.left -= len(given)
            return given

    tracemalloc.start()
    with (tmp_path / "out.whl").open("xb") as stream:
        writer = ZipWriter(stream, EPOCH)
        writer.add("zeros", Zeros(), executable=False)
        writer.finish()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20
