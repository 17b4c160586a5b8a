from __future__ import annotations

from typing import Any

import pytest

from workflow_containers.errors import LayoutError
from workflow_containers.oci.descriptor import MAX_SIZE, Descriptor
from workflow_sbom.digest import Digest

GOOD = {"mediaType": "a/b+c", "digest": str(Digest.of(b"")), "size": 0}


def test_a_descriptor_is_read_and_written() -> None:
    whole = {
        **GOOD,
        "artifactType": "x/y",
        "annotations": {"a": "b"},
        "platform": {"os": "linux", "architecture": "arm", "variant": "v7"},
    }
    for value in (GOOD, whole):
        assert Descriptor.read(value, "x").value() == value


@pytest.mark.parametrize(
    "change",
    [
        {"mediaType": None},
        {"mediaType": "a"},
        {"mediaType": "a/b; c"},
        {"mediaType": "a/" + "b" * 128},
        {"digest": "sha512:" + "0" * 128},
        {"digest": 7},
        {"size": "0"},
        {"size": True},
        {"size": -1},
        {"size": MAX_SIZE + 1},
        {"size": 1.0},
        {"annotations": []},
        {"annotations": {"a": None}},
        {"artifactType": ["x"]},
        {"platform": "linux/amd64"},
    ],
)
def test_what_is_no_descriptor_is_refused(change: Any) -> None:
    with pytest.raises(LayoutError, match=r"^here: "):
        Descriptor.read({**GOOD, **change}, "here")


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(LayoutError, match="here: no descriptor"):
        Descriptor.read([], "here")
