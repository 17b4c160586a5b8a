from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.version import Version

from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.errors import InventoryError, ModelError
from workflow_sbom.model.licence import NamedLicence, SpdxLicence
from workflow_sbom.model.parts import Contact, ExternalReference
from workflow_sbom.python import contents, distribution
from workflow_sbom.python.components import component_of
from workflow_sbom.python.distribution import Distribution, from_metadata, from_sdist, from_wheel

MakeArtifact = Callable[[str, Mapping[str, bytes]], ArtifactFile]
WHOLE = """\
Metadata-Version: 2.4
Name: Demo.Pack
Version: 1.0.0-dev.3
Summary: A demonstration,
        on two lines.
License-Expression: MIT
Author-email: Ann Öz <ann@example.org>, bob@example.org
Project-URL: Homepage, https://example.org/
Project-URL: Source Code, https://example.org/src?a=b%20c
Project-URL: Bug Tracker, https://example.org/bugs
Project-URL: Funding, https://example.org/money
Project-URL: Documentation, https://user:secret@example.org/docs
Project-URL: Changelog, javascript:alert(1)
Requires-Dist: anyio>=4
Requires-Dist: uvloop>=0.15; sys_platform != "win32" and extra == "fast"
Provides-Extra: fast

Long description.
"""
LEAST = b"Metadata-Version: 2.1\nName: demo\nVersion: 1\n"


def with_fields(fields: str) -> bytes:
    return LEAST + fields.encode()


def test_reads_what_matters() -> None:
    assert from_metadata(WHOLE.encode()) == Distribution(
        name="Demo.Pack",
        version=Version("1.0.0.dev3"),
        requires=(
            Requirement("anyio>=4"),
            Requirement('uvloop>=0.15; sys_platform != "win32" and extra == "fast"'),
        ),
        summary="A demonstration, on two lines.",
        licences=(SpdxLicence("MIT"),),
        authors=(Contact("", "bob@example.org"), Contact("Ann Öz", "ann@example.org")),
        references=(
            ExternalReference("issue-tracker", "https://example.org/bugs"),
            ExternalReference("vcs", "https://example.org/src?a=b%20c"),
            ExternalReference("website", "https://example.org/"),
        ),
    )
    assert from_metadata(WHOLE.encode()).key == "demo-pack"


def test_what_is_not_said_is_absent() -> None:
    assert from_metadata(LEAST) == Distribution(name="demo", version=Version("1"))
    assert from_metadata(with_fields("Summary: UNKNOWN\nHome-page: UNKNOWN\n")) == from_metadata(
        LEAST
    )


@pytest.mark.parametrize(
    ("fields", "authors"),
    [
        ("Author: Ann\n", (Contact("Ann"),)),
        ("Author: Ann\nAuthor-email: a@example.org\n", (Contact("Ann", "a@example.org"),)),
        ("Author: Ann\nAuthor-email: B <b@example.org>\n", (Contact("B", "b@example.org"),)),
        ("Author-email: a@example.org\n", (Contact("", "a@example.org"),)),
        ("Author: a\x1b[2J\n", ()),
    ],
)
def test_authors(fields: str, authors: tuple[Contact, ...]) -> None:
    assert from_metadata(with_fields(fields)).authors == authors


def test_licence_of_old_metadata() -> None:
    assert from_metadata(with_fields("License: PSFL\n")).licences == (NamedLicence("PSFL"),)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Name: demo\n",
        b"Version: 1\n",
        b"Name: de mo\nVersion: 1\n",
        b"Name: ../demo\nVersion: 1\n",
        b"Name: demo\nVersion: one\n",
        b"Name: demo\nVersion: 1\nRequires-Dist: a b c\n",
        b"Name: demo\nVersion: 1\nRequires-Dist: a; python_version !!\n",
        b"Name: demo\nVersion: 1\nName: other\n",
        b"\x00" * 64,
        b"x" * (distribution.MAX_METADATA + 1),
    ],
)
def test_refuses_what_does_not_say_what_it_is(data: bytes) -> None:
    with pytest.raises(InventoryError):
        from_metadata(data)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["Summary", "Author", "Author-email", "License", "Home-page", "Project-URL"]
            ),
            st.text(max_size=30)
            | st.sampled_from(["Homepage, https://x/%zz", "Source, http://[::1", "a <b", "\t"]),
        ),
        max_size=6,
    )
)
def test_informing_fields_never_make_a_refusal_or_an_invalid_value(
    fields: list[tuple[str, str]],
) -> None:
    lines = "".join(f"{key}: {' '.join(value.split())}\n" for key, value in fields)
    try:
        found = from_metadata(b"Name: demo\nVersion: 1\n" + lines.encode("utf-8", "replace"))
    except InventoryError:
        return
    assert found.key == "demo"


def test_from_wheel(make_wheel: MakeArtifact) -> None:
    files = {
        "demo/__init__.py": b"",
        "demo-1.dist-info/METADATA": LEAST + b"Dynamic: Requires-Dist\n",
        "demo-1.dist-info/sboms/inner.cdx.json": b"{}",
        "demo-1.dist-info/RECORD": b"",
    }
    wheel = make_wheel("demo-1-py3-none-any.whl", files)
    found = from_wheel(wheel.path, hashes=wheel.hashes)
    assert found.hashes == wheel.hashes
    (inner,) = found.contents.documents
    assert (inner.path, inner.name, inner.data) == (
        "demo-1.dist-info/sboms/inner.cdx.json",
        "inner.cdx.json",
        b"{}",
    )
    assert found.place == "demo-1.dist-info/METADATA"
    assert not found.dynamic


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"demo/METADATA": LEAST},
        {"demo-1.dist-info/sub.dist-info/METADATA": LEAST},
        {"demo-1.dist-info/METADATA": LEAST, "other-1.dist-info/METADATA": LEAST},
        {"demo-1.dist-info/METADATA": b"x" * (distribution.MAX_METADATA + 1)},
    ],
)
def test_a_wheel_has_one_metadata_file(make_wheel: MakeArtifact, files: dict[str, bytes]) -> None:
    with pytest.raises(InventoryError):
        from_wheel(make_wheel("demo-1-py3-none-any.whl", files).path)


