from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from workflow_sbom.digest import Digest
from workflow_sbom.errors import ModelError
from workflow_sbom.merging.join import join
from workflow_sbom.merging.release import merge_release
from workflow_sbom.model.component import Component, Evidence, Kind
from workflow_sbom.model.document import Composition, Containment, Dependency, Sbom
from workflow_sbom.model.licence import NamedLicence, SpdxLicence
from workflow_sbom.model.parts import ExternalReference, Hash, Property

Render = Callable[..., dict[str, Any]]

WHEEL_BYTES, IMAGE_BYTES = Hash.sha256(Digest("1" * 64)), Hash.sha256(Digest("2" * 64))
WHEEL, IMAGE, CTL = "artifact:engine.whl", "artifact:engine.oci.tar", "artifact:ctl.whl"
ENGINE, IDNA = "pkg:pypi/engine@1.0", "pkg:pypi/idna@3"


def artifact(ref: str, hash_: Hash, kind: Kind = "library") -> Component:
    return Component(ref=ref, kind=kind, name=ref.partition(":")[2], version="1.0", hashes=(hash_,))


def library(url: str, **fields: Any) -> Component:
    name, _, version = url.rpartition("/")[2].partition("@")
    base = Component(ref=url, kind="library", name=name, version=version or None, purl=url)
    return replace(base, **fields)


def distribution(url: str, hash_: Hash) -> tuple[ExternalReference, ...]:
    return (ExternalReference("distribution", url, (hash_,)),)


WHEEL_SBOM = Sbom(
    subject=replace(artifact(WHEEL, WHEEL_BYTES), purl=f"{ENGINE}?file_name=engine.whl"),
    components=(library(IDNA, external=True, scope="optional"),),
    dependencies=(Dependency(WHEEL, (IDNA,)),),
    compositions=(
        Composition("complete", dependencies=(WHEEL,)),
        Composition("unknown", dependencies=(IDNA,)),
    ),
)
IMAGE_SBOM = Sbom(
    subject=artifact(IMAGE, IMAGE_BYTES, "container"),
    components=(
        library(ENGINE, references=distribution(ENGINE, WHEEL_BYTES)),
        library(IDNA, scope="required", licences=(SpdxLicence("MIT"),)),
    ),
    dependencies=(
        Dependency(IMAGE, (ENGINE,)),
        Dependency(ENGINE, (IDNA,)),
        Dependency(IDNA, ()),
    ),
    compositions=(Composition("complete", assemblies=(IMAGE,), dependencies=(ENGINE, IDNA)),),
    phases=("post-build",),
    properties=(Property("workflow:image:x", "1"),),
)
CTL_SBOM = Sbom(
    subject=artifact(CTL, Hash.sha256(Digest("3" * 64))),
    components=(library(ENGINE, external=True),),
    dependencies=(Dependency(CTL, (ENGINE,)),),
)
ALL = (WHEEL_SBOM, IMAGE_SBOM, CTL_SBOM)


def part(sbom: Sbom, ref: str) -> Component:
    return next(each for each in sbom.walk() if each.ref == ref)


def test_artifacts_are_parts_of_the_release(rendered: Render) -> None:
    sbom = merge_release("workflow", "1.0", ALL)
    assert (sbom.subject.ref, sbom.subject.version) == ("release:workflow@1.0", "1.0")
    assert [each.ref for each in sbom.subject.components] == [CTL, IMAGE, WHEEL]
    for spec in ("1.6", "1.7"):
        rendered(sbom, spec)


def test_a_wheel_in_an_image_is_the_wheel_beside_it() -> None:
    sbom = merge_release("workflow", "1.0", ALL)
    assert ENGINE not in {each.ref for each in sbom.walk()}
    assert {edge.ref: edge.depends_on for edge in sbom.dependencies} == {
        "release:workflow@1.0": (CTL, IMAGE, WHEEL),
        CTL: (WHEEL,),
        IMAGE: (WHEEL,),
        WHEEL: (IDNA,),
        IDNA: (),
    }
    assert sbom.containments == (Containment(IMAGE, (WHEEL,)),)


def test_what_is_in_one_artifact_is_nested_there() -> None:
    sbom = merge_release("workflow", "1.0", ALL)
    assert [each.ref for each in part(sbom, IMAGE).components] == [IDNA]
    assert sbom.components == ()


def test_what_is_in_two_artifacts_is_named_in_both() -> None:
    other = artifact("artifact:b.oci.tar", Hash.sha256(Digest.of(b"")), "container")
    second = Sbom(subject=other, components=IMAGE_SBOM.components)
    sbom = merge_release("workflow", "1.0", (*ALL, second))
    assert [each.ref for each in sbom.components] == [IDNA]
    assert sbom.containments == (
        Containment("artifact:b.oci.tar", (WHEEL, IDNA)),
        Containment(IMAGE, (WHEEL, IDNA)),
    )


