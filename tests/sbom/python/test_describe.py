from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.digest import Digest
from workflow_sbom.errors import InventoryError
from workflow_sbom.model.document import Sbom
from workflow_sbom.model.parts import Hash
from workflow_sbom.python import requirements
from workflow_sbom.python.describe import (
    Resolution,
    describe_sdist,
    describe_wheel,
    installed_component,
)
from workflow_sbom.python.distribution import Distribution, from_metadata
from workflow_sbom.python.environment import Environment

MakeArtifact = Callable[[str, Mapping[str, bytes]], ArtifactFile]
Render = Callable[..., dict[str, Any]]

ONE, TWO = Digest("1" * 64), Digest("2" * 64)
LINUX = Environment(python="3.11.2")
WINDOWS = Environment(python="3.11.2", system="win32", machine="AMD64")
LOCK = requirements.parse(
    f"""
anyio==4.16.0 --hash={ONE} --hash={TWO}
colorama==0.4.6 ; sys_platform == 'win32' --hash={ONE}
httptools==0.6 --hash={ONE}
idna==3.20 --hash={TWO}
unrelated==1 --hash={ONE}
uvicorn==0.54.0 --hash={ONE}
""".encode()
)


def metadata(name: str, version: str, *requires: str) -> bytes:
    lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {r}" for r in requires)]
    return "\n".join([*lines, ""]).encode()


DEMO = metadata(
    "Demo",
    "1.0",
    "anyio>=4",
    "uvicorn[standard]",
    "colorama; sys_platform == 'win32'",
    "tomli; python_version < '3.11'",
    "psycopg; extra == 'postgres'",
)
KNOWN = (
    from_metadata(metadata("anyio", "4.16.0", "idna>=2.8", "trio; extra == 'trio'")),
    from_metadata(
        metadata("uvicorn", "0.54", "h11; extra == 'bare'", "httptools; extra == 'standard'")
    ),
    from_metadata(metadata("idna", "3.20")),
    from_metadata(metadata("httptools", "0.6")),
    from_metadata(metadata("colorama", "0.4.6")),
)


@pytest.fixture
def demo(make_wheel: MakeArtifact) -> ArtifactFile:
    return make_wheel("demo-1.0-py3-none-any.whl", {"demo-1.0.dist-info/METADATA": DEMO})


def graph(sbom: Sbom) -> dict[str, list[str]]:
    return {edge.ref: sorted(edge.depends_on) for edge in sbom.dependencies}


def states(sbom: Sbom) -> dict[str, str]:
    return {ref: each.aggregate for each in sbom.compositions for ref in each.dependencies}


SUBJECT = "artifact:demo-1.0-py3-none-any.whl"
ANYIO, IDNA = "pkg:pypi/anyio@4.16.0", "pkg:pypi/idna@3.20"
HTTPTOOLS = "pkg:pypi/httptools@0.6"


def test_with_every_metadata_at_hand_the_graph_is_whole(
    demo: ArtifactFile, rendered: Render
) -> None:
    sbom = describe_wheel(demo, Resolution(environment=LINUX, lock=LOCK, known=KNOWN))
    uvicorn = "pkg:pypi/uvicorn@0.54"
    assert graph(sbom) == {
        SUBJECT: [ANYIO, uvicorn],
        ANYIO: [IDNA],
        uvicorn: [HTTPTOOLS],
        IDNA: [],
        HTTPTOOLS: [],
    }
    assert set(states(sbom).values()) == {"complete"}
    for spec in ("1.6", "1.7"):
        rendered(sbom, spec)


def test_markers_follow_the_declared_environment(demo: ArtifactFile) -> None:
    sbom = describe_wheel(demo, Resolution(environment=WINDOWS, lock=LOCK, known=KNOWN))
    assert "pkg:pypi/colorama@0.4.6" in graph(sbom)[SUBJECT]
    assert [(each.name, each.value) for each in sbom.properties] == [
        ("workflow:python:environment", "cpython 3.11.2 win32 AMD64")
    ]


def test_the_lock_alone_gives_direct_edges_and_says_what_is_unknown(
    demo: ArtifactFile, rendered: Render
) -> None:
    sbom = describe_wheel(demo, Resolution(environment=LINUX, lock=LOCK))
    uvicorn = "pkg:pypi/uvicorn@0.54.0"
    assert graph(sbom) == {SUBJECT: [ANYIO, uvicorn]}
    assert states(sbom) == {SUBJECT: "complete", ANYIO: "unknown", uvicorn: "unknown"}
    rendered(sbom)


def test_without_a_lock_versions_are_absent_not_invented(
    demo: ArtifactFile, rendered: Render
) -> None:
    sbom = describe_wheel(demo, Resolution(environment=LINUX))
    assert [(part.purl, part.version) for part in sbom.components] == [
        ("pkg:pypi/anyio", None),
        ("pkg:pypi/uvicorn", None),
    ]
    rendered(sbom)


