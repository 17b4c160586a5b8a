from __future__ import annotations

import json
from typing import Any

import pytest

from workflow_sbom.model.parts import ExternalReference, Hash
from workflow_sbom.python.origin import Origin, parse

SHA = "a" * 64


def parsed(**table: Any) -> Origin | None:
    return parse(json.dumps(table).encode())


def test_an_editable_folder_keeps_its_place_to_itself() -> None:
    assert parsed(url="file:///home/me/demo", dir_info={"editable": True}) == Origin(
        kind="folder", editable=True
    )
    assert parsed(url="file:///home/me/demo", dir_info={}) == Origin(kind="folder")


def test_a_commit() -> None:
    found = parsed(url="https://example.org/a.git", vcs_info={"vcs": "git", "commit_id": "abc"})
    assert found == Origin(
        kind="vcs", reference=ExternalReference("vcs", "git+https://example.org/a.git@abc")
    )


@pytest.mark.parametrize(
    "info",
    [
        {"hashes": {"sha256": SHA, "md5": "no hex", "sha3_256": SHA, "sha512": 1}},
        {"hash": f"sha256={SHA}"},
        {"hash": f"sha256={SHA.upper()}", "hashes": {}},
    ],
)
def test_an_archive_with_its_hashes(info: dict[str, Any]) -> None:
    hashes = (Hash("SHA-256", SHA),)
    found = parsed(url="https://example.org/a.whl", archive_info=info)
    assert found == Origin(
        kind="archive",
        reference=ExternalReference("distribution", "https://example.org/a.whl", hashes),
        hashes=hashes,
    )


@pytest.mark.parametrize("url", ["file:///tmp/a.whl", "https://me:secret@example.org/a.whl"])
def test_what_is_nobodys_business_is_left_out(url: str) -> None:
    found = parsed(url=url, archive_info={})
    assert found == Origin(kind="archive")
    commit = parsed(url=url, vcs_info={"vcs": "git", "commit_id": "abc"})
    assert commit == Origin(kind="vcs")


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"url": "https://example.org"}', b"\xff", b'{"url": 1, "dir_info": {}}']
)
def test_what_is_no_such_file_tells_nothing(data: bytes) -> None:
    assert parse(data) is None
