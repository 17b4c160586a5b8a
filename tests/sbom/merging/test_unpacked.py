from __future__ import annotations

from dataclasses import replace

from workflow_sbom.digest import Digest
from workflow_sbom.merging.release import merge_release
from workflow_sbom.merging.unpacked import Archive, with_unpacked
from workflow_sbom.model.component import Component, Evidence
from workflow_sbom.model.document import Composition, Containment, Dependency, Sbom
from workflow_sbom.model.parts import ExternalReference, Hash, Property

PAGE, CODE, TARBALL = Digest.of(b"page"), Digest.of(b"code"), Hash.sha256(Digest.of(b"tar"))
PURL = "pkg:generic/ui@1"
REACT = Component(ref="pkg:npm/react@1", kind="library", name="react")
UI = Sbom(
    subject=Component(
        ref="artifact:ui.tar.gz",
        kind="application",
        name="ui",
        version="1",
        purl=PURL,
        hashes=(TARBALL,),
        properties=(Property("bsi:component:filename", "ui.tar.gz"),),
        references=(
            ExternalReference("distribution", PURL, (TARBALL,)),
            ExternalReference("vcs", "git+https://example.org/ui"),
        ),
    ),
    components=(REACT,),
    dependencies=(Dependency("artifact:ui.tar.gz", (REACT.ref,)), Dependency(REACT.ref, ())),
    compositions=(
        Composition("complete", assemblies=("artifact:ui.tar.gz",)),
        Composition("complete", dependencies=("artifact:ui.tar.gz", REACT.ref)),
    ),
)


def file(path: str, digest: Digest) -> Component:
    return Component(ref=f"file:{path}", kind="file", name=path, hashes=(Hash.sha256(digest),))


IMAGE = Sbom(
    subject=Component(ref="artifact:image.tar", kind="container", name="image", version="1"),
    components=(file("/ui/page", PAGE), file("/ui/code", CODE), file("/etc/x", Digest.of(b""))),
    dependencies=(
        Dependency("artifact:image.tar", ("file:/ui/page", "file:/ui/code", "file:/etc/x")),
        Dependency("file:/etc/x", ()),
    ),
)
ARCHIVE = Archive(UI, frozenset({PAGE, CODE}))
INSIDE = Component(
    ref=PURL,
    kind="application",
    name="ui",
    version="1",
    purl=PURL,
    references=(
        ExternalReference("distribution", PURL, (TARBALL,)),
        ExternalReference("vcs", "git+https://example.org/ui"),
    ),
    evidence=Evidence(technique="hash-comparison", occurrences=("/ui/code", "/ui/page")),
    components=(REACT,),
)


def test_the_archive_and_what_it_is_made_of_are_in_the_image() -> None:
    found = with_unpacked(IMAGE, [ARCHIVE])
    assert found.components == (*IMAGE.components, INSIDE)
    edges = {edge.ref: edge.depends_on for edge in found.dependencies}
    assert edges["artifact:image.tar"][-1] == PURL
    assert (edges[PURL], edges[REACT.ref], edges["file:/etc/x"]) == ((REACT.ref,), (), ())
    said = {ref: each.aggregate for each in found.compositions for ref in each.dependencies}
    assert (said[PURL], said[REACT.ref], said["file:/ui/page"]) == ("complete",) * 2 + ("unknown",)


def test_twice_is_once() -> None:
    once = with_unpacked(IMAGE, [ARCHIVE])
    assert with_unpacked(once, [ARCHIVE, ARCHIVE]) == once


def test_one_missing_file_or_one_other_byte_and_it_is_not_there() -> None:
    fewer = replace(IMAGE, components=IMAGE.components[1:], dependencies=())
    other = replace(IMAGE, components=(file("/ui/page", Digest.of(b"?")), *IMAGE.components[1:]))
    for image in (fewer, other):
        assert with_unpacked(image, [ARCHIVE]) == image


def test_an_empty_archive_is_nowhere_nor_is_one_without_a_name() -> None:
    nameless = Archive(UI.with_subject(replace(UI.subject, purl=None)), ARCHIVE.files)
    assert with_unpacked(IMAGE, [Archive(UI, frozenset()), nameless]) == IMAGE


def test_what_the_image_names_already_stays_where_it_is() -> None:
    image = replace(IMAGE, components=(*IMAGE.components, REACT))
    found = with_unpacked(image, [ARCHIVE])
    assert found.components == (*image.components, replace(INSIDE, components=()))


def test_the_release_says_that_the_image_contains_it() -> None:
    merged = merge_release("w", "1", (UI, with_unpacked(IMAGE, [ARCHIVE])))
    assert merged.containments == (Containment("artifact:image.tar", ("artifact:ui.tar.gz",)),)
    (image, ui) = merged.subject.components
    assert {each.name for each in image.components} == {"/ui/page", "/ui/code", "/etc/x"}
    assert ui.components == (REACT,)
