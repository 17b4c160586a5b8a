from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from support.containment import body, lost
from workflow_sbom.documents.checking import notices
from workflow_sbom.documents.merge import merge
from workflow_sbom.documents.view import Document, read, view
from workflow_sbom.errors import DocumentError, InvalidDocumentError

SERIAL = "urn:uuid:00000000-0000-4000-8000-00000000000{}"
SIGNATURE = {"algorithm": "ES256", "value": "c2lnbmVk"}


def document(spec: str = "1.6", **members: Any) -> Document:
    return view({"bomFormat": "CycloneDX", "specVersion": spec} | members)


def library(name: str, version: str = "1", **members: Any) -> dict[str, Any]:
    purl = f"pkg:pypi/{name}@{version}"
    about = {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl}
    return about | members


def of(name: str, *components: dict[str, Any], **members: Any) -> Document:
    """A document about an application that depends on all its components."""
    needed = sorted(each["bom-ref"] for each in components)
    return document(
        metadata={"component": {"type": "application", "name": name, "bom-ref": name}},
        components=[*components],
        dependencies=[{"ref": name, "dependsOn": needed}, *({"ref": ref} for ref in needed)],
        **members,
    )


def merged(*documents: Document) -> Any:
    """The merged JSON; in whatever order, it is the same, and it has no fault of any kind."""
    result = merge(documents)
    assert merge(reversed(documents)).document() == result.document()
    assert notices(view(result.json)) == ()
    return json.loads(result.document())


def edges(json: Any) -> dict[str, list[str]]:
    return {each["ref"]: each.get("dependsOn", []) for each in json["dependencies"]}


def test_the_graph_of_every_document_is_kept() -> None:
    """cyclonedx-cli#179: its merge loses the graph, and the subjects it starts from."""
    found = merged(of("one", library("a")), of("two", library("b")))
    assert edges(found) == {
        "one": ["pkg:pypi/a@1"],
        "two": ["pkg:pypi/b@1"],
        "pkg:pypi/a@1": [],
        "pkg:pypi/b@1": [],
    }
    assert {each["name"] for each in found["components"]} == {"one", "two", "a", "b"}
    assert "component" not in found["metadata"]


def test_a_component_of_several_documents_is_stated_once() -> None:
    """cyclonedx-cli#326 and #356: duplicates stay."""
    found = merged(of("one", library("a"), library("b")), of("two", library("a")))
    assert sorted(each["name"] for each in found["components"]) == ["a", "b", "one", "two"]
    assert edges(found)["two"] == ["pkg:pypi/a@1"]


def test_a_component_that_each_calls_otherwise_is_stated_once() -> None:
    """cyclonedx-cli#399: only the reference differs."""
    one = of("one", library("a") | {"bom-ref": "x"})
    two = of("two", library("a") | {"bom-ref": "y"})
    found = merged(one, two)
    assert sorted(each["bom-ref"] for each in found["components"]) == ["one", "two", "x"]
    assert edges(found) == {"one": ["x"], "two": ["x"], "x": []}


def test_a_subject_of_the_whole_needs_those_of_the_documents() -> None:
    """cyclonedx-cli#480: duplicates, or no edges to the subjects; here neither."""
    whole = {"type": "application", "name": "all", "bom-ref": "all"}
    found = merge([of("one", library("a")), of("two", library("a"))], subject=whole).json
    assert found["metadata"]["component"] == whole
    assert edges(found)["all"] == ["one", "two"]
    assert len(found["components"]) == 3
    again = merge([of("one", library("a"))], subject=whole).json
    assert edges(again)["all"] == ["one"]


def test_a_reference_for_the_whole_must_be_free() -> None:
    with pytest.raises(DocumentError, match="'one' is taken"):
        merge([of("one")], subject={"type": "application", "name": "one", "bom-ref": "one"})


