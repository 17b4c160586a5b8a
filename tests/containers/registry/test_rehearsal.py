from __future__ import annotations

import pytest

from simulators.registry import Registry
from support.archives import SHOP, client
from workflow_containers.errors import MissingError
from workflow_containers.network.interface import Request, Stream
from workflow_containers.oci import image
from workflow_containers.oci.image import Document
from workflow_containers.oci.reference import Reference
from workflow_containers.registry.rehearsal import Rehearsal

TAGGED = Reference(SHOP, tag="1")
DOCUMENT = Document(image.INDEX, b'{"schemaVersion":2,"manifests":[]}')


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE", "BREW"])
def test_nothing_that_writes_gets_through(registry: Registry, method: str) -> None:
    def never() -> object:
        raise AssertionError("nobody reads a body that is not sent")

    body = Stream(size=1, open=never)  # type: ignore[arg-type] # it is not called
    with Rehearsal(registry)(Request(method=method, url="https://x.test/", body=body)) as response:
        assert response.read(10) == b""
        assert response.status == (405 if method == "BREW" else response.status)
    assert registry.log == []


def test_what_only_reads_does(registry: Registry) -> None:
    client(registry).put_manifest(TAGGED, DOCUMENT)
    rehearsed = client(Rehearsal(registry))
    assert rehearsed.manifest(TAGGED) == DOCUMENT
    assert rehearsed.tags(SHOP) == ("1",)


def test_a_manifest_that_was_put_is_there_by_its_digest_only(registry: Registry) -> None:
    rehearsed = client(Rehearsal(registry))
    assert rehearsed.head(TAGGED) is None
    rehearsed.put_manifest(TAGGED, DOCUMENT)
    assert rehearsed.head(TAGGED) == DOCUMENT.digest
    with pytest.raises(MissingError):
        rehearsed.manifest(TAGGED)
