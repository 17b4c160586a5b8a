"""Laws of normal forms: same members, same bytes; twice is once; nothing is lost."""

from __future__ import annotations

import gzip
import io
import os
import random
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_release.building.archive import normalise_sdist
from workflow_release.building.wheels import normalise_wheel
from workflow_release.errors import BuildError

PARTS = st.text("abcXYZ01._-é ", min_size=1, max_size=6).filter(lambda part: part.strip(".") != "")
PATHS = st.lists(PARTS, min_size=1, max_size=3).map("/".join)
EPOCHS = st.integers(0, 1 << 33)
SHAPES = st.randoms(use_true_random=False)


def _no_file_is_a_folder(files: Mapping[str, object]) -> bool:
    return not any(other.startswith(f"{path}/") for path in files for other in files)


FILES = st.dictionaries(
    PATHS, st.tuples(st.binary(max_size=2000), st.booleans()), min_size=1, max_size=8
).filter(_no_file_is_a_folder)
Files = dict[str, tuple[bytes, bool]]


def some_tar(files: Files, shape: random.Random) -> bytes:
    """One of the many archives with these members."""
    out = io.BytesIO()
    paths = shape.sample(sorted(files), len(files))
    layout = shape.choice([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
    with tarfile.open(fileobj=out, mode="w", format=layout) as tar:
        for path in paths:
            content, executable = files[path]
            info = tarfile.TarInfo(path)
            info.size, info.mtime = len(content), shape.randrange(1 << 31)
            info.mode = shape.choice([0o700, 0o775] if executable else [0o600, 0o664, 0o4644])
            info.uid, info.uname = shape.randrange(60_000), shape.choice(["", "root", "someone"])
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(out.getvalue(), shape.randrange(10), mtime=shape.randrange(1 << 31))


def some_zip(files: Files, shape: random.Random) -> bytes:
    """One of the many archives with these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in shape.sample(sorted(files), len(files)):
            content, executable = files[path]
            info = zipfile.ZipInfo(path, (shape.randrange(1980, 2100), 1, 2, 3, 4, 6))
            info.external_attr = (0o100775 if executable else 0o100600) << 16
            info.create_system = shape.choice([0, 3]) if not executable else 3
            info.compress_type = shape.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
            archive.writestr(info, content)
    return out.getvalue()


def sdist(data: bytes, epoch: int, umask: int = 0o022) -> bytes:
    return _normal(data, epoch, umask, ".tar.gz")


def wheel(data: bytes, epoch: int, umask: int = 0o022) -> bytes:
    return _normal(data, epoch, umask, ".whl")


def _normal(data: bytes, epoch: int, umask: int, suffix: str) -> bytes:
    before = os.umask(umask)
    try:
        with tempfile.TemporaryDirectory() as folder:
            source, out = Path(folder, f"in{suffix}"), Path(folder, f"out{suffix}")
            source.write_bytes(data)
            {".whl": normalise_wheel, ".tar.gz": normalise_sdist}[suffix](source, out, epoch)
            return out.read_bytes()
    finally:
        os.umask(before)


@given(files=FILES, one=SHAPES, other=SHAPES, epoch=EPOCHS)
def test_one_form_of_an_sdist(
    files: Files, one: random.Random, other: random.Random, epoch: int
) -> None:
    assert sdist(some_tar(files, one), epoch) == sdist(some_tar(files, other), epoch, 0o077)


@given(files=FILES, one=SHAPES, other=SHAPES, epoch=EPOCHS)
def test_one_form_of_a_wheel(
    files: Files, one: random.Random, other: random.Random, epoch: int
) -> None:
    assert wheel(some_zip(files, one), epoch) == wheel(some_zip(files, other), epoch, 0o077)


@given(files=FILES, shape=SHAPES, epoch=EPOCHS)
def test_normalising_twice_is_normalising_once(
    files: Files, shape: random.Random, epoch: int
) -> None:
    for normal, made in ((sdist, some_tar(files, shape)), (wheel, some_zip(files, shape))):
        once = normal(made, epoch)
        assert normal(once, epoch) == once


@given(files=FILES, shape=SHAPES, epoch=EPOCHS)
def test_nothing_is_lost_or_added(files: Files, shape: random.Random, epoch: int) -> None:
    with tarfile.open(fileobj=io.BytesIO(sdist(some_tar(files, shape), epoch))) as tar:
        kept = {m.name: (_read(tar, m), bool(m.mode & 0o100)) for m in tar.getmembers()}
    assert kept == files
    with zipfile.ZipFile(io.BytesIO(wheel(some_zip(files, shape), epoch))) as archive:
        found = archive.infolist()
        assert archive.testzip() is None
        stored = {i.filename: (archive.read(i), bool(i.external_attr >> 22 & 1)) for i in found}
    assert stored == files


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(member)
    assert stream is not None
    return stream.read()


@settings(max_examples=300)
@given(files=FILES, shape=SHAPES, position=st.floats(0, 0.999), bit=st.integers(0, 7))
def test_a_damaged_archive_is_refused_or_is_another_but_never_breaks(
    files: Files, shape: random.Random, position: float, bit: int
) -> None:
    def damaged(made: bytes) -> bytes:
        at = int(position * len(made))
        return made[:at] + bytes([made[at] ^ 1 << bit]) + made[at + 1 :]

    packed = some_tar(files, shape)
    said = [
        refusal(sdist, damaged(packed)),
        refusal(sdist, gzip.compress(damaged(gzip.decompress(packed)), 0)),
        refusal(wheel, damaged(some_zip(files, shape))),
    ]
    assert "".join(said).isprintable()


def refusal(normal: Callable[[bytes, int], bytes], data: bytes) -> str:
    try:
        normal(data, 0)
    except BuildError as error:
        return error.message.replace("\n", "")
    return ""
