from __future__ import annotations

from dataclasses import replace

from simulators.images import locked
from workflow_containers.debian.changes import between
from workflow_containers.platform import AMD64, ARM64
from workflow_sbom.digest import Digest

A = locked(b"a", "a", version="1.9-1")
B = locked(b"b", "b")


def test_what_changed_is_told_by_platform_and_name() -> None:
    before = {AMD64: (A, B), ARM64: (A,)}
    after = {
        AMD64: (replace(A, version="1.10-1"), replace(B, sha256=Digest.of(b"other"))),
        ARM64: (B,),
    }
    found = between(before, after)
    assert [(c.platform, c.name, c.kind) for c in found] == [
        (AMD64, "a", "upgraded"),
        (AMD64, "b", "rebuilt"),
        (ARM64, "a", "removed"),
        (ARM64, "b", "added"),
    ]
    assert str(found[0]) == "a 1.9-1 → 1.10-1 (linux/amd64)"
    assert next(change.kind for change in between(after, before)) == "downgraded"


def test_the_same_is_no_change() -> None:
    assert between({AMD64: (A, B)}, {AMD64: (B, A)}) == ()
