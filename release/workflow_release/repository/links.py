"""Where symbolic links lead: found among the links of a commit or an archive, never on a disk.

A link may pass through others, so counting `..` in its text alone does not tell where it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

LONGEST = 4095
"""The most bytes a link's text may have (PATH_MAX of Linux, without its end)."""
_MOST_HOPS = 40  # as many links as Linux follows
_ROOT = PurePosixPath()


def is_portable(target: str) -> bool:
    """Whether a link's text is a path, the same one on every machine, and safe to print."""
    return bool(target) and target.isprintable() and "\\" not in target


def destination(link: PurePosixPath, links: Mapping[PurePosixPath, str]) -> PurePosixPath | None:
    """Where a link leads in the end, if it stays below the root; there may be nothing.

    `links` has the text of every link, this one's too, by its path below the root.
    """
    at, left, target = link.parent, list[str](), links[link]
    for _ in range(_MOST_HOPS):
        if not target or target.startswith("/") or "\0" in target:
            return None
        left += reversed(PurePosixPath(target).parts)
        while left:
            part = left.pop()
            if part == ".." and at == _ROOT:
                return None
            if at / part in links:
                target = links[at / part]
                break
            at = at.parent if part == ".." else at / part
        else:
            return at
    return None
