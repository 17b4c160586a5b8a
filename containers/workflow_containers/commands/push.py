"""`workflow-containers push ARCHIVE REFERENCE…`: an image archive to one or more registries."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from contextlib import ExitStack

from workflow_containers.commands.interface import Shell
from workflow_containers.oci.layout import Layout
from workflow_containers.oci.reference import Reference
from workflow_containers.registry.client import Client
from workflow_containers.registry.push import Failed, Moved, Pushed, Pusher
from workflow_containers.registry.push_all import Order, push_all
from workflow_containers.registry.rehearsal import Rehearsal
from workflow_containers.registry.shipment import Destination, Shipment, Tag
from workflow_containers.registry.uploads import Placed, Uploads
from workflow_sbom.canonical import Json
from workflow_sbom.errors import UsageError
from workflow_sbom.terminal.sizes import in_units

_COLUMNS = ("result", "image", "uploaded", "mounted", "there already")


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Push everywhere; the exit code is that of the first that failed."""
    references = tuple(map(Reference.parse, asked.references))
    transport = shell.connect(asked.plain_http)
    client = Client(transport=Rehearsal(transport) if asked.dry_run else transport)
    with ExitStack() as stack:
        shipment = Shipment.of(stack.enter_context(Layout(asked.archive)))
        orders = [
            Order(shipment=shipment, destination=each)
            for each in destinations(references, shipment.version, move=asked.move)
        ]
        progress = stack.enter_context(shell.console.progress())
        outcomes = push_all(Pusher(uploads=Uploads(client=client), progress=progress), orders)
    if asked.json:
        shell.console.json([_document(each) for each in outcomes])
    else:
        _report(outcomes, shell)
    return _ended(outcomes, shell, dry_run=asked.dry_run)


def destinations(
    references: Iterable[Reference], version: str, *, move: bool
) -> tuple[Destination, ...]:
    """A destination for each repository; raises `UsageError` for what is no place to push to.

    A reference without a tag gets the archive's version, which never moves.
    """
    names: dict[Reference, dict[str, Tag]] = {}
    for reference in references:
        name = reference.tag or version
        if reference.digest is not None or not name:
            raise UsageError(f"{reference}: no tag to push to", remedy="REGISTRY/NAME:TAG")
        tag = Tag(name=name, moves=move and name != version)
        names.setdefault(Reference(reference.repository), {})[name] = tag
    return tuple(
        Destination(repository=key.repository, tags=tuple(tags.values()))
        for key, tags in names.items()
    )


def _report(outcomes: Sequence[Pushed | Failed], shell: Shell) -> None:
    shell.console.table(_COLUMNS, [_row(each) for each in outcomes])
    for each in outcomes:
        if isinstance(each, Pushed):
            shell.console.result(str(each.reference))


def _row(outcome: Pushed | Failed) -> tuple[str, ...]:
    match outcome:
        case Failed():
            return ("FAILED", str(outcome.destination), "-", "-", "-")
        case Pushed():
            kinds = (Placed.UPLOADED, Placed.MOUNTED, Placed.PRESENT)
            return ("ok", str(outcome.destination), *(_amount(outcome, kind) for kind in kinds))


def _amount(pushed: Pushed, placed: Placed) -> str:
    count = pushed.count(placed)
    return f"{count} ({in_units(pushed.size(placed))})" if count else "0"


def _ended(outcomes: Sequence[Pushed | Failed], shell: Shell, *, dry_run: bool) -> int:
    failed = [each.error for each in outcomes if isinstance(each, Failed)]
    for error in failed:
        shell.console.error(error)
    pushed = next((each for each in outcomes if isinstance(each, Pushed)), None)
    if dry_run:
        shell.console.say("dry run: nothing was written")
    elif pushed is not None and not failed:
        shell.console.next_step(f"docker pull {pushed.reference}")
    return failed[0].exit_code if failed else 0


def _document(outcome: Pushed | Failed) -> Json:
    """The outcome for a program."""
    destination = outcome.destination
    place: dict[str, Json] = {
        "repository": str(destination.repository),
        "tags": [tag.name for tag in destination.tags],
    }
    match outcome:
        case Failed(error=error):
            return {**place, "ok": False, "error": error.message, "remedy": error.remedy}
        case Pushed():
            return {
                **place,
                "ok": True,
                "digest": str(outcome.digest),
                "reference": str(outcome.reference),
                "written": outcome.written,
                "blobs": [_blob(blob) for blob in outcome.blobs],
            }


def _blob(blob: Moved) -> Json:
    return {"digest": str(blob.digest), "size": blob.size, "placed": blob.placed.value}
