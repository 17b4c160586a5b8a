"""`workflow-release cut`: the release of this commit, made, judged and published."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from workflow_release.attesting.provenance import builder_of
from workflow_release.building.artifacts.interface import LockFile, Workshop
from workflow_release.commands import plan as plan_command
from workflow_release.commands import publish as publish_command
from workflow_release.commands import verify as verify_command
from workflow_release.commands.interface import Shell
from workflow_release.commands.making import Job, committed_lock
from workflow_release.cut import Cut, Studio, cut
from workflow_release.errors import VerificationError, VersionError
from workflow_release.judging.examining.policy import demanded
from workflow_release.model import Lock, Plan
from workflow_release.signing.by_uri import signer_for
from workflow_release.targets.places import Places
from workflow_release.verifying.verdict import Verdict
from workflow_release.verifying.verify import expectation, verify_directory
from workflow_sbom.canonical import Json
from workflow_sbom.terminal.console import Console


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a cut, and of the look at each place it went to."""

    cut: Cut
    verdicts: tuple[tuple[Path, Verdict], ...]

    @property
    def exit_code(self) -> int:
        """0 when everything that was verified holds."""
        ok = all(verdict.ok for _, verdict in self.verdicts)
        return 0 if ok else VerificationError.exit_code


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Cut, and with `--verify` check what was published the way a user would."""
    job = Job.of(asked, shell)
    _require_tag(job.plan, asked.tag)
    root, now = job.prepared.root, shell.host.now()
    demands = demanded(root, job.config.policy.file, now, asked.osv)
    if not asked.publish and not job.plan.version.publishable:
        job = job.local  # it may go nowhere else, and nobody asked
    if asked.dry_run:
        plan_command.answer(job.plan, shell.console, as_json=asked.json)
        shell.console.say("dry run: nothing was made")
        return 0
    with job.workshop(shell) as shop:
        made = cut(replace(_studio(job, shop, asked), demands=demands))
    outcome = Outcome(cut=made, verdicts=_verified(made, shell) if asked.verify else ())
    if asked.json:
        shell.console.json(document(outcome))
    else:
        show(outcome, shell.console)
    return outcome.exit_code


def _require_tag(plan: Plan, tag: str | None) -> None:
    """CI that runs for a tag releases that tag's version or nothing."""
    if tag is not None and plan.source.tag != tag:
        has = f"it names {plan.version}" if plan.source.tag else f"the version is {plan.version}"
        raise VersionError(
            f"{tag} is no version tag of this commit; {has}",
            remedy="tag the commit like v1.2.3 or v1.2.3-rc.1, and check that tag out",
        )


def _studio(job: Job, shop: Workshop, asked: argparse.Namespace) -> Studio:
    places = Places(
        root=job.prepared.root, environment=shop.host.environment, progress=shop.progress
    )
    registries = places.registries(job.plan) if asked.publish else ()
    return Studio(
        shop=shop,
        signer=signer_for(asked.signer or job.config.signing.key, shop.host),
        builder=builder_of(shop.host, job.plan.source),
        publishers=(*places.folders(job.plan), *registries),
        requirements=job.requirements(shop.tree),
        locks=lambda lock: _content(lock, shop).content,
    )


def _content(lock: Lock, shop: Workshop) -> LockFile:
    """The lock that an artifact says it was made from: the backends', or a committed one."""
    if lock.name == shop.backends.name:
        return shop.backends
    return committed_lock(PurePosixPath(lock.name), shop.repository, shop.tree)


def _verified(made: Cut, shell: Shell) -> tuple[tuple[Path, Verdict], ...]:
    """What went out, read again and checked against the user's own trust store."""
    plan = made.shipment.plan
    expected = expectation(shell.host, (), plan.source.repository, str(plan.version))
    folders = [Path(each.location) for each in made.published if each.target == "directory"]
    return tuple((folder, verify_directory(folder, expected)) for folder in folders)


def document(outcome: Outcome) -> dict[str, Json]:
    """The outcome for a program."""
    shipment = outcome.cut.shipment
    return {
        "name": shipment.plan.name,
        "version": str(shipment.plan.version),
        "gates": list(shipment.gates),
        "undecided": [
            {"gate": each.gate, "subject": each.subject, "message": each.message}
            for each in outcome.cut.undecided
        ],
        "published": [publish_command.document(each) for each in outcome.cut.published],
        "verified": [verify_command.document(*each) for each in outcome.verdicts],
    }


def show(outcome: Outcome, console: Console) -> None:
    """The outcome for a person."""
    shipment, published = outcome.cut.shipment, outcome.cut.published
    for each in published:
        told = publish_command.described(each)
        console.result(f"{shipment.plan.name} {shipment.plan.version}: {told}")
    console.result(f"passed {len(shipment.gates)} gates")
    for left in outcome.cut.undecided:
        console.say(f"not known: {left.gate}: {left.subject}: {left.message} ({left.remedy})")
    for folder, verdict in outcome.verdicts:
        verify_command.show(folder, verdict, console)
    folders = [shlex.quote(each.location) for each in published if each.target == "directory"]
    waiting = shipment.plan.remote and all(each.target == "directory" for each in published)
    console.next_step(f"workflow-release {'publish' if waiting else 'verify'} {' '.join(folders)}")
