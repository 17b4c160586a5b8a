from __future__ import annotations

from dataclasses import replace

import pytest

from support import built
from support.candidates import IMAGE, SDIST, UI, WHEEL, candidate, findings, reexamined, replan
from workflow_containers.platform import AMD64, ARM64
from workflow_release.judging.gates.interface import Candidate
from workflow_release.model import Recipe
from workflow_release.version import Version

REVISION = "label org.opencontainers.image.revision of linux/amd64"
WHEEL_NAME = "thing-1.2.3-py3-none-any.whl"


@pytest.fixture(scope="module")
def good() -> Candidate:
    return candidate()


def renamed(before: Candidate, old: str, new: str) -> Candidate:
    artifacts = tuple(
        replace(each, name=new) if each.name == old else each for each in before.attested.artifacts
    )
    evidence = tuple(
        replace(each, artifact=new) if each.artifact == old else each for each in before.evidence
    )
    return replace(
        before, attested=replace(before.attested, artifacts=artifacts), evidence=evidence
    )


@pytest.mark.parametrize("gate", ["wellformed", "metadata", "requirements"])
def test_what_says_what_the_plan_says_passes(good: Candidate, gate: str) -> None:
    assert findings(gate, good) == []


def test_every_artifact_of_another_version_is_named(good: Candidate) -> None:
    later = replan(good, version=Version.parse("1.2.4"))
    found = findings("metadata", later)
    assert f"{WHEEL_NAME}: the file is to be called thing-1.2.4-*.whl" in found
    assert f"{WHEEL_NAME}: METADATA says the version is '1.2.3', not '1.2.4'" in found
    assert "thing-1.2.3.tar.gz: PKG-INFO says the version is '1.2.3', not '1.2.4'" in found
    assert "face-1.2.3.tar.gz: dist/version.json says the version is '1.2.3', not '1.2.4'" in found
    label = "label org.opencontainers.image.version of linux/arm64"
    assert f"box-1.2.3.oci.tar: {label} says the version is '1.2.3', not '1.2.4'" in found


@pytest.mark.parametrize(
    ("recipe", "data", "message"),
    [
        (
            WHEEL,
            built.wheel({**built.wheel_files(), "thing-1.2.3.dist-info/METADATA": b"Name: o\n"}),
            f"{WHEEL_NAME}: METADATA says the name is 'o', not 'thing'",
        ),
        (
            WHEEL,
            built.wheel(built.wheel_files("0.0.0")),
            f"{WHEEL_NAME}: METADATA says the version is '0.0.0', not '1.2.3'",
        ),
        (
            SDIST,
            built.sdist(pkg_info=built.metadata(version="1.2.3.post1")),
            "thing-1.2.3.tar.gz: PKG-INFO says the version is '1.2.3.post1', not '1.2.3'",
        ),
        (
            SDIST,
            built.sdist(root="other-1.2.3"),
            "thing-1.2.3.tar.gz: the folder 'other-1.2.3' says the name is 'other', not 'thing'",
        ),
        (
            UI,
            built.ui(version="0.0.0"),
            "face-1.2.3.tar.gz: dist/version.json says the version is '0.0.0', not '1.2.3'",
        ),
        (
            UI,
            built.ui(without="dist/version.json"),
            "face-1.2.3.tar.gz: states no version anywhere",
        ),
        (
            IMAGE,
            built.image(labels={}),
            f"box-1.2.3.oci.tar: {REVISION} says the revision is '', not '{built.COMMIT}'",
        ),
        (
            IMAGE,
            built.image(architectures=["amd64"]),
            "box-1.2.3.oci.tar: is for linux/amd64; planned for linux/amd64, linux/arm64",
        ),
    ],
)
def test_an_artifact_that_says_something_else_is_refused(
    recipe: Recipe, data: bytes, message: str
) -> None:
    assert message in findings("metadata", candidate({recipe.id: data}))


def test_names_are_compared_as_indexes_do(good: Candidate) -> None:
    files = built.wheel_files()
    files["thing-1.2.3.dist-info/METADATA"] = built.metadata(name="ThIng")
    assert findings("metadata", candidate({WHEEL.id: built.wheel(files)})) == []
    assert findings("metadata", good) == []


@pytest.mark.parametrize(
    "name", ["thing-1.2.3-py3-none.whl", "thing-1.2.3-x-py3-none-any.whl", "thing-1.2.3-.whl"]
)
def test_a_file_that_is_called_like_no_wheel_is_refused(good: Candidate, name: str) -> None:
    (found,) = findings("metadata", renamed(good, WHEEL_NAME, name))
    assert found.startswith(f"{name}: no wheel's name: ")


def test_a_platform_twice_is_refused(good: Candidate) -> None:
    twice = reexamined(good, IMAGE, platforms=(AMD64, AMD64, ARM64))
    assert len(findings("metadata", twice)) == 1


def test_what_cannot_be_read_is_refused() -> None:
    assert findings("wellformed", candidate({WHEEL.id: b"PK\x03\x04"})) == [
        f"{WHEEL_NAME}: bytes before or after the zip archive, or a comment"
    ]


@pytest.mark.parametrize(
    ("requirement", "fault"),
    [
        ("x @ https://example.org/x.whl", "it is taken from an address, not from an index"),
        ("x @ file:///home/me/x", "it is taken from an address, not from an index"),
        ("x @ git+https://example.org/x", "it is taken from an address, not from an index"),
        ("x==1.0+local", "it asks for a local version, which no index has"),
        ("Thing==0.0.0", "it is a part of this release and does not accept 1.2.3"),
        ("thing<1", "it is a part of this release and does not accept 1.2.3"),
        ("../x", "no requirement of PEP 508"),
        ("-e .", "no requirement of PEP 508"),
    ],
)
def test_a_dependency_that_no_index_has_is_refused(requirement: str, fault: str) -> None:
    leak = built.wheel(built.wheel_files(more=f"Requires-Dist: {requirement}\n"))
    assert findings("requirements", candidate({WHEEL.id: leak})) == [
        f"{WHEEL_NAME}: Requires-Dist: {requirement}: {fault}"
    ]


@pytest.mark.parametrize(
    "requirement", ["x", "x[a]>=1; python_version < '3'", "thing==1.2.3", "thing[x]"]
)
def test_a_dependency_on_an_index_passes(requirement: str) -> None:
    files = built.wheel_files(more=f"Requires-Dist: {requirement}\n")
    assert findings("requirements", candidate({WHEEL.id: built.wheel(files)})) == []


def test_a_source_distribution_is_asked_the_same(good: Candidate) -> None:
    leak = reexamined(good, SDIST, requirements=("x @ file:///x",))
    assert len(findings("requirements", leak)) == 1


def test_a_part_pinned_to_this_local_version_passes(good: Candidate) -> None:
    marked = replan(good, version=Version.parse("1.2.3-dev.1+g0123456789ab"))
    pinned = reexamined(marked, WHEEL, requirements=("thing==1.2.3.dev1+g0123456789ab",))
    assert findings("requirements", pinned) == []


def test_a_go_module_from_a_folder_is_refused(good: Candidate) -> None:
    replaced = reexamined(good, WHEEL, replaced=("example.org/lib@v1.0.0 by ../lib",))
    assert findings("requirements", replaced) == [
        f"{WHEEL_NAME}: example.org/lib@v1.0.0 by ../lib is replaced by a folder"
    ]
