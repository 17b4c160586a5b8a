from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from support.candidates import LOCKS, candidate, findings, replan
from workflow_containers.oci.reference import Reference
from workflow_containers.platform import AMD64
from workflow_release.judging.evidence import LockEvidence
from workflow_release.judging.gates.interface import Candidate
from workflow_release.model import GoBinary, Lock
from workflow_sbom.digest import Digest


@pytest.fixture(scope="module")
def good() -> Candidate:
    return candidate()


def relocked(before: Candidate, *locks: Lock) -> Candidate:
    """Every artifact made from these locks alone."""
    artifacts = tuple(replace(each, locks=locks) for each in before.attested.artifacts)
    return replace(before, attested=replace(before.attested, artifacts=artifacts))


def test_artifacts_from_whole_locks_pass(good: Candidate) -> None:
    assert findings("locked", good) == []


def test_an_artifact_without_a_lock_is_refused(good: Candidate) -> None:
    assert findings("locked", relocked(good)) == [
        "thing-1.2.3.tar.gz: it was built without a lock of its build backend",
        "thing-1.2.3-py3-none-any.whl: it was built without a lock of its build backend",
        "face-1.2.3.tar.gz: it was built without a package-lock.json",
        "box-1.2.3.oci.tar: it was built without a lock of its packages",
    ]


def test_an_interface_from_another_lock_is_refused(good: Candidate) -> None:
    assert findings("locked", relocked(good, LOCKS["python"])) == [
        "face-1.2.3.tar.gz: it was built without a package-lock.json"
    ]


def test_a_lock_that_nobody_went_through_is_refused(good: Candidate) -> None:
    unread = replace(good, locks=good.locks[1:])
    assert findings("locked", unread) == [
        "thing-1.2.3.tar.gz: its lock locks/build.txt was not examined",
        "thing-1.2.3-py3-none-any.whl: its lock locks/build.txt was not examined",
    ]


def test_a_lock_of_other_bytes_is_another_lock(good: Candidate) -> None:
    first, *rest = good.locks
    other = replace(good, locks=(replace(first, digest=Digest.of(b"other")), *rest))
    assert len(findings("locked", other)) == 2


def test_a_lock_that_was_resolved_again_is_refused(good: Candidate) -> None:
    renewed = LOCKS["debian"].renewed(Digest.of(b"another"))
    made = relocked(good, renewed, LOCKS["python"], LOCKS["npm"])
    assert findings("locked", made)[-1] == (
        "box-1.2.3.oci.tar: its lock is debian.lock.json (re-resolved):"
        " the mirror no longer had what was committed"
    )


def test_a_base_is_its_own_lock(good: Candidate) -> None:
    base = Reference.parse(f"registry.test/python:3.13@{Digest.of(b'a base')}")
    lock = Lock.of_base(base)
    assert (lock.name, lock.digest) == ("registry.test/python:3.13 (base image)", base.digest)
    assert findings("locked", relocked(good, lock, LOCKS["python"], LOCKS["npm"])) == []
    with pytest.raises(ValueError, match="not pinned"):
        Lock.of_base(Reference.parse("registry.test/python:3.13"))


def test_what_a_lock_leaves_open_is_said_once(good: Candidate) -> None:
    first, *rest = good.locks
    open_lock = replace(first, unlocked=("x has no --hash", "y is not pinned"))
    assert findings("locked", replace(good, locks=(open_lock, *rest))) == [
        "locks/build.txt: x has no --hash",
        "locks/build.txt: y is not pinned",
    ]


@pytest.mark.parametrize(
    ("modules", "locks", "refused"),
    [
        ((), (), False),
        (("example.org/x@v1.0.0",), (), True),
        (("example.org/x@v1.0.0",), (Lock(name="go.sum", digest=Digest.of(b"")),), False),
    ],
)
def test_a_go_program_with_modules_needs_their_sums(
    good: Candidate, modules: tuple[str, ...], locks: tuple[Lock, ...], refused: bool
) -> None:
    recipe = GoBinary(
        name="t", project=PurePosixPath(), package=".", variable="main.v", platform=AMD64
    )
    artifact = replace(good.attested.artifacts[0], recipe=recipe.id, locks=locks)
    evidence = replace(good.evidence[0], requirements=modules)
    examined = tuple(
        LockEvidence(name=lock.name, digest=lock.digest, unlocked=()) for lock in locks
    )
    alone = replace(
        replan(good, recipes=(recipe,)),
        attested=replace(good.attested, artifacts=(artifact,), sboms=good.attested.sboms[:1]),
        evidence=(evidence,),
        locks=examined,
    )
    assert findings("locked", alone) == (
        ["thing-1.2.3.tar.gz: it was built without a go.sum"] if refused else []
    )
