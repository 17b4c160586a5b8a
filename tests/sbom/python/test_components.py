from __future__ import annotations

import json
from typing import Any

from packaging.version import Version

from workflow_sbom.digest import Digest
from workflow_sbom.model.component import Component, Evidence
from workflow_sbom.model.document import Composition
from workflow_sbom.model.licence import NamedLicence, SpdxLicence
from workflow_sbom.model.parts import ExternalReference, Hash, Property
from workflow_sbom.python.components import assemblies, component_of, subject_of
from workflow_sbom.python.contents import Contents, Document
from workflow_sbom.python.distribution import Distribution
from workflow_sbom.python.libraries import Library
from workflow_sbom.python.origin import Origin

ONE, TWO = Digest("1" * 64), Digest("2" * 64)


def distribution(**more: Any) -> Distribution:
    return Distribution(name="Demo.Pack", version=Version("1.0"), **more)


def library(name: str, digest: Digest = ONE, **more: Any) -> Library:
    return Library(path=f"demo.libs/{name}", digest=digest, **more)


def document(*components: dict[str, Any], **more: Any) -> Document:
    table = {"bomFormat": "CycloneDX", "components": list(components)} | more
    return Document(path="demo-1.dist-info/sboms/a.json", data=json.dumps(table).encode())


def named(component: Component) -> dict[str, str]:
    return {each.name: each.value for each in component.properties}


def test_a_library_that_no_document_names_is_of_unknown_identity() -> None:
    contents = Contents(libraries=(library("libz-dd453c56.so.1", soname="libz.so.1"),), native=True)
    found = component_of(distribution(contents=contents))
    (part,) = found.component.components
    assert part == Component(
        ref="pkg:pypi/demo-pack@1.0#file:demo.libs/libz-dd453c56.so.1",
        kind="library",
        name="libz-dd453c56.so.1",
        scope="required",
        hashes=(Hash.sha256(ONE),),
        properties=(
            Property("workflow:python:unknown-library", "libz.so.1"),
            Property("workflow:python:soname", "libz.so.1"),
        ),
        evidence=Evidence(technique="filename", occurrences=("demo.libs/libz-dd453c56.so.1",)),
    )
    assert found.incomplete
    assert named(found.component) == {
        "workflow:python:native-code": "no document tells what is linked into it"
    }


def test_a_library_is_known_by_the_name_or_the_digest_that_a_document_has() -> None:
    z = {"type": "library", "name": "libz", "version": "1.3"}
    other = {
        "type": "library",
        "name": "brotli",
        "components": [
            {
                "type": "library",
                "name": "common",
                "hashes": [{"alg": "SHA-256", "content": TWO.hex}],
            }
        ],
    }
    contents = Contents(
        documents=(document(z, other),),
        libraries=(
            library("libz-dd453c56.so.1"),
            library("libbrotlicommon.so", TWO),
            library("libpng16.so"),
        ),
        native=True,
    )
    found = component_of(distribution(contents=contents))
    assert [each.name for each in found.component.components] == ["libz", "brotli", "libpng16.so"]
    assert found.incomplete
    assert "workflow:python:native-code" not in named(found.component)


def test_a_document_that_can_not_be_read_is_a_property_and_incomplete() -> None:
    contents = Contents(documents=(Document(path="d.dist-info/sboms/a", data=b"?"),))
    found = component_of(distribution(contents=contents))
    assert found.incomplete
    assert named(found.component)["workflow:python:unreadable-sbom"].startswith(
        "d.dist-info/sboms/a: no JSON"
    )


def test_a_missing_library_is_said() -> None:
    found = component_of(distribution(contents=Contents(missing=("demo/liba.so",))))
    assert found.incomplete
    assert named(found.component) == {"workflow:python:missing-file": "demo/liba.so"}