def test_what_lies_deeper_stays_there() -> None:
    """An image's own document may say what lies in which platform's image, and what in that."""
    inner = Component(ref="inner", kind="file", name="inner")
    idna = replace(IMAGE_SBOM.components[1], components=(inner,))
    platform = Component(ref="platform", kind="container", name="image")
    image = replace(
        IMAGE_SBOM,
        components=(IMAGE_SBOM.components[0], idna, platform),
        containments=(Containment("platform", (ENGINE, IDNA)),),
    )
    sbom = merge_release("workflow", "1.0", (WHEEL_SBOM, image))
    assert [each.ref for each in part(sbom, IMAGE).walk()] == [IMAGE, "platform", IDNA, "inner"]
    assert sbom.containments == (Containment("platform", (WHEEL,)),)


def test_where_a_part_was_found_is_told_from_the_releases_folder() -> None:
    def found(path: str) -> Evidence:
        return Evidence(technique="manifest-analysis", occurrences=(path,))

    one = replace(WHEEL_SBOM, components=(library(IDNA, evidence=found("vendor/idna")),))
    other = replace(IMAGE_SBOM.components[1], evidence=found("/usr/lib/idna"))
    image = replace(IMAGE_SBOM, components=(IMAGE_SBOM.components[0], other))
    evidence = part(merge_release("workflow", "1.0", (one, image)), IDNA).evidence
    assert evidence == Evidence(
        technique="manifest-analysis",
        occurrences=("engine.oci.tar/usr/lib/idna", "engine.whl/vendor/idna"),
    )


def test_a_circle_of_parts_is_shown_and_loses_nothing() -> None:
    x, y = (Component(ref=ref, kind="file", name=ref) for ref in "xy")
    circle = (Containment("x", ("y",)), Containment("y", ("x",)))
    image = replace(IMAGE_SBOM, components=(*IMAGE_SBOM.components, x, y), containments=circle)
    sbom = merge_release("workflow", "1.0", (WHEEL_SBOM, image))
    assert [each.ref for each in sbom.components] == ["x", "y"]
    assert set(sbom.containments) == {*circle, Containment(IMAGE, (WHEEL,))}


def test_what_was_needed_to_build_is_kept_apart() -> None:
    tool = Component(ref="tool", kind="application", name="tool")
    idna = library(IDNA)
    parts = (
        replace(WHEEL_SBOM, formulation=(tool,)),
        replace(CTL_SBOM, formulation=(tool, idna)),
        IMAGE_SBOM,
    )
    assert merge_release("workflow", "1.0", parts).formulation == (tool,)


def test_the_release_has_the_licence_that_all_its_artifacts_state() -> None:
    def licensed(sbom: Sbom, name: str) -> Sbom:
        return sbom.with_subject(replace(sbom.subject, licences=(SpdxLicence(name),)))

    agreed = (licensed(WHEEL_SBOM, "MIT"), IMAGE_SBOM, licensed(CTL_SBOM, "MIT"))
    assert merge_release("workflow", "1.0", agreed).subject.licences == (SpdxLicence("MIT"),)
    differing = (licensed(WHEEL_SBOM, "MIT"), licensed(CTL_SBOM, "ISC"))
    assert merge_release("workflow", "1.0", differing).subject.licences == ()


def test_a_package_of_the_same_name_but_other_bytes_stays_itself() -> None:
    other = library(ENGINE, references=distribution(ENGINE, Hash.sha256(Digest("9" * 64))))
    image = replace(IMAGE_SBOM, components=(other, IMAGE_SBOM.components[1]))
    sbom = merge_release("workflow", "1.0", (WHEEL_SBOM, image))
    edges = {edge.ref: edge.depends_on for edge in sbom.dependencies}
    assert edges[IMAGE] == (ENGINE,)
    assert sbom.containments == ()


def test_a_package_with_two_wheels_is_not_told_by_its_name() -> None:
    other = replace(
        artifact("artifact:engine-win.whl", IMAGE_BYTES),
        purl=f"{ENGINE}?file_name=engine-win.whl",
    )
    sbom = merge_release("workflow", "1.0", (WHEEL_SBOM, CTL_SBOM, Sbom(subject=other)))
    assert {edge.ref: edge.depends_on for edge in sbom.dependencies}[CTL] == (ENGINE,)


def test_a_source_distribution_is_never_what_is_installed() -> None:
    sdist = replace(
        artifact("artifact:engine.tar.gz", IMAGE_BYTES), purl=f"{ENGINE}?file_name=engine.tar.gz"
    )
    sbom = merge_release("workflow", "1.0", (CTL_SBOM, Sbom(subject=sdist)))
    assert {edge.ref: edge.depends_on for edge in sbom.dependencies}[CTL] == (ENGINE,)


