"""`workflow-release cut`: the release of this commit, made, judged and published."""

from __future__ import annotations

import argparse
from pathlib import Path, PurePosixPath

from workflow_release.commands import plan as plan_command
from workflow_release.commands import verify as verify_command
from workflow_release.commands.interface import Shell
from workflow_release.commands.making import committed_lock, workshop
from workflow_release.cut import Cut, Studio, cut
from workflow_release.errors import VerificationError, VersionError
from workflow_release.git import Repository
from workflow_release.model import Lock, Plan
from workflow_release.prepare import Prepared, prepare
from workflow_release.progress import Progress
from workflow_release.provenance import builder_of
from workflow_release.signing.by_uri import signer_for
from workflow_release.targets.directory import DirectoryPublisher
from workflow_release.targets.interface import Publisher
from workflow_release.toolchain import embedded
from workflow_release.verdict import Verdict
from workflow_release.verify import expectation, verify_directory


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Cut, and with `--verify` check what was published the way a user would."""
    repository = shell.repository(asked.repository_path)
    prepared = prepare(repository)
    _require_tag(prepared.plan, asked.tag)
    if asked.dry_run:
        plan_command.show(prepared.plan, shell.console)
        shell.console.say("dry run: nothing was made")
        return 0
    with shell.console.progress() as progress:
        made = cut(prepared.plan, _studio(prepared, repository, shell, asked, progress))
    verdicts = _verified(made, prepared.plan, shell) if asked.verify else ()
    _report(made, verdicts, asked, shell)
    return 0 if all(verdict.ok for _, verdict in verdicts) else VerificationError.exit_code


def _require_tag(plan: Plan, tag: str | None) -> None:
    """CI that runs for a tag releases that tag's version or nothing."""
    if tag is not None and plan.source.tag != tag:
        has = f"it names {plan.version}" if plan.source.tag else f"the version is {plan.version}"
        raise VersionError(
            f"{tag} is no version tag of this commit; {has}",
            remedy="tag the commit like v1.2.3 or v1.2.3-rc.1, and check that tag out",
        )


def _studio(
    prepared: Prepared,
    repository: Repository,
    shell: Shell,
    asked: argparse.Namespace,
    progress: Progress,
) -> Studio:
    shop = workshop(prepared, repository, shell, asked, progress)
    named = prepared.config.build.requirements

    def locks(lock: Lock) -> bytes:
        if lock.name == shop.backends.name:
            return shop.backends.content
        if lock.name.startswith("workflow-release/locks/"):
            return embedded(PurePosixPath(lock.name).stem).content
        return committed_lock(PurePosixPath(lock.name), repository, shop.tree).content

    return Studio(
        shop=shop,
        signer=signer_for(asked.signer or prepared.config.signing.key, shell.host),
        builder=builder_of(shell.host, prepared.plan.source),
        publishers=_publishers(prepared),
        requirements=committed_lock(named.path, repository, shop.tree) if named else None,
        locks=locks,
    )


def _publishers(prepared: Prepared) -> tuple[Publisher, ...]:
    return tuple(
        DirectoryPublisher(root=prepared.root, folder=prepared.root / target.path)
        for target in prepared.plan.targets
    )


def _verified(made: Cut, plan: Plan, shell: Shell) -> tuple[tuple[Path, Verdict], ...]:
    """What went out, read again and checked against the user's own trust store."""
    expected = expectation(shell.host, (), plan.source.repository, str(plan.version))
    folders = [Path(published.location) for published in made.published]
    return tuple((folder, verify_directory(folder, expected)) for folder in folders)


def _report(
    made: Cut,
    verdicts: tuple[tuple[Path, Verdict], ...],
    asked: argparse.Namespace,
    shell: Shell,
) -> None:
    plan, console = made.shipment.cleared.plan, shell.console
    if asked.json:
        console.json(
            {
                "name": plan.name,
                "version": str(plan.version),
                "gates": list(made.shipment.cleared.gates),
                "published": [
                    {"target": p.target, "location": p.location, "created": p.created}
                    for p in made.published
                ],
                "verified": [verify_command.document(*each) for each in verdicts],
            }
        )
        return
    for published in made.published:
        word = "made" if published.created else "already there, the same"
        console.result(f"{plan.name} {plan.version}: {word}: {published.location}")
    console.result(f"passed {len(made.shipment.cleared.gates)} gates")
    for folder, verdict in verdicts:
        verify_command.show(folder, verdict, console)
    console.next_step(f"workflow-release verify {made.published[0].location}")
