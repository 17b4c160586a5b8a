"""Shipments made by the real judge from values alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest

from workflow_release.judging.gates.interface import Candidate, Gate
from workflow_release.judging.judge import judge
from workflow_release.model import (
    Artifact,
    Attested,
    DirectoryTarget,
    File,
    Plan,
    Sdist,
    Source,
)
from workflow_release.targets.shipment import Shipment
from workflow_release.version import Version
from workflow_sbom.digest import Digest

COMMIT = "1" * 40
MakeShipment = Callable[..., Shipment]


def plan(version: str = "0.1.0-dev.3", commit: str = COMMIT) -> Plan:
    source = Source(
        commit=commit,
        committed_at=datetime(2026, 1, 2, tzinfo=UTC),
        tag=None,
        refused_tags=(),
        branch="main",
        on_main=True,
        clean=True,
        repository=None,
    )
    return Plan(
        name="thing",
        version=Version.parse(version),
        source=source,
        previous=None,
        released=(),
        changes=(),
        recipes=(Sdist(distribution="thing", project=PurePosixPath()),),
        targets=(DirectoryTarget(path=PurePosixPath("dist")),),
    )


@pytest.fixture
def shipment(tmp_path: Path) -> MakeShipment:
    def make(content: bytes = b"artifact", version: str = "0.1.0-dev.3") -> Shipment:
        path = tmp_path / f"cache-{Digest.of(content).hex[:8]}"
        path.write_bytes(content)
        artifact = Artifact(
            recipe="sdist:thing",
            name=f"thing-{version}.tar.gz",
            media_type="application/gzip",
            platforms=(),
            size=len(content),
            digest=Digest.of(content),
            path=path,
        )
        attested = Attested(
            artifacts=(artifact,),
            sboms=(File.of(f"{artifact.name}.cdx.json", "application/json", b"{}"),),
            release_sbom=File.of("thing.cdx.json", "application/json", b"{ }"),
            sums=File.of("SHA256SUMS", "text/plain", b"sums"),
            provenance=File.of("provenance.sigstore.json", "application/json", b"{  }"),
        )
        candidate = Candidate(
            plan=plan(version), attested=attested, evidence=(), locks=(), occupied=()
        )
        passing = Gate(name="passing", concerns="every", check=lambda _: ())
        record = b'{"plan": {"source": {"commit": "%s"}}}' % COMMIT.encode()
        return Shipment.cleared(
            judge(candidate, gates=(passing,)),
            File.of("release.json", "application/json", record),
            File.of("release.json.sigstore.json", "application/json", b"[]"),
        )

    return make
