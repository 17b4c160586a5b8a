"""Pushing several images to several registries: one that fails hides no other's result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby

from workflow_containers.errors import ContainersError
from workflow_containers.oci.reference import Repository
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
    with ThreadPoolExecutor(_MOST) as pool:
        done = [
            each for group in pool.map(lambda x: tuple(_one(pusher, x)), groups) for each in group
        ]
    return tuple(outcome for _, outcome in sorted(done, key=lambda each: each[0]))


def _one(
    pusher: Pusher, numbered: Sequence[tuple[int, Order]]
) -> Iterator[tuple[int, Pushed | Failed]]:
    """The images for one registry."""
    known: dict[Digest, Repository] = {}
    for number, order in numbered:
        destination = order.destination
        try:
            pushed = push(pusher, order.shipment, destination, known)
        except ContainersError as error:
            yield number, Failed(destination=destination, error=error)
            continue
        known |= {blob.digest: destination.repository for blob in pushed.blobs}
        yield number, pushed
