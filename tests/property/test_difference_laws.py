"""Laws of comparing documents and versions: what one direction says, the other says reversed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workflow_sbom.documents.diff import Present, Stepped, compare
from workflow_sbom.documents.telling import rows, summary
from workflow_sbom.documents.versions import Step, step
from workflow_sbom.documents.view import Document, view

VERSIONS = {
    "pypi": st.from_regex(r"[0-3](\.[0-3]){0,2}(rc[0-3]|\.post[0-3]|\.dev[0-3])?", fullmatch=True),
    "npm": st.from_regex(r"[0-3]\.[0-3]\.[0-3](-(a|b|[0-3])(\.(a|[0-3]))?)?", fullmatch=True),
    "deb": st.from_regex(r"([0-1]:)?[0-3][.~+a-c0-3]{0,3}(-[0-3])?", fullmatch=True),
}
ECOSYSTEMS = st.sampled_from(sorted(VERSIONS))
MIRRORED: dict[Step, Step] = {
    "upgraded": "downgraded",
    "downgraded": "upgraded",
    "changed": "changed",
}


@st.composite
def components(draw: st.DrawFn) -> dict[str, Any]:
    ecosystem = draw(ECOSYSTEMS)
    name, version = draw(st.sampled_from("abc")), draw(VERSIONS[ecosystem])
    digest = draw(st.sampled_from(["11" * 16, "22" * 16]))
    return {
        "type": "library",
        "name": name,
        "version": version,
        "purl": f"pkg:{ecosystem}/{name}@{version}",
        "bom-ref": f"{ecosystem}/{name}/{version}",
        "hashes": draw(st.sampled_from([[], [{"alg": "MD5", "content": digest}]])),
        "licenses": draw(st.sampled_from([[], [{"license": {"id": "MIT"}}]])),
    }


@st.composite
def documents(draw: st.DrawFn) -> Document:
    parts = draw(st.lists(components(), max_size=5, unique_by=lambda each: each["bom-ref"]))
    refs = [part["bom-ref"] for part in parts]
    needed = st.lists(st.sampled_from([*refs, "gone"]), unique=True, max_size=3)
    edges = [{"ref": ref, "dependsOn": draw(needed)} for ref in refs]
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6"}
    return view(head | {"components": parts, "dependencies": edges})


@given(documents())
def test_a_document_does_not_differ_from_itself(one: Document) -> None:
    difference = compare(one, one)
    assert not difference
    assert [*rows(difference)] == []
    assert summary(difference).endswith("no difference")


@given(documents(), documents())
def test_seen_from_the_other_side_all_is_reversed(one: Document, other: Document) -> None:
    there, back = compare(one, other), compare(other, one)
    assert (back.added, back.dropped) == (there.dropped, there.added)
    assert (back.edges_added, back.edges_dropped) == (there.edges_dropped, there.edges_added)
    assert (back.old, back.new) == (there.new, there.old)
    for kind in ("rehashed", "relicensed"):
        swapped = [replace(each, old=each.new, new=each.old) for each in getattr(there, kind)]
        assert sorted(swapped) == sorted(getattr(back, kind))
    assert sorted(map(_reversed, there.stepped)) == sorted(back.stepped)


def _reversed(stepped: Stepped) -> Stepped:
    way = MIRRORED[stepped.step]
    return replace(stepped, old=stepped.new, new=stepped.old, step=way)


@given(documents(), documents())
def test_what_is_told_makes_the_new_document_of_the_old_one(one: Document, other: Document) -> None:
    found = compare(one, other)
    versions = Counter(_present(one))
    versions -= Counter([*found.dropped, *(Present(e.package, e.old) for e in found.stepped)])
    versions += Counter([*found.added, *(Present(e.package, e.new) for e in found.stepped)])
    assert versions == Counter(_present(other))


def _present(document: Document) -> set[Present]:
    """The versions of each package, by the comparison with nothing."""
    nothing = view({"bomFormat": "CycloneDX", "specVersion": "1.6"})
    return {*compare(nothing, document).added}


@given(st.data())
def test_an_order_of_versions_is_one(data: st.DataObject) -> None:
    ecosystem = data.draw(ECOSYSTEMS)
    one, two, three = (data.draw(VERSIONS[ecosystem]) for _ in range(3))
    assert step(ecosystem, one, one) == "changed"
    assert step(ecosystem, two, one) == MIRRORED[step(ecosystem, one, two)]
    if step(ecosystem, one, two) == step(ecosystem, two, three) == "upgraded":
        assert step(ecosystem, one, three) == "upgraded"
