"""One release, from a plan to its targets: build, attest, judge, record, publish.

Everything is decided before anything is published, and what is published appears whole. Every stage
takes what is unchanged from the cache, so a run that was killed goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workflow_release import judge as judging
from workflow_release.artifacts.interface import LockFile, Workshop
from workflow_release.attest import attest, seal
from workflow_release.build import build
from workflow_release.cache import key
from workflow_release.describe import describe
from workflow_release.examine import Examiner, gather
from workflow_release.model import Lock, Plan, Published
from workflow_release.provenance import Builder
from workflow_release.record import Release
from workflow_release.signing.interface import Signer
from workflow_release.targets.interface import Publisher, Shipment


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """All that a release is made with, beyond its plan."""

    shop: Workshop
    signer: Signer
    builder: Builder
    publishers: tuple[Publisher, ...]
    requirements: LockFile | None
    locks: Callable[[Lock], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What came of it: what was let through and published, and where."""

    shipment: Shipment
    published: tuple[Published, ...]


def cut(plan: Plan, studio: Studio) -> Cut:
    """Make the release of a plan; raises `ReleaseError`, and then nothing was published."""
    occupied = tuple(fault for each in studio.publishers for fault in each.preflight(plan))
    judging.preflight(plan, occupied)
    shop = studio.shop
    artifacts = build(shop)
    with _stage("describe and sign", shop):
        described = describe(artifacts, shop, studio.requirements)
        attested = attest(
            plan,
            artifacts,
            described.sboms,
            described.release,
            studio.signer,
            builder=studio.builder,
        )
    with _stage("examine and judge", shop):
        candidate = gather(plan, attested, occupied, _examiner(studio))
        cleared = judging.judge(candidate)
    record, bundle = seal(Release.of(plan, attested, cleared.gates), studio.signer)
    shipment = Shipment(cleared=cleared, record=record, record_bundle=bundle)
    with _stage("publish", shop):
        published = tuple(publisher.publish(shipment) for publisher in studio.publishers)
    return Cut(shipment=shipment, published=published)


def _examiner(studio: Studio) -> Examiner:
    shop = studio.shop
    return Examiner(
        host=shop.host,
        run=shop.run,
        cache=shop.cache,
        locks=studio.locks,
        requirements=_on_disk(studio.requirements, shop),
    )


def _on_disk(lock: LockFile | None, shop: Workshop) -> Path | None:
    """A committed lock as a file that pip can read."""
    if lock is None:
        return None
    name = key("lock", {"digest": lock.lock.digest.hex})
    return shop.cache.file(
        name, lambda folder: _write(folder / "requirements.txt", lock.content)
    ).path


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


@contextmanager
def _stage(task: str, shop: Workshop) -> Iterator[None]:
    """A stage as progress shows it."""
    shop.progress.expect(1)
    shop.progress.started(task)
    try:
        yield
    except BaseException:
        shop.progress.failed(task, None)
        raise
    shop.progress.finished(task, reused=False)
