"""A registry in memory, as strict as the distribution specification 1.1 lets one be.

`Registry` is itself a `Transport`; `registry_server.serving` puts the same one behind a socket.
What goes wrong is planned: `registry.plan("PATCH", cut_upload(5))` (see `faults`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from workflow_containers.errors import NetworkError
from workflow_containers.network.interface import Request, Response

INDEX = "application/vnd.oci.image.index.v1+json"
HOST = "registry.test"


class CutOffError(Exception):
    """The connection ends here, without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it arrives: its body comes piece by piece."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Iterator[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back; `cut` ends the connection after so many bytes of the body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int | None = None


Handler = Callable[[Asked], Answer]
Fault = Callable[[Asked, Handler], Answer]


@dataclass(slots=True, kw_only=True)
class Planned:
    """A fault for the requests that match: after `skip` of them, `times` times."""

    method: str
    part: str
    fault: Fault
    skip: int
    times: int

    def strikes(self, asked: Asked) -> bool:
        if self.method not in {"", asked.method} or self.part not in asked.path:
            return False
        self.skip -= 1
        if self.skip >= 0 or self.times <= 0:
            return False
        self.times -= 1
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What this registry can do, for those that differ; a lenient one takes images in parts."""

    mount: bool = True
    referrers: bool = True
    ranges: bool = True
    digests: bool = True
    resumable: bool = True
    forgetful: bool = False
    lenient: bool = False
    min_chunk: int = 0
    page: int = 1000
    blobs_elsewhere: str = ""
    absolute: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who may come in: with the password itself (`basic`), or with a token got for it."""

    user: str
    password: str
    scheme: str = "bearer"

    @property
    def basic(self) -> str:
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


@dataclass(slots=True)
class Upload:
    """A blob on its way in; a forgetful one keeps only its digest and size."""

    forgetful: bool
    data: bytearray = field(default_factory=bytearray)
    size: int = 0
    state: Any = field(default_factory=hashlib.sha256)

    def add(self, piece: bytes) -> None:
        self.state.update(piece)
        self.size += len(piece)
        if not self.forgetful:
            self.data += piece


