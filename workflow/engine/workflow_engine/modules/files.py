"""`static.fileserver`: the files of one folder, and nothing outside it."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from workflow_engine.errors import StartError
from workflow_engine.modules.interface import Exchange, Handler, ModuleType, Mount, Site
from workflow_engine.patterns import Pattern

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_INDEX: Final = "index.html"
_TYPES: Final = mimetypes.MimeTypes()  # the built-in table: no file of the machine decides a type
_TYPES.add_type("text/javascript", ".js")
_TYPES.add_type("text/javascript", ".mjs")
_TYPES.add_type("font/woff2", ".woff2")
_TYPES.add_type("application/manifest+json", ".webmanifest")
_TYPES.add_type("application/wasm", ".wasm")
_REMEMBERED: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class FileServerSettings:
    """`root` is taken from the configuration's folder; `cacheMaxAge` is in seconds."""

    root: str
    prefix: str = "/"
    spa_fallback: bool = True
    cache_max_age: int = 3600
    router: str = ""

    def __post_init__(self) -> None:
        if not self.root.strip():
            raise ValueError("root names no folder")
        if not 0 <= self.cache_max_age <= 31_536_000:
            raise ValueError("cacheMaxAge is between 0 and a year of seconds")
        if self.prefix != "/":
            Pattern.parse(self.prefix.rstrip("/"))


def _mounts(settings: FileServerSettings) -> tuple[Mount, ...]:
    prefix = settings.prefix.rstrip("/")
    mounts = (Mount(method="GET", path=f"{prefix}/{{path...}}"),)
    bare = Mount(method="GET", path=prefix, endpoint="bare")
    return (*mounts, bare) if prefix else mounts


class FileServer(Handler):
    """Answers with files. A path that leaves the root, by dots or links, is not found.

    `index.html` is always asked for again; other files are cached for `cacheMaxAge`. The entity
    tag is a digest of the content, so it holds where every file has the same date.
    """

    def __init__(self, settings: FileServerSettings, site: Site) -> None:
        super().__init__(settings, site)
        self._settings = settings
        self._root = (site.folder / settings.root).resolve()
        self._tags: dict[tuple[str, int, int, int], str] = {}

    async def start(self) -> None:
        """See `Module.start`."""
        if not self._root.is_dir():
            raise StartError(
                f"{self.site.name}: the root {self._root} is no folder",
                remedy="build the files first, or correct the module's root",
            )

    async def handle(self, exchange: Exchange) -> Response:
        """See `Handler.handle`."""
        from starlette.responses import JSONResponse, RedirectResponse

        if exchange.endpoint == "bare":  # without its slash, relative links would miss the prefix
            return RedirectResponse(f"{exchange.route}/", status_code=308)
        path = exchange.params.get("path", "")
        found = self.find(path)
        if found is None and self._falls_back(path, exchange.request):
            found = self.find(_INDEX)
        if found is None:
            return JSONResponse({"error": "not found"}, status_code=404, headers=_safe({}))
        tag = await asyncio.to_thread(self._tag, found)
        return self._response(found, tag, exchange.request)

    def find(self, path: str) -> Path | None:
        """The file at a decoded URL path below the prefix; None unless it is inside the root."""
        if any(ord(char) < 32 or char in '\\:*?"<>|\x7f' for char in path) or len(path) > 1024:
            return None
        parts = PurePosixPath(path).parts
        if path.startswith("/") or any(part.startswith(".") for part in parts):
            return None
        try:
            found = self._root.joinpath(*parts).resolve()
            found = found / _INDEX if found.is_dir() else found
            inside = found.resolve().is_relative_to(self._root)
            return found if inside and found.is_file() else None
        except OSError:
            return None

    def _falls_back(self, path: str, request: Request) -> bool:
        """A page of the application, not a file that is missing."""
        accept = request.headers.get("accept", "*/*")
        is_page = "." not in PurePosixPath(path).name
        return self._settings.spa_fallback and is_page and ("html" in accept or "*/*" in accept)

    def _response(self, file: Path, tag: str, request: Request) -> Response:
        from starlette.responses import FileResponse, Response

        age = 0 if file.name == _INDEX else self._settings.cache_max_age
        cache = f"public, max-age={age}" if age else "no-cache"
        headers = _safe({"ETag": tag, "Cache-Control": cache})
        if tag in [given.strip() for given in request.headers.get("if-none-match", "").split(",")]:
            return Response(status_code=304, headers=headers)
        return FileResponse(file, media_type=_media_type(file), headers=headers)

    def _tag(self, file: Path) -> str:
        stat = file.stat()
        key = (str(file), stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if key not in self._tags:
            if len(self._tags) >= _REMEMBERED:
                self._tags.clear()
            with file.open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
            self._tags[key] = f'"{digest[:32]}"'
        return self._tags[key]


def _media_type(file: Path) -> str:
    kind, coding = _TYPES.guess_type(file.name)
    return kind if kind and not coding else "application/octet-stream"


def _safe(headers: dict[str, str]) -> dict[str, str]:
    return {"X-Content-Type-Options": "nosniff", **headers}


KINDS: Final = (
    ModuleType(
        name="static.fileserver",
        summary="serves the files of a folder",
        settings=FileServerSettings,
        module=FileServer,
        mounts=_mounts,
    ),
)
