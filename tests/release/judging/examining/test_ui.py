from __future__ import annotations

import io
from pathlib import Path

import pytest

from support import built
from workflow_release.errors import BuildError
from workflow_release.judging.evidence import Claim, Evidence
from workflow_release.judging.examining.ui import examine_ui
from workflow_release.model import Artifact
from workflow_sbom.digest import Digest


def examined(data: bytes) -> Evidence:
    artifact = Artifact(
        recipe="ui:face",
        name="face-1.2.3.tar.gz",
        media_type="",
        platforms=(),
        size=len(data),
        digest=Digest.of(data),
        path=Path("/nowhere"),
    )
    return examine_ui(io.BytesIO(data), artifact)


def test_an_interface_says_its_version() -> None:
    found = examined(built.ui())
    assert found.claims == (Claim(kind="version", value="1.2.3", where="dist/version.json"),)
    assert found.faults == ()


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (
            built.ui(without="dist/index.html"),
            "no dist/index.html, so a server has nothing to show",
        ),
        (built.ui(without="dist/assets/a.js"), "no script below dist/, so the page does nothing"),
        (built.ui(built.file("src/a.ts")), "'src/a.ts' and 0 more are outside dist/"),
    ],
)
def test_an_interface_that_is_not_whole_is_a_fault(data: bytes, fault: str) -> None:
    assert examined(data).faults == (fault,)


def stated(text: bytes) -> bytes:
    return built.ui(built.file("dist/version.json", text), without="dist/version.json")


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"3", b'{"version": 1.5}', b"{"])
def test_a_version_that_is_none_is_shown_as_it_stands(text: bytes) -> None:
    (claim,) = examined(stated(text)).claims
    assert claim.value != "1.2.3"


def test_what_is_no_archive_is_refused() -> None:
    with pytest.raises(BuildError):
        examined(b"<html>")
