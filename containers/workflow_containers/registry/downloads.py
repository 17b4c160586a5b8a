"""Downloading a blob: as it comes, taken up again where it was cut off, and verified at the end."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from workflow_containers.errors import IntegrityError, NetworkError, RegistryError
from workflow_containers.network.interface import STEP, Request, Response, Transport
from workflow_containers.oci.descriptor import Descriptor
from workflow_containers.registry import answers
from workflow_sbom.digest import Digest

_RANGE = re.compile(r"bytes ([0-9]{1,15})-[0-9]{1,15}/(?:[0-9]{1,15}|\*)", re.ASCII)
_TAMPERED = "something between here and the registry changes content; trust none of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """One blob from one address; `resumes` bounds how often it is taken up again."""

    transport: Transport
    url: str
    blob: Descriptor
    what: str
    resumes: int

    def pieces(self) -> Iterator[bytes]:
        """The blob's bytes; raises `IntegrityError` when they are not those of its digest."""
        state, size = hashlib.sha256(), 0
        for resumed in range(self.resumes + 1):
            try:
                for piece in self._from(size):
                    state.update(piece)
                    size += len(piece)
                    yield piece
                break
            except NetworkError as error:
                if size == self.blob.size:
                    break
                if error.lasting or resumed == self.resumes:
                    raise
        if Digest(state.hexdigest()) != self.blob.digest:
            raise IntegrityError(f"{self.what}: other bytes, {size} of them", remedy=_TAMPERED)

    def _from(self, start: int) -> Iterator[bytes]:
        """The bytes from `start` on, exactly as many as there are."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        with self.transport(Request(method="GET", url=self.url, headers=headers)) as response:
            skip = start - self._begins(response, start)
            left = self.blob.size - start + skip
            while left and (piece := response.body.read(min(STEP, left))):
                left -= len(piece)
                if kept := piece[skip:]:
                    yield kept
                skip = max(0, skip - len(piece))
            if left:
                raise NetworkError(f"{self.what}: {left} bytes are missing", remedy="try again")
            if response.body.read(1):
                raise IntegrityError(
                    f"{self.what}: more than {self.blob.size} bytes", remedy=_TAMPERED
                )

    def _begins(self, response: Response, start: int) -> int:
        """Where the answer begins: whoever does not know ranges sends everything."""
        if response.status == 200:
            return 0
        if response.status != 206:
            raise answers.refusal(response, self.what)
        found = _RANGE.fullmatch(response.headers.get("content-range", ""))
        if found is None or int(found[1]) != start:
            raise RegistryError(
                f"{self.what}: asked for byte {start} on, given another range",
                remedy="ask the registry's operator",
            )
        return start
