"""SLSA provenance v1: from what, by whom and with which parameters the artifacts were made. Pure.

https://slsa.dev/spec/v1.0/provenance . On GitHub Actions it has the shape that GitHub's own
attestations have, so their verifiers read it; elsewhere it says plainly that a person's machine was
the builder. No clock: the same release has the same provenance.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol, assert_never

from workflow_release import names
from workflow_release.attesting.statement import Subject, statement
from workflow_release.errors import SigningError, VerificationError
from workflow_release.machine.host import Host
from workflow_release.model import Lock, Plan, Source
from workflow_sbom.canonical import Json
from workflow_sbom.digest import Digest
from workflow_sbom.printable import printable

PREDICATE = "https://slsa.dev/provenance/v1"
LOCAL_BUILD = f"{names.NAMESPACE}/buildtypes/cut/v1"
LOCAL_BUILDER = f"{names.NAMESPACE}/builders/local/v1"
GITHUB_BUILD = "https://actions.github.io/buildtypes/workflow/v1"

_PATTERNS = {
    "server": r"https://[A-Za-z0-9.-]+",
    "repository": r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+",
    "workflow": r"\.github/workflows/[A-Za-z0-9._-]+\.ya?ml",
    "ref": r"refs/[!-~]+",
    "event": r"[a-z_]+",
    "repository_id": r"[0-9]+",
    "owner_id": r"[0-9]+",
    "runner": r"github-hosted|self-hosted",
    "run": r"[0-9]+",
    "attempt": r"[0-9]+",
}


@dataclass(frozen=True, slots=True)
class LocalBuilder:
    """A person's own machine, or a CI service that is not told apart: SLSA build level 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubBuilder:
    """A run of a GitHub Actions workflow, as its environment describes it.

    `repository` is `owner/name`, `workflow` the file's path in it, `ref` the workflow's own ref.
    Raises `SigningError` for a value that GitHub does not write.
    """

    server: str
    repository: str
    workflow: str
    ref: str
    event: str
    repository_id: str
    owner_id: str
    runner: str
    run: str
    attempt: str

    def __post_init__(self) -> None:
        wrong = [
            f"{name} is '{printable(str(getattr(self, name))[:80])}'"
            for name, pattern in _PATTERNS.items()
            if not re.fullmatch(pattern, getattr(self, name), re.ASCII)
        ]
        if wrong:
            raise SigningError(
                f"what GitHub Actions says of this run is malformed: {'; '.join(wrong)}",
                remedy="unset GITHUB_ACTIONS when this is no GitHub runner",
            )

    @property
    def address(self) -> str:
        """The repository's https address."""
        return f"{self.server}/{self.repository}"

    @property
    def id(self) -> str:
        """The builder's identity: the workflow at its ref, as Fulcio certificates name it."""
        return f"{self.address}/{self.workflow}@{self.ref}"


Builder = LocalBuilder | GitHubBuilder


@dataclass(frozen=True, slots=True, kw_only=True)
class Compressor:
    """What compressed the layers of the images: the builder's own choice, and it decides bytes.

    SLSA calls that an internal parameter: under the builder's control, and for whoever wants the
    same bytes again.
    """

    name: str
    version: str
    level: int

    def __post_init__(self) -> None:
        texts = (self.name, self.version)
        if type(self.level) is not int or not all(map(_is_word, texts)):
            raise ValueError("a compressor has a name, a version and a level")


def _is_word(text: object) -> bool:
    return isinstance(text, str) and bool(re.fullmatch(r"[A-Za-z0-9.+_-]{1,60}", text))


def builder_of(host: Host, source: Source) -> Builder:
    """Who builds: the GitHub workflow when it runs for this very commit, else a plain builder.

    A workflow that releases another repository's checkout, or another commit, claims nothing.
    Raises `SigningError` when GitHub's variables are malformed.
    """
    env = host.environment
    if env.get("GITHUB_ACTIONS") != "true":
        return LocalBuilder()
    repository = env.get("GITHUB_REPOSITORY", "")
    workflow, _, ref = env.get("GITHUB_WORKFLOW_REF", "").partition("@")
    builder = GitHubBuilder(
        server=env.get("GITHUB_SERVER_URL", ""),
        repository=repository,
        workflow=workflow.removeprefix(f"{repository}/"),
        ref=ref,
        event=env.get("GITHUB_EVENT_NAME", ""),
        repository_id=env.get("GITHUB_REPOSITORY_ID", ""),
        owner_id=env.get("GITHUB_REPOSITORY_OWNER_ID", ""),
        runner=env.get("RUNNER_ENVIRONMENT", ""),
        run=env.get("GITHUB_RUN_ID", ""),
        attempt=env.get("GITHUB_RUN_ATTEMPT", ""),
    )
    own = builder.address == source.repository and env.get("GITHUB_SHA") == source.commit
    return builder if own else LocalBuilder()


def ref_of(source: Source) -> str:
    """The full name of what was released: its tag, else its branch, else the commit."""
    if source.tag:
        return f"refs/tags/{source.tag}"
    return f"refs/heads/{source.branch}" if source.branch else source.commit


