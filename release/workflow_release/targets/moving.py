"""Names that move: `latest`, `1.2`, `1` follow stable releases, `edge` pre-releases. Pure.

They only ever move forward: a patch of an old line takes `1.2` along and leaves `latest`, and what
somebody moved further meanwhile stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workflow_release.version import Version

EDGE = "edge"
LATEST = "latest"


def moving_names(version: Version, released: Iterable[Version]) -> tuple[str, ...]:
    """The names that a version is to have, given every version that was released.

    None for what may not be published.
    """
    if not version.publishable:
        return ()
    if not version.stable:
        return (EDGE,)
    return tuple(_stable_names(version, [each for each in released if each.stable]))


def _stable_names(version: Version, released: list[Version]) -> Iterator[str]:
    line = (version.major, version.minor)
    if version >= max(
        (each for each in released if (each.major, each.minor) == line), default=version
    ):
        yield f"{version.major}.{version.minor}"
    # 0.1 and 0.2 promise each other nothing, so there is no name for both.
    newest = max((each for each in released if each.major == version.major), default=version)
    if version.major > 0 and version >= newest:
        yield str(version.major)
    if version >= max(released, default=version):
        yield LATEST


def forward(there: Version | None, version: Version) -> bool:
    """Whether a name that stands for `there`, or for nothing yet, moves on to a version."""
    return there is None or there < version
