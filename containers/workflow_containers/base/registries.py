"""Bringing a base image into the store from the registry that it names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workflow_containers.base.bringing import Bring, from_layouts
from workflow_containers.errors import MissingError
from workflow_containers.network.interface import Transport
from workflow_containers.oci.reference import Reference
from workflow_containers.platform import Platform
from workflow_containers.registry.client import Client
from workflow_containers.registry.fetching import Fetcher
from workflow_containers.store import Store


def from_registries(transport: Transport) -> Bring:
    """Bring from the registry of the reference's name, every variant that an index has.

    Which of them is the base is for `documents.find` to say.
    """
    client = Client(transport=transport)

    def bring(reference: Reference, platform: Platform, store: Store) -> None:
        fetcher = Fetcher(client=client, store=store)
        fetcher.bring(fetcher.find(reference, platform))

    return bring


def from_anywhere(layouts: Sequence[Path], transport: Transport) -> Bring:
    """Bring from a layout that has it, else from the registry."""
    here, there = from_layouts(layouts), from_registries(transport)

    def bring(reference: Reference, platform: Platform, store: Store) -> None:
        try:
            here(reference, platform, store)
        except MissingError:
            there(reference, platform, store)

    return bring
