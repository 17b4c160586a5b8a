"""One release, from a plan to its targets: build, attest, judge, record, publish.

Everything is decided before anything is published, and what is published appears whole. Every stage
takes what is unchanged from the cache, so a run that was killed goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workflow_release.attesting.attest import attest, seal
from workflow_release.attesting.describe import describe
from workflow_release.attesting.provenance import Builder
from workflow_release.attesting.record import Release
from workflow_release.building.artifacts.interface import LockFile, Workshop
from workflow_release.building.build import build
from workflow_release.building.cache import key
from workflow_release.judging import judge as judging
from workflow_release.judging.examine import Examiner, gather
from workflow_release.judging.examining.coverage import Explaining
from workflow_release.judging.examining.policy import Demands
from workflow_release.model import Artifact, Attested, Finding, Lock, Published
from workflow_release.signing.interface import Signer
from workflow_release.targets.interface import Publisher
from workflow_release.targets.shipment import Shipment
from workflow_release.targets.shipping import obstacles, ship
from workflow_sbom.terminal.progress import stage

_STAGES = 3  # after the artifacts: describe and sign, examine and judge, publish


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """All that a release is made with: the workshop that knows its plan, and what comes after.

    `requirements` are those that the wheels are tried with; `locks` gives the bytes of a lock that
    an artifact was made from; `demands` has the repository's policy, if there is one.
    """

    shop: Workshop
    signer: Signer
    builder: Builder
    publishers: tuple[Publisher, ...]
    requirements: LockFile | None
    locks: Callable[[Lock], bytes]
    demands: Demands | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What came of it: what was let through and published, where, and what could not be decided."""

    shipment: Shipment
    published: tuple[Published, ...]
    undecided: tuple[Finding, ...]


def cut(studio: Studio) -> Cut:
    """Make the release of the workshop's plan; raises `ReleaseError`.

    Until every gate has let it through nothing is published; then the targets follow one another
    step by step, and an error of one leaves those before it as they are.
    """
    shop, plan = studio.shop, studio.shop.plan
    occupied = obstacles(plan, studio.publishers)
    judging.preflight(plan, occupied)
    shop.progress.expect(_STAGES)
    artifacts = build(shop)
    with stage(shop.progress, "describe and sign"):
        attested = _attested(artifacts, studio)
    with stage(shop.progress, "examine and judge"):
        cleared = judging.judge(gather(plan, attested, occupied, _examiner(studio, artifacts)))
    with stage(shop.progress, "publish"):
        left = dict.fromkeys(finding.gate for finding in cleared.undecided)
        sealed = seal(Release.of(plan, attested, cleared.gates, left), studio.signer)
        shipment = Shipment.cleared(cleared, *sealed)
        published = ship(shipment, studio.publishers)
    return Cut(shipment=shipment, published=published, undecided=cleared.undecided)


def _attested(artifacts: tuple[Artifact, ...], studio: Studio) -> Attested:
    described = describe(artifacts, studio.shop, studio.requirements)
    return attest(
        studio.shop.plan,
        artifacts,
        described.sboms,
        described.release,
        studio.signer,
        builder=studio.builder,
    )


def _examiner(studio: Studio, artifacts: tuple[Artifact, ...]) -> Examiner:
    shop = studio.shop
    return Examiner(
        host=shop.host,
        run=shop.run,
        cache=shop.cache,
        locks=studio.locks,
        explain=Explaining(shop=shop, artifacts=artifacts),
        demands=studio.demands,
        requirements=_on_disk(studio.requirements, shop),
    )


def _on_disk(lock: LockFile | None, shop: Workshop) -> Path | None:
    """A committed lock as a file that pip can read."""
    if lock is None:
        return None
    content = lock.content

    def make(folder: Path) -> None:
        (folder / "requirements.txt").write_bytes(content)

    return shop.cache.file(key("lock", {"digest": lock.lock.digest.hex}), make).path
