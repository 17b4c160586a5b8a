from __future__ import annotations

import json
from typing import Any

import pytest

from simulators.faults import changed, cut_before, headers, replaced, status, truncated
from simulators.registry import HOST, INDEX, Features, Registry
from support.archives import SHOP, client
from workflow_containers.errors import (
    ContainersError,
    CredentialsError,
    IntegrityError,
    LayoutError,
    MissingError,
    NetworkError,
    RegistryError,
)
from workflow_containers.network.interface import Request, Response
from workflow_containers.oci import image
from workflow_containers.oci.image import Document
from workflow_containers.oci.reference import Reference
from workflow_sbom import canonical
from workflow_sbom.digest import Digest

INDEX_1 = Document(image.INDEX, b'{"schemaVersion":2,"manifests":[]}')
TAGGED = Reference(SHOP, tag="1.2.3")
BY_DIGEST = Reference(SHOP, digest=INDEX_1.digest)
SUBJECT = Digest.of(b"subject")


def index(**more: Any) -> Document:
    return Document(image.INDEX, canonical.encode({"schemaVersion": 2, "manifests": [], **more}))


@pytest.fixture
def filled(registry: Registry) -> Registry:
    client(registry).put_manifest(TAGGED, INDEX_1)
    registry.log.clear()
    return registry


@pytest.mark.parametrize("reference", [TAGGED, BY_DIGEST, TAGGED.at(INDEX_1.digest)])
def test_a_manifest_comes_back(filled: Registry, reference: Reference) -> None:
    assert client(filled).manifest(reference) == INDEX_1
    assert client(filled).head(reference) == INDEX_1.digest


def test_what_is_not_there_is_missing_or_none(registry: Registry) -> None:
    with pytest.raises(MissingError, match=r"MANIFEST_UNKNOWN manifest unknown \(HTTP 404\)"):
        client(registry).manifest(TAGGED)
    assert client(registry).head(TAGGED) is None
    assert not client(registry).has_blob(SHOP, SUBJECT)


def test_the_kinds_that_are_read_are_asked_for(filled: Registry) -> None:
    client(filled).manifest(TAGGED)
    accept = filled.seen[-1].headers["accept"].split(", ")
    assert accept[0] == INDEX
    assert len(accept) == 4


def test_a_digest_that_no_header_names_is_computed() -> None:
    registry = Registry(features=Features(digests=False))
    client(registry).put_manifest(TAGGED, INDEX_1)
    assert client(registry).head(TAGGED) == INDEX_1.digest


def test_a_digest_of_another_kind_is_computed(filled: Registry) -> None:
    filled.plan("", headers(docker_content_digest=f"sha512:{'0' * 128}"), times=9)
    assert client(filled).head(TAGGED) == INDEX_1.digest
    assert client(filled).head(BY_DIGEST) == INDEX_1.digest


@pytest.mark.parametrize("said", ["sha256:", "sha256:xyz", "sha256:" + "0" * 65, "sha256:\x1b"])
def test_a_digest_that_is_none_is_refused(filled: Registry, said: str) -> None:
    filled.plan("HEAD", headers(docker_content_digest=said))
    with pytest.raises(RegistryError) as refused:
        client(filled).head(TAGGED)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("reference", [BY_DIGEST, TAGGED])
def test_changed_bytes_are_refused(filled: Registry, reference: Reference) -> None:
    filled.plan("GET", changed)
    with pytest.raises(IntegrityError, match="the registry"):
        client(filled).manifest(reference)


def test_without_a_header_the_digest_that_was_asked_for_decides() -> None:
    registry = Registry(features=Features(digests=False))
    client(registry).put_manifest(TAGGED, INDEX_1)
    registry.plan("GET", changed)
    with pytest.raises(IntegrityError, match="the registry gave sha256:"):
        client(registry).manifest(BY_DIGEST)


def test_a_truncated_manifest_is_refused(filled: Registry) -> None:
    filled.plan("GET", truncated(5))
    with pytest.raises(IntegrityError):
        client(filled).manifest(TAGGED)


def test_a_digest_that_lies_is_refused(filled: Registry) -> None:
    filled.plan("", headers(docker_content_digest=str(SUBJECT)), times=3)
    with pytest.raises(IntegrityError):
        client(filled).head(BY_DIGEST)
    with pytest.raises(IntegrityError):
        client(filled).manifest(BY_DIGEST)
    with pytest.raises(IntegrityError):
        client(filled).put_manifest(TAGGED, INDEX_1)