def test_a_document_that_is_a_part_of_another() -> None:
    """The subject of one is a component of the other: it is one thing, with all its edges."""
    wheel = library("wheel")
    part = document(
        metadata={"component": wheel},
        components=[library("a")],
        dependencies=[{"ref": "pkg:pypi/wheel@1", "dependsOn": ["pkg:pypi/a@1"]}],
    )
    found = merged(of("image", wheel | {"description": "Ours."}), part)
    assert edges(found)["image"] == ["pkg:pypi/wheel@1"]
    assert edges(found)["pkg:pypi/wheel@1"] == ["pkg:pypi/a@1"]
    (one,) = (each for each in found["components"] if each["name"] == "wheel")
    assert one["description"] == "Ours."


def test_all_that_any_document_says_of_a_component_is_there() -> None:
    home = {"type": "website", "url": "https://x.test"}
    md5 = {"alg": "MD5", "content": "11" * 16}
    sha = {"alg": "SHA-256", "content": "22" * 32}
    one = library(
        "a",
        licenses=[{"license": {"id": "MIT"}}],
        hashes=[md5],
        cpe="cpe:2.3:a:b:c:*:*:*:*:*:*:*:*",
    )
    two = library(
        "a", licenses=[{"license": {"id": "ISC"}}], hashes=[sha, md5], externalReferences=[home]
    )
    (found,) = merged(document(components=[one]), document(components=[two]))["components"]
    assert found == {
        **one,
        **two,
        "licenses": [{"license": {"id": "ISC"}}, {"license": {"id": "MIT"}}],
        "hashes": [md5, sha],
    }


@pytest.mark.parametrize(
    ("field", "one", "two"),
    [
        ("hashes", [{"alg": "MD5", "content": "11" * 16}], [{"alg": "MD5", "content": "22" * 16}]),
        ("type", "library", "framework"),
        ("description", "This.", "That."),
        ("scope", "required", "excluded"),
        ("supplier", {"name": "x"}, {"name": "y"}),
        ("pedigree", {"notes": "x"}, {"notes": "y"}),
        ("evidence", {"identity": {"field": "name"}}, {"identity": {"field": "purl"}}),
        ("components", [{"type": "file", "name": "x"}], [{"type": "file", "name": "y"}]),
    ],
)
def test_what_contradicts_stays_apart_with_its_own_edges(field: str, one: Any, two: Any) -> None:
    first = of("one", library("a", **{field: one}))
    second = of("two", library("a", **{field: two}))
    found = merged(first, second)
    apart = {each["bom-ref"]: each[field] for each in found["components"] if each["name"] == "a"}
    assert len(apart) == 2
    assert all(ref.startswith("pkg:pypi/a@1~") for ref in apart)
    assert [apart[ref] for ref in edges(found)["one"]] == [one]
    assert [apart[ref] for ref in edges(found)["two"]] == [two]


def test_silence_means_what_the_specification_says() -> None:
    """Without a scope a component is required, which is no word for one that is optional."""
    silent, required = library("a"), library("a", scope="required")
    assert merged(document(components=[silent]), document(components=[required]))["components"] == [
        required
    ]
    optional = document(components=[library("a", scope="optional")])
    assert len(merged(document(components=[silent]), optional)["components"]) == 2
    external = document("1.7", components=[library("a", isExternal=True)])
    assert len(merged(document(components=[silent]), external)["components"]) == 2


def test_hashes_are_compared_whatever_their_case() -> None:
    low, high = ([{"alg": "MD5", "content": text * 16}] for text in ("ab", "AB"))
    found = merged(
        document(components=[library("a", hashes=low)]),
        document(components=[library("a", hashes=high)]),
    )
    (one,) = found["components"]
    assert len(one["hashes"]) == 2


def test_evidence_adds_up() -> None:
    def seen(*places: str) -> dict[str, Any]:
        evidence = {
            "identity": [{"field": "purl", "methods": [{"technique": places[0], "confidence": 1}]}],
            "occurrences": [{"location": place} for place in places],
        }
        return library("a", evidence=evidence)

    found = merged(
        document(components=[seen("filename", "/x")]),
        document(components=[seen("binary-analysis", "/x", "/y")]),
    )
    (one,) = found["components"]
    assert len(one["evidence"]["identity"]) == 2
    places = {each["location"] for each in one["evidence"]["occurrences"]}
    assert places == {"filename", "binary-analysis", "/x", "/y"}


