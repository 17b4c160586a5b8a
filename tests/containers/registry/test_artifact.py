from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from workflow_containers.errors import DefinitionError, LayoutError, RegistryError
from workflow_containers.oci.content import Content
from workflow_containers.oci.descriptor import Descriptor
from workflow_containers.oci.image import INDEX, MANIFEST, Document
from workflow_containers.registry.artifact import (
    Artifact,
    ArtifactFile,
    Referrer,
    file_name,
    is_file_name,
)
from workflow_sbom.digest import Digest

SUBJECT = Descriptor(media_type=INDEX, digest=Digest.of(b"index"), size=5)
SBOM = ArtifactFile(
    name="a.cdx.json", media_type="application/vnd.cyclonedx+json", content=Content.of(b"{1}")
)
ARTIFACT = Artifact(
    artifact_type="application/vnd.cyclonedx+json",
    files=(SBOM,),
    annotations={"a": "b"},
    created=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
)


def test_the_manifest_is_as_the_specification_has_it() -> None:
    document = ARTIFACT.manifest(SUBJECT)
    assert document.media_type == MANIFEST
    assert json.loads(document.data) == {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": "application/vnd.cyclonedx+json",
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json",
            "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            "size": 2,
        },
        "layers": [
            {
                "mediaType": "application/vnd.cyclonedx+json",
                "digest": str(Digest.of(b"{1}")),
                "size": 3,
                "annotations": {"org.opencontainers.image.title": "a.cdx.json"},
            }
        ],
        "subject": {"mediaType": INDEX, "digest": str(SUBJECT.digest), "size": 5},
        "annotations": {"a": "b", "org.opencontainers.image.created": "2026-03-04T05:06:07Z"},
    }


def test_lists_name_it_with_its_type_and_all_its_annotations() -> None:
    document, descriptor = ARTIFACT.manifest(SUBJECT), ARTIFACT.descriptor(SUBJECT)
    assert (descriptor.digest, descriptor.size) == (document.digest, len(document.data))
    assert descriptor.artifact_type == "application/vnd.cyclonedx+json"
    assert descriptor.annotations == json.loads(document.data)["annotations"]


def test_a_subject_is_named_by_what_it_is_alone() -> None:
    told = replace(SUBJECT, annotations={"x": "y"}, platform={"os": "linux"})
    assert ARTIFACT.manifest(told) == ARTIFACT.manifest(SUBJECT)


def test_the_same_moment_in_another_zone_is_the_same_artifact() -> None:
    assert ARTIFACT.created is not None
    elsewhere = ARTIFACT.created.astimezone(timezone(timedelta(hours=5)))
    assert replace(ARTIFACT, created=elsewhere).manifest(SUBJECT) == ARTIFACT.manifest(SUBJECT)


def test_a_blob_that_is_named_twice_goes_up_once() -> None:
    twin = replace(SBOM, name="b.cdx.json")
    empty = replace(SBOM, name="c", content=Content.of(b"{}"))
    contents = replace(ARTIFACT, files=(SBOM, twin, empty)).contents
    assert [each.size for each in contents] == [2, 3]


def test_all_faults_are_told_at_once() -> None:
    files = (
        replace(SBOM, name="../x"),
        replace(SBOM, media_type="text/plain; charset=utf-8"),
        SBOM,
    )
    with pytest.raises(DefinitionError) as caught:
        Artifact(artifact_type="sbom", files=files)
    assert str(caught.value).splitlines() == [
        "attachment: type: 'sbom' is no media type",
        "attachment: files[0]: '../x' is no name of a file",
        "attachment: files[1]: 'text/plain; charset=utf-8' is no media type",
        "attachment: files: 'a.cdx.json' stands 2 times (rename one)",
    ]


@pytest.mark.parametrize("count", [0, 1001])
def test_nothing_and_too_much_is_no_artifact(count: int) -> None:
    files = tuple(replace(SBOM, name=str(at)) for at in range(count))
    with pytest.raises(DefinitionError, match=f"{count} files"):
        Artifact(artifact_type="a/b", files=files)


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "..", "/etc/passwd", "../x", "a/b", "a\\b", "C:x", "a\0", "a\n", "a\x1b[31m",
        "-rf", " a", "x" * 201, "é" * 101, "a\u202egnp.exe", "a\x7f", "a*", "a|b",
    ],
)  # fmt: skip
def test_names_that_lead_elsewhere_or_deceive_are_none(name: str) -> None:
    assert not is_file_name(name)


