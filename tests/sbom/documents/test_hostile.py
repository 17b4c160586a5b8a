"""Documents made to hurt: a clear error or a right result, in bounded time and memory."""

from __future__ import annotations

import itertools
import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from workflow_sbom.documents.checking import notices
from workflow_sbom.documents.diff import compare
from workflow_sbom.documents.merge import merge
from workflow_sbom.documents.telling import rows, summary
from workflow_sbom.documents.view import Document, read, view
from workflow_sbom.errors import DocumentError

MANY = 4000
MEGABYTE = "x" * 1_000_000


@contextmanager
def within(seconds: float, megabytes: int) -> Iterator[None]:
    """Processor time and peak memory that are never exceeded; measuring slows some three times."""
    tracemalloc.start()
    begun = time.process_time()
    yield
    took, (_, peak) = time.process_time() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < seconds
    assert peak < megabytes << 20


def document(**members: Any) -> bytes:
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6"} | members).encode()


def library(name: str, **members: Any) -> dict[str, Any]:
    return {"type": "library", "name": name, "bom-ref": name} | members


def nested(depth: int) -> dict[str, Any]:
    found = library("0")
    for level in range(1, depth):
        found = library(str(level), components=[found])
    return found


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[" * 10_000_000, "nested deeper than 100 levels"),
        (b'{"a":' * 5_000_000, "nested deeper than 100 levels"),
        (b"[" + b"1," * 1_000_000 + b"1", "no JSON"),
        (document(components=[nested(60)]), "nested deeper than 100 levels"),
        (b'{"bomFormat":"CycloneDX","bomFormat":"CycloneDX"}', "'bomFormat' stands twice"),
        (document().replace(b"Cyclone", b"\xff"), "not UTF-8 at byte 15"),
        (document(serialNumber="\ud800"), "a lone surrogate"),
        (document(version=0).replace(b": 0", b": " + b"9" * 2000), "an integer of 2000 digits"),
        (document(version=0).replace(b": 0", b": 1e9999"), "too large"),
        (document().decode().encode("utf-16"), "not UTF-8"),
        (b" " * (65 << 20), "at most 67108864"),
    ],
)
def test_what_is_refused_before_it_is_looked_at(data: bytes, message: str) -> None:
    with within(10, 600), pytest.raises(DocumentError, match=message) as caught:
        read(data)
    assert len(caught.value.message) < 300


def test_an_error_does_not_echo_what_is_wrong() -> None:
    wrong = library(f"\x1b[2J{MEGABYTE}", type=MEGABYTE, **{MEGABYTE: MEGABYTE})
    with within(10, 200), pytest.raises(DocumentError) as caught:
        read(document(components=[wrong] * 3, serialNumber=MEGABYTE, colour=MEGABYTE))
    assert len(caught.value.message) < 10_000
    assert caught.value.message.replace("\n", "").isprintable()


def test_nesting_up_to_the_limit_is_read_and_merged() -> None:
    found = read(document(components=[nested(48)]))
    assert len(found.parts) == 48
    assert len(view(merge([found, read(document())]).json).parts) == 48


def everything(old: Document, new: Document) -> None:
    """All that is done with documents: notices, a merge, a comparison and its telling."""
    notices(old)
    merge([old, new]).document()
    difference = compare(old, new)
    assert len(summary(difference)) < 1000
    assert all(len(cell) < 200 for row in rows(difference) for cell in row)


def chain(count: int) -> dict[str, Any]:
    """Components, each dependent on the next, the last on the first."""
    edges = [{"ref": f"{n}", "dependsOn": [f"{(n + 1) % count}"]} for n in range(count)]
    return {"components": [library(f"{n}") for n in range(count)], "dependencies": edges}


def fan(count: int) -> dict[str, Any]:
    """Layers, each thing dependent on all of the next layer: paths without end, edges few."""
    layers = [[f"{layer}-{n}" for n in range(count)] for layer in range(count)]
    return {
        "components": [library(ref) for layer in layers for ref in layer],
        "dependencies": [
            {"ref": ref, "dependsOn": below}
            for layer, below in itertools.pairwise(layers)
            for ref in layer
        ],
    }


def itself() -> dict[str, Any]:
    """References that go round: a thing depends on itself, a composition holds itself."""
    return {
        "components": [library("a", components=[library("b")])],
        "dependencies": [{"ref": "a", "dependsOn": ["a", "b"]}, {"ref": "b", "dependsOn": ["a"]}],
        "compositions": [{"bom-ref": "c", "aggregate": "complete", "assemblies": ["c", "a"]}],
    }


def long_names() -> dict[str, Any]:
    refs = [f"{n}{MEGABYTE}" for n in range(3)]
    edges = [{"ref": ref, "dependsOn": refs} for ref in refs]
    return {"components": [library(ref) for ref in refs], "dependencies": edges}


def one_reference_for_all() -> dict[str, Any]:
    """Every component has the same reference; so the graph means nothing, but it is read."""
    parts = [library(f"{number}") | {"bom-ref": "x"} for number in range(1000)]
    return {"components": parts, "dependencies": [{"ref": "x", "dependsOn": ["x"]}]}


def one_package_for_all() -> dict[str, Any]:
    parts = [library(f"{n}", purl="pkg:pypi/a@1", version="1") for n in range(1000)]
    return {"components": parts}


def deep_everywhere() -> dict[str, Any]:
    """Many levels, each with a long text: what looks at each level anew reads it 48 times."""
    found = library("0", description=MEGABYTE[:20_000])
    for level in range(1, 48):
        found = library(str(level), description=MEGABYTE[:20_000], components=[found])
    return {"components": [found]}


def cited_over_and_over() -> dict[str, Any]:
    """Positions of the largest things there are, many times, and of nothing at all."""
    big = [library(f"{n}", description=MEGABYTE[:10_000]) for n in range(100)]
    pointers = ["", "/components", *(f"/components/{'0' * n}1" for n in range(8)), "/x", "no", "/1"]
    about = {"timestamp": "2026-01-02T03:04:05Z", "attributedTo": "0"}
    citations = [about | {"pointers": pointers, "note": f"{n}"} for n in range(1000)]
    return {"specVersion": "1.7", "components": big, "citations": citations}


CASES: dict[str, Callable[[], dict[str, Any]]] = {
    "thousands of components in a circle": lambda: chain(MANY),
    "layers that fan out": lambda: fan(25),
    "things that refer to themselves": itself,
    "references of a megabyte": long_names,
    "one reference for all": one_reference_for_all,
    "one package for all": one_package_for_all,
    "long texts at every depth": deep_everywhere,
    "things cited over and over": cited_over_and_over,
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_valid_is_handled(case: str) -> None:
    members = CASES[case]()
    old = read(document(**members))
    others = [library(f"{number}!", version="2") for number in range(10)]
    new = read(document(components=[*members["components"][::2], *others]))
    with within(30, 200):
        everything(old, new)


@pytest.mark.slow
def test_a_hundred_thousand_components() -> None:
    members = chain(100_000)
    begun = time.process_time()
    old = read(document(**members))
    everything(old, read(document(components=members["components"][::2])))
    assert time.process_time() - begun < 60


def test_a_reference_that_every_document_means_otherwise() -> None:
    documents = [
        read(document(components=[library(f"{n}") | {"bom-ref": "x"}], dependencies=[{"ref": "x"}]))
        for n in range(200)
    ]
    with within(10, 100):
        result = merge(documents)
    refs = {each["bom-ref"] for each in result.json["components"]}
    assert len(refs) == 200
    assert {each["ref"] for each in result.json["dependencies"]} == refs