def test_a_manifest_without_end_is_not_read(filled: Registry) -> None:
    filled.plan("GET", replaced(b"[" * (5 << 20)))
    with pytest.raises(RegistryError, match="more than 4194304 bytes"):
        client(filled).manifest(TAGGED)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"[]", INDEX),
        (b'{"schemaVersion":1,"fsLayers":[]}', "application/json"),
        (b'{"schemaVersion":1}', "application/vnd.docker.distribution.manifest.v1+prettyjws"),
        (b'{"schemaVersion":2}', "application/vnd.docker.distribution.manifest.v1+json"),
        (b'{"schemaVersion":2}', "text/html"),
        (b'{"schemaVersion":2}', "application/vnd.oci.artifact.manifest.v1+json"),
        (b'{"schemaVersion":2,"manifests":[],"layers":[]}', INDEX),
        (b'{"schemaVersion":2,"manifests":[],"config":{}}', image.MANIFEST),
        (json.dumps({"schemaVersion": 2, "mediaType": INDEX}).encode(), image.MANIFEST),
        (b'{"schemaVersion":2,"mediaType":7}', "application/json"),
    ],
)
def test_kinds_that_are_not_images_are_refused(
    registry: Registry, body: bytes, media_type: str
) -> None:
    registry.plan("GET", status(200, body, content_type=media_type))
    with pytest.raises(LayoutError) as refused:
        client(registry).manifest(TAGGED)
    assert str(refused.value).startswith("registry.test/team/shop:1.2.3: ")
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("body", [b"", b"{", b'{"a":1,"a":2}', b"\xff", b"[" * 200])
def test_what_is_no_json_is_refused(registry: Registry, body: bytes) -> None:
    registry.plan("GET", status(200, body, content_type=INDEX))
    with pytest.raises(RegistryError):
        client(registry).manifest(TAGGED)


def test_a_type_with_parameters_is_a_type(filled: Registry) -> None:
    filled.plan("GET", headers(content_type=f"{INDEX}; charset=utf-8"))
    assert client(filled).manifest(TAGGED) == INDEX_1


def test_a_type_that_only_the_document_has_will_do(registry: Registry) -> None:
    document = index(mediaType=INDEX)
    client(registry).put_manifest(TAGGED, document)
    registry.plan("GET", headers(content_type="application/json"))
    assert client(registry).manifest(TAGGED) == document


def test_the_registry_says_whether_it_knows_of_subjects() -> None:
    document = index(subject={"digest": str(SUBJECT)})
    for knows in (True, False):
        registry = Registry(features=Features(referrers=knows))
        assert client(registry).put_manifest(TAGGED, document) is knows


@pytest.mark.parametrize(
    ("code", "kind"),
    [(401, CredentialsError), (403, CredentialsError), (404, MissingError), (429, RegistryError),
     (500, RegistryError), (418, RegistryError)],
)  # fmt: skip
def test_refusals_by_status(registry: Registry, code: int, kind: type[ContainersError]) -> None:
    body = json.dumps({"errors": [{"code": "DENIED", "message": "a\x1b[31m\u202eb" * 99}] * 9})
    registry.plan("", status(code, body.encode()), times=9)
    for ask in (client(registry).manifest, client(registry).head):
        if (code, ask.__name__) == (404, "head"):
            continue
        with pytest.raises(kind) as refused:
            ask(TAGGED)
        assert type(refused.value) is kind
        assert refused.value.remedy
        assert str(refused.value).isprintable()
        assert len(str(refused.value)) < 6000
        if isinstance(refused.value, RegistryError):
            assert (refused.value.status, refused.value.code) == (code, "DENIED")


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"errors":7}', b'{"errors":[7]}', b'{"errors":[{}]}',
             b"x" * 100_000, b'{"errors":[{"code":["a"],"message":{}}]}']
)  # fmt: skip
def test_a_refusal_that_explains_nothing_is_still_one(registry: Registry, body: bytes) -> None:
    registry.plan("GET", status(400, body))
    with pytest.raises(RegistryError, match=r"\(HTTP 400\)"):
        client(registry).manifest(TAGGED)


def test_no_answer_is_an_error_of_the_network(registry: Registry) -> None:
    registry.plan("", cut_before)
    with pytest.raises(NetworkError):
        client(registry).head(TAGGED)


def test_all_tags_page_by_page() -> None:
    registry = Registry(features=Features(page=3))
    names = [f"1.{number:02}" for number in range(10)]
    for name in names:
        client(registry).put_manifest(Reference(SHOP, tag=name), INDEX_1)
    registry.log.clear()
    assert client(registry).tags(SHOP) == tuple(names)
    assert len(registry.log) == 4


def test_tags_of_nothing(registry: Registry) -> None:
    with pytest.raises(MissingError, match="NAME_UNKNOWN"):
        client(registry).tags(SHOP)


@pytest.mark.parametrize("said", [b'{"tags":null}', b"{}"])
def test_no_tags(registry: Registry, said: bytes) -> None:
    registry.plan("GET", status(200, said))
    assert client(registry).tags(SHOP) == ()


@pytest.mark.parametrize(
    "said", [b'{"tags":{}}', b'{"tags":[1]}', b'{"tags":["a/b"]}', b'{"tags":["\\u001b"]}', b"{"]
)
def test_tags_that_are_none(registry: Registry, said: bytes) -> None:
    registry.plan("GET", status(200, said))
    with pytest.raises(RegistryError):
        client(registry).tags(SHOP)


