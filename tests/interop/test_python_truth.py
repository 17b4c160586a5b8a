"""Documents of real environments against what is true of them, told independently.

Each is installed clean from its lock of hashes and interrogated by an interpreter of its own.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from support.absent import absent
from support.environments import NAMES, Facts, Sample, Score, told
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.formats import cyclonedx
from workflow_sbom.model.component import Component
from workflow_sbom.python import installed, interpreter, requirements
from workflow_sbom.python.distribution import from_wheel
from workflow_sbom.python.environment import Environment
from workflow_sbom.python.together import Together, describe_environment, describe_wheels

CREATED = datetime(2026, 1, 1, tzinfo=UTC)
ALL = Score(1.0, 1.0)
Samples = Callable[[str], Sample]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """A sample environment, installed once."""
    folder = tmp_path_factory.mktemp("environments")
    return cache(lambda name: Sample(name, folder / name).install())


def together(sample: Sample, roots: list[str], environment: Environment) -> Together:
    return Together(
        name=sample.name,
        environment=environment,
        roots=tuple(map(Requirement, roots)),
        lock=requirements.parse(sample.lock.read_bytes()),
    )


def environment(sample: Sample) -> Environment:
    return interpreter.detect(sample.folder, installed.read(sample.folder).platform)


def described(sample: Sample, roots: list[str]) -> dict[str, Any]:
    found = installed.read(sample.folder)
    python = interpreter.detect(sample.folder, found.platform)
    sbom = describe_environment(found, together(sample, roots, python))
    document: dict[str, Any] = json.loads(cyclonedx.render(sbom, created=CREATED, tool_version="1"))
    return document


def scores(found: Facts, truth: Facts) -> tuple[Score, Score]:
    return Score.of(found.components, truth.components), Score.of(found.edges, truth.edges)


def test_the_samples_are_ten_and_more_of_all_sizes(sample: Samples) -> None:
    sizes = sorted(len(sample(name).truth().components) for name in NAMES)
    assert len(sizes) >= 10
    assert sizes[0] <= 8
    assert sizes[-1] >= 140
    assert sizes[-2] >= 100


@pytest.mark.parametrize("name", NAMES)
def test_components_and_edges_are_exactly_true(sample: Samples, name: str) -> None:
    roots = sample(name).roots
    document = described(sample(name), roots)
    assert scores(told(document), sample(name).truth(*roots)) == (ALL, ALL)
    for component in document["components"]:
        hashes = [each.get("hashes") for each in component["externalReferences"]]
        assert any(hashes), f"{component['name']} has no hash"
        assert component["evidence"]["occurrences"][0]["location"].endswith("/METADATA")


@pytest.mark.parametrize("name", ["requests", "celery", "science", "large"])
def test_without_roots_no_extra_is_asked_for(sample: Samples, name: str) -> None:
    truth = sample(name).truth()
    assert scores(told(described(sample(name), [])), truth) == (ALL, ALL)
    assert truth.edges < sample(name).truth(*sample(name).roots).edges


def test_wheels_and_their_lock_say_the_same_as_the_environment(
    sample: Samples, tmp_path: Path
) -> None:
    of = sample("httpx")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command = [*pip, "--only-binary=:all:", "-d", str(tmp_path), "-r", str(of.lock)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        absent(f"no wheels: {done.stderr}")
    wheels = [
        from_wheel(path, hashes=ArtifactFile.measure(path).hashes)
        for path in sorted(tmp_path.glob("*.whl"))
    ]
    sbom = describe_wheels(wheels, together(of, of.roots, environment(of)))
    content = cyclonedx.render(sbom, created=CREATED, tool_version="1")
    assert scores(told(json.loads(content)), of.truth(*of.roots)) == (ALL, ALL)


# What lies inside: documents of others (PEP 770), and libraries that nobody tells of.


def part(sample: Sample, name: str) -> Component:
    found = installed.read(sample.folder)
    sbom = describe_environment(found, together(sample, [], environment(sample)))
    return next(each for each in sbom.components if each.name == name)


def libraries(sample: Sample, name: str) -> dict[str, str]:
    """The libraries that a repair tool put beside a distribution, by file and SHA-256."""
    folder = sample.site / f"{name}.libs"
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if ".so" in path.name
    }


def unknown(component: Component) -> dict[str, str | None]:
    return {
        each.name: each.hash("SHA-256")
        for each in component.components
        if any(entry.name == "workflow:python:unknown-library" for entry in each.properties)
    }


def test_bundled_libraries_without_a_document_are_of_unknown_identity(sample: Samples) -> None:
    truth = libraries(sample("science"), "numpy")
    assert truth
    assert unknown(part(sample("science"), "numpy")) == truth


@pytest.mark.parametrize("name", ["scipy", "scikit_learn", "pillow"])
def test_no_bundled_library_vanishes(sample: Samples, name: str) -> None:
    """Each is one that a document in the distribution names, or one of unknown identity."""
    truth = libraries(sample("science"), name)
    found = part(sample("science"), name.replace("_", "-"))
    left = truth.items() - unknown(found).items()
    named = {each.name.lower().removeprefix("lib") for each in found.components}
    assert truth
    assert unknown(found).items() <= truth.items()
    assert {file.partition("-")[0].lower().removeprefix("lib") for file, _ in left} <= named


def test_documents_of_others_are_read_beside_what_they_leave_out(sample: Samples) -> None:
    pillow = part(sample("science"), "pillow")
    assert {"libXau", "FreeType", "zlib"} <= {each.name for each in pillow.components}
    assert unknown(pillow)


def test_a_document_inside_a_distribution_is_read_with_its_edges(sample: Samples) -> None:
    of = sample("django")
    files = list(of.site.glob("cryptography-*.dist-info/sboms/*.json"))
    stated = [json.loads(path.read_bytes()) for path in files]
    truth = {each["name"] for table in stated for each in table["components"]}
    assert len(truth) >= 20
    document = described(of, of.roots)
    cryptography = next(each for each in document["components"] if each["name"] == "cryptography")
    inside = {each["name"]: each["bom-ref"] for each in cryptography["components"]}
    assert truth <= inside.keys()
    edges = {edge["ref"]: edge["dependsOn"] for edge in document["dependencies"]}
    assert any(ref in edges[cryptography["bom-ref"]] for ref in inside.values())
    assert sum(len(edges.get(ref, ())) for ref in inside.values()) >= 20


def test_distributions_copied_into_another_are_parts_of_it(sample: Samples) -> None:
    of = sample("pytest")
    copies = metadata.distributions(path=[str(of.site / "setuptools/_vendor")])
    truth = {(re.sub(r"[-_.]+", "-", each.name).lower(), each.version) for each in copies}
    assert len(truth) >= 5
    inside = part(of, "setuptools").components
    assert {(each.name, each.version) for each in inside} == truth
