from __future__ import annotations

from dataclasses import replace

from workflow_sbom.digest import Digest
from workflow_sbom.merging.release import merge_release
from workflow_sbom.merging.unpacked import with_unpacked
from workflow_sbom.model.component import Component, Evidence
from workflow_sbom.model.document import Composition, Containment, Dependency, Sbom
from workflow_sbom.model.licence import SpdxLicence
from workflow_sbom.model.parts import ExternalReference, Hash, Property

TARBALL = Hash.sha256(Digest.of(b"tar"))
PURL = "pkg:generic/ui@1"
WHOLE = ExternalReference("distribution", PURL, (TARBALL,))
SOURCE = ExternalReference("vcs", "git+https://example.org/ui")
REACT = Component(ref="pkg:npm/react@1", kind="library", name="react")
UI = Sbom(
    subject=Component(
        ref="artifact:ui.tar.gz",
        kind="application",
        name="ui",
        version="1",
        purl=PURL,
        hashes=(TARBALL,),
        licences=(SpdxLicence("MIT"),),
        properties=(Property("bsi:component:filename", "ui.tar.gz"),),
        references=(WHOLE, SOURCE),
    ),
    components=(REACT,),
    dependencies=(Dependency("artifact:ui.tar.gz", (REACT.ref,)), Dependency(REACT.ref, ())),
    compositions=(
        Composition("complete", assemblies=("artifact:ui.tar.gz",)),
        Composition("complete", dependencies=("artifact:ui.tar.gz", REACT.ref)),
    ),
)
PAGE = Component(ref="file:/ui/page", kind="file", name="/ui/page")
FOUND = Component(
    ref=PURL,
    kind="application",
    name="ui",
    version="1",
    purl=PURL,
    references=(WHOLE,),
    evidence=Evidence(technique="hash-comparison", occurrences=("ui/",)),
    components=(PAGE,),
)
CONFIG = Component(ref="file:/etc/x", kind="file", name="/etc/x")
PLATFORM = Component(ref="pkg:oci/i", kind="container", name="i", components=(FOUND, CONFIG))
IMAGE = Sbom(
    subject=Component(ref="artifact:image.tar", kind="container", name="image", version="1"),
    components=(PLATFORM,),
    dependencies=(
        Dependency("artifact:image.tar", (PLATFORM.ref,)),
        Dependency(PLATFORM.ref, (PURL, CONFIG.ref)),
    ),
    compositions=(
        Composition("complete", assemblies=(PURL,), dependencies=("artifact:image.tar",)),
        Composition("unknown", dependencies=(PURL,)),
    ),
)


def interface(image: Sbom) -> Component:
    (found,) = [each for each in image.walk() if each.ref == PURL]
    return found


def test_what_an_archive_is_made_of_is_told_where_it_is_found() -> None:
    found = with_unpacked(IMAGE, [UI])
    ui = interface(found)
    assert ui.components == (PAGE, REACT)
    assert ui.licences == UI.subject.licences
    assert {*ui.references} == {WHOLE, SOURCE}
    assert (ui.hashes, ui.properties, ui.evidence) == ((), (), FOUND.evidence)
    edges = {edge.ref: edge.depends_on for edge in found.dependencies}
    assert (edges[PURL], edges[REACT.ref]) == ((REACT.ref,), ())
    assert edges[PLATFORM.ref] == (PURL, CONFIG.ref)
    said = {ref: each.aggregate for each in found.compositions for ref in each.dependencies}
    assert (said[PURL], said[REACT.ref], said[CONFIG.ref]) == ("complete", "complete", "unknown")


def test_twice_is_once() -> None:
    once = with_unpacked(IMAGE, [UI])
    assert with_unpacked(once, [UI, UI]) == once


def test_an_archive_that_was_not_found_adds_nothing() -> None:
    without = replace(
        IMAGE,
        components=(replace(PLATFORM, components=(CONFIG,)),),
        dependencies=(),
        compositions=(),
    )
    nameless = UI.with_subject(replace(UI.subject, purl=None))
    assert with_unpacked(without, [UI]) == without
    assert with_unpacked(IMAGE, [nameless]) == IMAGE


def test_what_the_image_names_already_stays_where_it_is() -> None:
    image = replace(IMAGE, components=(*IMAGE.components, REACT))
    other = replace(UI, components=(REACT, Component(ref="b", kind="library", name="b")))
    found = with_unpacked(image, [other])
    assert [each.name for each in interface(found).components] == ["/ui/page", "b"]
    assert REACT in found.components


def test_the_release_says_that_the_image_contains_it() -> None:
    merged = merge_release("w", "1", (UI, with_unpacked(IMAGE, [UI])))
    assert merged.containments == (Containment(PLATFORM.ref, ("artifact:ui.tar.gz",)),)
    (_, ui) = merged.subject.components
    assert {each.name for each in ui.components} == {"/ui/page", "react"}


def test_its_parts_are_where_its_files_lie_in_the_image() -> None:
    def at(*paths: str) -> Evidence:
        return Evidence(technique="instrumentation", occurrences=paths)

    inner = Component(ref="inner", kind="library", name="inner", evidence=at("page"))
    react = replace(REACT, evidence=at("page", "gone"), components=(inner,))
    image = with_unpacked(IMAGE, [replace(UI, components=(react,))])
    (_, found) = interface(image).components
    assert found.evidence == at("/ui/page")
    assert found.components == (replace(inner, evidence=at("/ui/page")),)