def test_two_of_one_document_are_never_joined() -> None:
    """npm installs one package in several places, each with dependencies of its own."""
    twice = [library("a") | {"bom-ref": "x"}, library("a") | {"bom-ref": "y"}]
    found = merged(
        document(components=twice), document(components=[library("a") | {"bom-ref": "x"}])
    )
    assert [each["bom-ref"] for each in found["components"]] == ["x", "y"]


def test_without_a_version_only_the_reference_tells() -> None:
    readme = {"type": "file", "name": "README", "bom-ref": "r"}
    same = merged(
        document(components=[readme]), document(components=[readme | {"mime-type": "a/b"}])
    )
    assert len(same["components"]) == 1
    other = merged(document(components=[readme]), document(components=[readme | {"bom-ref": "s"}]))
    assert len(other["components"]) == 2


def test_one_reference_for_different_things_is_exchanged_everywhere() -> None:
    def about(name: str) -> Document:
        annotation = {
            "subjects": ["x"],
            "annotator": {"individual": {"name": "somebody"}},
            "timestamp": "2026-01-02T03:04:05Z",
            "text": name,
        }
        service = {"name": f"{name}-service", "bom-ref": f"{name}-service"}
        return document(
            components=[library(name) | {"bom-ref": "x"}],
            services=[service],
            dependencies=[{"ref": service["bom-ref"], "dependsOn": ["x"]}, {"ref": "x"}],
            compositions=[{"aggregate": "complete", "assemblies": ["x"], "dependencies": ["x"]}],
            vulnerabilities=[{"id": f"CVE-{name}", "affects": [{"ref": "x"}]}],
            annotations=[annotation],
            formulation=[{"workflows": [_workflow(name)]}],
        )

    found = merged(about("a"), about("b"))
    refs = {each["name"]: each["bom-ref"] for each in found["components"]}
    assert len({*refs.values(), "x"}) == 3
    for name, ref in refs.items():
        assert edges(found)[f"{name}-service"] == [ref]
        assert edges(found)[ref] == []
        assert {"aggregate": "complete", "assemblies": [ref], "dependencies": [ref]} in (
            found["compositions"]
        )
        assert {"id": f"CVE-{name}", "affects": [{"ref": ref}]} in found["vulnerabilities"]
        assert [ref] in [each["subjects"] for each in found["annotations"] if each["text"] == name]
        assert _workflow(name, ref) in [each["workflows"][0] for each in found["formulation"]]


def _workflow(name: str, ref: str = "x") -> dict[str, Any]:
    return {
        "bom-ref": f"{name}-workflow",
        "uid": name,
        "taskTypes": ["build"],
        "resourceReferences": [{"ref": ref}],
    }


def test_things_of_any_kind_may_claim_one_reference() -> None:
    licence = {"license": {"id": "MIT", "bom-ref": "x"}}
    found = merged(
        document(components=[library("a", licenses=[licence])]),
        document(services=[{"name": "s", "bom-ref": "x"}], dependencies=[{"ref": "x"}]),
    )
    (service,) = found["services"]
    assert service["bom-ref"] != "x"
    assert found["dependencies"] == [{"ref": service["bom-ref"]}]


def test_what_refers_to_different_things_is_different() -> None:
    """The two are written alike, but what each was signed with is not the same."""

    def signed(size: str) -> Document:
        key = {"type": "cryptographic-asset", "name": "key", "version": size, "bom-ref": "k"}
        properties = {
            "assetType": "certificate",
            "certificateProperties": {"signatureAlgorithmRef": "k"},
        }
        certificate = {
            "type": "cryptographic-asset",
            "name": "certificate",
            "version": "1",
            "bom-ref": "c",
            "cryptoProperties": properties,
        }
        return document(components=[key, certificate])

    found = merged(signed("1024"), signed("2048"))
    keys = {
        each["bom-ref"]: each["version"] for each in found["components"] if each["name"] == "key"
    }
    used = [
        keys[each["cryptoProperties"]["certificateProperties"]["signatureAlgorithmRef"]]
        for each in found["components"]
        if each["name"] == "certificate"
    ]
    assert sorted(used) == ["1024", "2048"]


