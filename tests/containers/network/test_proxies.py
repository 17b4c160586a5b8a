from __future__ import annotations

import pytest

from workflow_containers.errors import NetworkError
from workflow_containers.network.address import Address
from workflow_containers.network.proxies import Proxies, Proxy
from workflow_containers.secret import Secret


def proxy(url: str, **environment: str) -> Proxy | None:
    return Proxies(environment).of(Address.parse(url))


def through(url: str, **environment: str) -> str | None:
    found = proxy(url, **environment)
    return found.url if found else None


def test_each_scheme_has_its_own() -> None:
    both = {"http_proxy": "http://one.test:1", "HTTPS_PROXY": "https://two.test:2"}
    assert through("http://a.test", **both) == "http://one.test:1"
    assert through("https://a.test", **both) == "https://two.test:2"
    assert through("https://a.test") is None


def test_lower_case_goes_first_and_nothing_means_none() -> None:
    assert through("http://a.test", http_proxy="one.test:1", HTTP_PROXY="two.test:2") == (
        "http://one.test:1"
    )
    assert through("http://a.test", http_proxy="", HTTP_PROXY="two.test:2") == "http://two.test:2"
    assert through("http://a.test", http_proxy=" ") is None


def test_credentials_are_kept_apart_and_hidden() -> None:
    found = proxy("http://a.test", http_proxy="http://me:p%3Aw@one.test:1")
    assert found == Proxy(url="http://one.test:1", authorization=Secret("Basic bWU6cDp3"))
    assert "bWU" not in repr(found)


@pytest.mark.parametrize(
    "value", ["socks5://me:hidden@one.test:1", "http://", "http://a b", "http://x:hidden@[", "::"]
)
def test_what_names_no_proxy(value: str) -> None:
    with pytest.raises(NetworkError, match="https_proxy") as caught:
        proxy("https://a.test", https_proxy=value)
    assert "hidden" not in f"{caught.value} {caught.value.remedy}"


@pytest.mark.parametrize(
    ("rules", "host"),
    [
        ("*", "a.test"),
        ("a.test", "a.test"),
        (".a.test", "b.a.test"),
        ("a.test", "b.a.test"),
        ("*.a.test", "b.a.test"),
        ("x.test, A.TEST", "a.test"),
        ("a.test:5000", "a.test:5000"),
        ("10.0.0.0/8", "10.1.2.3"),
        ("10.1.2.3", "10.1.2.3"),
        ("fd00::/8", "[fd00::1]"),
        ("[fd00::1]", "[fd00::1]"),
        ("", "localhost:5000"),
        ("", "127.0.0.1"),
    ],
)
def test_what_no_proxy_is_asked_for(rules: str, host: str) -> None:
    assert through(f"http://{host}/", http_proxy="one.test:1", no_proxy=rules) is None


@pytest.mark.parametrize(
    ("rules", "host"),
    [
        ("a.test", "ba.test"),
        ("a.test", "a.test.evil.test"),
        ("a.test:5000", "a.test"),
        ("10.0.0.0/8", "11.0.0.1"),
        ("10.0.0.0/99", "10.0.0.1"),
        (",.,:,", "a.test"),
    ],
)
def test_what_a_proxy_is_asked_for_all_the_same(rules: str, host: str) -> None:
    assert through(f"http://{host}/", http_proxy="one.test:1", no_proxy=rules) is not None
