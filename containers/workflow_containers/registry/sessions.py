"""The steps of one upload (distribution specification 1.1, "Pushing blobs"), a request each.

Every answer names where the next request goes; a session is a value, and each step gives the next.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from workflow_containers.errors import RegistryError
from workflow_containers.network.interface import Request, Response, Stream, Transport
from workflow_containers.oci.content import Content
from workflow_containers.oci.reference import Repository
from workflow_containers.registry import addresses, answers

_RANGE = re.compile(r"(?:bytes[= ])?0-(-1|[0-9]{1,15})", re.ASCII)
_LENGTH = re.compile(r"[0-9]{1,12}", re.ASCII)
_OCTETS = {"Content-Type": "application/octet-stream"}
_TAKEN = {201, 202, 204}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An upload under way: the registry has `offset` bytes; `least` is its smallest chunk.

    One that was led to another host is `foreign`: our credentials are not for whoever is there.
    """

    url: str
    foreign: bool = False
    offset: int = 0
    least: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What can be done to bring one blob into one repository."""

    transport: Transport
    repository: Repository
    content: Content

    @property
    def what(self) -> str:
        """For messages."""
        return f"{self.repository}@{self.content.digest}"

    def begin(self) -> Session:
        """Start an upload."""
        with self._ask("POST", Session(url=addresses.uploads(self.repository))) as response:
            return self._begun(response)

    def mount(self, source: Repository) -> Session | None:
        """Take the blob from another repository: None when that is done, else where to send it."""
        query = {"mount": str(self.content.digest), "from": source.path}
        begin = Session(url=addresses.uploads(self.repository, **query))
        with self._ask("POST", begin) as response:
            if response.status != 201:
                return self._begun(response)
            answers.require_digest(response, self.content.digest, self.what)
            return None

    def patch(self, session: Session, size: int) -> Session:
        """Send the next `size` bytes."""
        start, stop = session.offset, session.offset + size
        headers = {**_OCTETS, "Content-Range": f"{start}-{stop - 1}"}
        with self._ask("PATCH", session, headers, self._part(start, stop)) as response:
            if response.status not in _TAKEN:
                raise answers.refusal(response, self.what)
            if (had := _had(response)) is not None and max(1, had) != stop:
                raise self._astray("it did not take all that was sent")
            return replace(self._led(response, session), offset=stop)

    def finish(self, session: Session) -> None:
        """Send what is left, if anything, and name the digest; the registry has the blob then."""
        url = addresses.with_query(session.url, digest=str(self.content.digest))
        body = self._part(session.offset, self.content.size)
        with self._ask("PUT", replace(session, url=url), _OCTETS, body) as response:
            if response.status not in {201, 204}:
                raise answers.refusal(response, self.what)
            answers.require_digest(response, self.content.digest, self.what)

    def state(self, session: Session) -> Session:
        """How far the registry came."""
        with self._ask("GET", session) as response:
            if response.status not in {200, 202, 204}:
                raise answers.refusal(response, self.what)
            offset = _had(response)
            if offset is None or offset > self.content.size:
                raise self._astray("it does not say how far it came")
            return replace(self._led(response, session), offset=offset)

    def cancel(self, session: Session) -> None:
        """Give the upload up."""
        self._ask("DELETE", session).body.close()

    def _part(self, start: int, stop: int) -> Stream | bytes:
        if start == stop:
            return b""
        return Stream(size=stop - start, open=lambda: self.content.pieces(start, stop))

    def _ask(
        self, method: str, session: Session, headers: dict[str, str] | None = None,
        body: Stream | bytes | None = None,
    ) -> Response:  # fmt: skip
        """A body is never sent twice unasked: the registry may have a part of it."""
        return self.transport(
            Request(
                method=method,
                url=session.url,
                headers=headers or {},
                body=body,
                repeatable=not body,
                anonymous=session.foreign,
            )
        )

    def _begun(self, response: Response) -> Session:
        if response.status != 202:
            raise answers.refusal(response, self.what)
        least = response.headers.get("oci-chunk-min-length", "")
        here = Session(url=response.url, least=int(least) if _LENGTH.fullmatch(least) else 1)
        return _led(response, response.headers.get("location", ""), here)

    def _led(self, response: Response, session: Session) -> Session:
        location = response.headers.get("location")
        return _led(response, location, session) if location else session

    def _astray(self, why: str) -> RegistryError:
        return RegistryError(
            f"{self.what}: {why}", remedy="ask the registry's operator", status=416
        )


def _led(response: Response, location: str, session: Session) -> Session:
    """Where an answer leads, without our credentials from where it leads to another host on."""
    url = addresses.followed(response.url, location)
    foreign = session.foreign or not addresses.same_host(response.url, url)
    return replace(session, url=url, foreign=foreign)


def _had(response: Response) -> int | None:
    """How many bytes the registry says it has: none and one look the same, and are none."""
    found = _RANGE.fullmatch(response.headers.get("range", ""))
    if found is None:
        return None
    last = int(found[1])
    return last + 1 if last > 0 else 0
