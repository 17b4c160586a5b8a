"""How fast the toolkit is, as ratios against real peers measured in the same run.

    nox -s bench                everything
    nox -s bench -- images      one room: history, images, interfaces or sboms

Each figure is the median of whole-process runs, ours and the peer's in turn, so a machine whose
speed drifts drifts for both. A limit that does not hold is said and makes the exit code 1, and so
does a room that can't be measured; a peer that can't be installed is named.
"""

from __future__ import annotations

import sys

from bench import history, images, interfaces, sboms

ROOMS = {
    "history": history.main,
    "images": images.main,
    "interfaces": interfaces.main,
    "sboms": sboms.main,
}


def main(names: list[str]) -> int:
    """Measure the rooms of those names, or every one."""
    held = [ROOMS[name]() for name in names or ROOMS]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
