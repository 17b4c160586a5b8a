from __future__ import annotations

import pytest

from workflow_containers.errors import RegistryError
from workflow_containers.oci.reference import Reference, Repository
from workflow_containers.registry import addresses
from workflow_sbom.digest import Digest

SHOP = Repository("registry.test:5000", "team/shop")
DIGEST = Digest.of(b"")


def test_each_thing_has_its_place() -> None:
    base = "https://registry.test:5000/v2/team/shop"
    assert addresses.manifest(Reference(SHOP, tag="1.2")) == f"{base}/manifests/1.2"
    assert addresses.manifest(Reference(SHOP, "1.2", DIGEST)) == f"{base}/manifests/{DIGEST}"
    assert addresses.blob(SHOP, DIGEST) == f"{base}/blobs/{DIGEST}"
    assert addresses.uploads(SHOP) == f"{base}/blobs/uploads/"
    assert addresses.tags(SHOP, page=9) == f"{base}/tags/list?n=9"
    assert addresses.referrers(SHOP, DIGEST) == f"{base}/referrers/{DIGEST}"


def test_parameters_are_added_to_those_that_are_there() -> None:
    url = addresses.with_query("https://x.test/a?b=c%20d&e", digest=str(DIGEST))
    assert url == f"https://x.test/a?b=c%20d&e&digest=sha256%3A{DIGEST.hex}"
    assert addresses.with_query("https://x.test/a") == "https://x.test/a"


@pytest.mark.parametrize(
    ("location", "there"),
    [
        ("/v2/x?a=b", "https://x.test/v2/x?a=b"),
        ("uploads/2", "https://x.test/v2/a/uploads/2"),
        ("?_state=2", "https://x.test/v2/a/b?_state=2"),
        ("//other.test/y", "https://other.test/y"),
        ("https://other.test/y", "https://other.test/y"),
        ("http://x.test/z", "https://x.test/z"),
    ],
)
def test_what_an_answer_names_is_resolved(location: str, there: str) -> None:
    assert addresses.followed("https://x.test/v2/a/b", location) == there


def test_what_nobody_should_follow_is_refused() -> None:
    with pytest.raises(RegistryError):
        addresses.followed("https://x.test/v2/a/b", "http://other.test/")