def test_pages_in_a_circle_end(registry: Registry) -> None:
    link = {"link": '</v2/team/shop/tags/list?n=1&last=a>; rel="next"'}
    registry.plan("GET", status(200, b'{"tags":["a"]}', **link), times=10_000)
    with pytest.raises(RegistryError, match="in a circle"):
        client(registry).tags(SHOP)
    assert len(registry.log) < 5


def test_pages_without_end_end(registry: Registry) -> None:
    def fault(asked: Any, go: Any) -> Any:
        link = f'<{asked.path}?page={len(registry.log)}>; rel="next"'
        return status(200, b'{"tags":[]}', link=link)(asked, go)

    registry.plan("GET", fault, times=10_000)
    with pytest.raises(RegistryError, match="1000 pages"):
        client(registry).tags(SHOP)
    assert len(registry.log) < 1010


def test_tags_without_end_end(registry: Registry) -> None:
    body = json.dumps({"tags": ["x" * 8] * 100_001}).encode()
    registry.plan("GET", status(200, body))
    with pytest.raises(RegistryError, match="100000 items"):
        client(registry).tags(SHOP)


@pytest.mark.parametrize("link", ["http://elsewhere.test/", "ftp://x/", "https://10.0.0.1/"])
def test_pages_lead_nowhere_else(registry: Registry, link: str) -> None:
    registry.plan("GET", status(200, b'{"tags":[]}', link=f'<{link}>; rel="next"'))
    with pytest.raises(RegistryError):
        client(registry).tags(SHOP)


def referrer(kind: str) -> Document:
    return index(subject={"digest": str(SUBJECT)}, artifactType=kind, annotations={"a": "b"})


def test_referrers_of_a_manifest(registry: Registry) -> None:
    made = {kind: referrer(kind) for kind in ("text/sbom", "text/signature")}
    for document in made.values():
        client(registry).put_manifest(Reference(SHOP, digest=document.digest), document)
    found = client(registry).referrers(SHOP, SUBJECT)
    assert found is not None
    assert {each.artifact_type: each.digest for each in found} == {
        kind: document.digest for kind, document in made.items()
    }
    only = client(registry).referrers(SHOP, SUBJECT, artifact_type="text/sbom")
    assert only is not None
    assert [(each.artifact_type, dict(each.annotations)) for each in only] == [
        ("text/sbom", {"a": "b"})
    ]


def test_a_filter_that_the_registry_ignores_is_kept(registry: Registry) -> None:
    client(registry).put_manifest(TAGGED, referrer("text/sbom"))
    whole = json.dumps(
        {"manifests": [{"mediaType": INDEX, "digest": str(SUBJECT), "size": 1,
                        "artifactType": "text/other"}]}
    )  # fmt: skip
    registry.plan("GET", status(200, whole.encode(), content_type=INDEX))
    assert client(registry).referrers(SHOP, SUBJECT, artifact_type="text/sbom") == ()


def test_nothing_refers_to_it(registry: Registry) -> None:
    assert client(registry).referrers(SHOP, SUBJECT) == ()


def test_a_registry_without_referrers() -> None:
    registry = Registry(features=Features(referrers=False))
    assert client(registry).referrers(SHOP, SUBJECT) is None


def test_a_page_for_people_is_no_list_of_referrers(registry: Registry) -> None:
    registry.plan("GET", status(200, b"{}", content_type="application/json"))
    assert client(registry).referrers(SHOP, SUBJECT) is None


@pytest.mark.parametrize("code", [401, 403, 429, 500])
def test_a_failure_is_not_taken_for_the_lack_of_referrers(registry: Registry, code: int) -> None:
    registry.plan("GET", status(code))
    with pytest.raises(ContainersError):
        client(registry).referrers(SHOP, SUBJECT)


@pytest.mark.parametrize(
    "entry",
    [7, {}, {"mediaType": "x"}, {"mediaType": INDEX, "digest": "sha256:0", "size": 1},
     {"mediaType": INDEX, "digest": str(SUBJECT), "size": -1},
     {"mediaType": INDEX, "digest": str(SUBJECT), "size": True},
     {"mediaType": "a/b\n", "digest": str(SUBJECT), "size": 1},
     {"mediaType": INDEX, "digest": str(SUBJECT), "size": 1, "annotations": {"a": 1}}],
)  # fmt: skip
def test_referrers_that_are_no_descriptors(registry: Registry, entry: object) -> None:
    body = json.dumps({"manifests": [entry]}).encode()
    registry.plan("GET", status(200, body, content_type=INDEX))
    with pytest.raises(RegistryError):
        client(registry).referrers(SHOP, SUBJECT)


def test_names_are_asked_of_their_own_registry(filled: Registry) -> None:
    asked = []

    def transport(request: Request, /) -> Response:
        asked.append(request.url)
        return filled(request)

    client(transport).head(TAGGED)
    assert asked == [f"https://{HOST}/v2/team/shop/manifests/1.2.3"]
