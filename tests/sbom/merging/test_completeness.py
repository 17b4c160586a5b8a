from __future__ import annotations

from dataclasses import replace

from workflow_sbom.merging.completeness import spoken
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Composition, Containment, Sbom

FILE = Component(ref="file", kind="file", name="file")
BOX = Component(ref="box", kind="library", name="box", components=(FILE,))
BAG = Component(ref="bag", kind="library", name="bag")
TOOL = Component(ref="tool", kind="application", name="tool")
SBOM = Sbom(
    subject=Component(ref="it", kind="application", name="it"),
    components=(BOX, BAG),
    formulation=(TOOL,),
    containments=(Containment("bag", ("file",)),),
    compositions=(Composition("complete", assemblies=("it",), dependencies=("file",)),),
)


def test_what_nobody_spoke_of_is_unknown() -> None:
    assert spoken(SBOM).compositions == (
        Composition("complete", assemblies=("it",)),
        Composition("unknown", assemblies=("bag", "box")),
        Composition("complete", dependencies=("file",)),
        Composition("unknown", dependencies=("bag", "box", "it")),
    )


def test_what_was_said_stays() -> None:
    assert spoken(spoken(SBOM)) == spoken(SBOM)
    said = Composition("incomplete", assemblies=("it",), dependencies=("it",))
    bare = replace(SBOM, components=(), containments=(), compositions=(said,))
    assert spoken(bare).compositions == (
        Composition("incomplete", assemblies=("it",)),
        Composition("incomplete", dependencies=("it",)),
    )
