from __future__ import annotations

from dataclasses import replace

import pytest

from workflow_sbom.digest import Digest
from workflow_sbom.merging.origin import FileForm, Form, Origin, attributed
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Publication, Sbom
from workflow_sbom.model.parts import ExternalReference, Hash, Organisation, Property

TEAM, OTHERS = Organisation("The team"), Organisation("Others")
SHA256 = Hash.sha256(Digest.of(b""))
SIBLING = "pkg:pypi/sibling@1"
ORIGIN = Origin(
    publication=Publication(supplier=TEAM, manufacturer=TEAM),
    source=f"git+https://example.org/x@{'c' * 40}",
    security="https://example.org/.well-known/security.txt",
    own=frozenset({SIBLING}),
)
FILE = FileForm("it-1.tar.gz", "archive")
SUBJECT = Component(
    ref="artifact:it-1.tar.gz", kind="application", name="it", version="1", hashes=(SHA256,)
)
BARE = Sbom(subject=SUBJECT)
VCS = ExternalReference("vcs", f"git+https://example.org/x@{'c' * 40}")
SECURITY = ExternalReference("rfc-9116", "https://example.org/.well-known/security.txt")


def test_the_subject_has_its_maker_its_source_and_where_to_compare_its_hashes() -> None:
    subject = attributed(BARE, ORIGIN, FILE).subject
    purl = f"pkg:generic/it@1?checksum=sha256:{SHA256.hex}"
    assert (subject.supplier, subject.manufacturer) == (TEAM, TEAM)
    assert subject.purl == purl
    assert subject.references == (
        VCS,
        SECURITY,
        ExternalReference("distribution", purl, (SHA256,)),
    )


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("archive", ("non-executable", "archive", "structured")),
        ("program", ("executable", "archive", "unstructured")),
    ],
)
def test_the_file_is_told_as_the_bsi_asks(form: Form, words: tuple[str, ...]) -> None:
    subject = attributed(BARE, ORIGIN, FileForm("it-1", form)).subject
    names = ("filename", "executable", "archive", "structured")
    assert subject.properties == tuple(
        Property(f"bsi:component:{name}", word)
        for name, word in zip(names, ("it-1", *words), strict=True)
    )


def test_a_release_is_no_file() -> None:
    subject = attributed(Sbom(subject=replace(SUBJECT, hashes=())), ORIGIN).subject
    assert subject.purl == "pkg:generic/it@1"
    assert subject.references == (VCS, SECURITY)
    assert subject.properties == ()


def test_what_has_no_version_has_no_package_url() -> None:
    sbom = Sbom(subject=replace(SUBJECT, version=None))
    assert attributed(sbom, ORIGIN, FILE).subject.purl is None


def test_what_was_made_together_has_its_origin_wherever_it_lies() -> None:
    sibling = Component(ref="s", kind="library", name="sibling", purl=SIBLING)
    box = Component(ref="box", kind="library", name="box", components=(sibling,))
    (found,) = attributed(replace(BARE, components=(box,)), ORIGIN, FILE).components
    assert replace(found, components=()) == replace(box, components=())
    assert found.components == (
        replace(sibling, supplier=TEAM, manufacturer=TEAM, references=(VCS, SECURITY)),
    )


def test_what_is_said_already_stays_and_is_not_said_twice() -> None:
    said = replace(SUBJECT, supplier=OTHERS, manufacturer=OTHERS, purl="pkg:pypi/it@1")
    sbom = Sbom(subject=said, publication=Publication())
    once = attributed(sbom, ORIGIN, FILE)
    assert (once.subject.supplier, once.subject.manufacturer) == (OTHERS, OTHERS)
    assert (once.subject.purl, once.publication) == ("pkg:pypi/it@1", Publication())
    assert attributed(once, ORIGIN, FILE) == once


def test_without_an_origin_nothing_is_made_up() -> None:
    found = attributed(BARE, Origin(), FILE)
    assert found.publication is None
    assert (found.subject.supplier, found.subject.manufacturer) == (None, None)
    assert {each.kind for each in found.subject.references} == {"distribution"}


def test_something_is_said_of_every_component() -> None:
    other = Component(ref="o", kind="library", name="o")
    (parts, needs) = attributed(replace(BARE, components=(other,)), ORIGIN, FILE).compositions
    assert (parts.aggregate, parts.assemblies) == ("unknown", (SUBJECT.ref,))
    assert (needs.aggregate, needs.dependencies) == ("unknown", (SUBJECT.ref, "o"))
