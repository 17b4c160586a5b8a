"""A Docker Engine through the client of its SDK; what it answers is checked here."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import IO, Any

from workflow_containers.engine.answering import answering, is_absent
from workflow_containers.engine.interface import (
    LABEL,
    Build,
    Checks,
    Confined,
    Facts,
    Health,
    Held,
    State,
)
from workflow_containers.errors import ContainersError, EngineError, UnhealthyError
from workflow_containers.platform import Platform
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DigestError
from workflow_sbom.printable import printable

_NANOSECONDS = 1_000_000_000
_NO_PROGRAM = "exec: "  # as runc and crun say that the image's program can't be started
_LEFT = 60  # seconds after which nobody waits for a container that has ended
_TMPFS = "rw,noexec,nosuid,nodev,size=64m,mode=1777"
_MOST = 100
_LINE = 2000
_STEP = 3600  # seconds that a step of a Containerfile may say nothing
_HEALTH: Mapping[str, Health] = {
    "starting": "starting", "healthy": "healthy", "unhealthy": "unhealthy",
}  # fmt: skip
# What containers write is kept on the engine's disk, and not without an end.
_LOGS = {"Type": "json-file", "Config": {"max-size": "8m", "max-file": "2"}}


class DockerEngine:
    """An engine at the other end of the SDK's low-level client; implements `Engine`."""

    def __init__(self, api: Any, *, local: bool) -> None:
        self._api = api
        with answering("the Docker Engine tells nothing of itself"):
            told = api.version()
            version, platform = str(told["Version"]), _platform(told["Os"], told["Arch"])
        self.facts = Facts(version=printable(version[:40]), platform=platform, local=local)

    # ------------------------------------------------------------------------------------ images

    def load(self, archive: IO[bytes]) -> None:
        """See `Engine.load`."""
        with answering("the archive was not loaded"):
            for told in self._api.load_image(archive):
                _check(told, "the archive was not loaded")

    def image(self, digest: Digest) -> Held | None:
        """See `Engine.image`."""
        try:
            with answering(f"image {digest}"):
                return _held(self._api.inspect_image(str(digest)))
        except EngineError as error:
            if is_absent(error):
                return None
            raise

    def forget(self, digest: Digest) -> None:
        """See `Engine.forget`."""
        with suppress(EngineError), answering(f"image {digest} was not removed"):
            self._api.remove_image(str(digest))

    def build(self, wanted: Build) -> Iterator[str | Digest]:
        """See `Engine.build`."""
        failure = f"{wanted.file} was not built"
        with answering(failure), wanted.context.open("rb") as context:
            for told in self._api.build(
                fileobj=context,
                custom_context=True,
                dockerfile=wanted.file,
                network_mode=wanted.network,
                nocache=True,
                rm=True,
                forcerm=True,
                decode=True,
                use_config_proxy=False,
                timeout=_STEP,
            ):
                _check(told, failure)
                if identity := (told.get("aux") or {}).get("ID"):
                    yield Digest.parse(str(identity))
                elif text := str(told.get("stream") or told.get("status") or "").rstrip():
                    yield text[:_LINE]

    def save(self, digest: Digest) -> Iterator[bytes]:
        """See `Engine.save`."""
        with answering(f"image {digest} was not handed over"):
            yield from self._api.get_image(str(digest))

    # -------------------------------------------------------------------------------- containers

    def create(self, wanted: Confined) -> str:
        """See `Engine.create`."""
        name = f"workflow-containers-{secrets.token_hex(8)}"
        try:
            with answering("no container was created"):
                config = self._api.create_container_config(**self._configuration(wanted))
                config["Healthcheck"] = _health_check(wanted.checks)
                made = self._api.create_container_from_config(config, name)
                return str(made["Id"])
        except BaseException:
            with suppress(EngineError):
                self.remove(name)
            raise

    def _configuration(self, wanted: Confined) -> Mapping[str, Any]:
        within = {f"{LABEL}.within": str(wanted.within)} if wanted.within else {}
        return {
            "image": str(wanted.image),
            "command": None if wanted.arguments is None else list(wanted.arguments),
            "environment": dict(wanted.environment),
            "labels": {LABEL: "confined", **within},
            "host_config": self._api.create_host_config(
                network_mode=wanted.network,
                read_only=True,
                cap_drop=["ALL"],
                security_opt=["no-new-privileges"],
                ipc_mode="private",
                pids_limit=wanted.processes,
                mem_limit=wanted.memory,
                memswap_limit=wanted.memory,
                tmpfs=dict.fromkeys(wanted.tmpfs, _TMPFS),
                restart_policy={"Name": "no"},
                log_config=_LOGS,
            ),
        }

    def start(self, container: str) -> None:
        """See `Engine.start`."""
        try:
            with answering("the container was not started"):
                self._api.start(container)
        except EngineError as error:
            if _NO_PROGRAM in error.message:
                raise UnhealthyError(error.message, remedy="mend the image's entrypoint") from error
            raise

    def output(self, container: str) -> Iterator[tuple[bytes, bytes]]:
        """See `Engine.output`; the engine is asked at once, not when the first bytes are."""
        with answering("the container's output can't be read"):
            stream = self._api.attach(container, stream=True, demux=True)
        return _pieces(stream)

    def state(self, container: str) -> State:
        """See `Engine.state`."""
        with answering("the container can't be inspected"):
            return _state(self._api.inspect_container(container)["State"])

    def tail(self, container: str, lines: int) -> bytes:
        """See `Engine.tail`."""
        with answering("the container's log can't be read"):
            return bytes(self._api.logs(container, tail=lines))

    def stop(self, container: str, seconds: int) -> None:
        """See `Engine.stop`."""
        with answering("the container was not stopped"):
            self._api.stop(container, timeout=seconds)

    def remove(self, container: str) -> None:
        """See `Engine.remove`."""
        try:
            with answering(f"container {container} was not removed"):
                self._api.remove_container(container, force=True, v=True)
        except EngineError as error:
            if not is_absent(error):
                raise

    def abandoned(self) -> tuple[str, ...]:
        """See `Engine.abandoned`; by the engine's own clock."""
        with answering("the engine's containers can't be listed"):
            now = datetime.fromisoformat(self._api.info()["SystemTime"])
            listed = self._api.containers(all=True, filters={"label": LABEL}, limit=_MOST)
            ids = [str(each["Id"]) for each in listed]
        return tuple(each for each in ids if self._is_abandoned(each, now))

    def _is_abandoned(self, container: str, now: datetime) -> bool:
        try:
            with answering("the container can't be inspected"):
                return _is_over(self._api.inspect_container(container), now)
        except EngineError as error:
            if is_absent(error):  # whoever wanted it has removed it just now
                return False
            raise


