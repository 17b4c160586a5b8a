from __future__ import annotations

import pytest

from workflow_containers.errors import RegistryError
from workflow_containers.network.address import Address


def test_an_address_is_taken_apart() -> None:
    address = Address.parse("https://Registry.Test:5000/v2/a?b=c#d")
    assert address.url == "https://Registry.Test:5000/v2/a?b=c"
    assert (address.scheme, address.host, address.port) == ("https", "registry.test", 5000)
    assert (address.authority, address.target) == ("registry.test:5000", "/v2/a?b=c")
    assert address.origin == "https://registry.test:5000"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://a.test:443/x", "https://a.test"),
        ("http://A.test:80", "http://a.test"),
        ("http://a.test:443", "http://a.test:443"),
        ("https://[::1]:5000/", "https://[::1]:5000"),
    ],
)
def test_one_place_has_one_origin(url: str, origin: str) -> None:
    assert Address.parse(url).origin == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.test",
        "//a.test/",
        "ftp://a.test/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://user:pass@a.test/",
        "https://a.test@evil.test/",
        "https://a.test:0/",
        "https://a.test:65536/",
        "https://a.test:x/",
        "https://a.test\\@evil.test/",
        "https://a.test/ b",
        "https://a.test/\r\nX: y",
        "https://a..test/",
        "https://-a.test/",
        "https://bücher.test/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://[a.test]/",
        "https://127.1/",
        "https://0x7f.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://1.2.3.4.5/",
        "https://a.test/" + "x" * 20000,
    ],
)
def test_what_is_no_address_or_could_be_two(url: str) -> None:
    with pytest.raises(RegistryError) as caught:
        Address.parse(url)
    assert "pass" not in str(caught.value).replace("passwd", "")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.9.9.9", "[::1]",
             "[::ffff:127.0.0.1]"]
)  # fmt: skip
def test_this_machine(host: str) -> None:
    assert Address.parse(f"http://{host}:5000/").is_loopback
    assert Address.parse(f"http://{host}:5000/").is_internal


@pytest.mark.parametrize("host", ["localhost.evil.test", "a.localhost", "1270.test", "8.8.8.8"])
def test_what_only_looks_like_this_machine(host: str) -> None:
    assert not Address.parse(f"http://{host}/").is_loopback


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.1", "[fe80::1]", "[fd00::1]",
             "[::ffff:10.0.0.1]", "[::]"]
)  # fmt: skip
def test_private_networks(host: str) -> None:
    address = Address.parse(f"https://{host}/")
    assert address.is_internal
    assert not address.is_loopback


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/b?c", "https://a.test/b?c"),
        ("c", "https://a.test/x/c"),
        ("?d", "https://a.test/x/y?d"),
        ("//b.test/z", "https://b.test/z"),
        ("http://b.test/z#f", "http://b.test/z"),
        ("../../../../etc", "https://a.test/etc"),
    ],
)
def test_where_a_location_leads(location: str, url: str) -> None:
    assert Address.parse("https://a.test/x/y?z").resolve(location).url == url


@pytest.mark.parametrize(
    "location", ["", "https://u:p@b.test/", "//[x", "\\\\b.test", "/a\r\nb", "data:,x"]
)
def test_where_no_location_leads(location: str) -> None:
    with pytest.raises(RegistryError):
        Address.parse("https://a.test/").resolve(location)
