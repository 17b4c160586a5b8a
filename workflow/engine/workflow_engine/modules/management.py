"""`api.management`: what the running engine is made of, as JSON; the admin UI reads it."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from workflow_engine.expansion import unresolved
from workflow_engine.modules.interface import Exchange, Handler, ModuleType, Mount, Site
from workflow_engine.patterns import Pattern

if TYPE_CHECKING:
    from starlette.responses import Response

_BASE: Final = Pattern.parse("/api/v1")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementSettings:
    """`basePath` of the API; `token`, when given, is demanded as `Authorization: Bearer`."""

    base_path: Pattern = _BASE
    token: str | None = None
    router: str = ""

    def __post_init__(self) -> None:
        if self.token is None:
            return
        if missing := unresolved(self.token):
            raise ValueError(f"the token's variable {missing[0]} is not set")
        if len(self.token) < 16 or not self.token.isascii() or not self.token.isprintable():
            raise ValueError("a token is at least 16 printable ASCII characters")


def _mounts(settings: ManagementSettings) -> tuple[Mount, ...]:
    base = str(settings.base_path).rstrip("/")
    return tuple(
        Mount(method="GET", path=f"{base}/engine/{endpoint}", endpoint=endpoint)
        for endpoint in ("status", "modules", "routes")
    )


class Management(Handler):
    """Answers the three questions. It changes nothing."""

    def __init__(self, settings: ManagementSettings, site: Site) -> None:
        super().__init__(settings, site)
        self._token = settings.token

    async def handle(self, exchange: Exchange) -> Response:
        """See `Handler.handle`."""
        from starlette.responses import JSONResponse

        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        if not self._may(exchange.request.headers.get("authorization", "")):
            headers["WWW-Authenticate"] = "Bearer"
            return JSONResponse({"error": "unauthorized"}, status_code=401, headers=headers)
        return JSONResponse(self._answer(exchange.endpoint), headers=headers)

    def _may(self, authorization: str) -> bool:
        if self._token is None:
            return True
        given = authorization.encode("utf-8", errors="replace")
        return hmac.compare_digest(given, f"Bearer {self._token}".encode())

    def _answer(self, endpoint: str) -> Any:
        engine = self.site.engine
        match endpoint:
            case "modules":
                return engine.modules()
            case "routes":
                return engine.routes()
            case _:
                return engine.status()


KINDS: Final = (
    ModuleType(
        name="api.management",
        summary="the engine's status, modules and routes as JSON",
        settings=ManagementSettings,
        module=Management,
        mounts=_mounts,
    ),
)
