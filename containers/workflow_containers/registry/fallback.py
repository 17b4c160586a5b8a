"""The tag `sha256-<hex>`: an index of referrers, kept by clients where the registry keeps none.

Distribution specification 1.1, "Referrers Tag Schema". Nobody can compare and set a tag, so two
who write at once lose one's entry. Hence whoever wrote waits longer than another's reading and
writing takes, then reads again, until everything ever seen there is in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflow_containers.errors import ConflictError, LayoutError, MissingError, RegistryError
from workflow_containers.network.clock import Clock
from workflow_containers.oci import image
from workflow_containers.oci.descriptor import Descriptor
from workflow_containers.oci.image import Document
from workflow_containers.registry import answers
from workflow_containers.registry.client import Client
from workflow_containers.registry.subject import Subject
from workflow_sbom import canonical
from workflow_sbom.digest import Digest

MAX_ENTRIES = 1000
_SHORTEST, _LONGEST = 0.25, 10  # seconds
Entries = Mapping[Digest, Any]
"""An index's entries as they stand there, by their digests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """The list of a subject's referrers; `tries` bounds how often it is written."""

    client: Client
    subject: Subject
    tries: int = 12

    def listed(self) -> tuple[Descriptor, ...]:
        """What it lists; nothing where the tag is none, or stands for something else."""
        try:
            document = self._document()
        except LayoutError:
            return ()
        if document is None or document.media_type != image.INDEX:
            return ()
        return tuple(self._descriptor(each) for each in self._entries(document).values())

    def add(self, referrer: Descriptor, clock: Clock) -> None:
        """Have it listed, beside everything that is.

        Raises `ConflictError` where the tag is no list, or others write without an end.
        """
        known: Entries = {referrer.digest: referrer.value()}
        for written in range(self.tries):
            began = clock.now()
            document = self._list(written > 0)
            found = self._entries(document) if document is not None else {}
            if known.keys() <= found.keys():
                return
            known = {**known, **found}
            self.client.put_manifest(self.subject.fallback, _index(document, known))
            _wait(clock.now() - began, clock)
        raise ConflictError(
            f"{self.subject.fallback}: entries vanish as soon as they are written",
            remedy="others write there at the same time; attach again when they are done",
        )

    def _document(self) -> Document | None:
        """What the tag stands for, unless that is the subject itself (as GitLab has it)."""
        try:
            document = self.client.manifest(self.subject.fallback)
        except MissingError:
            return None
        return None if document.digest == self.subject.descriptor.digest else document

    def _list(self, must_exist: bool) -> Document | None:
        """The list, before the first writing perhaps none; raises `ConflictError`."""
        try:
            document = self._document()
        except LayoutError as error:
            raise self._taken() from error
        if document is None and must_exist:
            raise ConflictError(
                f"{self.subject.fallback}: was written, and is not there",
                remedy="this registry keeps no list of what refers to an image; ask its operator",
            )
        if document is not None and document.media_type != image.INDEX:
            raise self._taken()
        return document

    def _taken(self) -> ConflictError:
        return ConflictError(
            f"{self.subject.fallback} is no list of what refers to {self.subject}",
            remedy="that tag is taken; whoever pushed it may give it another name",
        )

    def _entries(self, document: Document) -> Entries:
        where = str(self.subject.fallback)
        listed = answers.decoded(document.data, where).get("manifests")
        if not isinstance(listed, list) or len(listed) > MAX_ENTRIES:
            raise RegistryError(
                f"{where}: no list, or one of more than {MAX_ENTRIES} entries",
                remedy="delete what nobody needs, or the tag",
            )
        return {self._descriptor(each).digest: each for each in listed}

    def _descriptor(self, entry: Any) -> Descriptor:
        try:
            return Descriptor.read(entry, str(self.subject.fallback))
        except LayoutError as error:
            raise RegistryError(str(error), remedy="delete that tag, and attach again") from error


def _wait(taken: float, clock: Clock) -> None:
    """Two to three times as long as reading and writing took: others' may take as long."""
    clock.sleep(min(_LONGEST, max(_SHORTEST, taken)) * (2 + clock.chance()))


def _index(before: Document | None, entries: Entries) -> Document:
    """The index with those entries, in one order; all else that it says stays."""
    old = {} if before is None else canonical.decode(before.data)
    manifests = [entry for _, entry in sorted(entries.items())]
    value = {**old, "schemaVersion": 2, "mediaType": image.INDEX, "manifests": manifests}
    return Document(image.INDEX, canonical.encode(value))