def _is_over(found: Any, now: datetime) -> bool:
    """Whether a container ended a while ago, or whoever wanted it must be done with it."""
    within = found["Config"]["Labels"].get(f"{LABEL}.within", "")
    ended = found["State"]["Status"] == "exited"
    since = datetime.fromisoformat(found["State"]["FinishedAt"] if ended else found["Created"])
    limit = _LEFT if ended else int(within) if within.isdecimal() else None
    return limit is not None and (now - since).total_seconds() > limit


def _pieces(stream: Any) -> Iterator[tuple[bytes, bytes]]:
    try:
        with answering("the container's output stopped"):
            for out, err in stream:
                yield out or b"", err or b""
    finally:
        with suppress(OSError):  # closed by the engine already
            stream.close()
        stream._response.close()  # which the SDK forgets then: the socket stays open otherwise


def _health_check(checks: Checks | None) -> Mapping[str, Any] | None:
    """What replaces the image's own; without a test, its test stays. The SDK's has no last key."""
    if checks is None:
        return None
    every = checks.every * _NANOSECONDS
    start = checks.grace * _NANOSECONDS
    return {"Interval": every, "StartPeriod": start, "StartInterval": every}


def _check(told: Any, failure: str) -> None:
    """Raise what the engine says went wrong in the middle of an answer."""
    if not isinstance(told, dict):
        raise EngineError(f"{failure}: {printable(str(told)[:200])}", remedy="look at its log")
    if "error" in told or "errorDetail" in told:
        words = " ".join(str(told.get("error") or told["errorDetail"]).split())
        raise EngineError(f"{failure}: {printable(words[:500])}", remedy="do what the engine says")


def _held(found: Any) -> Held:
    return Held(
        id=_digest(found["Id"]),
        platform=_platform(found["Os"], found["Architecture"]),
        diff_ids=tuple(_digest(each) for each in found["RootFS"].get("Layers") or ()),
    )


def _state(found: Any) -> State:
    health = found.get("Health") or {}
    checks = health.get("Log") or [{}]
    return State(
        running=found["Running"] is True,
        exit_code=int(found["ExitCode"]),
        health=_HEALTH.get(str(health.get("Status")), "none"),
        said=str(checks[-1].get("Output", ""))[:1000],
        out_of_memory=found.get("OOMKilled") is True,
    )


def _digest(text: Any) -> Digest:
    try:
        return Digest.parse(str(text))
    except DigestError as error:
        raise EngineError(f"the engine answers {error}", remedy="use another engine") from error


def _platform(system: Any, architecture: Any) -> Platform:
    try:
        return Platform(str(system), str(architecture))
    except ContainersError as error:
        raise EngineError(f"the engine answers {error}", remedy="use another engine") from error
