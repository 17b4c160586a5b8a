from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from support.candidates import IMAGE, WHEEL, candidate, findings, reexamined, replan
from workflow_containers.platform import AMD64
from workflow_release.judging.evidence import Evidence, NotRun, Report
from workflow_release.judging.gates.interface import Candidate
from workflow_release.judging.gates.reported import last_version
from workflow_release.model import Artifact, GoBinary
from workflow_release.version import Version
from workflow_sbom.digest import Digest

UNPROVEN = "it could not be run to learn its version"
WHEEL_NAME = "thing-1.2.3-py3-none-any.whl"


@pytest.fixture(scope="module")
def good() -> Candidate:
    return candidate()


def said(printed: str, code: int = 0) -> Report:
    return Report(command=("thing", "--version"), code=code, printed=printed)


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("1.2.3\n", "1.2.3"),
        ("thing 1.2.3", "1.2.3"),
        ("thing version v1.2.3-rc.1 (2026)", "1.2.3-rc.1"),
        ("thing, version 1.2.3.dev4.", "1.2.3.dev4"),
        ("thing (1.2.3)", "1.2.3"),
        ("python 3.11.2 thing 0.0.0", "0.0.0"),
        ("thing 3", None),
        ("", None),
        ("no version here 1.x", None),
        ("1.2.3-dev.4+g0123456789ab", "1.2.3-dev.4+g0123456789ab"),
    ],
)
def test_the_last_word_that_is_a_version_counts(printed: str, version: str | None) -> None:
    assert last_version(printed) == version


@pytest.mark.parametrize("printed", ["thing 1.2.3", "v1.2.3"])
def test_the_version_of_the_plan_passes(good: Candidate, printed: str) -> None:
    assert findings("reported", good) == []
    assert findings("reported", reexamined(good, WHEEL, reported=(said(printed),))) == []


@pytest.mark.parametrize("printed", ["thing 1.2.3-rc.4", "thing 1.2.3rc4"])
def test_either_spelling_of_a_candidate_passes(good: Candidate, printed: str) -> None:
    development = replan(good, version=Version.parse("1.2.3-rc.4"))
    assert findings("reported", reexamined(development, WHEEL, reported=(said(printed),))) == [
        "box-1.2.3.oci.tar: `/usr/bin/python3 --version` reports 1.2.3 instead of 1.2.3-rc.4"
    ]


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (said("thing 0.0.0"), "`thing --version` reports 0.0.0 instead of 1.2.3"),
        (said("thing 1.2.30"), "`thing --version` reports 1.2.30 instead of 1.2.3"),
        (said("hello"), "`thing --version` reports no version instead of 1.2.3"),
        (
            said("Traceback\nModuleNotFoundError: x\n", 1),
            "`thing --version` ended with exit code 1: ModuleNotFoundError: x",
        ),
        (said("", -9), "`thing --version` ended with exit code -9"),
    ],
)
def test_another_version_or_a_failure_is_refused(
    good: Candidate, report: Report, message: str
) -> None:
    assert findings("reported", reexamined(good, WHEEL, reported=(report,))) == [
        f"{WHEEL_NAME}: {message}"
    ]


def test_every_report_counts(good: Candidate) -> None:
    both = (said("1.2.3"), said("1.2.2"))
    assert len(findings("reported", reexamined(good, WHEEL, reported=both))) == 1


def test_a_wheel_that_was_not_run_is_refused(good: Candidate) -> None:
    assert findings("reported", reexamined(good, WHEEL, reported=())) == [
        f"{WHEEL_NAME}: {UNPROVEN}: it was not tried"
    ]


def test_an_image_runs_on_one_of_its_platforms_at_least(good: Candidate) -> None:
    elsewhere = NotRun(subject="linux/arm64", reason="this machine does not run it")
    here = said("1.2.3")
    assert findings("reported", reexamined(good, IMAGE, reported=(here, elsewhere))) == []
    assert findings("reported", reexamined(good, IMAGE, reported=(elsewhere,))) == [
        f"box-1.2.3.oci.tar: {UNPROVEN}: linux/arm64: this machine does not run it"
    ]


@pytest.mark.parametrize(
    ("check", "reported", "refused"),
    [
        ((), (), False),
        (("-v",), (NotRun(subject="linux/amd64", reason="r"),), False),
        (("-v",), (), True),
        (("-v",), (said("1.2.3"),), False),
        (("-v",), (said("0.0.0"),), True),
    ],
)
def test_a_go_program_for_another_machine_is_not_run(
    good: Candidate, check: tuple[str, ...], reported: tuple[Report | NotRun, ...], refused: bool
) -> None:
    recipe = GoBinary(
        name="tool",
        project=PurePosixPath(),
        package=".",
        variable="main.version",
        platform=AMD64,
        check=check,
    )
    artifact = Artifact(
        recipe=recipe.id,
        name="tool",
        media_type="",
        platforms=(AMD64,),
        size=1,
        digest=Digest.of(b"x"),
        path=good.attested.artifacts[0].path,
    )
    evidence = Evidence(artifact="tool", digest=artifact.digest, reported=reported)
    attested = replace(good.attested, artifacts=(artifact,), sboms=good.attested.sboms[:1])
    alone = replace(
        good,
        plan=replace(good.plan, recipes=(recipe,)),
        attested=attested,
        evidence=(evidence,),
    )
    assert bool(findings("reported", alone)) is refused
