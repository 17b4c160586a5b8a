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
from workflow_sbom.model.component import Component, Kind
from workflow_sbom.model.document import Composition, Dependency, Sbom
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
        CTL: (WHEEL,),
        IMAGE: (WHEEL,),
        WHEEL: (IDNA,),
        IDNA: (),
    }
    assert part(sbom, WHEEL).properties == (Property("workflow:release:inside", IMAGE),)
    assert part(sbom, IMAGE).properties == ()


def test_a_package_of_the_same_name_but_other_bytes_stays_itself() -> None:
    other = library(ENGINE, references=distribution(ENGINE, Hash.sha256(Digest("9" * 64))))
    image = replace(IMAGE_SBOM, components=(other, IMAGE_SBOM.components[1]))
    sbom = merge_release("workflow", "1.0", (WHEEL_SBOM, image))
    edges = {edge.ref: edge.depends_on for edge in sbom.dependencies}
    assert edges[IMAGE] == (ENGINE,)
    assert part(sbom, WHEEL).properties == ()


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
        properties=(Property("workflow:release:inside", IMAGE),),
    )


def test_what_documents_say_differently_of_one_component_is_incomplete() -> None:
    sbom = merge_release("workflow", "1.0", ALL)
    said = {
        (ref, "needs"): each.aggregate for each in sbom.compositions for ref in each.dependencies
    } | {(ref, "parts"): each.aggregate for each in sbom.compositions for ref in each.assemblies}
    assert said == {
        (WHEEL, "needs"): "complete",
        (IDNA, "needs"): "incomplete",
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
        merge_release("workflow", "1.0", (WHEEL_SBOM, WHEEL_SBOM))


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