def test_needs_of_a_document_are_the_distributions() -> None:
    edges = [{"ref": "me", "dependsOn": ["z"]}, {"ref": "z", "dependsOn": []}]
    metadata = {"component": {"type": "library", "name": "demo", "bom-ref": "me"}}
    part = {"type": "library", "name": "z", "bom-ref": "z"}
    contents = Contents(documents=(document(part, metadata=metadata, dependencies=edges),))
    found = component_of(distribution(contents=contents))
    assert found.needs == {"pkg:pypi/demo-pack@1.0#a.json:z"}
    assert [(each.ref, each.depends_on) for each in found.edges] == [
        ("pkg:pypi/demo-pack@1.0#a.json:z", ())
    ]
    assert not found.incomplete


def test_where_it_came_from_and_where_it_lies() -> None:
    commit = ExternalReference("vcs", "git+https://example.org/a@abc")
    found = component_of(
        distribution(
            place="lib/demo-1.dist-info/METADATA",
            origin=Origin(kind="vcs", reference=commit, editable=True),
            contents=Contents(copyright=("Copyright 2019 A", "Copyright 2020 B")),
        ),
        unmet=("gone", "away"),
    ).component
    assert found.references == (commit,)
    assert found.copyright == "Copyright 2019 A\nCopyright 2020 B"
    assert found.evidence == Evidence(
        technique="manifest-analysis", occurrences=("lib/demo-1.dist-info/METADATA",)
    )
    assert [(each.name, each.value) for each in found.properties] == [
        ("workflow:python:editable", "true"),
        ("workflow:python:unmet-requirement", "away"),
        ("workflow:python:unmet-requirement", "gone"),
    ]


def test_the_subjects_parts_have_its_reference() -> None:
    contents = Contents(libraries=(library("liba.so"),))
    found = subject_of(distribution(contents=contents), "artifact:a", "pkg:pypi/demo-pack@1.0")
    assert found.component.components[0].ref == "artifact:a#file:demo.libs/liba.so"
    assert found.component.name == "Demo.Pack"


def test_how_much_of_the_inside_is_stated() -> None:
    known = component_of(distribution())
    bad = component_of(
        Distribution(name="b", version=Version("1"), contents=Contents(missing=("a.so",)))
    )
    assert tuple(assemblies([known, bad])) == (
        Composition("incomplete", assemblies=("pkg:pypi/b@1",)),
        Composition("unknown", assemblies=("pkg:pypi/demo-pack@1.0",)),
    )
    assert tuple(assemblies([])) == ()


def test_a_concluded_licence_stands_beside_the_declared_words() -> None:
    concluded = SpdxLicence("BSD-3-Clause", "concluded")
    words = NamedLicence("BSD License")
    found = component_of(
        distribution(licences=(words,), contents=Contents(licence=concluded))
    ).component
    assert found.licences == (words, concluded)
    other = distribution(licences=(SpdxLicence("MIT"),), contents=Contents(licence=concluded))
    assert component_of(other).component.licences == (SpdxLicence("MIT"),)


def test_distributions_copied_into_another_are_parts_unless_a_document_tells_of_them() -> None:
    def copy(name: str, text: str) -> Document:
        return Document(path=f"demo/_vendor/{name}.dist-info/METADATA", data=text.encode())

    told = document({"type": "library", "name": "idna", "purl": "pkg:pypi/idna@3"})
    contents = Contents(
        documents=(told,),
        vendored=(
            copy("idna-3", "Name: idna\nVersion: 3\n"),
            copy("six-1", "Name: Six\nVersion: 1\nLicense: MIT\n"),
            copy("bad", "Name: bad\n"),
        ),
    )
    found = component_of(distribution(contents=contents))
    idna, six = found.component.components
    assert (idna.ref, idna.version) == ("pkg:pypi/demo-pack@1.0#a.json:components[0]", None)
    assert (six.name, six.version, six.purl) == ("six", "1", "pkg:pypi/six@1")
    assert six.licences == (SpdxLicence("MIT"),)
    assert six.evidence == Evidence(
        technique="manifest-analysis", occurrences=("demo/_vendor/six-1.dist-info/METADATA",)
    )
    assert named(found.component)["workflow:python:unreadable-metadata"] == (
        "demo/_vendor/bad.dist-info/METADATA"
    )
    assert found.incomplete
