"""The order modules start in: what a module depends on comes first, declared order breaks ties."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence


class CycleError(ValueError):
    """Names that depend on each other; `members` walks round the circle, first name smallest."""

    def __init__(self, members: tuple[str, ...]) -> None:
        self.members = members
        super().__init__(" → ".join((*members, members[0])))


def start_order(dependencies: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Every name once, after all it depends on; of those free to start, the first declared.

    `dependencies` maps each name, in declared order, to names that are keys of it too (others are
    ignored: they have been reported). Kahn's algorithm; raises `CycleError`.
    """
    waiting = {name: set(needs) & dependencies.keys() for name, needs in dependencies.items()}
    index = {name: at for at, name in enumerate(dependencies)}
    dependents: dict[str, list[str]] = {name: [] for name in dependencies}
    for name, needs in waiting.items():
        for need in needs:
            dependents[need].append(name)
    free = [index[name] for name, needs in waiting.items() if not needs]
    names, order = tuple(dependencies), []
    heapq.heapify(free)
    while free:
        name = names[heapq.heappop(free)]
        order.append(name)
        del waiting[name]
        for dependent in dependents[name]:
            waiting[dependent].discard(name)
            if not waiting[dependent]:
                heapq.heappush(free, index[dependent])
    if waiting:
        raise CycleError(_cycle(waiting))
    return tuple(order)


def _cycle(waiting: Mapping[str, set[str]]) -> tuple[str, ...]:
    """One circle among names that all wait for another of them."""
    path = [min(waiting)]
    while (following := min(waiting[path[-1]])) not in path:
        path.append(following)
    circle = path[path.index(following) :]
    at = circle.index(min(circle))
    return tuple(circle[at:] + circle[:at])