class Indexed(Protocol):
    """An artifact, or what a record says of one: its recipe, and an image's index digest."""

    @property
    def recipe(self) -> str:
        """The recipe's id."""
        ...

    @property
    def index(self) -> Digest | None:
        """The digest by which registries know it."""
        ...


def images(plan: Plan, artifacts: Iterable[Indexed]) -> Iterator[Subject]:
    """Each image as registries have it: whoever pulls it has no archive whose digest to compare."""
    for each in artifacts:
        if each.index is not None:
            name = plan.recipe(each.recipe).id.partition(":")[2]
            yield Subject(f"{name}:{plan.version.render('oci')}", each.index)


def provenance(
    plan: Plan,
    subjects: Iterable[Subject],
    locks: Iterable[Lock],
    builder: Builder,
    compressor: Compressor | None = None,
) -> dict[str, Json]:
    """The statement: its subjects are all files that were made, before this one.

    `compressor` is named where there are images.
    """
    compressed: dict[str, Json] = {"compressor": asdict(compressor)} if compressor else {}
    return statement(
        subjects,
        PREDICATE,
        {
            "buildDefinition": {
                **_definition(plan, builder, compressed),
                "resolvedDependencies": [_commit(plan.source), *_locked(locks)],
            },
            "runDetails": _run(builder),
        },
    )


def _definition(plan: Plan, builder: Builder, internal: dict[str, Json]) -> dict[str, Json]:
    release: dict[str, Json] = {
        "ref": ref_of(plan.source),
        "version": str(plan.version),
        "recipes": sorted(recipe.id for recipe in plan.recipes),
    }
    if plan.source.repository is not None:
        release["repository"] = plan.source.repository
    match builder:
        case LocalBuilder():
            return {
                "buildType": LOCAL_BUILD,
                "externalParameters": release,
                "internalParameters": internal,
            }
        case GitHubBuilder():
            return {
                "buildType": GITHUB_BUILD,
                "externalParameters": {"workflow": _workflow(builder)},
                "internalParameters": {
                    "github": _github(builder),
                    "release": release,
                    **internal,
                },
            }
        case _:
            assert_never(builder)


def _workflow(builder: GitHubBuilder) -> dict[str, Json]:
    return {"ref": builder.ref, "repository": builder.address, "path": builder.workflow}


def _github(builder: GitHubBuilder) -> dict[str, Json]:
    return {
        "event_name": builder.event,
        "repository_id": builder.repository_id,
        "repository_owner_id": builder.owner_id,
        "runner_environment": builder.runner,
    }


def _commit(source: Source) -> dict[str, Json]:
    digest: dict[str, Json] = {"digest": {"gitCommit": source.commit}}
    if source.repository is None:
        return {"name": "source", **digest}
    return {"uri": f"git+{source.repository}@{ref_of(source)}", **digest}


def _locked(locks: Iterable[Lock]) -> list[Json]:
    ordered = sorted({(lock.name, lock.digest.hex) for lock in locks})
    return [{"name": name, "digest": {"sha256": digest}} for name, digest in ordered]


def _run(builder: Builder) -> dict[str, Json]:
    match builder:
        case LocalBuilder():
            return {"builder": {"id": LOCAL_BUILDER}}
        case GitHubBuilder():
            run = f"{builder.address}/actions/runs/{builder.run}/attempts/{builder.attempt}"
            return {"builder": {"id": builder.id}, "metadata": {"invocationId": run}}
        case _:
            assert_never(builder)


def compressor_in(stated: Any) -> Compressor | None:
    """The compressor that a provenance statement names; raises `VerificationError`.

    Like `builder_in`: the caller makes the whole statement again with it, and compares.
    """
    try:
        found = stated["predicate"]["buildDefinition"]["internalParameters"].get("compressor")
        return None if found is None else Compressor(**found)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise VerificationError(
            "the provenance names no compressor this program knows",
            remedy="get the release again from where it was published",
        ) from error


def builder_in(stated: Any) -> Builder:
    """The builder that a provenance statement names; raises `VerificationError`.

    Only enough is read to make the builder: the caller makes the whole statement again with it
    and compares, so that whatever else stands there is seen.
    """
    try:
        predicate = stated["predicate"]
        if predicate["runDetails"]["builder"]["id"] == LOCAL_BUILDER:
            return LocalBuilder()
        return _github_builder(predicate["buildDefinition"], predicate["runDetails"])
    except (KeyError, TypeError, AttributeError, ValueError, SigningError) as error:
        raise VerificationError(
            "the provenance names no builder this program knows",
            remedy="get the release again from where it was published",
        ) from error


def _github_builder(definition: Mapping[str, Any], run: Mapping[str, Any]) -> GitHubBuilder:
    workflow, github = (
        definition["externalParameters"]["workflow"],
        definition["internalParameters"],
    )
    server, owner, name = workflow["repository"].rsplit("/", 2)
    number, _, attempt = run["metadata"]["invocationId"].rpartition("/attempts/")
    return GitHubBuilder(
        server=server,
        repository=f"{owner}/{name}",
        workflow=workflow["path"],
        ref=workflow["ref"],
        event=github["github"]["event_name"],
        repository_id=github["github"]["repository_id"],
        owner_id=github["github"]["repository_owner_id"],
        runner=github["github"]["runner_environment"],
        run=number.rpartition("/")[2],
        attempt=attempt,
    )
