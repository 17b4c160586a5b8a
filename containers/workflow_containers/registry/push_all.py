"""Pushing several images to several registries: one that fails hides no other's result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

from workflow_containers.errors import ContainersError
from workflow_containers.oci.reference import Repository
from workflow_containers.registry.parallel import Stop, side_by_side
from workflow_containers.registry.push import Failed, Pushed, Pusher, push
from workflow_containers.registry.shipment import Destination, Shipment
from workflow_sbom.digest import Digest

_MOST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An image and where it goes."""

    shipment: Shipment
    destination: Destination


def push_all(pusher: Pusher, orders: Sequence[Order]) -> tuple[Pushed | Failed, ...]:
    """Push each; the outcomes are in the order given.

    Registries are served side by side. Within one, images go one after the other, so that what
    they share is uploaded once and mounted from then on.
    """
    numbered = sorted(enumerate(orders), key=lambda each: each[1].destination.repository.registry)
    groups = [
        tuple(group)
        for _, group in groupby(numbered, key=lambda each: each[1].destination.repository.registry)
    ]
    done = side_by_side(partial(_group, pusher), groups, workers=_MOST, above=pusher.stop)
    outcomes = (each for group in done for each in group)
    return tuple(outcome for _, outcome in sorted(outcomes, key=lambda each: each[0]))


def _group(
    pusher: Pusher, numbered: Sequence[tuple[int, Order]], stop: Stop
) -> list[tuple[int, Pushed | Failed]]:
    """The images for one registry."""
    stoppable = replace(pusher, stop=stop)
    known: dict[Digest, Repository] = {}
    done: list[tuple[int, Pushed | Failed]] = []
    for number, order in numbered:
        destination = order.destination
        try:
            pushed = push(stoppable, order.shipment, destination, known)
        except ContainersError as error:
            done.append((number, Failed(destination=destination, error=error)))
        else:
            known |= {blob.digest: destination.repository for blob in pushed.blobs}
            done.append((number, pushed))
    return done
