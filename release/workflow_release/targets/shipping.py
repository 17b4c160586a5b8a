"""Shipping to several places: every step at all of them, before the next at any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workflow_release.errors import TargetError
from workflow_release.model import Plan, Published
from workflow_release.targets.interface import Publisher
from workflow_release.targets.shipment import Shipment


def obstacles(plan: Plan, publishers: Iterable[Publisher]) -> tuple[str, ...]:
    """Everything at any place that stands in the way of a release."""
    return tuple(fault for publisher in publishers for fault in publisher.preflight(plan))


def require_free(plan: Plan, publishers: Iterable[Publisher]) -> None:
    """Raises `TargetError` with every obstacle."""
    if found := obstacles(plan, publishers):
        raise TargetError(
            "\n".join(found), remedy="a release is never overwritten; release the next version"
        )


def ship(shipment: Shipment, publishers: tuple[Publisher, ...]) -> tuple[Published, ...]:
    """Content first, then what makes it visible, then the names that move."""
    return tuple(_shipped(shipment, publishers))


def _shipped(shipment: Shipment, publishers: tuple[Publisher, ...]) -> Iterator[Published]:
    for publisher in publishers:
        publisher.upload(shipment)
    for publisher in publishers:
        yield from publisher.publish(shipment)
    for publisher in publishers:
        yield from publisher.advance(shipment)
