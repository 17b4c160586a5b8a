"""Trying again what may be sent twice, with growing pauses of chance length.

Backoff with full jitter; `Retry-After` (RFC 9110 section 10.2.3) is obeyed, within bounds. Whoever
asked gets the last answer or error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import assert_never

from workflow_containers.errors import NetworkError
from workflow_containers.network.clock import CLOCK, Clock
from workflow_containers.network.interface import Request, Response, Transport

_TRANSIENT = {408, 429, 500, 502, 503, 504}
_PUT_OFF = 429
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How often, and how long, in seconds.

    A pause is at most `first`, then twice that and so on up to `longest`; a server may ask for up
    to `obeyed`. Nothing is begun again later than `total` after the start.
    """

    attempts: int = 5
    first: float = 0.5
    longest: float = 15.0
    obeyed: float = 60.0
    total: float = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """Tries again; implements `Transport`."""

    transport: Transport
    policy: Policy = Policy()
    clock: Clock = CLOCK

    def __call__(self, request: Request, /) -> Response:
        """Send it, until there is an answer that will stay, or too little time or patience."""
        end = self.clock.now() + self.policy.total
        left = self.policy.attempts
        limit = self.policy.first
        while True:
            left -= 1
            outcome = self._outcome(request)
            pause = self._pause(outcome, limit)
            late = left <= 0 or self.clock.now() + (pause or 0) > end
            if pause is None or late or not _may_repeat(request, outcome):
                return _handed(outcome)
            if isinstance(outcome, Response):
                outcome.body.close()
            self.clock.sleep(pause)
            limit = min(2 * limit, self.policy.longest)

    def _outcome(self, request: Request) -> Response | NetworkError:
        try:
            return self.transport(request)
        except NetworkError as error:
            return error

    def _pause(self, outcome: Response | NetworkError, limit: float) -> float | None:
        """How long to wait before another attempt; None when there is to be none."""
        jitter = self.clock.chance() * limit
        match outcome:
            case NetworkError(lasting=lasting):
                return None if lasting else jitter
            case Response(status=status, headers=headers) if status in _TRANSIENT:
                asked = retry_after(headers.get("retry-after", ""), self.clock.date())
                return asked + jitter if asked <= self.policy.obeyed else None
            case Response():
                return None
            case _:
                assert_never(outcome)


def _may_repeat(request: Request, outcome: Response | NetworkError) -> bool:
    """What was put off (429) was not begun, so it may be sent again whatever it does."""
    put_off = isinstance(outcome, Response) and outcome.status == _PUT_OFF
    return request.repeatable or put_off


def _handed(outcome: Response | NetworkError) -> Response:
    if isinstance(outcome, NetworkError):
        raise outcome
    return outcome


def retry_after(value: str, date: float) -> float:
    """The seconds that a `Retry-After` asks for, at `date`; none when it says nothing."""
    if _SECONDS.fullmatch(value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value[:64])
        return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - date)
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0
