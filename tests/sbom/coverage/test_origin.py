from __future__ import annotations

import time

from workflow_sbom.archives.entry import Entry
from workflow_sbom.coverage.ledger import Generated, Owned, Unexplained
from workflow_sbom.coverage.origin import TRACKED, Explaining, Made, Origin
from workflow_sbom.digest import Digest

ONE, TWO = Digest.of(b"1"), Digest.of(b"2")


def entry(digest: Digest) -> Entry:
    return Entry(path="x", kind="file", digest=digest)


def test_the_nearest_file_of_a_name_is_meant() -> None:
    files = {"tests/thing/a.py": ONE, "src/thing/a.py": TWO}
    explaining = Explaining(Origin(owner="git:1", files=files))
    assert explaining.file(entry(TWO), "thing/a.py") == Owned("git:1", TRACKED)
    assert explaining.file(entry(ONE), "thing/a.py") == Unexplained(
        "differs from 'src/thing/a.py' of the commit"
    )
    assert explaining.file(entry(ONE), "tests/thing/a.py") == Owned("git:1", TRACKED)


def test_a_name_that_only_ends_alike_is_another() -> None:
    explaining = Explaining(Origin(owner="git:1", files={"src/something/a.py": ONE}))
    assert isinstance(explaining.file(entry(ONE), "thing/a.py"), Unexplained)
    assert isinstance(explaining.file(entry(ONE), "something/a.py", exact=True), Unexplained)
    assert isinstance(explaining.file(entry(ONE), "something/a.py"), Owned)


def test_what_a_rule_made_is_its() -> None:
    made = (Made("one", {"a": ONE}), Made("two", {"a": TWO}))
    explaining = Explaining(Origin(owner="git:1", files={}, made=made))
    assert explaining.file(entry(TWO), "a") == Generated("two")


def test_many_files_of_one_name_are_no_burden() -> None:
    files = {f"a{number}/b{number}/__init__.py": ONE for number in range(30_000)}
    begin = time.process_time()
    explaining = Explaining(Origin(owner="git:1", files=files))
    assert all(isinstance(explaining.file(entry(ONE), path), Owned) for path in files)
    assert time.process_time() - begin < 3
