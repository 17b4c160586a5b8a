"""A blueprint on its addresses until it is told to stop. Binds sockets and listens to signals."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import uvicorn

from workflow_engine.blueprint import Blueprint
from workflow_engine.dispatch import Dispatcher
from workflow_engine.engine import Engine
from workflow_engine.errors import AddressError, UsageError
from workflow_engine.host import Clock
from workflow_engine.modules.http import Address
from workflow_engine.settings import did_you_mean

_GRACE_SECONDS: Final = 10
_BACKLOG: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How to serve: `host`, when given, takes the place of every address's own; `announce` is
    told a server's name and URL once all of them accept connections.
    """

    clock: Clock
    log: logging.Logger
    announce: Callable[[str, str], None]
    host: str | None = None


def serve(blueprint: Blueprint, serving: Serving) -> None:
    """Serve until SIGTERM or SIGINT; what is under way then is finished, within ten seconds.

    Raises `AddressError`, `StartError`, and `UsageError` when there is no server to run.
    """
    addresses = {
        plan.name: _address(plan.settings.listen, serving.host)
        for plan in blueprint.modules
        if plan.kind.name == "http.server"
    }
    if not addresses:
        raise UsageError(
            "the configuration has no http.server", remedy="add one, or run a single pipeline"
        )
    engine = Engine(blueprint, clock=serving.clock, log=serving.log)
    with contextlib.ExitStack() as stack:
        sockets = {name: stack.enter_context(bind(name, at)) for name, at in addresses.items()}
        asyncio.run(_run(engine, sockets, serving))


def run_pipeline(
    blueprint: Blueprint, name: str, data: Mapping[str, Any], serving: Serving
) -> Mapping[str, Any]:
    """Run one pipeline with every module started but no address bound; gives its result.

    Raises `UsageError` for a name there is no pipeline of, `StartError` and `PipelineError`.
    """
    names = [pipeline.name for pipeline in blueprint.pipelines]
    if name not in names:
        raise UsageError(f"no pipeline named {name[:80]!r}", remedy=did_you_mean(name, names))
    engine = Engine(blueprint, clock=serving.clock, log=serving.log)

    async def once() -> Mapping[str, Any]:
        await engine.start()
        try:
            return await engine.call(name, data, 0)
        finally:
            await engine.stop()

    return asyncio.run(once())


def _address(address: Address, host: str | None) -> Address:
    return address if host is None else Address(host, address.port)


def bind(name: str, address: Address) -> socket.socket:
    """A listening socket; an empty host is every interface, IPv6 too where there is any."""
    everywhere = not address.host and socket.has_dualstack_ipv6()
    v6 = everywhere or ":" in address.host
    try:
        opened = socket.create_server(
            (address.host, address.port),
            family=socket.AF_INET6 if v6 else socket.AF_INET,
            backlog=_BACKLOG,
            dualstack_ipv6=everywhere,
        )
    except (OSError, UnicodeError) as error:
        if everywhere:
            return bind(name, Address("0.0.0.0", address.port))  # noqa: S104 - asked for
        reason = getattr(error, "strerror", None) or "no such host"
        raise AddressError(
            f"{name} can't listen on {address}: {reason}",
            remedy="free the address, or give the module another",
        ) from error
    # connections inherit it; asyncio sets it only where a socket was made with its protocol named
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


class _Server(uvicorn.Server):
    """A server among several in one process: signals are for all of them, not for each."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def _server(application: Dispatcher) -> _Server:
    return _Server(
        uvicorn.Config(
            application,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )


async def _run(engine: Engine, sockets: Mapping[str, socket.socket], serving: Serving) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await serve_until(told, engine, sockets, serving.announce)


async def serve_until(
    told: asyncio.Event,
    engine: Engine,
    sockets: Mapping[str, socket.socket],
    announce: Callable[[str, str], None],
) -> None:
    """Start the engine, answer on the sockets (by server name) until told, stop the engine."""
    servers = {name: _server(engine.application(name)) for name in sockets}
    await engine.start()
    try:
        async with asyncio.TaskGroup() as group:
            for name, opened in sockets.items():
                group.create_task(servers[name].serve(sockets=[opened]))
                announce(name, url(opened))
            await told.wait()
            for server in servers.values():
                server.should_exit = True
    finally:
        await engine.stop()


def url(opened: socket.socket) -> str:
    """Where a browser on this machine reaches a listening socket."""
    host, port = opened.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}.get(host, host)  # noqa: S104 - compared
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
