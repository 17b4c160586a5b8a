"""`workflow-release publish DIR`: send a release that was made elsewhere to its registries.

The folder is verified first, by an expected key, and where it goes is what its signed record says:
the job that holds the power to publish builds nothing and runs nothing of what it publishes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from workflow_release.commands.interface import Shell
from workflow_release.commands.verify import folders
from workflow_release.errors import UsageError
from workflow_release.model import Plan, Published
from workflow_release.planning.destinations import locations
from workflow_release.targets.places import Places
from workflow_release.targets.shipment import Shipment
from workflow_release.targets.shipping import require_free, ship
from workflow_release.verifying.verify import expectation, verify_directory
from workflow_sbom.canonical import Json


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Verify, then publish what holds; raises `ReleaseError` before anything is sent, or midway.

    Run again, it goes on where it stopped.
    """
    expected = expectation(shell.host, tuple(asked.key), asked.repository, asked.version)
    published: list[Published] = []
    for folder in folders(asked):
        shipment = Shipment.verified(folder, verify_directory(folder, expected))
        _require_somewhere(shipment.plan, folder)
        if asked.dry_run:
            _rehearse(shipment.plan, shell)
        else:
            published += _publish(shipment, folder, shell)
    if asked.json:
        shell.console.json([document(each) for each in published])
    else:
        for each in published:
            shell.console.result(described(each))
    return 0


def _publish(shipment: Shipment, folder: Path, shell: Shell) -> tuple[Published, ...]:
    with shell.console.progress() as progress:
        places = Places(root=folder, environment=shell.host.environment, progress=progress)
        registries = places.registries(shipment.plan)
        require_free(shipment.plan, registries)
        return ship(shipment, registries)


def _require_somewhere(plan: Plan, folder: Path) -> None:
    if not plan.remote:
        raise UsageError(
            f"{folder} is a release that goes to no registry",
            remedy='declare a [[target]] with kind = "registry" in release.toml, and cut again',
        )


def _rehearse(plan: Plan, shell: Shell) -> None:
    for target in plan.remote:
        for location in locations(plan, target):
            shell.console.result(f"would go to {location}")
    shell.console.say("dry run: nothing was sent")


def document(published: Published) -> dict[str, Json]:
    """A receipt for a program."""
    return {
        "target": published.target,
        "location": published.location,
        "created": published.created,
    }


def described(published: Published) -> str:
    """A receipt for a person."""
    return f"{'made' if published.created else 'already there, the same'}: {published.location}"
