from __future__ import annotations

import pytest

from simulators.transports import Told, answer
from workflow_containers.access.endpoint import Endpoints, Locating, registry_of
from workflow_containers.network.address import Address
from workflow_containers.network.interface import Request
from workflow_sbom.errors import UsageError


@pytest.mark.parametrize(
    ("named", "answers"),
    [
        ("ghcr.io", "https://ghcr.io"),
        ("docker.io", "https://registry-1.docker.io"),
        ("index.docker.io", "https://registry-1.docker.io"),
        ("localhost:5000", "http://localhost:5000"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("[::1]:5000", "http://[::1]:5000"),
        ("plain.test:5000", "http://plain.test:5000"),
        ("plain.test:5001", "https://plain.test:5001"),
        ("eighty.test", "http://eighty.test"),
        ("docker.io.evil.test", "https://docker.io.evil.test"),
        ("192.168.0.1:5000", "https://192.168.0.1:5000"),
    ],
)
def test_where_a_registry_answers(named: str, answers: str) -> None:
    told = Told(answer)
    endpoints = Endpoints.of(["plain.test:5000", "eighty.test:80"])
    request = Request(method="GET", url=f"https://{named}/v2/a/tags/list?n=1")
    response = Locating(transport=told, endpoints=endpoints)(request)
    assert response.url == told.requests[0].url == f"{answers}/v2/a/tags/list?n=1"


def test_what_it_answered_is_found_again() -> None:
    told = Told(answer)
    for url in ("http://localhost:5000/v2/x", "https://registry-1.docker.io/v2/x"):
        Locating(transport=told, endpoints=Endpoints())(Request(method="GET", url=url))
        assert told.requests[-1].url == url


def test_where_tls_may_be_left_out() -> None:
    endpoints = Endpoints.of(["Plain.test:5000"])
    allowed = ("http://plain.test:5000/", "http://localhost/", "http://127.0.0.1:99/")
    refused = ("http://plain.test/", "http://a.plain.test:5000/", "http://10.0.0.1/")
    assert [endpoints.may_be_plain(Address.parse(url)) for url in allowed] == [True] * 3
    assert [endpoints.may_be_plain(Address.parse(url)) for url in refused] == [False] * 3


@pytest.mark.parametrize("host", ["", "http://a.test", "a.test/x", "a b", "a@b.test", "*", "a?b"])
def test_what_is_no_host(host: str) -> None:
    with pytest.raises(UsageError, match="is no host"):
        Endpoints.of([host])


def test_docker_hub_s_credentials_are_kept_under_its_name() -> None:
    assert registry_of(Address.parse("https://registry-1.docker.io/v2/")) == "docker.io"
    assert registry_of(Address.parse("http://localhost:5000/v2/")) == "localhost:5000"
