from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from simulators import faults
from simulators.registry import Answer, Asked, Features, Handler, Registry
from workflow_containers.errors import (
    ConflictError,
    CredentialsError,
    IntegrityError,
    RegistryError,
)
from workflow_containers.network.clock import Clock
from workflow_containers.oci.content import Content
from workflow_containers.oci.descriptor import Descriptor
from workflow_containers.oci.image import INDEX, MANIFEST
from workflow_containers.oci.reference import Repository
from workflow_containers.registry.artifact import Artifact, ArtifactFile
from workflow_containers.registry.client import Client
from workflow_containers.registry.referrers import Attacher, attach, fetch, referrers
from workflow_containers.registry.subject import Subject
from workflow_containers.registry.uploads import Uploads
from workflow_sbom.digest import Digest

PATH = "team/app"
IMAGE = b'{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}'
SUBJECT = Subject(
    repository=Repository("registry.test", PATH),
    descriptor=Descriptor(media_type=MANIFEST, digest=Digest.of(IMAGE), size=len(IMAGE)),
)
TAG = f"sha256-{Digest.of(IMAGE).hex}"
QUIET = Clock(now=lambda: 0, sleep=lambda _: None, chance=lambda: 0)
CYCLONEDX = "application/vnd.cyclonedx+json"


def artifact(data: bytes = b"{}\n", name: str = "a.cdx.json", kind: str = CYCLONEDX) -> Artifact:
    file = ArtifactFile(name=name, media_type=kind, content=Content.of(data))
    return Artifact(artifact_type=kind, files=(file,))


def registry(**features: Any) -> Registry:
    made = Registry(features=Features(**features))
    made.repository(PATH).manifests[str(Digest.of(IMAGE))] = (MANIFEST, IMAGE)
    return made


def attached(there: Registry, *artifacts: Artifact) -> list[Descriptor]:
    attacher = Attacher(uploads=Uploads(client=Client(transport=there)), clock=QUIET)
    return [attach(attacher, SUBJECT, each) for each in artifacts]


def listed(there: Registry, artifact_type: str = "") -> list[Digest]:
    return [each.digest for each in referrers(Client(transport=there), SUBJECT, artifact_type)]


@pytest.mark.parametrize("api", [True, False])
def test_what_is_attached_is_found_and_fetched(api: bool) -> None:
    there = registry(referrers=api)
    (made,) = attached(there, artifact())
    (found,) = referrers(Client(transport=there), SUBJECT)
    assert (found.digest, found.size, found.artifact_type) == (made.digest, made.size, CYCLONEDX)
    (file,) = found.files
    assert b"".join(fetch(Client(transport=there), SUBJECT, file)) == b"{}\n"


@pytest.mark.parametrize("api", [True, False])
def test_twice_is_once(api: bool) -> None:
    there = registry(referrers=api)
    (first,) = attached(there, artifact())
    before = (dict(there.repository(PATH).manifests), dict(there.repository(PATH).tags))
    (second,) = attached(there, artifact())
    assert first == second
    assert (there.repository(PATH).manifests, there.repository(PATH).tags) == before


@pytest.mark.parametrize("api", [True, False])
def test_several_come_in_one_order_and_by_type(api: bool) -> None:
    there = registry(referrers=api)
    made = attached(there, artifact(b"1"), artifact(b"2"), artifact(b"3", kind="a/b"))
    assert listed(there) == sorted(each.digest for each in made)
    assert listed(there, "a/b") == [made[2].digest]
    assert listed(there, "c/d") == []


def test_pages_are_put_together() -> None:
    there = registry()
    made = attached(there, *(artifact(str(n).encode()) for n in range(5)))
    pages = [[each.value() for each in made[:3]], [each.value() for each in made[2:]]]
    path = f"/v2/{PATH}/referrers/{SUBJECT.descriptor.digest}"

    def page(asked: Asked, _: Handler) -> Answer:
        second = asked.query.get("next") == "2"
        body = json.dumps({"schemaVersion": 2, "manifests": pages[second]}).encode()
        more = {} if second else {"link": f'<{path}?next=2>; rel="next"'}
        headers = {"content-type": INDEX, "content-length": str(len(body)), **more}
        return Answer(status=200, headers=headers, body=body)

    there.plan("GET", page, "referrers", times=2)
    assert listed(there) == sorted(each.digest for each in made)


def test_a_registry_that_knows_of_subjects_needs_no_tag() -> None:
    there = registry()
    attached(there, artifact())
    assert there.repository(PATH).tags == {}


def test_one_that_only_lists_them_gets_the_tag_too_and_is_believed_first() -> None:
    """Who answers no OCI-Subject gets the tag, as the specification wants it."""
    there = registry()
    there.plan("PUT", faults.headers(**{"oci-subject": None}), "manifests")
    (made,) = attached(there, artifact())
    assert list(there.repository(PATH).tags) == [TAG]
    there.repository(PATH).tags.clear()
    assert listed(there) == [made.digest]


def test_types_are_those_of_manifests_whatever_a_list_says() -> None:
    """go-containerregistry takes the configuration's media type for the artifact's."""
    there = registry(referrers=False)
    (made,) = attached(there, artifact())
    wrong = replace(made, artifact_type="application/vnd.oci.empty.v1+json")
    tag(there, [wrong.value()])
    assert listed(there, CYCLONEDX) == [made.digest]