def test_from_sdist(make_tarball: MakeArtifact) -> None:
    files = {
        "demo-1/PKG-INFO": LEAST + b"Dynamic: Requires-Dist\n",
        "demo-1/src/demo.egg-info/PKG-INFO": b"Name: other\nVersion: 2\n",
    }
    found = from_sdist(make_tarball("demo-1.tar.gz", files).path)
    assert (found.name, found.dynamic) == ("demo", True)


def test_a_source_distribution_has_its_metadata_at_the_top(make_tarball: MakeArtifact) -> None:
    archive = make_tarball("demo-1.tar.gz", {"demo-1/src/PKG-INFO": LEAST})
    with pytest.raises(InventoryError, match="no PKG-INFO"):
        from_sdist(archive.path)


def test_damaged_compressed_data_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "demo-1-py3-none-any.whl"
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        with zipfile.ZipFile(path, "w", method) as archive:
            archive.writestr("demo-1.dist-info/METADATA", LEAST * 100)
        data = bytearray(path.read_bytes())
        data[60:70] = b"\xff" * 10
        path.write_bytes(data)
        with pytest.raises(InventoryError, match="no readable wheel"):
            from_wheel(path)


@pytest.mark.parametrize("read", [from_wheel, from_sdist])
def test_what_is_no_archive_is_refused(make_wheel: MakeArtifact, read: Any) -> None:
    artifact = make_wheel("demo.whl", {"a": b""})
    for data in (b"", b"PK\x03\x04", b"\x1f\x8b" + bytes(64), artifact.path.read_bytes()[:-10]):
        artifact.path.write_bytes(data)
        with pytest.raises(InventoryError):
            read(artifact.path)


def test_requirements_that_can_not_be_read_are_not_left_out() -> None:
    with pytest.raises(InventoryError, match="a Requires-Dist that is not UTF-8"):
        from_metadata(LEAST + b"Requires-Dist: a\xff\n")
    with pytest.raises(InventoryError, match="malformed Requires-Dist"):
        from_metadata(with_fields(f"Requires-Dist: a; {'(' * 9000}os_name == 'x'{')' * 9000}\n"))


def test_ten_thousand_requirements_are_read_and_more_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = "".join(f"Requires-Dist: r{number}\n" for number in range(10_000))
    assert len(from_metadata(with_fields(many)).requires) == 10_000
    monkeypatch.setattr(distribution, "MAX_REQUIRES", 9_999)
    with pytest.raises(InventoryError, match="10000 Requires-Dist; at most 9999"):
        from_metadata(with_fields(many))


def test_a_field_that_stands_twice_decides_nothing() -> None:
    with pytest.raises(InventoryError, match="names no distribution"):
        from_metadata(LEAST + b"Version: 2\n")


def test_a_wheel_of_too_many_files(
    make_wheel: MakeArtifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distribution, "MAX_MEMBERS", 1)
    wheel = make_wheel("demo-1-py3-none-any.whl", {"a": b"", "demo-1.dist-info/METADATA": LEAST})
    with pytest.raises(InventoryError, match="more than 1 files"):
        from_wheel(wheel.path)


# Attacks on a wheel: what it unpacks to is bounded, whatever it claims.


def packed(path: Path, **members: bytes) -> Path:
    """A wheel of compressed members; `__` in a name is a slash."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"demo-1.dist-info/{name.replace('__', '/')}", data)
    return path


def test_metadata_that_unpacks_to_more_than_is_read(tmp_path: Path) -> None:
    bomb = packed(tmp_path / "demo-1-py3-none-any.whl", METADATA=LEAST + b" " * (64 << 20))
    assert bomb.stat().st_size < 1 << 20
    with pytest.raises(InventoryError, match="at most 4194304 are read"):
        from_wheel(bomb)


def test_a_document_that_unpacks_to_more_than_is_read_is_cut(tmp_path: Path) -> None:
    members = {"METADATA": LEAST, "sboms__a.cdx.json": b" " * (20 << 20)}
    (document,) = from_wheel(packed(tmp_path / "demo.whl", **members)).contents.documents
    assert len(document.data) == (16 << 20) + 1


def test_libraries_that_unpack_to_more_than_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "MAX_LIBRARY_BYTES", 1 << 20)
    bomb = packed(tmp_path / "demo.whl", METADATA=LEAST, **{"libbomb.so": b"\0" * (2 << 20)})
    with pytest.raises(InventoryError, match="libraries of more than"):
        from_wheel(bomb)


def test_names_that_a_terminal_would_act_on(tmp_path: Path) -> None:
    wheel = packed(tmp_path / "demo.whl", METADATA=LEAST, **{"lib\x1b[2J.so": b""})
    with pytest.raises(ModelError, match="holds control characters"):
        component_of(from_wheel(wheel))


def test_a_member_that_is_not_what_the_directory_says(tmp_path: Path) -> None:
    wheel = packed(tmp_path / "demo.whl", METADATA=LEAST, **{"liba.so": b"a" * 1000})
    data = wheel.read_bytes().replace(b"demo-1.dist-info/liba.so", b"demo-1.dist-info/libb.so", 1)
    wheel.write_bytes(data)
    with pytest.raises(InventoryError, match="no readable wheel"):
        from_wheel(wheel)
