from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulators import releases
from workflow_release.attesting import provenance
from workflow_release.attesting.provenance import (
    Compressor,
    GitHubBuilder,
    LocalBuilder,
    builder_of,
    ref_of,
)
from workflow_release.attesting.statement import Subject
from workflow_release.errors import SigningError, VerificationError
from workflow_release.model import Lock, Source
from workflow_sbom.digest import Digest

A, B = Digest("a" * 64), Digest("b" * 64)
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/rocket",
    "GITHUB_REPOSITORY_ID": "1001",
    "GITHUB_REPOSITORY_OWNER_ID": "1002",
    "GITHUB_WORKFLOW_REF": "acme/rocket/.github/workflows/release.yml@refs/tags/v1.2.3",
    "GITHUB_REF": "refs/tags/v1.2.3",
    "GITHUB_SHA": "c" * 40,
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_RUN_ID": "77",
    "GITHUB_RUN_ATTEMPT": "2",
    "RUNNER_ENVIRONMENT": "github-hosted",
}
BUILDER = GitHubBuilder(
    server="https://github.com",
    repository="acme/rocket",
    workflow=".github/workflows/release.yml",
    ref="refs/tags/v1.2.3",
    event="push",
    repository_id="1001",
    owner_id="1002",
    runner="github-hosted",
    run="77",
    attempt="2",
)


def github_source() -> Source:
    return releases.on_github(releases.plan()).source


def test_a_local_build_says_so_and_names_commit_and_locks_once() -> None:
    locks = [
        Lock(name="z.txt", digest=B),
        Lock(name="a.txt", digest=A),
        Lock(name="a.txt", digest=A),
    ]
    stated: Any = provenance.provenance(releases.plan(), [Subject("f", A)], locks, LocalBuilder())
    assert stated["predicateType"] == "https://slsa.dev/provenance/v1"
    assert stated["predicate"] == {
        "buildDefinition": {
            "buildType": "https://github.com/GoCodeAlone/workflow/buildtypes/cut/v1",
            "externalParameters": {
                "repository": "https://example.org/acme/rocket",
                "ref": "refs/tags/v1.2.3",
                "version": "1.2.3",
                "recipes": ["image:pad", "sdist:rocket", "ui:panel", "wheel:rocket"],
            },
            "internalParameters": {},
            "resolvedDependencies": [
                {
                    "uri": "git+https://example.org/acme/rocket@refs/tags/v1.2.3",
                    "digest": {"gitCommit": "c" * 40},
                },
                {"name": "a.txt", "digest": {"sha256": "a" * 64}},
                {"name": "z.txt", "digest": {"sha256": "b" * 64}},
            ],
        },
        "runDetails": {
            "builder": {"id": "https://github.com/GoCodeAlone/workflow/builders/local/v1"}
        },
    }


def test_on_github_it_has_the_shape_of_githubs_own() -> None:
    plan = releases.on_github(releases.plan())
    stated: Any = provenance.provenance(plan, [Subject("f", A)], [], BUILDER)
    definition = stated["predicate"]["buildDefinition"]
    assert definition["buildType"] == "https://actions.github.io/buildtypes/workflow/v1"
    assert definition["externalParameters"] == {
        "workflow": {
            "ref": "refs/tags/v1.2.3",
            "repository": "https://github.com/acme/rocket",
            "path": ".github/workflows/release.yml",
        }
    }
    assert definition["internalParameters"]["github"] == {
        "event_name": "push",
        "repository_id": "1001",
        "repository_owner_id": "1002",
        "runner_environment": "github-hosted",
    }
    assert definition["internalParameters"]["release"]["version"] == "1.2.3"
    workflow = "https://github.com/acme/rocket/.github/workflows/release.yml@refs/tags/v1.2.3"
    assert stated["predicate"]["runDetails"] == {
        "builder": {"id": workflow},
        "metadata": {"invocationId": "https://github.com/acme/rocket/actions/runs/77/attempts/2"},
    }


def test_a_repository_without_an_address_is_named_by_its_commit_alone() -> None:
    plan = releases.plan()
    plan = replace(plan, source=replace(plan.source, repository=None, tag=None, branch=None))
    stated: Any = provenance.provenance(plan, [Subject("f", A)], [], LocalBuilder())
    definition = stated["predicate"]["buildDefinition"]
    assert definition["resolvedDependencies"] == [
        {"name": "source", "digest": {"gitCommit": "c" * 40}}
    ]
    assert "repository" not in definition["externalParameters"]
    assert definition["externalParameters"]["ref"] == "c" * 40


