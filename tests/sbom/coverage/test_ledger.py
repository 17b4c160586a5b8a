from __future__ import annotations

import pytest

from workflow_sbom.archives.entry import Entry
from workflow_sbom.coverage.ledger import Generated, Ledger, Line, Owned, Unexplained
from workflow_sbom.digest import Digest
from workflow_sbom.errors import ModelError

FILE = Digest.of(b"x")


def test_a_ledger_tells_owned_generated_and_unexplained_apart() -> None:
    ledger = Ledger.of(
        "image",
        [
            Line(Entry(path="b", kind="file", digest=FILE), Owned("pkg:deb/debian/b@1", "md5sums")),
            Line(Entry(path="c", kind="symlink", target="b"), Generated("alternatives")),
            Line(Entry(path="a", kind="file", digest=FILE), Unexplained("no record names it")),
        ],
    )
    assert [line.entry.path for line in ledger.lines] == ["a", "b", "c"]
    assert ledger.owners() == {"pkg:deb/debian/b@1": 1}
    assert ledger.rules() == {"alternatives": 1}
    assert [(entry.path, why.reason) for entry, why in ledger.unexplained()] == [
        ("a", "no record names it")
    ]


def test_a_path_stands_once() -> None:
    line = Line(Entry(path="a", kind="directory"), Generated("parents"))
    with pytest.raises(ModelError, match="'a' stands twice"):
        Ledger.of("image", [line, line])


def test_no_text_of_a_ledger_acts_on_a_terminal() -> None:
    with pytest.raises(ModelError, match="control characters"):
        Owned("pkg:x/\x1b[2J", "RECORD")
    with pytest.raises(ModelError, match="control characters"):
        Generated("\n")
    with pytest.raises(ModelError, match="empty"):
        Unexplained("")
