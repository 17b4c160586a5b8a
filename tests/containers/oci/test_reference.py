"""Names of images, as registries and people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_containers.errors import ImageNameError
from workflow_containers.oci.reference import Namespace, Reference, Repository
from workflow_sbom.digest import Digest

SOME = Digest.of(b"some")


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("alpine", "docker.io/library/alpine"),
        ("alpine:3", "docker.io/library/alpine:3"),
        ("team/app", "docker.io/team/app"),
        ("index.docker.io/app", "docker.io/library/app"),
        ("localhost/app", "localhost/app"),
        ("127.0.0.1:5000/a/b/c:1.2.3", "127.0.0.1:5000/a/b/c:1.2.3"),
        ("[::1]:5000/a", "[::1]:5000/a"),
        (f"ghcr.io/o/app@{SOME}", f"ghcr.io/o/app@{SOME}"),
        (f"ghcr.io/o/app:1@{SOME}", f"ghcr.io/o/app:1@{SOME}"),
        ("ghcr.io/o/a__b.c--d", "ghcr.io/o/a__b.c--d"),
    ],
)
def test_a_name_is_read_in_full(text: str, full: str) -> None:
    assert str(Reference.parse(text)) == full
    assert Reference.parse(full) == Reference.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "", ":1", "a/", "/a", "A/b", "a//b", "a:", "a:b c", "a@sha256:00", "a@", "a@b@c", "../a",
        "ghcr.io/../x", "ghcr.io/a:../x", "-a/b", "a\n", "ghcr.io/a:1\n", "http://ghcr.io/a",
        "user:pw@ghcr.io/a", "ghcr.io:99999999/a", "ghcr.io/" + "a" * 256, "a:" + "t" * 129,
        "ghcr.io/a\x1b[2J", "ghcr.io/a?x=1", "ghcr.io/a#x", "ghcr.io/é",
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ImageNameError) as caught:
        Reference.parse(text)
    assert "\x1b" not in str(caught.value)


@given(
    registry=st.from_regex(r"[a-z]{1,5}\.[a-z]{2,3}(:[1-9][0-9]{0,3})?", fullmatch=True),
    path=st.from_regex(r"[a-z0-9]{1,5}([._-][a-z0-9]{1,3})?(/[a-z0-9]{1,5})?", fullmatch=True),
    tag=st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,9}", fullmatch=True),
    digest=st.none() | st.binary().map(Digest.of),
)
def test_writing_and_reading_agree(
    registry: str, path: str, tag: str | None, digest: Digest | None
) -> None:
    made = Reference(Repository(registry, path), tag, digest)
    read = Reference.parse(str(made))
    assert str(read) == str(made).replace("index.docker.io", "docker.io")


def test_the_digest_decides() -> None:
    named = Reference.parse("ghcr.io/o/app:1")
    assert named.selector == "1"
    assert named.at(SOME).selector == str(SOME)
    assert Reference.parse("ghcr.io/o/app").selector == "latest"
    assert named.at(SOME).tagged("2") == Reference.parse("ghcr.io/o/app:2")


@pytest.mark.parametrize("text", ["ghcr.io/o", "127.0.0.1:5000", "registry.example/a/b"])
def test_a_namespace_is_where_images_lie(text: str) -> None:
    assert str(Namespace.parse(text)) == text
    assert str(Namespace.parse(text).repository("app")) == f"{text}/app"


@pytest.mark.parametrize("text", ["", "ghcr.io/", "ghcr.io/O", "ghcr.io/../x", "https://ghcr.io/o"])
def test_what_is_no_namespace_is_refused(text: str) -> None:
    with pytest.raises(ImageNameError):
        Namespace.parse(text)