def test_the_ref_is_the_tag_else_the_branch_else_the_commit() -> None:
    source = releases.source()
    assert ref_of(source) == "refs/tags/v1.2.3"
    assert ref_of(replace(source, tag=None)) == "refs/heads/main"
    assert ref_of(replace(source, tag=None, branch=None)) == "c" * 40


def test_a_workflow_for_this_commit_is_the_builder(tmp_path: Path) -> None:
    assert builder_of(releases.host(tmp_path, **GITHUB), github_source()) == BUILDER


@pytest.mark.parametrize(
    "changed",
    [
        {"GITHUB_ACTIONS": ""},
        {"GITHUB_SHA": "e" * 40},
        {
            "GITHUB_REPOSITORY": "acme/other",
            "GITHUB_WORKFLOW_REF": "acme/other/.github/workflows/release.yml@refs/heads/main",
        },
        {"GITHUB_SERVER_URL": "https://git.acme.example"},
    ],
)
def test_a_workflow_for_something_else_claims_nothing(
    changed: dict[str, str], tmp_path: Path
) -> None:
    host = releases.host(tmp_path, **(GITHUB | changed))
    assert builder_of(host, github_source()) == LocalBuilder()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_WORKFLOW_REF", "acme/rocket/.github/workflows/../x.yml@refs/heads/main"),
        ("GITHUB_WORKFLOW_REF", "acme/rocket/.github/workflows/x.yml"),
        ("GITHUB_WORKFLOW_REF", "acme/rocket/.github/workflows/x.yml@refs/heads/a\nb"),
        ("GITHUB_RUN_ID", "7/../8"),
        ("GITHUB_RUN_ATTEMPT", ""),
        ("GITHUB_EVENT_NAME", "push\x1b[2J"),
        ("GITHUB_REPOSITORY_ID", "\u0661"),
        ("GITHUB_SERVER_URL", "http://github.com"),
        ("RUNNER_ENVIRONMENT", "elsewhere"),
    ],
)
def test_malformed_variables_are_refused_in_printable_words(
    name: str, value: str, tmp_path: Path
) -> None:
    host = releases.host(tmp_path, **(GITHUB | {name: value}))
    with pytest.raises(SigningError) as refused:
        builder_of(host, github_source())
    assert refused.value.message.isprintable()


@pytest.mark.parametrize("builder", [LocalBuilder(), BUILDER])
def test_the_builder_is_read_back(builder: provenance.Builder) -> None:
    plan = releases.on_github(releases.plan())
    stated = provenance.provenance(plan, [Subject("f", A)], [], builder)
    assert provenance.builder_in(stated) == builder


@pytest.mark.parametrize(
    "stated",
    [
        None,
        [],
        {},
        {"predicate": None},
        {"predicate": {"runDetails": {"builder": {"id": "https://elsewhere.example"}}}},
        {
            "predicate": {
                "runDetails": {"builder": {"id": 1}, "metadata": {"invocationId": 7}},
                "buildDefinition": {
                    "externalParameters": {"workflow": {"repository": "x"}},
                    "internalParameters": {"github": []},
                },
            }
        },
    ],
)
def test_no_known_builder_is_an_error(stated: Any) -> None:
    with pytest.raises(VerificationError, match="names no builder"):
        provenance.builder_in(stated)


ZLIB = Compressor(name="zlib-ng", version="2.3.3", level=6)


@pytest.mark.parametrize("builder", [LocalBuilder(), BUILDER])
def test_the_compressor_of_images_is_an_internal_parameter(builder: provenance.Builder) -> None:
    plan = releases.on_github(releases.plan())
    stated: Any = provenance.provenance(plan, [Subject("f", A)], [], builder, ZLIB)
    internal = stated["predicate"]["buildDefinition"]["internalParameters"]
    assert internal["compressor"] == {"name": "zlib-ng", "version": "2.3.3", "level": 6}
    assert provenance.compressor_in(stated) == ZLIB
    assert provenance.builder_in(stated) == builder


def test_without_images_no_compressor_is_named() -> None:
    stated = provenance.provenance(releases.plan(), [Subject("f", A)], [], LocalBuilder())
    assert provenance.compressor_in(stated) is None


@pytest.mark.parametrize(
    "found",
    [
        "zlib",
        {},
        {"name": "zlib-ng", "version": "2", "level": "6"},
        {"name": "zlib-ng", "version": "2", "level": True},
        {"name": "zlib\x1b[31m", "version": "2", "level": 6},
        {"name": "zlib-ng", "version": "2", "level": 6, "more": 1},
    ],
)
def test_a_malformed_compressor_is_an_error(found: Any) -> None:
    stated = {"predicate": {"buildDefinition": {"internalParameters": {"compressor": found}}}}
    with pytest.raises(VerificationError, match="names no compressor"):
        provenance.compressor_in(stated)