def test_the_subject_is_the_file(demo: ArtifactFile) -> None:
    subject = describe_wheel(demo, Resolution(environment=LINUX)).subject
    assert subject.ref == SUBJECT
    assert (subject.name, subject.version) == ("Demo", "1.0")
    assert subject.purl == "pkg:pypi/demo@1.0?file_name=demo-1.0-py3-none-any.whl"
    assert subject.hash("SHA-256") == demo.digest.hex
    assert subject.hash("SHA-512") is not None
    assert not subject.external


def test_every_file_the_lock_allows_is_named_with_its_hash(demo: ArtifactFile) -> None:
    sbom = describe_wheel(demo, Resolution(environment=LINUX, lock=LOCK))
    anyio = next(part for part in sbom.components if part.ref == ANYIO)
    assert [(each.kind, each.url, each.hashes) for each in anyio.references] == [
        ("distribution", ANYIO, (Hash.sha256(ONE),)),
        ("distribution", ANYIO, (Hash.sha256(TWO),)),
    ]
    assert anyio.external
    assert anyio.hashes == ()


def test_the_file_at_hand_is_the_only_one_named(demo: ArtifactFile) -> None:
    known = (from_metadata(metadata("anyio", "4.16.0"), hashes=(Hash.sha256(TWO),)),)
    sbom = describe_wheel(demo, Resolution(environment=LINUX, lock=LOCK, known=known))
    anyio = next(part for part in sbom.components if part.ref == ANYIO)
    assert [each.hashes for each in anyio.references] == [(Hash.sha256(TWO),)]


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (from_metadata(metadata("anyio", "4.15")), r"4\.15 and 4\.16\.0"),
        (
            from_metadata(metadata("anyio", "4.16.0"), hashes=(Hash.sha256(Digest("3" * 64)),)),
            "no file that the lock allows",
        ),
    ],
)
def test_a_distribution_that_is_not_the_locked_one_is_refused(
    demo: ArtifactFile, known: Distribution, reason: str
) -> None:
    with pytest.raises(InventoryError, match=reason):
        describe_wheel(demo, Resolution(environment=LINUX, lock=LOCK, known=(known,)))


def test_a_cycle_through_the_subject_ends(make_wheel: MakeArtifact, rendered: Render) -> None:
    wheel = make_wheel("a-1-py3-none-any.whl", {"a-1.dist-info/METADATA": metadata("a", "1", "b")})
    known = (from_metadata(metadata("b", "1", "a", "b[x]", "c; extra == 'x'")),)
    sbom = describe_wheel(wheel, Resolution(environment=LINUX, known=known))
    assert graph(sbom) == {
        "artifact:a-1-py3-none-any.whl": ["pkg:pypi/b@1"],
        "pkg:pypi/b@1": ["artifact:a-1-py3-none-any.whl", "pkg:pypi/c"],
    }
    rendered(sbom)


def test_source_distribution(make_tarball: MakeArtifact, rendered: Render) -> None:
    sdist = make_tarball("demo-1.0.tar.gz", {"demo-1.0/PKG-INFO": DEMO})
    sbom = describe_sdist(sdist, Resolution(environment=LINUX, lock=LOCK))
    assert sbom.subject.purl == "pkg:pypi/demo@1.0?file_name=demo-1.0.tar.gz"
    assert states(sbom)["artifact:demo-1.0.tar.gz"] == "complete"
    rendered(sbom)


def test_requirements_known_only_after_a_build_are_incomplete(make_tarball: MakeArtifact) -> None:
    data = DEMO.replace(b"\n", b"\nDynamic: Requires-Dist\n", 1)
    sdist = make_tarball("demo-1.0.tar.gz", {"demo-1.0/PKG-INFO": data})
    sbom = describe_sdist(sdist, Resolution(environment=LINUX, lock=LOCK))
    assert states(sbom)["artifact:demo-1.0.tar.gz"] == "incomplete"


def test_embedded_documents_are_noted(make_wheel: MakeArtifact) -> None:
    files = {"demo-1.0.dist-info/METADATA": DEMO, "demo-1.0.dist-info/sboms/a.cdx.json": b"{}"}
    wheel = make_wheel("demo-1.0-py3-none-any.whl", files)
    subject = describe_wheel(wheel, Resolution(environment=LINUX)).subject
    assert [(each.name, each.value) for each in subject.properties] == [
        ("workflow:python:embedded-sbom", "demo-1.0.dist-info/sboms/a.cdx.json"),
        (
            "workflow:python:unreadable-sbom",
            "demo-1.0.dist-info/sboms/a.cdx.json: neither CycloneDX nor SPDX 2, in JSON",
        ),
    ]


def test_an_installed_distribution_is_no_external_component() -> None:
    found = installed_component(from_metadata(DEMO, hashes=(Hash.sha256(ONE),)))
    assert (found.ref, found.external) == ("pkg:pypi/demo@1.0", False)
    assert [each.hashes for each in found.references] == [(Hash.sha256(ONE),)]


def test_two_runs_give_the_same_bytes(demo: ArtifactFile, rendered: Render) -> None:
    resolution = Resolution(environment=LINUX, lock=LOCK, known=KNOWN)
    other = Resolution(environment=LINUX, lock=LOCK, known=KNOWN[::-1])
    assert json.dumps(rendered(describe_wheel(demo, resolution))) == json.dumps(
        rendered(describe_wheel(demo, other))
    )