def test_a_package_of_several_artifacts_stands_once_with_all_that_is_known() -> None:
    found = part(merge_release("workflow", "1.0", ALL), IDNA)
    assert found == library(
        IDNA,
        external=False,
        scope="required",
        licences=(SpdxLicence("MIT"),),
    )


def test_what_documents_say_differently_of_one_component_is_incomplete() -> None:
    sbom = merge_release("workflow", "1.0", ALL)
    said = {
        (ref, "needs"): each.aggregate for each in sbom.compositions for ref in each.dependencies
    } | {(ref, "parts"): each.aggregate for each in sbom.compositions for ref in each.assemblies}
    assert said == {
        (WHEEL, "needs"): "complete",
        (IDNA, "needs"): "incomplete",
        (CTL, "needs"): "unknown",
        (IMAGE, "needs"): "unknown",
        ("release:workflow@1.0", "needs"): "complete",
        (IMAGE, "parts"): "complete",
        ("release:workflow@1.0", "parts"): "complete",
    }


def test_facts_about_the_documents_are_kept() -> None:
    sbom = merge_release("workflow", "1.0", ALL)
    assert sbom.phases == ("build", "post-build")
    assert sbom.properties == (Property("workflow:image:x", "1"),)


def test_the_order_of_the_documents_has_no_effect() -> None:
    expected = merge_release("workflow", "1.0", ALL)
    assert all(merge_release("workflow", "1.0", order) == expected for order in permutations(ALL))


def test_two_artifacts_of_one_name_are_refused() -> None:
    with pytest.raises(ModelError, match="stands twice"):
        merge_release("workflow", "1.0", (WHEEL_SBOM, replace(WHEEL_SBOM, phases=())))


def test_a_document_given_twice_counts_once() -> None:
    assert merge_release("w", "1", (*ALL, *ALL)) == merge_release("w", "1", ALL)


A = Component(ref="a", kind="library", name="a", version="1")


def test_join_keeps_everything() -> None:
    inner = Component(ref="i", kind="file", name="i")
    one = replace(A, licences=(NamedLicence("x"),), hashes=(WHEEL_BYTES,), components=(inner,))
    other = replace(A, licences=(SpdxLicence("MIT"),), description="d", components=(inner,))
    joined = join((one, other))
    assert joined == join((other, one))
    assert set(joined.licences) == {NamedLicence("x"), SpdxLicence("MIT")}
    assert (joined.description, joined.hashes, joined.components) == ("d", (WHEEL_BYTES,), (inner,))
    assert join((joined, joined)) == joined


@pytest.mark.parametrize(
    "other",
    [
        replace(A, version="2"),
        replace(A, name="b"),
        replace(A, kind="file"),
        replace(A, purl="pkg:pypi/a@1"),
    ],
)
def test_join_refuses_what_is_another_component(other: Component) -> None:
    first = replace(A, purl="pkg:pypi/a@2")
    with pytest.raises(ModelError, match="more than one"):
        join((first, other))


def test_join_refuses_other_bytes() -> None:
    with pytest.raises(ModelError, match="different hashes"):
        join((replace(A, hashes=(WHEEL_BYTES,)), replace(A, hashes=(IMAGE_BYTES,))))


def test_what_lies_in_an_artifact_is_stated_by_its_own_document_alone() -> None:
    """The same wheel, as its own document sees it and as that of another that needs it."""
    inner, outer = library("pkg:generic/z@1", ref=f"{ENGINE}#z"), f"{WHEEL}#z"
    wheel = replace(
        WHEEL_SBOM,
        subject=replace(WHEEL_SBOM.subject, components=(replace(inner, ref=outer),)),
        dependencies=(Dependency(WHEEL, (IDNA, outer)), Dependency(outer, ())),
    )
    ctl = replace(
        CTL_SBOM,
        components=(library(ENGINE, external=True, components=(inner,)),),
        dependencies=(
            Dependency(CTL, (ENGINE,)),
            Dependency(ENGINE, (inner.ref,)),
            Dependency(inner.ref, ()),
        ),
        compositions=(
            Composition("unknown", assemblies=(ENGINE, inner.ref)),
            Composition("incomplete", dependencies=(inner.ref,)),
        ),
        containments=(Containment(ENGINE, (inner.ref,)), Containment(CTL, (ENGINE, inner.ref))),
    )
    sbom = merge_release("workflow", "1.0", (wheel, ctl))
    edges = {edge.ref: set(edge.depends_on) for edge in sbom.dependencies}
    assert edges[WHEEL] == {IDNA, outer}
    assert edges[CTL] == {WHEEL}
    assert [each.ref for each in sbom.walk() if each.name == "z"] == [outer]
