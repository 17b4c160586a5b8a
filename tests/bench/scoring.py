"""Precision and recall of what tools tell, a row a sample, against truth made independently."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.contest import say
from support.environments import Facts, Pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A sample: what is true of it, and what each tool told; the first tool is ours."""

    sample: str
    truth: Facts
    told: Mapping[str, Facts]


def table(title: str, rows: Iterable[Row]) -> bool:
    """Print the samples and all of them together; whether ours told exactly the truth."""
    rows = list(rows)
    tools = list(rows[0].told)
    say(f"{title}: precision/recall")
    say(f"{'':<12} {'':>9}  " + "  ".join(f"{tool:<27}" for tool in tools))
    head = f"{'components':<13} {'edges':<13}"
    say(f"{'sample':<12} {'of':>9}  " + "  ".join(f"{head:<27}" for _ in tools))
    for row in rows:
        size = f"{len(row.truth.components)}/{len(row.truth.edges)}"
        cells = (_cells([row], tool) for tool in tools)
        say(f"{row.sample:<12} {size:>9}  " + "  ".join(f"{cell:<27}" for cell in cells))
    whole = (_cells(rows, tool) for tool in tools)
    say(f"{'all':<12} {'':>9}  " + "  ".join(f"{cell:<27}" for cell in whole))
    exact = all(row.told[tools[0]] == row.truth for row in rows)
    say(f"{title}: ours is to be 1.00 everywhere: {'held' if exact else 'NOT HELD'}")
    return exact


def _cells(rows: list[Row], tool: str) -> str:
    components = _rates((row.told[tool].components, row.truth.components) for row in rows)
    edges = _rates((row.told[tool].edges, row.truth.edges) for row in rows)
    return f"{components:<13} {edges:<13}"


def _rates(pairs: Iterable[tuple[Pairs, Pairs]]) -> str:
    """Precision and recall over some samples: every component and edge counts alike."""
    counts = [(len(told & truth), len(told), len(truth)) for told, truth in pairs]
    right, told, true = (sum(each) for each in zip(*counts, strict=True))
    return f"{right / told if told else 0:.2f}/{right / true if true else 1:.2f}"
