"""Versions as one value: strict SemVer 2.0.0, and every spelling another world asks for.

The accepted texts are the part of SemVer whose order every rendering can keep:

    1.2.3                    a stable release
    1.2.3-rc.1               a candidate
    1.2.3-dev.5              the fifth commit on main after the last stable release
    …+g0123456789ab[.dirty]  any of them, made from a commit or tree that can't be published

Other pre-release words are refused: SemVer sorts alpha < beta < dev < rc and PEP 440 sorts
dev < a < b < rc, so no rendering could keep the order of all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering
from typing import TYPE_CHECKING, Literal, assert_never, cast

from workflow_release.errors import VersionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workflow_release.source import Change

Format = Literal["semver", "pep440", "oci", "npm", "deb", "file"]
FORMATS: tuple[Format, ...] = ("semver", "pep440", "oci", "npm", "deb", "file")
Channel = Literal["dev", "rc"]

LARGEST = 2**53 - 1  # node-semver reads no larger number
_LONGEST = 100  # three numbers of 16 digits, a channel with one more, and the build metadata
_NUMBER = r"(0|[1-9][0-9]{0,15})"
_BUILD = re.compile(r"g[0-9a-f]{12}(?:\.dirty)?")
_TEXT = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-(dev|rc)\.{_NUMBER})?(?:\+({_BUILD.pattern}))?"
)
_RANKS: dict[Channel | None, int] = {"dev": 0, "rc": 1, None: 2}
_SEMVER: dict[Channel, str] = {"dev": "-dev.", "rc": "-rc."}
_PEP440: dict[Channel, str] = {"dev": ".dev", "rc": "rc"}
_DEBIAN: dict[Channel, str] = {"dev": "~dev.", "rc": "~rc."}
_NO_BUILD = "build metadata is g, twelve hexadecimal digits of the commit, and perhaps .dirty"
_REMEDY = "write it like 1.2.3, 1.2.3-rc.1 or 1.2.3-dev.5"


@total_ordering
@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version in SemVer order; where only `build` differs, by its text, none first.

    `channel` is None for a release, and `number` counts within a channel. `build` names the commit
    (`g` and the first 12 digits of its id) and whether the tree was dirty; it marks what can't be
    published.
    Raises `VersionError` for parts outside the accepted texts.
    """

    major: int
    minor: int
    patch: int
    channel: Channel | None = None
    number: int = 0
    build: str | None = None

    def __post_init__(self) -> None:
        if min(self._numbers) < 0 or max(self._numbers) > LARGEST:
            raise VersionError(f"a number of a version is between 0 and {LARGEST}", remedy=_REMEDY)
        if self.channel not in _RANKS or (self.channel is None and self.number):
            raise VersionError(
                f"there is no version {self.number} of channel {str(self.channel)[:20]!r}",
                remedy=_REMEDY,
            )
        if self.build is not None and _BUILD.fullmatch(self.build) is None:
            raise VersionError(f"{self.build[:_LONGEST]!r}: {_NO_BUILD}", remedy=_REMEDY)

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read a SemVer text; raises `VersionError` with the reason it is refused for."""
        version = _match(text)
        if version is None:
            raise VersionError(
                f"{text[:_LONGEST]!r} is no version: {_reason(text)}", remedy=_REMEDY
            )
        return version

    @classmethod
    def parse_tag(cls, prefix: str, tag: str) -> Version | None:
        """The version a tag names, such as `v1.2.3` for prefix `v`; None when it names none.

        Build metadata marks what can't be released, so a tag that has it names no version.
        """
        version = _match(tag.removeprefix(prefix)) if tag.startswith(prefix) else None
        return version if version is not None and version.publishable else None

    @property
    def core(self) -> Version:
        """The release this version is or leads to: `1.2.3` for `1.2.3-rc.1`."""
        return Version(major=self.major, minor=self.minor, patch=self.patch)

    @property
    def stable(self) -> bool:
        """Whether this is a release proper: no candidate, no development version, no metadata."""
        return self.channel is None and self.build is None

    @property
    def publishable(self) -> bool:
        """Whether anybody but its builder may see it: it has no build metadata."""
        return self.build is None

    def dev(self, number: int, build: str | None = None) -> Version:
        """The development version of that number on the way to this version's core."""
        return Version(
            major=self.major,
            minor=self.minor,
            patch=self.patch,
            channel="dev",
            number=number,
            build=build,
        )

    def render(self, format: Format) -> str:  # noqa: A002 - the command line's own word
        """The spelling of one world; injective, and in that world's order where it has one.

        `semver` and `pep440` (normal form) are those specifications'; `deb` is an upstream version
        of Debian policy 5.6.12; `oci` a tag (no `+` there) and `file` the part of a file name that
        needs no quoting in addresses. npm drops build metadata, so `npm` carries it as pre-release
        identifiers; a release with metadata would sort before itself there and raises
        `VersionError`.
        """
        match format:
            case "semver":
                return str(self)
            case "pep440":
                return self._join(_PEP440, "+")
            case "oci" | "file":
                return self._join(_SEMVER, "_")
            case "deb":
                return self._join(_DEBIAN, "+")
            case "npm":
                return self._npm()
            case _:
                assert_never(format)

    def __str__(self) -> str:
        return self._join(_SEMVER, "+")

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Version):
            return NotImplemented
        return self._key < other._key

    @property
    def _numbers(self) -> tuple[int, int, int, int]:
        return (self.major, self.minor, self.patch, self.number)

    @property
    def _key(self) -> tuple[int, int, int, int, int, str]:
        rank = _RANKS[self.channel]
        return (self.major, self.minor, self.patch, rank, self.number, self.build or "")

    def _join(self, channels: dict[Channel, str], plus: str) -> str:
        core = f"{self.major}.{self.minor}.{self.patch}"
        channel = "" if self.channel is None else f"{channels[self.channel]}{self.number}"
        return core + channel + ("" if self.build is None else f"{plus}{self.build}")

    def _npm(self) -> str:
        if self.build is not None and self.channel is None:
            raise VersionError(
                f"{self} has no npm spelling: npm drops build metadata",
                remedy="commit the changes, so that the version is a development version",
            )
        return self._join(_SEMVER, ".")


