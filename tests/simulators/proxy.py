"""A proxy before a real registry that counts what passes, and does to it what is planned.

Faults are the simulated registry's own (`faults`): each stands between a request and what hands it
on. As nginx does unless told not to, a `buffering` proxy hands on whole bodies only.
"""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from simulators.registry import Answer, Asked, CutOffError, Fault, Handler, Planned, behind
from simulators.registry_server import serving

_LIMIT = 60
_OWN = {"transfer-encoding", "connection", "content-length"}


@dataclass(slots=True, kw_only=True)
class Passed:
    """A request that reached the registry, and how many bytes of its body did."""

    method: str
    path: str
    bytes: int = 0
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Proxy:
    """One before the registry that listens at `upstream`, `host:port`."""

    upstream: str
    buffering: bool = False
    scheme: str = "http"
    host: str = ""
    connections: int = 0
    planned: list[Planned] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def plan(
        self, method: str, fault: Fault, *, part: str = "", skip: int = 0, times: int = 1
    ) -> None:
        """Let a fault happen to some of the requests of a method whose path has `part` in it."""
        self.planned.append(Planned(method=method, part=part, fault=fault, skip=skip, times=times))

    def answer(self, asked: Asked) -> Answer:
        """What comes back of a request."""
        with self.lock:
            struck = [each.fault for each in self.planned if each.strikes(asked)]
        handler: Handler = self._handed_on
        for fault in struck:
            handler = behind(fault, handler)
        return handler(asked)

    def uploaded(self) -> int:
        """How many bytes of blobs reached the registry."""
        return sum(each.bytes for each in self.passed if "/blobs/uploads/" in each.path)

    def requests(self, method: str, part: str) -> list[Passed]:
        """Those of a method whose path has `part` in it."""
        return [each for each in self.passed if each.method == method and part in each.path]

    def _handed_on(self, asked: Asked) -> Answer:
        if self.buffering:
            asked = replace(asked, body=iter([b"".join(asked.body)]))
        passed = Passed(method=asked.method, path=asked.path, headers=dict(asked.headers))
        with self.lock:
            self.passed.append(passed)
        connection = http.client.HTTPConnection(self.upstream, timeout=_LIMIT)
        try:
            target = f"{asked.path}?{urlencode(asked.query)}" if asked.query else asked.path
            connection.putrequest(asked.method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in asked.headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            for piece in asked.body:
                connection.send(piece)
                passed.bytes += len(piece)
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            passed.status = response.status
            body = response.read()
            if asked.method != "HEAD":
                headers["content-length"] = str(len(body))
            return Answer(status=response.status, headers=headers, body=body)
        except (OSError, http.client.HTTPException) as error:
            raise CutOffError from error
        finally:
            connection.close()


@contextlib.contextmanager
def before(upstream: str, *, buffering: bool = False) -> Iterator[Proxy]:
    """A proxy at a free port, `proxy.host`, before the registry at another."""
    proxy = Proxy(upstream=upstream, buffering=buffering)
    with serving(proxy):
        yield proxy
