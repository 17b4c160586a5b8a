from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from simulators import bases
from workflow_containers.base.bringing import from_layouts
from workflow_containers.errors import IntegrityError, LayoutError, MissingError
from workflow_containers.oci.reference import Reference
from workflow_containers.platform import AMD64, ARM64
from workflow_containers.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    return tmp_path / "layout"


def test_only_what_the_platform_needs_is_brought(layout: Path, store: Store) -> None:
    reference = bases.slim().write(layout)
    from_layouts([layout])(reference, AMD64, store)
    kept = {path.name for path in (store.folder / "blobs").iterdir()}
    assert len(kept) == 5  # index, manifest, configuration, two layers
    assert kept < {path.name for path in (layout / "blobs/sha256").iterdir()}


@pytest.mark.parametrize("prefix", ["", "./"])
def test_an_archive_is_read_where_it_stands(
    layout: Path, store: Store, tmp_path: Path, prefix: str
) -> None:
    reference = bases.slim().write(layout)
    archive = tmp_path / "base.tar"
    with tarfile.open(archive, "w") as out:
        for path in sorted(layout.rglob("*")):
            out.add(path, arcname=f"{prefix}{path.relative_to(layout)}", recursive=False)
    from_layouts([archive])(reference, AMD64, store)
    assert len(list((store.folder / "blobs").iterdir())) == 5


def test_the_first_that_has_it_is_taken(layout: Path, store: Store, tmp_path: Path) -> None:
    other, reference = tmp_path / "other", bases.slim().write(layout)
    bases.slim("3.13.9").write(other)
    from_layouts([other, layout])(reference, AMD64, store)
    assert reference.digest is not None
    assert store.has(reference.digest)
    with pytest.raises(MissingError, match=r"not in .*other"):
        from_layouts([other])(reference, AMD64, store)


def test_a_tag_alone_brings_nothing(layout: Path, store: Store) -> None:
    bases.slim().write(layout)
    with pytest.raises(MissingError, match="pinned to no digest"):
        from_layouts([layout])(Reference.parse(bases.NAME), AMD64, store)


def test_a_blob_that_the_layout_lacks_is_named(layout: Path, store: Store) -> None:
    reference = bases.slim().write(layout)
    layer = next(
        p for p in (layout / "blobs/sha256").iterdir() if p.read_bytes()[:2] == b"\x1f\x8b"
    )
    layer.unlink()

    def both() -> None:
        for platform in (AMD64, ARM64):
            from_layouts([layout])(reference, platform, store)

    with pytest.raises(MissingError, match=layer.name) as caught:
        both()
    assert "save the image again" in caught.value.remedy


def test_other_bytes_than_their_digest_says_are_not_kept(layout: Path, store: Store) -> None:
    reference = bases.slim().write(layout)
    for path in (layout / "blobs/sha256").iterdir():
        if path.read_bytes()[:2] == b"\x1f\x8b":
            path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(IntegrityError, match="has other bytes"):
        from_layouts([layout])(reference, AMD64, store)
    assert all(path.read_bytes()[:2] != b"\x1f\x8b" for path in (store.folder / "blobs").iterdir())


def test_a_document_of_gigabytes_is_not_read_whole(layout: Path, store: Store) -> None:
    reference = bases.slim().write(layout)
    assert reference.digest is not None
    with (layout / "blobs/sha256" / reference.digest.hex).open("r+b") as stream:
        stream.truncate(8 << 30)
    with pytest.raises(IntegrityError, match="has other bytes"):
        from_layouts([layout])(reference, AMD64, store)


@pytest.mark.parametrize("data", [b"", b"no archive", b"\x1f\x8b\x08\0"])
def test_what_is_no_layout_is_refused(tmp_path: Path, store: Store, data: bytes) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(data)
    with pytest.raises(LayoutError, match="no OCI layout"):
        from_layouts([path])(Reference.parse(f"{bases.NAME}@sha256:{'0' * 64}"), AMD64, store)


def test_a_file_that_is_not_there_is_told(tmp_path: Path, store: Store) -> None:
    reference = Reference.parse(f"{bases.NAME}@sha256:{'0' * 64}")
    with pytest.raises(LayoutError, match=r"none\.tar"):
        from_layouts([tmp_path / "none.tar"])(reference, AMD64, store)


def test_an_archive_of_links_is_followed_nowhere(tmp_path: Path, store: Store) -> None:
    """A blob's name that is a link to another file has no bytes of its own."""
    reference = Reference.parse(f"{bases.NAME}@sha256:{'0' * 64}")
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as out:
        info = tarfile.TarInfo(f"blobs/sha256/{'0' * 64}")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        out.addfile(info, io.BytesIO())
    with pytest.raises(MissingError, match="not in"):
        from_layouts([path])(reference, AMD64, store)
