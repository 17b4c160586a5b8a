"""What is said to ship of three interfaces, against truth that has nothing of ours in it.

See `support.interfaces` for how the truth is made. Both sides must agree exactly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.interfaces import NAMES, Found, Interface, found_in
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.coverage.interfaces import InterfaceOrigin, cover_interface
from workflow_sbom.coverage.ledger import Ledger
from workflow_sbom.coverage.origin import Origin
from workflow_sbom.digest import measure_file
from workflow_sbom.formats import schemas
from workflow_sbom.formats.cyclonedx import render
from workflow_sbom.javascript import npm
from workflow_sbom.model.document import Sbom

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def interfaces(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Interface]:
    folder = tmp_path_factory.mktemp("interfaces")
    return {name: Interface.prepare(name, folder / name) for name in NAMES}


@pytest.fixture(scope="module")
def described(interfaces: Mapping[str, Interface]) -> Mapping[str, Sbom]:
    return {name: interface.describe() for name, interface in interfaces.items()}


@pytest.mark.parametrize("name", NAMES)
def test_components_and_edges_are_those_of_the_truth(
    interfaces: Mapping[str, Interface], described: Mapping[str, Sbom], name: str
) -> None:
    truth, ours = interfaces[name].truth, found_in(described[name])
    assert sorted(ours.components) == sorted(truth.components)
    assert sorted(ours.edges) == sorted(truth.edges)


def test_the_truth_has_what_is_hard(interfaces: Mapping[str, Interface]) -> None:
    """Else the test above would show little."""
    found = {name: packages(interface.truth) for name, interface in interfaces.items()}
    assert found["admin-ui"] == {"react", "react-dom", "rolldown", "scheduler"}
    # A font, a sheet that a sheet imports, code of a dynamic import, the runtime of the build.
    assert found["shop"] > {"@fontsource/inter", "bootstrap", "@popperjs/core", "vite", "rolldown"}
    assert found["charts"] > {"@fontsource/roboto-mono", "normalize.css", "lit-html", "ms", "vite"}
    assert "@vitejs/plugin-vue" in found["charts"]
    # Installed for production, and nothing of them is in the bundle.
    assert found["shop"].isdisjoint({"jquery", "zod", "cookie"})
    assert found["charts"].isdisjoint({"lodash-es", "rxjs", "react", "tslib", "vue", "lit"})


@pytest.mark.parametrize("name", NAMES)
def test_each_component_has_the_locks_hash_and_what_it_says_of_itself(
    described: Mapping[str, Sbom], name: str
) -> None:
    for part in described[name].components:
        hashes = [
            each for ref in part.references if ref.kind == "distribution" for each in ref.hashes
        ]
        assert [each.algorithm for each in hashes] == ["SHA-512"]
        assert part.licences
        assert part.copyright or part.supplier or part.name == "ms"
        assert part.evidence
        assert part.evidence.occurrences


@pytest.mark.parametrize("name", NAMES)
def test_what_only_built_it_is_formulation(
    interfaces: Mapping[str, Interface], described: Mapping[str, Sbom], name: str
) -> None:
    """All that the lock names is either inside or was there to build it."""
    lock = json.loads(interfaces[name].read("package-lock.json"))["packages"]
    locked = {
        f"{path.rpartition('node_modules/')[2]}@{entry['version']}"
        for path, entry in lock.items()
        if path
    }
    sbom = described[name]
    tools = replace(
        sbom, components=sbom.formulation, formulation=(), dependencies=(), compositions=()
    )
    outside = {each for each in found_in(tools).components if not each.endswith("@None")}
    assert outside == locked - found_in(sbom).components


@pytest.mark.parametrize("name", NAMES)
def test_another_build_at_another_place_gives_the_same_document(
    interfaces: Mapping[str, Interface], described: Mapping[str, Sbom], name: str, tmp_path: Path
) -> None:
    again = interfaces[name].copy(tmp_path / "a longer path" / name)
    sbom = again.describe()
    assert again.read("build/modules.json") == interfaces[name].read("build/modules.json")
    one, two = (render(each, created=CREATED, tool_version="1") for each in (described[name], sbom))
    assert one == two
    assert schemas.faults(json.loads(one)) == ()


# ---------------------------------------------------------------------------------------- coverage


def covered(interface: Interface) -> Ledger:
    files = [
        path
        for path in interface.folder.rglob("*")
        if path.is_file() and not {"node_modules", "dist", "build", "truth"} & set(path.parts)
    ]
    origin = Origin(
        owner="git:1234",
        files={
            path.relative_to(interface.folder).as_posix(): measure_file(path).digest
            for path in files
        },
    )
    source = InterfaceOrigin(
        origin=origin,
        lock=interface.read("package-lock.json"),
        modules=interface.read("build/modules.json"),
        version="1.2.3",
    )
    return cover_interface(interface.folder / f"{interface.name}-1.2.3.tar.gz", source)


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_explained(
    interfaces: Mapping[str, Interface], described: Mapping[str, Sbom], name: str
) -> None:
    assert described[name].components
    ledger = covered(interfaces[name])
    assert {entry.path: why.reason for entry, why in ledger.unexplained()} == {}
    assert len(ledger.lines) > 4


def packages(found: Found) -> set[str]:
    return {each.rpartition("@")[0] for each in found.components}


def test_without_the_list_the_document_does_not_pretend(
    interfaces: Mapping[str, Interface], described: Mapping[str, Sbom]
) -> None:
    """The lock alone says more than ships, and the document says that it does not know."""
    interface = interfaces["charts"]
    artifact = interface.folder / "charts-1.2.3.tar.gz"
    source = npm.BundleSource(
        package=interface.read("package.json"), lock=interface.read("package-lock.json")
    )
    sbom = npm.describe_bundle(ArtifactFile.measure(artifact), "1.2.3", source)
    assert found_in(sbom).components - interface.truth.components
    assert {each.aggregate for each in sbom.compositions} == {"unknown"}
    assert len(described["charts"].components) < len(sbom.components)
