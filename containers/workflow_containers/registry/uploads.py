"""Uploading blobs: only what is missing goes up, and what was cut off goes on.

A blob is asked for first, mounted from a repository that has it if one is known, and otherwise
sent: in one piece when it is small, else in chunks. After a cut the registry is asked how far it
came; one that does not say, or went astray, is sent everything again.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from enum import Enum

from workflow_containers.errors import (
    ContainersError,
    CredentialsError,
    NetworkError,
    RegistryError,
)
from workflow_containers.oci.content import Content
from workflow_containers.oci.reference import Repository
from workflow_containers.registry.client import Client
from workflow_containers.registry.sessions import Session, Steps

CHUNK = 64 << 20
WHOLE = 1 << 20
_FAILING = {408, 429, 500, 502, 503, 504}
_LOST = {400, 404, 409, 410, 416}


class Placed(Enum):
    """How a blob came to be in a repository."""

    PRESENT = "present"
    MOUNTED = "mounted"
    UPLOADED = "uploaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """Blobs on their way to a registry.

    `chunk` is the size of a request in bytes, `whole` the size up to which a blob is sent in one
    with its digest; `tries` bounds how often a blob is taken up again, or begun again.
    """

    client: Client
    chunk: int = CHUNK
    whole: int = WHOLE
    tries: int = 5

    def place(
        self, repository: Repository, content: Content, source: Repository | None = None
    ) -> Placed:
        """Have the blob in the repository; `source` is one of the same registry that has it.

        Raises `NetworkError` or `RegistryError` once the tries are used up; an upload that is
        given up is cancelled. Raises `IntegrityError` when the registry has other bytes.
        """
        if self.client.has_blob(repository, content.digest):
            return Placed.PRESENT
        steps = Steps(transport=self.client.transport, repository=repository, content=content)
        session = _mounted(steps, source) if source is not None else steps.begin()
        if session is None:
            return Placed.MOUNTED
        self._send(steps, session)
        return Placed.UPLOADED

    def _send(self, steps: Steps, session: Session) -> None:
        """Step by step, until the registry has the blob or the tries are used up."""
        current: Session | None = session
        failed = 0
        try:
            while current is not None:
                session = current
                try:
                    current = self._advance(steps, session)
                except (NetworkError, RegistryError) as error:
                    failed += 1
                    if failed > self.tries or not _passing(error):
                        raise
                    current = self._recovered(steps, session, error)
        except BaseException:
            with contextlib.suppress(ContainersError):
                steps.cancel(session)
            raise

    def _advance(self, steps: Steps, session: Session) -> Session | None:
        """The next request; None once the blob is there."""
        left = steps.content.size - session.offset
        if left == 0 or (session.offset == 0 and left <= self.whole):
            steps.finish(session)
            return None
        return steps.patch(session, min(left, max(self.chunk, session.least)))

    def _recovered(
        self, steps: Steps, session: Session, error: NetworkError | RegistryError
    ) -> Session | None:
        """Where to go on after a failure: how far the registry came, or else the beginning.

        None when it has the blob after all: only its answer was lost.
        """
        if isinstance(error, NetworkError) or error.status in _FAILING:
            with contextlib.suppress(NetworkError, RegistryError):
                return steps.state(session)
        if self.client.has_blob(steps.repository, steps.content.digest):
            return None
        with contextlib.suppress(ContainersError):
            steps.cancel(session)
        return steps.begin()


def _mounted(steps: Steps, source: Repository) -> Session | None:
    """What a mount comes to; who may not mount may still upload."""
    try:
        return steps.mount(source)
    except (RegistryError, CredentialsError):
        return steps.begin()


def _passing(error: NetworkError | RegistryError) -> bool:
    """Whether another try may end otherwise."""
    match error:
        case NetworkError():
            return not error.lasting
        case RegistryError():
            return error.status in _FAILING | _LOST
