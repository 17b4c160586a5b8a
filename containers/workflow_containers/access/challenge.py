"""What a server wants to know before it answers: `WWW-Authenticate` (RFC 9110 section 11.6.1).

Read strictly and within bounds: a header that two readers could take differently is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from workflow_containers.errors import RegistryError

MAX_LENGTH = 8 << 10
MAX_CHALLENGES = 16
MAX_PARAMETERS = 32
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - a grammar's
_TOKEN68 = r"[A-Za-z0-9._~+/-]+=*"
_ENDS = r"(?=[\t ]*(?:,|$))"
_SCHEME = re.compile(rf"({_TOKEN})(?: +|{_ENDS})")
_CREDENTIALS = re.compile(rf"({_TOKEN68}){_ENDS}")
_PARAMETER = re.compile(
    rf"({_TOKEN})[\t ]*=[\t ]*"
    rf'(?:({_TOKEN})|"((?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*)"){_ENDS}'
)
_END = re.compile(_ENDS)
_COMMAS = re.compile(r"[\t ]*(?:,[\t ]*)*")
_VALUE = re.compile(r"[\t -~\x80-\xff]*")
_ESCAPED = re.compile(r"\\(.)")
_SPECIAL = re.compile(r'(["\\])')
_BACKSLASHED = r"\\\1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One way to be known: a scheme, and parameters by name, both in lower case; or a token68."""

    scheme: str
    parameters: tuple[tuple[str, str], ...] = ()
    token68: str | None = None

    def __post_init__(self) -> None:
        names = [name for name, _ in self.parameters]
        told_once = len(set(names)) == len(names) <= MAX_PARAMETERS
        one_form = not names or self.token68 is None
        if not (told_once and one_form and all(_VALUE.fullmatch(v) for _, v in self.parameters)):
            raise _unreadable("a parameter twice, or too many")

    def __str__(self) -> str:
        quoted = (
            f'{name}="{_SPECIAL.sub(_BACKSLASHED, value)}"' for name, value in self.parameters
        )
        return " ".join(filter(None, (self.scheme, self.token68, ", ".join(quoted))))

    def get(self, name: str) -> str:
        """A parameter's value, or an empty text."""
        return dict(self.parameters).get(name, "")


def parse(header: str) -> tuple[Challenge, ...]:
    """Read the challenges of an answer; raises `RegistryError`."""
    if len(header) > MAX_LENGTH:
        raise _unreadable(f"more than {MAX_LENGTH} characters")
    found: list[Challenge] = []
    at = _after_commas(header, 0)
    while at < len(header):
        if len(found) == MAX_CHALLENGES:
            raise _unreadable(f"more than {MAX_CHALLENGES} challenges")
        challenge, at = _challenge(header, at)
        found.append(challenge)
    return tuple(found)


def _challenge(header: str, at: int) -> tuple[Challenge, int]:
    """The challenge that begins there, and where the next one does."""
    if (scheme := _SCHEME.match(header, at)) is None:
        raise _unreadable("something that is no challenge")
    name, at = scheme[1].lower(), scheme.end()
    parameters: list[tuple[str, str]] = []
    while pair := _PARAMETER.match(header, at):
        key, token, quoted = pair.groups()
        parameters.append((key.lower(), token or _ESCAPED.sub(r"\1", quoted or "")))
        at = _after_commas(header, pair.end())
    if parameters:
        return Challenge(scheme=name, parameters=tuple(parameters)), at
    token68 = _CREDENTIALS.match(header, at)
    at = token68.end() if token68 else at
    if not _END.match(header, at):
        raise _unreadable(f"parameters of {name} that can't be told apart")
    at = _after_commas(header, at)
    return Challenge(scheme=name, token68=token68[1] if token68 else None), at


def _after_commas(header: str, at: int) -> int:
    found = _COMMAS.match(header, at)
    return found.end() if found else at


def _unreadable(why: str) -> RegistryError:
    return RegistryError(
        f"a WWW-Authenticate header with {why}", remedy="ask the registry's operator"
    )
