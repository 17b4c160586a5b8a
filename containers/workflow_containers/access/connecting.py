"""The one way to registries: from sockets up to credentials, each a transport around the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from workflow_containers.access.authenticating import Authenticating
from workflow_containers.access.credentials import Credential, DockerCredentials
from workflow_containers.access.endpoint import Endpoints, Locating
from workflow_containers.network.clock import CLOCK, Clock
from workflow_containers.network.http import Http
from workflow_containers.network.interface import Transport
from workflow_containers.network.redirecting import Redirecting
from workflow_containers.network.retrying import Retrying
from workflow_containers.run import Run, run


def connect(
    environment: Mapping[str, str],
    *,
    plain_http: Iterable[str] = (),
    credentials: Callable[[str], Credential] | None = None,
    run: Run = run,
    clock: Clock = CLOCK,
) -> Transport:
    """A transport to every registry, with this user's credentials unless others are given.

    Requests name registries as images do: `https://docker.io/v2/…`. `plain_http` are hosts
    (`registry.lan:5000`) without TLS; `environment` names proxies, authorities and the Docker
    configuration; `run` starts credential helpers.
    """
    endpoints = Endpoints.of(plain_http)
    http = Http(environment=environment, plain_http=endpoints.may_be_plain)
    known = Authenticating(
        transport=Redirecting(Retrying(transport=http, clock=clock)),
        credentials=credentials or DockerCredentials(environment=environment, run=run),
        endpoints=endpoints,
        clock=clock,
    )
    return Locating(transport=known, endpoints=endpoints)
