"""A transport that changes nothing: what would be written is answered as if it had been."""

from __future__ import annotations

from workflow_containers.network.interface import Request, Response, Transport
from workflow_sbom.digest import Digest

_READING = {"GET", "HEAD"}
_WRITTEN = {"POST": 202, "PATCH": 202, "PUT": 201, "DELETE": 204}


class Rehearsal:
    """Passes on what only reads; implements `Transport`. Bodies are neither read nor sent.

    A manifest that was put is there for whoever asks afterwards, as its digest.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._put: dict[str, Digest] = {}

    def __call__(self, request: Request, /) -> Response:
        """Ask, or pretend."""
        if request.method not in _READING:
            return self._written(request)
        if (digest := self._put.get(request.url)) is not None and request.method == "HEAD":
            return _answer(request, 200, {"docker-content-digest": str(digest)})
        return self._transport(request)

    def _written(self, request: Request) -> Response:
        if isinstance(request.body, bytes) and "/manifests/" in request.url:
            self._put[request.url] = Digest.of(request.body)
        mounted = request.method == "POST" and "mount=" in request.url
        status = 201 if mounted else _WRITTEN.get(request.method, 405)
        return _answer(request, status, {"location": request.url})


class _Nothing:
    def read(self, _: int, /) -> bytes:
        return b""

    def close(self) -> None:
        pass


def _answer(request: Request, status: int, headers: dict[str, str]) -> Response:
    return Response(status=status, headers=headers, body=_Nothing(), url=request.url)
