"""A real server on the loopback interface, in a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from workflow_engine import load
from workflow_engine.blueprint import Blueprint
from workflow_engine.engine import Engine
from workflow_engine.host import SystemClock
from workflow_engine.modules.http import Address
from workflow_engine.serve import bind, serve_until


class _Served:
    """One engine answering until it is closed."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.urls: dict[str, str] = {}
        self._ready = threading.Event()
        self._errors: list[Exception] = []
        self._thread = threading.Thread(target=self._run, args=(blueprint,))
        self._thread.start()
        assert self._ready.wait(10), "the server did not start"
        for error in self._errors:
            self._thread.join()
            raise error

    def _run(self, blueprint: Blueprint) -> None:
        try:
            asyncio.run(self._serve(blueprint))
        except Exception as error:  # noqa: BLE001 - raised again in the test's own thread
            self._errors.append(error)
        finally:
            self._ready.set()

    async def _serve(self, blueprint: Blueprint) -> None:
        engine = Engine(blueprint, clock=SystemClock(), log=logging.getLogger("test.engine"))
        names = [plan.name for plan in blueprint.modules if plan.kind.name == "http.server"]
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        with ExitStack() as stack:
            sockets = {n: stack.enter_context(bind(n, Address("127.0.0.1", 0))) for n in names}

            def announce(name: str, url: str) -> None:
                self.urls[name] = url
                if len(self.urls) == len(names):
                    self._ready.set()

            await serve_until(self._told, engine, sockets, announce)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._told.set)
        self._thread.join(15)
        assert not self._thread.is_alive(), "the server did not stop"


@pytest.fixture
def blueprint(tmp_path: Path) -> Callable[..., Blueprint]:
    """Text to blueprint; keyword arguments are the variables."""

    def make(text: str, *, env: str = "", **variables: str) -> Blueprint:
        return load.from_bytes(text.encode(), env=env, variables=variables, folder=tmp_path)

    return make


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., httpx.Client]]:
    """Text to a client of the (first) server it describes."""
    with ExitStack() as stack:

        def make(text: str, variables: Mapping[str, str] | None = None) -> httpx.Client:
            planned = load.from_bytes(text.encode(), variables=variables or {}, folder=tmp_path)
            served = _Served(planned)
            stack.callback(served.close)
            url = next(iter(served.urls.values()))
            return stack.enter_context(httpx.Client(base_url=url, trust_env=False))

        yield make
