from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest

from workflow_sbom.digest import Digest
from workflow_sbom.errors import InventoryError
from workflow_sbom.model.licence import SpdxLicence
from workflow_sbom.python import contents
from workflow_sbom.python.contents import Contents, Document, is_licence, read
from workflow_sbom.python.libraries import Library

INFO = "demo-1.dist-info"


@dataclass(frozen=True, slots=True)
class Files:
    """A tree of files in memory; one whose content is None is recorded and not there."""

    files: Mapping[str, bytes | None]

    def names(self) -> list[str]:
        return [*self.files, *self.files]

    def open(self, name: str) -> io.BytesIO:
        data = self.files[name]
        if data is None:
            raise FileNotFoundError(name)
        return io.BytesIO(data)


def test_pure_code_holds_nothing_else() -> None:
    assert read(Files({"demo/__init__.py": b"", f"{INFO}/METADATA": b""}), INFO) == Contents()


def test_distributions_copied_into_another() -> None:
    files = {
        "demo/_vendor/idna-3.dist-info/METADATA": b"Name: idna",
        "demo/vendored/sub/six-1.dist-info/METADATA": b"Name: six",
        "demo/tests/data/x-1.dist-info/METADATA": b"Name: x",
        f"{INFO}/METADATA": b"Name: demo",
        "demo/_vendor/gone-1.dist-info/METADATA": None,
    }
    assert [each.path for each in read(Files(files), INFO).vendored] == [
        "demo/_vendor/idna-3.dist-info/METADATA",
        "demo/vendored/sub/six-1.dist-info/METADATA",
    ]


def test_documents_libraries_and_machine_code() -> None:
    files = {
        f"{INFO}/sboms/a.json": b"{}",
        f"{INFO}/sboms/sub/b.json": b"[]",
        "other-1.dist-info/sboms/c.json": b"{}",
        "demo.libs/libz-dd453c56.so.1": b"z",
        "demo/_speed.abi3.so": b"own",
        "demo/plain.so": b"own",
        "demo/libgone.so.1": None,
    }
    assert read(Files(files), INFO) == Contents(
        documents=(
            Document(path=f"{INFO}/sboms/a.json", data=b"{}"),
            Document(path=f"{INFO}/sboms/sub/b.json", data=b"[]"),
        ),
        libraries=(Library(path="demo.libs/libz-dd453c56.so.1", digest=Digest.of(b"z")),),
        native=True,
        missing=("demo/libgone.so.1",),
    )


LICENCE = """\
MIT License

Copyright (c) 2019 Ann Öz
  Copyright  2020-2024,   The demo authors
\u00a9 2001 Bob
Copyright [yyyy] [name of copyright owner]
Copyright (C) 2007 Free Software Foundation, Inc. <https://fsf.org/>
The above copyright notice of 2019 and this permission notice shall be included
Copyright 2019 \x1b[31mred
Copyright (c) 2019 Ann Öz
"""


def test_copyright_as_licence_files_state_it() -> None:
    text = LICENCE.encode() + b"Copyright 2019 bad \xff\nCopyright 2019 " + b"x" * 500
    files = {f"{INFO}/licenses/LICENSE": text, "demo/LICENSE": b"Copyright 1999 Another"}
    assert read(Files(files), INFO).copyright == (
        "Copyright (c) 2019 Ann Öz",
        "Copyright 2020-2024, The demo authors",
        "\u00a9 2001 Bob",
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (f"{INFO}/LICENSE.txt", True),
        (f"{INFO}/licence", True),
        (f"{INFO}/COPYING", True),
        (f"{INFO}/licenses/vendored/any.txt", True),
        (f"{INFO}/sboms/LICENSE", False),
        (f"{INFO}/METADATA", False),
        ("demo/LICENSE", False),
    ],
)
def test_licence_files(name: str, expected: bool) -> None:
    assert is_licence(name, INFO) is expected


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [
        ("MAX_DOCUMENTS", 1, "2 bills of materials; at most 1"),
        ("MAX_DOCUMENTS", 2, "3 vendored parts; at most 2"),
        ("MAX_LIBRARIES", 1, "one of 2 libraries; at most 1"),
        ("MAX_LIBRARY_BYTES", 2, "libraries of more than 2 bytes"),
    ],
)
def test_bounds(monkeypatch: pytest.MonkeyPatch, limit: str, value: int, reason: str) -> None:
    files = {
        f"{INFO}/sboms/a": b"",
        f"{INFO}/sboms/b": b"",
        "demo.libs/a.so": b"aa",
        "demo.libs/b.so": b"bb",
        **{f"a/vendor/{name}.dist-info/METADATA": b"" for name in "abc"},
    }
    monkeypatch.setattr(contents, limit, value)
    with pytest.raises(InventoryError, match=reason):
        read(Files(files), INFO)


def test_a_document_is_cut_one_byte_after_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MAX_DOCUMENT", 3)
    (document,) = read(Files({f"{INFO}/sboms/a": b"123456"}), INFO).documents
    assert document.data == b"1234"


def test_the_licence_of_the_one_licence_file() -> None:
    (path,) = (each for each in metadata.files("idna") or () if "LICENSE" in each.name)
    text = Path(str(path.locate())).read_bytes()
    one = {f"{INFO}/LICENSE.md": text, f"{INFO}/AUTHORS": b"Ann", f"{INFO}/NOTICE": b"None"}
    assert read(Files(one), INFO).licence == SpdxLicence("BSD-3-Clause", "concluded")
    several = one | {f"{INFO}/licenses/LICENSE.other": text}
    assert read(Files(several), INFO).licence is None
