"""`health.checker` and `metrics.collector`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from workflow_engine.modules.interface import Exchange, Handler, ModuleType, Mount, Site
from workflow_engine.patterns import Pattern

if TYPE_CHECKING:
    from starlette.responses import Response

_HEALTH: Final = Pattern.parse("/healthz")
_READY: Final = Pattern.parse("/readyz")
_LIVE: Final = Pattern.parse("/livez")
_METRICS: Final = Pattern.parse("/metrics")


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSettings:
    """The three paths."""

    health_path: Pattern = _HEALTH
    ready_path: Pattern = _READY
    live_path: Pattern = _LIVE
    router: str = ""


def _health_mounts(settings: HealthSettings) -> tuple[Mount, ...]:
    return (
        Mount(method="GET", path=str(settings.health_path), endpoint="health"),
        Mount(method="GET", path=str(settings.ready_path), endpoint="ready"),
        Mount(method="GET", path=str(settings.live_path), endpoint="live"),
    )


class Health(Handler):
    """Says whether every module is well; 503 when one is not. Alive is simply answering."""

    async def handle(self, exchange: Exchange) -> Response:
        """See `Handler.handle`."""
        from starlette.responses import JSONResponse

        troubles = self.site.engine.troubles()
        body: dict[str, Any]
        match exchange.endpoint:
            case "live":
                body, troubles = {"status": "alive"}, {}
            case "ready":
                body = {"status": "not_ready" if troubles else "ready"}
            case _:
                checks = {name: {"status": "unhealthy"} for name in sorted(troubles)}
                body = {"status": "unhealthy" if troubles else "healthy", "checks": checks}
        for name, trouble in sorted(troubles.items()):
            self.site.log.warning("%s: %s", name, trouble)
        status = 503 if troubles else 200
        return JSONResponse(body, status_code=status, headers={"Cache-Control": "no-store"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSettings:
    """Where the text is served, and the prefix of every name in it."""

    metrics_path: Pattern = _METRICS
    namespace: str = "workflow"
    router: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}", self.namespace):
            raise ValueError("namespace is a word of letters, digits and _")


def _metrics_mounts(settings: MetricsSettings) -> tuple[Mount, ...]:
    return (Mount(method="GET", path=str(settings.metrics_path)),)


class Collector(Handler):
    """The engine's counters for Prometheus."""

    def __init__(self, settings: MetricsSettings, site: Site) -> None:
        super().__init__(settings, site)
        self._namespace = settings.namespace

    async def handle(self, _exchange: Exchange) -> Response:
        """See `Handler.handle`."""
        from starlette.responses import Response

        engine = self.site.engine
        text = engine.metrics.render(uptime=engine.uptime(), namespace=self._namespace)
        return Response(text, media_type="text/plain; version=0.0.4")


KINDS: Final = (
    ModuleType(
        name="health.checker",
        summary="/healthz, /readyz and /livez",
        settings=HealthSettings,
        module=Health,
        mounts=_health_mounts,
    ),
    ModuleType(
        name="metrics.collector",
        summary="counters for Prometheus",
        settings=MetricsSettings,
        module=Collector,
        mounts=_metrics_mounts,
    ),
)
