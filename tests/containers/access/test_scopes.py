from __future__ import annotations

import pytest

from workflow_containers.access.scopes import needed, union
from workflow_containers.network.address import Address


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("GET", "/v2/", ()),
        ("GET", "/v2/_catalog", ()),
        ("GET", "/v2/a/manifests/latest", ("repository:a:pull",)),
        ("HEAD", "/v2/team/app/blobs/sha256:00", ("repository:team/app:pull",)),
        ("GET", "/v2/team/app/tags/list?n=5", ("repository:team/app:pull",)),
        ("GET", "/v2/team/app/referrers/sha256:00", ("repository:team/app:pull",)),
        ("PUT", "/v2/a/manifests/1.0", ("repository:a:pull,push",)),
        ("POST", "/v2/a/blobs/uploads/", ("repository:a:pull,push",)),
        ("PATCH", "/v2/a/blobs/uploads/uuid?_state=x", ("repository:a:pull,push",)),
        ("DELETE", "/v2/a/manifests/sha256:00", ("repository:a:delete,pull",)),
        ("POST", "/v2/a/blobs/uploads/?mount=sha256:00&from=other/b",
         ("repository:a:pull,push", "repository:other/b:pull")),
        ("POST", "/v2/a/blobs/uploads/?mount=sha256:00&from=a", ("repository:a:pull,push",)),
        ("POST", "/v2/a/blobs/uploads/?from=x:pull,push", ("repository:a:pull,push",)),
        ("GET", "/v2/blobs/manifests/tags/list", ("repository:blobs/manifests:pull",)),
    ],
)  # fmt: skip
def test_what_a_request_needs(method: str, path: str, scopes: tuple[str, ...]) -> None:
    assert needed(method, Address.parse(f"https://a.test{path}")) == scopes


def test_together() -> None:
    assert union(["repository:b:push", "repository:a:pull", "repository:b:pull"]) == (
        "repository:a:pull",
        "repository:b:pull,push",
    )
    assert union(["repository:host:5000/a:pull", "registry:catalog:*"]) == (
        "registry:catalog:*",
        "repository:host:5000/a:pull",
    )
    assert union([]) == ()
