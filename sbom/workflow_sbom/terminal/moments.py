"""Points in time that somebody names on a command line or in the environment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from workflow_sbom.errors import UsageError

EPOCH_VARIABLE = "SOURCE_DATE_EPOCH"
_LATEST = 253_402_300_799  # the last second of the year 9999


def instant(option: str, text: str) -> datetime:
    """An RFC 3339 time, in UTC; raises `UsageError` naming the option."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise UsageError(
        f"{option} {text[:40]!r} is no time with its offset from UTC",
        remedy="write it like 2026-03-04T05:06:07Z",
    )


def stated(asked: str | None, environment: Mapping[str, str]) -> datetime | None:
    """When something says it was made: `--created`, else `SOURCE_DATE_EPOCH` of the environment.

    None where nobody says, for the machine's clock is no answer. Raises `UsageError`.
    """
    if asked is not None:
        return instant("--created", asked)
    said = environment.get(EPOCH_VARIABLE)
    return datetime.fromtimestamp(epoch(said), UTC) if said else None


def unstated(why: str) -> UsageError:
    """The error for what nobody says the time of, and that tells none itself."""
    return UsageError(
        why, remedy=f"--created TIME, or set {EPOCH_VARIABLE} to what git log -1 --format=%ct says"
    )


def epoch(text: str) -> int:
    """The value of `SOURCE_DATE_EPOCH`, in seconds since 1970; raises `UsageError`.

    Specification: https://reproducible-builds.org/specs/source-date-epoch/.
    """
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(_LATEST))
    if not digits or int(text) > _LATEST:
        raise UsageError(
            f"{EPOCH_VARIABLE} is {text[:40]!r}, no seconds since 1970",
            remedy="set it to what git log -1 --format=%ct prints, or unset it",
        )
    return int(text)
