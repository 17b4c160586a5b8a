"""HTTP/1.1 by urllib3: the one module of this package that opens a connection.

An answer is handed on as it comes: nothing is followed, tried again, decoded or remembered, and
nothing is read from the process's own environment or home.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import assert_never

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, ProxyError

from workflow_containers import __version__
from workflow_containers.errors import IntegrityError, NetworkError, RegistryError
from workflow_containers.network import failures, messages, tls
from workflow_containers.network.address import Address
from workflow_containers.network.bounded import BoundedResponse
from workflow_containers.network.interface import Request, Response, Stream
from workflow_containers.network.proxies import Proxies, Proxy

_AGENT = f"workflow-containers/{__version__}"
_PIECE = 64 << 10
_SMALL = 16 << 10  # so much of an unwanted body is read, to keep the connection
_HOSTS, _CONNECTIONS = 16, 32  # what is kept open
_FOREIGN = (HTTPError, HTTPException, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait, in seconds: for a connection or 64 KiB to go out, and for bytes to come.

    What comes is awaited for longer only in proportion to its size: see `bounded`.
    """

    connect: float = 20.0
    read: float = 120.0


class _Connection(HTTPConnection):
    response_class = BoundedResponse


class _SecureConnection(HTTPSConnection):
    response_class = BoundedResponse


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


@dataclass(slots=True, kw_only=True)
class Http:
    """Sends requests, over connections that threads share; implements `Transport`.

    `environment` names proxies and authorities; `plain_http` says where TLS may be left out.
    """

    environment: Mapping[str, str] = field(repr=False)
    plain_http: Callable[[Address], bool]
    patience: Patience = Patience()
    _managers: dict[Proxy | None, urllib3.PoolManager] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __call__(self, request: Request, /) -> Response:
        """Send it.

        Raises `NetworkError`, `RegistryError` for what may not be sent, and `IntegrityError` when
        a body's stream is not as long as it was said to be.
        """
        address = Address.parse(request.url)
        messages.require_sendable(request.method, request.headers, address.authority)
        if address.scheme == "http" and not self.plain_http(address):
            raise RegistryError(
                f"{address.authority}: plain http, which anybody on the way can read and change",
                remedy="name the host by --plain-http if that is what you want",
            )
        proxy = Proxies(self.environment).of(address)
        try:
            raw = self._manager(proxy).urlopen(
                request.method,
                address.url,
                body=_pieces(request.body, address.authority),
                headers=_framed(request),
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
        except _FOREIGN as error:
            where = proxy.url if proxy and isinstance(error, ProxyError) else address.authority
            raise failures.told(error, where) from error
        return self._answer(raw, address)

    def close(self) -> None:
        """Close the connections that are kept; the next request opens another."""
        with self._lock:
            while self._managers:
                self._managers.popitem()[1].clear()

    def _answer(self, raw: urllib3.BaseHTTPResponse, address: Address) -> Response:
        body = _Body(raw=raw, where=address.authority)
        try:
            headers = messages.received(raw.headers.items(), address.authority)
        except NetworkError:
            raw.close()
            raise
        return Response(status=raw.status, headers=headers, body=body, url=address.url)

    def _manager(self, proxy: Proxy | None) -> urllib3.PoolManager:
        with self._lock:
            if proxy not in self._managers:
                made = self._made(proxy)
                made.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
                self._managers[proxy] = made
            return self._managers[proxy]

    def _made(self, proxy: Proxy | None) -> urllib3.PoolManager:
        timeout = urllib3.Timeout(connect=self.patience.connect, read=self.patience.read)
        context = tls.context(self.environment)
        if proxy is None:
            return urllib3.PoolManager(
                _HOSTS, maxsize=_CONNECTIONS, timeout=timeout, ssl_context=context
            )
        secret = proxy.authorization
        return urllib3.ProxyManager(
            proxy.url,
            _HOSTS,
            proxy_headers={"Proxy-Authorization": secret.reveal()} if secret else None,
            proxy_ssl_context=context,
            maxsize=_CONNECTIONS,
            timeout=timeout,
            ssl_context=context,
        )


def _framed(request: Request) -> dict[str, str]:
    """The headers as they are sent: the length of a body is always said."""
    headers = {"User-Agent": _AGENT, **request.headers}
    match request.body:
        case bytes(data):
            headers["Content-Length"] = str(len(data))
        case Stream(size=size):
            headers["Content-Length"] = str(size)
        case None:
            if request.method in {"POST", "PUT", "PATCH"}:
                headers["Content-Length"] = "0"
        case _:
            assert_never(request.body)
    return headers


def _pieces(body: bytes | Stream | None, where: str) -> Iterator[bytes] | None:
    """The body in pieces small enough for one timeout each; raises `IntegrityError`."""
    match body:
        case bytes(data):
            return _cut((data,))
        case Stream(size=size, open=opened):
            return _measured(opened, size, where)
        case None:
            return None
        case _:
            assert_never(body)


def _cut(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        view = memoryview(piece)
        for start in range(0, len(view), _PIECE):
            yield bytes(view[start : start + _PIECE])


def _measured(opened: Callable[[], Iterator[bytes]], size: int, where: str) -> Iterator[bytes]:
    """What a stream gives, never more than was said; a failure to read it is no network's."""
    left = size
    try:
        for piece in _cut(opened()):
            left -= len(piece)
            if left < 0:
                break
            yield piece
    except OSError as error:
        raise IntegrityError(
            f"to {where}: what is sent can't be read: {error.strerror}", remedy="check the disk"
        ) from error
    if left:
        raise IntegrityError(
            f"to {where}: what is sent is not {size} bytes long",
            remedy="run it again, and change no file meanwhile",
        )


@dataclass(slots=True, kw_only=True)
class _Body:
    """An answer's bytes as they come; implements `Body`."""

    raw: urllib3.BaseHTTPResponse = field(repr=False)
    where: str

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; raises `NetworkError` for a body cut short, or far too slow."""
        try:
            return self.raw.read1(size)
        except _FOREIGN as error:
            raise failures.told(error, self.where) from error

    def close(self) -> None:
        """Keep the connection when little or nothing is left to come, else end it."""
        left = getattr(self.raw, "length_remaining", None)
        if not self.raw.closed and left is not None and left <= _SMALL:
            with suppress(*_FOREIGN):
                self.raw.read(left + 1)  # of nothing, too: only the end frees the connection
        self.raw.close()
        self.raw.release_conn()
