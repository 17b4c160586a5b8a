from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_sbom.address import https_address


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/o/r.git", "https://github.com/o/r"),
        ("https://github.com/o/r/", "https://github.com/o/r"),
        ("https://user:s3cret@GitHub.com/o/r.git", "https://github.com/o/r"),
        ("https://token@host:8443/o/r", "https://host:8443/o/r"),
        ("http://host.example/o/r", "https://host.example/o/r"),
        ("git://host.example/o/r.git", "https://host.example/o/r"),
        ("git@github.com:o/r.git", "https://github.com/o/r"),
        ("github.com:o/r", "https://github.com/o/r"),
        ("ssh://git@github.com/o/r.git", "https://github.com/o/r"),
        ("ssh://git@gitlab.example:2222/group/sub/r.git", "https://gitlab.example/group/sub/r"),
        ("git+ssh://git@github.com/o/r.git", "https://github.com/o/r"),
        ("git@host.example:/srv/git/r.git", "https://host.example/srv/git/r"),
        ("", None),
        ("/srv/git/r.git", None),
        ("../r", None),
        ("file:///srv/git/r.git", None),
        ("C:/repositories/r", None),
        ("C:\\repositories\\r", None),
        ("git@work:o/r.git", None),
        ("ssh://git@work/o/r.git", None),
        ("http://host:3000/o/r", None),
        ("https://github.com/", None),
        ("https://github.com/o/../r", None),
        ("https://github.com/o//r", None),
        ("https://github.com/o/r?x=y", None),
        ("https://github.com/o/r#x", None),
        ("https://github.com/o/r)[x](https://evil", None),
        ("https://github.com/o/\x1b[31mr", None),
        ("https://github.com/o/r\nx", None),
        ("https://evil.example\\@github.com/o/r", "https://github.com/o/r"),
        ("https://[::1]/o/r", None),
        ("ext::sh -c evil% %S", None),
        ("--upload-pack=evil", None),
    ],
)
def test_a_remote_has_an_https_address_or_none(url: str, expected: str | None) -> None:
    assert https_address(url) == expected


@given(
    st.from_regex(r"(https|ssh)://([a-z]{1,8}(:[a-zA-Z0-9]{1,8})?@)?[a-z]{1,5}\.[a-z]{2}/[a-z./]*")
)
def test_an_address_has_no_credentials_and_is_its_own(url: str) -> None:
    address = https_address(url)
    if address is not None:
        assert re.fullmatch(r"https://[a-z0-9.:-]+(/[A-Za-z0-9._~+-]+)+", address)
        assert https_address(address) == address