FIRST = Version(major=0, minor=1, patch=0)


def next_core(previous: Version | None, changes: Iterable[Change]) -> Version:
    """The release that these changes since `previous` ask for; 0.1.0 when there is none before.

    A breaking change asks for a major release, from 1.0.0 on; a feature, or a breaking change
    before 1.0.0, for a minor one; everything else for a patch. Reads no further than it must.
    """
    if previous is None:
        return FIRST
    major, minor = previous.major, previous.minor
    feature = False
    for change in changes:
        if change.breaking and major:
            return Version(major=major + 1, minor=0, patch=0)
        feature = feature or change.breaking or change.kind == "feat"
        if feature and not major:
            break
    if feature:
        return Version(major=major, minor=minor + 1, patch=0)
    return Version(major=major, minor=minor, patch=previous.patch + 1)


def _match(text: str) -> Version | None:
    found = _TEXT.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    major, minor, patch, channel, number, build = found.groups()
    numbers = [int(part) for part in (major, minor, patch, number or "0")]
    if max(numbers) > LARGEST:
        return None
    return Version(
        major=numbers[0],
        minor=numbers[1],
        patch=numbers[2],
        channel=cast("Channel | None", channel),
        number=numbers[3],
        build=build,
    )


def _reason(text: str) -> str:
    if len(text) > _LONGEST:
        return f"it is longer than {_LONGEST} characters"
    if not text.isascii():
        return "it has characters outside ASCII"
    from semver import Version as SemVer

    if not SemVer.is_valid(text):
        return "it is not strict SemVer 2.0.0"
    parsed = SemVer.parse(text)
    channel = (parsed.prerelease or "").partition(".")[0]
    if parsed.prerelease is not None and channel not in _RANKS:
        return (
            f"the pre-release {parsed.prerelease!r} is neither rc.N nor dev.N (SemVer and PEP 440"
            " sort other words differently, so no rendering could keep the order)"
        )
    return f"its numbers go to {LARGEST}, a channel has exactly one, and {_NO_BUILD}"