def test_the_subject_that_all_have_stays_the_subject() -> None:
    """And if what they say of it contradicts, it is several components."""
    found = merged(of("one", library("a")), of("one", library("b")))
    assert found["metadata"]["component"]["name"] == "one"
    assert edges(found)["one"] == ["pkg:pypi/a@1", "pkg:pypi/b@1"]
    other = document(metadata={"component": {"type": "container", "name": "one", "bom-ref": "one"}})
    apart = merged(of("one"), other)
    assert sorted(each["type"] for each in apart["components"]) == ["application", "container"]


def test_a_subject_that_is_listed_as_a_component_too() -> None:
    subject = {"type": "application", "name": "one", "bom-ref": "one"}
    both = document(metadata={"component": subject}, components=[subject])
    found = merge([both, document()]).json
    assert found["components"] == [subject]


def test_subjects_without_a_reference_are_needed_by_nothing() -> None:
    whole = {"type": "application", "name": "all", "bom-ref": "all"}
    nameless = document(metadata={"component": {"type": "application", "name": "one"}})
    assert edges(merge([nameless], subject=whole).json) == {"all": []}


def test_what_bears_a_reference_outside_any_list() -> None:
    def supplied(name: str) -> Document:
        supplier = {"name": name, "bom-ref": "x"}
        return document(
            metadata={"supplier": supplier}, components=[library("a") | {"bom-ref": "y"}]
        )

    same = merged(supplied("one"), supplied("one"))
    assert same["metadata"]["supplier"]["bom-ref"] == "x"
    found = merged(supplied("one"), document(components=[library("b") | {"bom-ref": "x"}]))
    assert found["metadata"]["supplier"]["bom-ref"] != "x"


def test_the_subject_of_some_is_not_that_of_all() -> None:
    found = merged(of("one"), document(components=[library("a")]))
    assert "component" not in found.get("metadata", {})
    assert [each["name"] for each in found["components"]] == ["one", "a"]


def test_a_subject_whose_references_differ_is_no_common_one() -> None:
    def about(version: str) -> Document:
        subject = {
            "type": "application",
            "name": "one",
            "bom-ref": "one",
            "evidence": {"identity": {"field": "name", "tools": ["t"]}},
        }
        tool = {"type": "application", "name": "t", "version": version, "bom-ref": "t"}
        return document(metadata={"component": subject}, components=[tool])

    found = merged(about("1"), about("2"))
    assert [each["name"] for each in found["components"]].count("one") == 2


def test_a_composition_of_a_whole_document_is_of_its_subject_then() -> None:
    whole = of("one", compositions=[{"aggregate": "complete"}])
    assert merged(whole)["compositions"] == [{"aggregate": "complete"}]
    found = merged(whole, of("two", compositions=[{"aggregate": "incomplete"}]))
    assert found["compositions"] == [
        {"aggregate": "complete", "assemblies": ["one"]},
        {"aggregate": "incomplete", "assemblies": ["two"]},
    ]
    nameless = document(compositions=[{"aggregate": "complete"}])
    assert {"aggregate": "complete"} in merged(nameless, of("two"))["compositions"]


def test_an_analysis_is_not_extended_to_what_it_was_not_made_of() -> None:
    """Only what is said word for word of several parts is said once of all of them."""

    def affecting(name: str, **members: Any) -> Document:
        flaw = {"id": "CVE-1", "affects": [{"ref": f"pkg:pypi/{name}@1"}]} | members
        return document(components=[library(name)], vulnerabilities=[flaw])

    both = merged(affecting("a"), affecting("b"))["vulnerabilities"]
    assert both == [{"id": "CVE-1", "affects": [{"ref": "pkg:pypi/a@1"}, {"ref": "pkg:pypi/b@1"}]}]
    judged = affecting("b", analysis={"state": "not_affected"})
    assert len(merged(affecting("a"), judged)["vulnerabilities"]) == 2


