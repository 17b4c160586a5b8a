"""What an installed environment holds and needs, as `importlib.metadata` and distlib see it.

Run by an interpreter of its own: `python -I interrogate.py SITE ROOT…`, which prints JSON. It has
nothing of the toolkit: markers are distlib's, and edges are found by repeating until nothing is
new. `edges` are between what is there, `roots` being asked for with their extras and everything
else without.
"""

import importlib.metadata
import json
import re
import sys
from typing import Any

from distlib.markers import DEFAULT_CONTEXT, Evaluator  # type: ignore[import-untyped]
from distlib.util import parse_requirement  # type: ignore[import-untyped]


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def spelt(text: str) -> str:
    """The requirement with the extra that its marker asks for in plain spelling."""
    pattern = r"""(extra\s*==\s*["'])([^"']+)"""
    return re.sub(pattern, lambda found: found[1] + plain(found[2]), text)


def holds(requirement: Any, extras: set[str]) -> bool:
    if requirement.marker is None:
        return True
    marker = requirement.marker
    contexts = ({**DEFAULT_CONTEXT, "extra": each} for each in extras)
    return any(Evaluator().evaluate(marker, context) for context in contexts)


def interrogate(site: str, roots: list[str]) -> dict[str, Any]:
    found = {plain(each.name): each for each in importlib.metadata.distributions(path=[site])}
    needs = {
        name: [parse_requirement(spelt(text)) for text in each.requires or ()]
        for name, each in found.items()
    }
    extras: dict[str, set[str]] = {name: {""} for name in found}
    for root in map(parse_requirement, roots):
        extras[plain(root.name)].update(map(plain, root.extras or ()))
    edges: set[tuple[str, str]] = set()
    before: tuple[int, int] | None = None
    while before != (len(edges), sum(map(len, extras.values()))):
        before = len(edges), sum(map(len, extras.values()))
        for name, requirements in needs.items():
            for requirement in requirements:
                target = plain(requirement.name)
                if target in found and holds(requirement, extras[name]):
                    extras[target].update(map(plain, requirement.extras or ()))
                    if target != name:
                        edges.add((name, target))
    return {
        "components": sorted([name, each.version] for name, each in found.items()),
        "edges": sorted(edges),
    }


if __name__ == "__main__":
    json.dump(interrogate(sys.argv[1], sys.argv[2:]), sys.stdout)
