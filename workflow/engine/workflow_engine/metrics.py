"""What the engine counts, in Prometheus' text format 0.0.4."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
Labels = tuple[tuple[str, str], ...]


class Metrics:
    """Counters of one engine. Labels are route patterns and names from the configuration, never
    what a caller sent, so their number is bounded.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[Labels] = Counter()
        self._seconds: defaultdict[Labels, float] = defaultdict(float)
        self._buckets: Counter[tuple[Labels, float]] = Counter()
        self._pipelines: Counter[Labels] = Counter()

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        labels = (("method", method), ("route", route), ("status", str(status)))
        with self._lock:
            self._requests[labels] += 1
            self._seconds[labels[:2]] += seconds
            for bucket in _BUCKETS:
                if seconds <= bucket:
                    self._buckets[labels[:2], bucket] += 1

    def pipeline(self, *, name: str, outcome: str) -> None:
        """Count one run of a pipeline."""
        with self._lock:
            self._pipelines[("pipeline", name), ("outcome", outcome)] += 1

    def render(self, *, uptime: float, namespace: str = "workflow") -> str:
        """All of it as text; `uptime` in seconds."""
        with self._lock:
            return "".join(f"{line}\n" for line in self._lines(uptime, namespace))

    def _lines(self, uptime: float, space: str) -> Iterator[str]:
        yield from _family(f"{space}_uptime_seconds", "gauge", "Seconds since the engine started.")
        yield f"{space}_uptime_seconds {uptime:.3f}"
        name = f"{space}_http_requests_total"
        yield from _family(name, "counter", "Requests answered.")
        yield from _samples(name, self._requests.items())
        name = f"{space}_http_request_duration_seconds"
        yield from _family(name, "histogram", "Time to answer a request.")
        for labels in sorted(self._seconds):
            yield from self._histogram(name, labels)
        name = f"{space}_pipeline_runs_total"
        yield from _family(name, "counter", "Pipelines run to their end, by outcome.")
        yield from _samples(name, self._pipelines.items())

    def _histogram(self, name: str, labels: Labels) -> Iterator[str]:
        count = sum(n for key, n in self._requests.items() if key[:2] == labels)
        for bucket in _BUCKETS:
            value = self._buckets[labels, bucket]
            yield f"{name}_bucket{_labels((*labels, ('le', f'{bucket:g}')))} {value}"
        yield f"{name}_bucket{_labels((*labels, ('le', '+Inf')))} {count}"
        yield f"{name}_sum{_labels(labels)} {self._seconds[labels]:.6f}"
        yield f"{name}_count{_labels(labels)} {count}"


def _family(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _samples(name: str, counted: Iterable[tuple[Labels, int]]) -> Iterator[str]:
    for labels, count in sorted(counted):
        yield f"{name}{_labels(labels)} {count}"


def _labels(labels: Labels) -> str:
    inside = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels)
    return f"{{{inside}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