def test_sources_are_named_by_bom_link() -> None:
    one = document(serialNumber=SERIAL.format(1), version=7)
    found = merged(one, document(serialNumber=SERIAL.format(2)))
    assert found["externalReferences"] == [
        {"type": "bom", "url": "urn:cdx:00000000-0000-4000-8000-000000000001/7"},
        {"type": "bom", "url": "urn:cdx:00000000-0000-4000-8000-000000000002/1"},
    ]


def test_a_merged_document_is_named_by_its_sources() -> None:
    first = read(merge([document(serialNumber=SERIAL.format(1))]).document())
    again = merged(first, document(serialNumber=SERIAL.format(2)))
    assert [each["url"][-3:] for each in again["externalReferences"]] == ["1/1", "2/1"]


def test_the_serial_number_is_of_the_content() -> None:
    serials = {
        merge([document(components=[library(name)])]).json["serialNumber"]
        for name in ("a", "b", "a")
    }
    assert len(serials) == 2
    assert {uuid.UUID(each).version for each in serials} == {5}


def test_the_highest_version_and_its_schema() -> None:
    found = merged(document("1.4"), document("1.6"), document("1.5"))
    assert found["specVersion"] == "1.6"
    assert found["$schema"] == "http://cyclonedx.org/schema/bom-1.6.schema.json"


def test_licences_that_can_t_stand_together_before_1_7() -> None:
    one = document(components=[library("a", licenses=[{"expression": "MIT OR ISC"}])])
    two = document(components=[library("a", licenses=[{"license": {"id": "MIT"}}])])
    result = merge([one, two])
    assert result.json["specVersion"] == "1.7"
    assert result.notices == ("version 1.7, for licences that came together can't stand so in 1.6",)


def test_signatures_that_can_t_survive_are_said_to_be_lost() -> None:
    result = merge([document(signature=SIGNATURE, components=[library("a", signature=SIGNATURE)])])
    assert "signature" not in result.json
    assert result.json["components"][0]["signature"] == SIGNATURE
    assert result.notices == (
        "the signature of 1 document(s) is left out: what it signed is changed",
    )


def test_what_is_signed_is_not_added_to() -> None:
    signed = document(components=[library("a", signature=SIGNATURE)])
    found = merge([signed, document(components=[library("a", description="More.")])])
    assert sorted(len(each) for each in found.json["components"]) == [5, 6]
    assert any("signature(s) inside" in each for each in found.notices)
    assert any("renamed" in each for each in found.notices)


def test_dependencies_that_refer_to_nothing_stay_as_they_are() -> None:
    result = merge([document(dependencies=[{"ref": "gone", "dependsOn": ["x"]}]), of("one")])
    assert {"ref": "gone", "dependsOn": ["x"]} in result.json["dependencies"]


def test_a_reference_borne_twice_stays_borne_twice() -> None:
    broken = document(components=[library("a") | {"bom-ref": "x"}, library("b") | {"bom-ref": "x"}])
    assert [*lost(body(broken.json), merge([broken]).json)] == []
    result = merge([broken, document(components=[library("c") | {"bom-ref": "x"}])]).json
    refs = {each["name"]: each["bom-ref"] for each in result["components"]}
    assert refs["a"] == refs["b"] != refs["c"]


def test_nothing_to_merge() -> None:
    with pytest.raises(DocumentError, match="no document to merge"):
        merge([])


def test_what_the_highest_version_forbids_is_refused_with_its_path() -> None:
    """1.4 allows an empty reference; nothing later does."""
    old = document("1.4", dependencies=[{"ref": ""}])
    assert merge([old]).json["dependencies"] == [{"ref": ""}]
    with pytest.raises(InvalidDocumentError, match=r"dependencies\[0\]\.ref"):
        merge([old, document("1.7")])
