"""`http.server`, `http.router`, `http.handler`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workflow_engine.modules.interface import Exchange, Handler, Module, ModuleType, Site
from workflow_engine.payload import encode

if TYPE_CHECKING:
    from starlette.responses import Response

_HOST: Final = re.compile(r"[A-Za-z0-9.:_-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen. An empty host is every interface; port 0 is any free port."""

    host: str
    port: int

    @classmethod
    def parse(cls, value: object) -> Address:
        """From `:8080`, `127.0.0.1:0`, `[::1]:8080` or a bare port; raises `ValueError`."""
        text = f":{value}" if isinstance(value, int) else str(value)
        text = f":{text}" if text.isdecimal() else text
        host, colon, port = text.rpartition(":")
        host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        plain = port.isdecimal() and port.isascii() and len(port) <= 5 and _HOST.fullmatch(host)
        if not colon or not plain or int(port) > 65535:
            raise ValueError(f"{text[:80]!r} is no address such as ':8080' or '127.0.0.1:8080'")
        return cls(host, int(port))

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """`address` (":8080"), or `port` alone."""

    address: Address | None = None
    port: Address | None = None

    def __post_init__(self) -> None:
        if self.address is None and self.port is None:
            raise ValueError("an http.server needs an address, such as ':8080'")
        if self.address is not None and self.port is not None:
            raise ValueError("address and port say the same thing; keep one")

    @property
    def listen(self) -> Address:
        """Where it listens."""
        return self.address or self.port or Address("", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterSettings:
    """`server`: the http.server it serves on, when there is more than one."""

    server: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerSettings:
    """`contentType` of the answer, and the `body` to give instead of the usual one."""

    content_type: str = "application/json"
    body: str | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\x20-\x7e]{1,200}", self.content_type):
            raise ValueError("contentType is up to 200 printable characters")


class SimpleHandler(Handler):
    """Answers every request alike; a stand-in until a route has a pipeline."""

    def __init__(self, settings: HandlerSettings, site: Site) -> None:
        super().__init__(settings, site)
        self._type = settings.content_type
        message = {"handler": site.name, "status": "success", "message": "request processed"}
        self._body = encode(message) if settings.body is None else settings.body.encode()

    async def handle(self, _exchange: Exchange) -> Response:
        """See `Handler.handle`."""
        from starlette.responses import Response

        return Response(self._body, media_type=self._type)


KINDS: Final = (
    ModuleType(
        name="http.server",
        summary="listens on an address",
        settings=ServerSettings,
        module=Module,
    ),
    ModuleType(
        name="http.router",
        summary="holds routes",
        settings=RouterSettings,
        module=Module,
    ),
    ModuleType(
        name="http.handler",
        summary="answers every request alike",
        settings=HandlerSettings,
        module=SimpleHandler,
    ),
)