@pytest.mark.parametrize("name", ["a", "a.cdx.json", ".hidden", "ä ö.json", "x" * 200])
def test_other_names_are_names(name: str) -> None:
    assert is_file_name(name)


# ------------------------------------------------------------------------- as a registry has them


def document(**changes: Any) -> Document:
    value = {**json.loads(ARTIFACT.manifest(SUBJECT).data), **changes}
    kept = {key: each for key, each in value.items() if each != "absent"}
    return Document(MANIFEST, json.dumps(kept).encode())


def read(given: Document) -> Referrer | None:
    return Referrer.read(given, SUBJECT.digest, "r/a")


def test_what_was_attached_is_read_again() -> None:
    made = ARTIFACT.manifest(SUBJECT)
    found = read(made)
    assert found == Referrer(
        digest=made.digest,
        size=len(made.data),
        artifact_type=ARTIFACT.artifact_type,
        annotations={"a": "b", "org.opencontainers.image.created": "2026-03-04T05:06:07Z"},
        files=(
            Descriptor(
                media_type=SBOM.media_type,
                digest=SBOM.content.digest,
                size=3,
                annotations={"org.opencontainers.image.title": "a.cdx.json"},
            ),
        ),
    )


@pytest.mark.parametrize(
    "subject", ["absent", None, SUBJECT.value() | {"digest": f"sha256:{0:064}"}]
)
def test_what_is_about_something_else_is_no_referrer(subject: object) -> None:
    assert read(document(subject=subject)) is None


def test_without_a_type_its_configuration_tells() -> None:
    found = read(document(artifactType="absent"))
    assert found is not None
    assert found.artifact_type == "application/vnd.oci.empty.v1+json"


def test_a_layer_that_stands_for_none_is_no_file() -> None:
    empty = {
        "mediaType": "application/vnd.oci.empty.v1+json",
        "digest": f"sha256:{0:064}",
        "size": 2,
    }
    found = read(document(layers=[empty]))
    assert found is not None
    assert found.files == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "sha256:0"},
        {"subject": {"digest": str(SUBJECT.digest)}},
        {"artifactType": 1},
        {"artifactType": "\x1b[2J"},
        {"artifactType": "absent", "config": {}},
        {"artifactType": "absent", "config": "absent"},
        {"layers": {}},
        {"layers": [{}] * 1001},
        {"layers": [{"mediaType": "a/b", "digest": "md5:1", "size": 1}]},
        {"layers": [{"mediaType": "a/b", "digest": f"sha256:{0:064}", "size": -1}]},
        {"layers": [{"mediaType": "a/b", "digest": f"sha256:{0:064}", "size": True}]},
        {"annotations": {"a": 1}},
    ],
)
def test_a_manifest_that_can_not_be_true_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(LayoutError, match=r"^r/a: "):
        read(document(**changes))


@pytest.mark.parametrize("data", [b"[]", b"{", b'{"a":1,"a":2}', b"\xff"])
def test_what_is_no_manifest_at_all_is_refused(data: bytes) -> None:
    with pytest.raises(LayoutError, match=r"^r/a: "):
        read(Document(MANIFEST, data))


def titled(**annotations: str) -> Descriptor:
    return Descriptor(media_type="a/b", digest=Digest.of(b"x"), size=1, annotations=annotations)


def test_a_file_without_a_name_is_called_by_its_digest() -> None:
    assert file_name(titled()) == f"sha256-{Digest.of(b'x').hex}"


def test_a_name_that_leads_elsewhere_is_refused_and_shown_safely() -> None:
    hostile = titled(**{"org.opencontainers.image.title": "../../\x1b[2J.bashrc"})
    with pytest.raises(
        RegistryError, match=r"is called '../../\\x1b\[2J.bashrc', which is no name"
    ):
        file_name(hostile)