@dataclass(slots=True)
class Repository:
    """Blobs and manifests by digest, tags by name."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Registry:
    """The whole of it. `log` has a line for each request, in order: `PUT /v2/a/manifests/1`."""

    features: Features = field(default_factory=Features)
    login: Login | None = None
    scheme: str = "https"
    host: str = HOST
    repositories: dict[str, Repository] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    planned: list[Planned] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    seen: list[Asked] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    begun: int = 0
    connections: int = 0
    lock: Any = field(default_factory=threading.RLock)

    def plan(
        self, method: str, fault: Fault, part: str = "", *, skip: int = 0, times: int = 1
    ) -> None:
        self.planned.append(Planned(method=method, part=part, fault=fault, skip=skip, times=times))

    def repository(self, name: str) -> Repository:
        with self.lock:
            return self.repositories.setdefault(name, Repository())

    def counted(self, start: str) -> int:
        """How many requests began like this."""
        return sum(line.startswith(start) for line in self.log)

    def writes(self) -> list[str]:
        return [line for line in self.log if line.split()[0] not in {"GET", "HEAD"}]

    def __call__(self, request: Request, /) -> Response:
        """As a `Transport`."""
        parts = urlsplit(request.url)
        body = request.body
        if body is None or isinstance(body, bytes):
            pieces = iter([body] if body else [])
        else:
            pieces = body.open()
        asked = Asked(
            method=request.method,
            path=parts.path,
            query=dict(parse_qsl(parts.query)),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=pieces,
        )
        try:
            answer = self.answer(asked)
        except CutOffError as error:
            raise NetworkError(f"{parts.netloc}: the connection was cut") from error
        return Response(
            status=answer.status, headers=answer.headers, body=Body(answer), url=request.url
        )

    def answer(self, asked: Asked) -> Answer:
        with self.lock:
            self.log.append(f"{asked.method} {asked.path}")
            self.seen.append(replace(asked, body=iter(())))
            struck = [each.fault for each in self.planned if each.strikes(asked)]
        handler: Handler = self._guarded
        for fault in struck:
            handler = behind(fault, handler)
        return handler(asked)

    def _guarded(self, asked: Asked) -> Answer:
        if asked.path == "/token":
            return self._token(asked)
        given = asked.headers.get("authorization", "")
        if self.login is not None and given not in self._accepted(self.login):
            return self._challenge(self.login, asked)
        return self._routed(asked)

    def _accepted(self, login: Login) -> set[str]:
        if login.scheme == "basic":
            return {login.basic}
        return {f"Bearer {token}" for token in self.tokens}

    def _challenge(self, login: Login, asked: Asked) -> Answer:
        found = re.match(r"/v2/(.+?)/(?:blobs|manifests|tags|referrers)/", asked.path)
        actions = "pull" if asked.method in {"GET", "HEAD"} else "pull,push"
        scope = f',scope="repository:{found[1]}:{actions}"' if found else ""
        how = f'Bearer realm="{self.scheme}://{self.host}/token",service="{self.host}"{scope}'
        if login.scheme == "basic":
            how = 'Basic realm="registry"'
        return _error(401, "UNAUTHORIZED", "authentication required", {"www-authenticate": how})

    def _token(self, asked: Asked) -> Answer:
        if self.login is None or asked.headers.get("authorization") != self.login.basic:
            return _error(401, "UNAUTHORIZED", "wrong password")
        with self.lock:
            token = f"token-{len(self.tokens) + 1}"
            self.tokens.append(token)
        return _json({"token": token, "expires_in": 300})

    def _routed(self, asked: Asked) -> Answer:
        routes: tuple[tuple[str, Callable[..., Answer]], ...] = (
            (r"/v2/", lambda _: Answer(status=200)),
            (r"/v2/(.+)/blobs/uploads/", self._begin),
            (r"/v2/(.+)/blobs/uploads/([0-9]+)", self._upload),
            (r"/v2/(.+)/blobs/(sha256:[0-9a-f]{64})", self._blob),
            (r"/v2/(.+)/manifests/([^/]+)", self._manifest),
            (r"/v2/(.+)/tags/list", self._tags),
            (r"/v2/(.+)/referrers/(sha256:[0-9a-f]{64})", self._referrers),
        )
        for pattern, handler in routes:
            if found := re.fullmatch(pattern, asked.path):
                return handler(asked, *found.groups())
        return _error(404, "UNSUPPORTED", "no such address")

    # blobs

    def _blob(self, asked: Asked, name: str, digest: str) -> Answer:
        data = self.repository(name).blobs.get(digest)
        if data is None:
            return _error(404, "BLOB_UNKNOWN", "blob unknown to registry")
        if elsewhere := self.features.blobs_elsewhere:
            return Answer(status=307, headers={"location": f"{elsewhere}/{name}/{digest}"})
        return self._ranged(asked, data, digest)

    def _ranged(self, asked: Asked, data: bytes, digest: str) -> Answer:
        headers = {"content-type": "application/octet-stream", **self._named(digest)}
        found = re.fullmatch(r"bytes=([0-9]+)-", asked.headers.get("range", ""))
        if found and self.features.ranges:
            start = int(found[1])
            if start >= len(data):
                return _error(416, "BLOB_UNKNOWN", "no such range")
            headers["content-range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            return _bodied(asked, 206, headers, data[start:])
        return _bodied(asked, 200, headers, data)

    def _named(self, digest: str) -> dict[str, str]:
        return {"docker-content-digest": digest} if self.features.digests else {}

    def _begin(self, asked: Asked, name: str) -> Answer:
        mount, source = asked.query.get("mount"), asked.query.get("from")
        with self.lock:
            if mount and source and self.features.mount:
                data = self.repository(source).blobs.get(mount)
                if data is not None:
                    self.repository(name).blobs[mount] = data
                    return Answer(status=201, headers=self._named(mount))
            self.begun += 1
            self.uploads[str(self.begun)] = Upload(self.features.forgetful)
            return self._goes_on(name, str(self.begun), 202)

    def _goes_on(self, name: str, key: str, status: int) -> Answer:
        """An upload's state; its address changes with it, so an old one is of no use."""
        size = self.uploads[key].size
        host = f"{self.scheme}://{self.host}" if self.features.absolute else ""
        headers = {
            "location": f"{host}/v2/{name}/blobs/uploads/{key}?{urlencode({'state': 'a b&c'})}",
            "range": f"0-{max(0, size - 1)}",
        }
        if status == 202 and self.features.min_chunk:
            headers["oci-chunk-min-length"] = str(self.features.min_chunk)
        return Answer(status=status, headers=headers)

    def _upload(self, asked: Asked, name: str, key: str) -> Answer:
        upload = self.uploads.get(key)
        if upload is None or asked.query.get("state") != "a b&c":
            return _error(404, "BLOB_UPLOAD_UNKNOWN", "upload unknown")
        match asked.method:
            case "GET" if self.features.resumable:
                return self._goes_on(name, key, 204)
            case "DELETE":
                del self.uploads[key]
                return Answer(status=204)
            case "PATCH":
                return self._chunk(asked, name, key, upload)
            case "PUT":
                return self._finish(asked, name, key, upload)
        return _error(405, "UNSUPPORTED", "not that")

    def _chunk(self, asked: Asked, name: str, key: str, upload: Upload) -> Answer:
        found = re.fullmatch(r"([0-9]+)-([0-9]+)", asked.headers.get("content-range", ""))
        if found is None or int(found[1]) != upload.size:
            return self._goes_on(name, key, 416)
        before = upload.size
        for piece in asked.body:
            upload.add(piece)
        if upload.size - before != int(found[2]) - before + 1:
            return _error(400, "SIZE_INVALID", "another size than said")
        return self._goes_on(name, key, 202)

    def _finish(self, asked: Asked, name: str, key: str, upload: Upload) -> Answer:
        for piece in asked.body:
            upload.add(piece)
        with self.lock:
            del self.uploads[key]
            digest = f"sha256:{upload.state.hexdigest()}"
            if asked.query.get("digest") != digest:
                return _error(400, "DIGEST_INVALID", "provided digest did not match")
            self.repository(name).blobs[digest] = bytes(upload.data)
        return Answer(status=201, headers=self._named(digest))

    # manifests

    def _manifest(self, asked: Asked, name: str, selector: str) -> Answer:
        if asked.method == "PUT":
            return self._put(asked, name, selector)
        with self.lock:
            repository = self.repository(name)
            digest = repository.tags.get(selector, selector)
            found = repository.manifests.get(digest)
        if found is None:
            return _error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        headers = {"content-type": found[0], **self._named(digest)}
        return _bodied(asked, 200, headers, found[1])

    def _put(self, asked: Asked, name: str, selector: str) -> Answer:
        data = b"".join(asked.body)
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if selector.startswith("sha256:") and selector != digest:
            return _error(400, "DIGEST_INVALID", "provided digest did not match")
        value = json.loads(data)
        with self.lock:
            repository = self.repository(name)
            if (missing := _missing(value, repository)) and not self.features.lenient:
                return _error(404, "MANIFEST_BLOB_UNKNOWN", missing[0])
            media_type = asked.headers.get("content-type", "")
            repository.manifests[digest] = (media_type, data)
            if not selector.startswith("sha256:"):
                repository.tags[selector] = digest
        headers = self._named(digest)
        if self.features.referrers and (subject := value.get("subject")):
            headers["oci-subject"] = subject["digest"]
        return Answer(status=201, headers=headers)

    def _tags(self, asked: Asked, name: str) -> Answer:
        if name not in self.repositories:
            return _error(404, "NAME_UNKNOWN", "repository name not known")
        names = sorted(self.repository(name).tags)
        page = min(int(asked.query.get("n", "1000")), self.features.page)
        last = asked.query.get("last", "")
        left = [each for each in names if each > last]
        answer = _json({"name": name, "tags": left[:page]})
        if len(left) <= page:
            return answer
        following = f"{asked.path}?{urlencode({'n': page, 'last': left[page - 1]})}"
        return replace(answer, headers={**answer.headers, "link": f'<{following}>; rel="next"'})

    def _referrers(self, asked: Asked, name: str, subject: str) -> Answer:
        if not self.features.referrers:
            return _error(404, "NOT_FOUND", "404 page not found")
        found = []
        for digest, (media_type, data) in self.repository(name).manifests.items():
            value = json.loads(data)
            if value.get("subject", {}).get("digest") == subject:
                kind = value.get("artifactType") or value.get("config", {}).get("mediaType", "")
                entry = {"mediaType": media_type, "digest": digest, "size": len(data)}
                entry |= {"artifactType": kind, "annotations": value.get("annotations", {})}
                found.append(entry)
        wanted = asked.query.get("artifactType")
        kept = [each for each in found if wanted in {None, each["artifactType"]}]
        answer = _json({"schemaVersion": 2, "mediaType": INDEX, "manifests": kept})
        return replace(answer, headers={**answer.headers, "content-type": INDEX})


