"""The one way to registries: from sockets up to credentials, each a transport around the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workflow_containers.network.clock import CLOCK, Clock
from workflow_containers.network.http import Http
from workflow_containers.network.interface import Transport
from workflow_containers.registry.endpoint import Endpoints, Locating


def connect(
    environment: Mapping[str, str], *, plain_http: Iterable[str] = (), clock: Clock = CLOCK
) -> Transport:
    """A transport to every registry, with this user's credentials.

    Requests name registries as images do: `https://docker.io/v2/…`. `plain_http` are hosts
    (`registry.lan:5000`) without TLS; `environment` names proxies, authorities and configuration.
    """
    endpoints = Endpoints.of(plain_http)
    http = Http(environment=environment, plain_http=endpoints.may_be_plain, clock=clock)
    return Locating(transport=http, endpoints=endpoints)
