from __future__ import annotations

from workflow_containers.architecture import of
from workflow_containers.building import rootfs
from workflow_containers.coverage import rules
from workflow_containers.definition import Definition
from workflow_containers.platform import AMD64, ARM64
from workflow_sbom.coverage.ledger import Generated

IMAGE = Definition(
    name="x",
    suite="trixie",
    python="3.13",
    lock="lock.json",
    packages=("python3.13-minimal",),
    entrypoint=("/usr/bin/python3",),
    user=1234,
)


def test_every_file_that_no_package_brings_has_a_rule() -> None:
    for platform in (AMD64, ARM64):
        made = {entry.path for entry in rootfs.entries(IMAGE, of(platform))}
        part = rules.root(IMAGE, of(platform))
        assert {*part.paths, *(claim.path for claim in part.needed)} == made


def test_every_rule_says_what_it_makes_again() -> None:
    names = {
        value
        for name, value in vars(rules).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, str)
    }
    assert rules.MEANING.keys() == names


def test_the_user_is_the_definitions() -> None:
    (passwd,) = (
        claim for claim in rules.root(IMAGE, of(AMD64)).claims if claim.path == "etc/passwd"
    )
    (other,) = (
        claim for claim in rules.root(IMAGE, of(ARM64)).claims if claim.path == "etc/passwd"
    )
    assert passwd == other
    assert passwd.why == Generated("users")


def test_without_libraries_there_is_no_cache() -> None:
    assert list(rules.linker_cache((), of(AMD64))) == []