def tag(there: Registry, entries: list[Any]) -> None:
    data = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
    there.repository(PATH).manifests[str(Digest.of(data))] = (INDEX, data)
    there.repository(PATH).tags[TAG] = str(Digest.of(data))


def test_what_is_listed_and_refers_to_another_image_is_left_out() -> None:
    there = registry(referrers=False)
    elsewhere = replace(SUBJECT, descriptor=replace(SUBJECT.descriptor, digest=Digest.of(b"x")))
    attacher = Attacher(uploads=Uploads(client=Client(transport=there)), clock=QUIET)
    lie = attach(attacher, elsewhere, artifact())
    tag(there, [lie.value()])
    assert listed(there) == []


def test_what_is_listed_and_gone_is_left_out() -> None:
    there = registry(referrers=False)
    gone, kept = attached(there, artifact(b"1"), artifact(b"2"))
    del there.repository(PATH).manifests[str(gone.digest)]
    assert listed(there) == [kept.digest]


def test_what_is_listed_and_no_manifest_is_left_out() -> None:
    there = registry(referrers=False)
    (made,) = attached(there, artifact())
    other = replace(
        made, digest=Digest.of(b"x"), media_type="application/vnd.oci.artifact.manifest.v1+json"
    )
    tag(there, [made.value(), other.value()])
    assert listed(there) == [made.digest]


def test_a_list_of_too_many_is_refused() -> None:
    there = registry(referrers=False)
    (made,) = attached(there, artifact())
    many = [replace(made, digest=Digest.of(str(n).encode())).value() for n in range(1001)]

    def page(_: Asked, __: Handler) -> Answer:
        body = json.dumps({"schemaVersion": 2, "manifests": many}).encode()
        headers = {"content-type": INDEX, "content-length": str(len(body))}
        return Answer(status=200, headers=headers, body=body)

    there.plan("GET", page, "referrers")
    with pytest.raises(RegistryError, match="1001 referrers"):
        listed(there)


def test_a_manifest_with_other_bytes_is_refused() -> None:
    there = registry()
    (made,) = attached(there, artifact())
    there.plan("GET", faults.changed, str(made.digest))
    with pytest.raises(IntegrityError):
        listed(there)


def test_a_manifest_that_can_not_be_true_is_told() -> None:
    there = registry(referrers=False)
    value = {"schemaVersion": 2, "mediaType": MANIFEST, "subject": SUBJECT.descriptor.value()}
    data = json.dumps({**value, "layers": 1, "artifactType": "a/b"}).encode()
    there.repository(PATH).manifests[str(Digest.of(data))] = (MANIFEST, data)
    entry = {"mediaType": MANIFEST, "digest": str(Digest.of(data)), "size": len(data)}
    tag(there, [entry])
    with pytest.raises(RegistryError, match="layers that are no list"):
        listed(there)


@pytest.mark.parametrize("fault", [faults.changed, faults.replaced(b"{}\n ")])
def test_a_file_with_other_bytes_is_refused(
    fault: Callable[[Asked, Handler], Answer],
) -> None:
    there = registry()
    attached(there, artifact())
    client = Client(transport=there)
    (found,) = referrers(client, SUBJECT)
    there.plan("GET", fault, "blobs", times=100)
    with pytest.raises((IntegrityError, RegistryError)):
        list(fetch(client, SUBJECT, found.files[0]))


def test_a_file_that_is_too_large_is_not_asked_for() -> None:
    there = registry()
    file = Descriptor(media_type="a/b", digest=Digest.of(b"x"), size=(1 << 30) + 1)
    with pytest.raises(RegistryError, match="at most 1073741824 are fetched"):
        fetch(Client(transport=there), SUBJECT, file)
    assert there.log == []


# ----------------------------------------------------------------------------- those that will not


def test_a_registry_that_takes_no_subjects_is_told_with_what_to_do() -> None:
    """Amazon ECR may answer 405; a manifest without its subject would refer to nothing."""
    there = registry()
    body = json.dumps({"errors": [{"code": "UNSUPPORTED", "message": "not \x1b[2J that"}]}).encode()
    there.plan("PUT", faults.status(405, body), "manifests")
    with pytest.raises(RegistryError, match="takes nothing that refers to an image") as caught:
        attached(there, artifact())
    assert "beside the release" in caught.value.remedy
    assert (caught.value.status, caught.value.code) == (405, "UNSUPPORTED")
    assert "\x1b" not in str(caught.value)
    assert there.repository(PATH).tags == {}


@pytest.mark.parametrize(("status", "kind"), [(400, RegistryError), (403, CredentialsError)])
def test_other_refusals_are_as_they_are(status: int, kind: type[Exception]) -> None:
    there = registry()
    there.plan("PUT", faults.status(status), "manifests")
    with pytest.raises(kind):
        attached(there, artifact())


def test_the_tag_is_not_written_where_the_artifact_was_not() -> None:
    there = registry(referrers=False)
    there.plan("PUT", faults.status(500), "manifests", times=100)
    with pytest.raises(RegistryError):
        attached(there, artifact())
    assert there.repository(PATH).tags == {}


def test_a_tag_that_somebody_took_is_not_taken_back() -> None:
    there = registry(referrers=False)
    there.repository(PATH).manifests["sha256:" + "1" * 64] = (MANIFEST, IMAGE + b" ")
    there.repository(PATH).tags[TAG] = "sha256:" + "1" * 64
    there.plan("GET", faults.headers(**{"docker-content-digest": None}), TAG, times=100)
    with pytest.raises(ConflictError, match="is no list"):
        attached(there, artifact())
