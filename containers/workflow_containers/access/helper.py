"""Credential helpers: programs `docker-credential-…` that keep credentials, for this user alone.

Their protocol is that of docker/docker-credential-helpers: what is asked on standard input, JSON
on standard output. Run here and not by the Docker SDK, which waits for ever and lets them write on
our standard error. Nothing a helper prints is ever shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workflow_containers.errors import CredentialsError, ToolError
from workflow_containers.run import Command, Run
from workflow_sbom import canonical
from workflow_sbom.errors import DocumentError
from workflow_sbom.printable import printable

_PREFIX = "docker-credential-"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_MAX_ANSWER = 64 << 10
_NOT_FOUND = b"credentials not found in native keychain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Helper:
    """One helper, found on the PATH of `environment`; raises `CredentialsError` for its faults."""

    program: str
    environment: Mapping[str, str] = field(repr=False)
    run: Run = field(repr=False)
    timeout: float = 60.0  # seconds; a person may have to unlock a keychain

    @classmethod
    def named(cls, name: str, environment: Mapping[str, str], run: Run) -> Helper:
        """The helper that a configuration calls `name`."""
        if not _NAME.fullmatch(name):
            raise CredentialsError(
                f"'{printable(name[:80])}' is no name of a credential helper",
                remedy="mend credsStore and credHelpers in the Docker configuration",
            )
        return cls(program=f"{_PREFIX}{name}", environment=environment, run=run)

    def get(self, server: str) -> tuple[str, str] | None:
        """User name and secret for a server, or None when it keeps none."""
        answer = self._ask("get", server.encode())
        if answer is None:
            return None
        try:
            found = canonical.decode(answer, limit=_MAX_ANSWER)
        except DocumentError:
            raise self._failed("answers what no helper may") from None  # it may quote a secret
        match found:
            case {"Username": str(username), "Secret": str(secret)}:
                return (username, secret) if secret else None
        raise self._failed("answers what no helper may")

    def store(self, server: str, username: str, secret: str) -> None:
        """Keep a secret."""
        document = {"ServerURL": server, "Username": username, "Secret": secret}
        self._ask("store", json.dumps(document).encode())

    def erase(self, server: str) -> None:
        """Forget a server; one that it does not know is forgotten already."""
        self._ask("erase", server.encode())

    def _ask(self, action: str, data: bytes) -> bytes | None:
        """What the helper answers; None when it knows nothing of that server."""
        command = Command(
            argv=[self.program, action],
            cwd=Path("/"),
            env=self.environment,
            stdin=data,
            timeout=self.timeout,
        )
        try:
            done = self.run(command)
        except ToolError as error:
            raise CredentialsError(str(error), remedy=self._remedy) from error
        if done.code == 0:
            return done.stdout
        if _NOT_FOUND in done.stdout[:_MAX_ANSWER]:
            return None
        raise self._failed(f"failed with exit code {done.code}")

    def _failed(self, what: str) -> CredentialsError:
        return CredentialsError(f"{self.program}: {what}", remedy=self._remedy)

    @property
    def _remedy(self) -> str:
        return f"run `{self.program} list` by hand, or take it out of the Docker configuration"