class Body:
    """An answer's body as a `Transport` gives it."""

    def __init__(self, answer: Answer) -> None:
        self._left = answer.body if answer.cut is None else answer.body[: answer.cut]
        self._cut = answer.cut is not None

    def read(self, size: int, /) -> bytes:
        if not self._left and self._cut:
            raise NetworkError("the connection was cut in the middle of an answer")
        data, self._left = self._left[:size], self._left[size:]
        return data

    def close(self) -> None:
        self._left = b""


def behind(fault: Fault, handler: Handler) -> Handler:
    """The handler with a fault before it."""
    return lambda asked: fault(asked, handler)


def _missing(value: Mapping[str, Any], repository: Repository) -> list[str]:
    blobs = [*value.get("layers", []), *([value["config"]] if "config" in value else [])]
    return [
        *(each["digest"] for each in blobs if each["digest"] not in repository.blobs),
        *(
            each["digest"]
            for each in value.get("manifests", [])
            if each["digest"] not in repository.manifests
        ),
    ]


def _bodied(asked: Asked, status: int, headers: Mapping[str, str], data: bytes) -> Answer:
    body = b"" if asked.method == "HEAD" else data
    return Answer(status=status, headers={**headers, "content-length": str(len(data))}, body=body)


def _json(value: Any) -> Answer:
    data = json.dumps(value).encode()
    headers = {"content-type": "application/json", "content-length": str(len(data))}
    return Answer(status=200, headers=headers, body=data)


def _error(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Answer:
    answer = _json({"errors": [{"code": code, "message": message}]})
    return replace(answer, status=status, headers={**answer.headers, **(headers or {})})
