"""Following redirects: registries keep blobs elsewhere and say where (HTTP 307)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workflow_containers.errors import RegistryError
from workflow_containers.network.interface import Request, Response, Transport
from workflow_containers.registry import addresses
from workflow_sbom.printable import printable

_MOST = 5
_REDIRECTS = {301, 302, 303, 307, 308}
_SAFE = {"GET", "HEAD"}


@dataclass(frozen=True, slots=True)
class Following:
    """A transport whose questions are asked again where the answer sends them.

    Only what reads is ever sent elsewhere. Credentials are not a question's own, so none go along.
    """

    transport: Transport

    def __call__(self, request: Request, /) -> Response:
        """Ask; raises `RegistryError` for redirects without end or to where nobody should go."""
        for _ in range(_MOST + 1):
            response = self.transport(request)
            if response.status not in _REDIRECTS or request.method not in _SAFE:
                return response
            with response:
                location = response.headers.get("location", "")
                request = replace(request, url=addresses.followed(response.url, location))
        raise RegistryError(
            f"{printable(request.url[:120])}: more than {_MOST} redirects",
            remedy="ask the registry's operator",
        )
