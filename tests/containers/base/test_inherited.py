from __future__ import annotations

from typing import Any

import pytest

from workflow_containers.base.documents import LayerBlob
from workflow_containers.base.inherited import inherited
from workflow_containers.errors import LayoutError
from workflow_containers.layers.layer import GZIP
from workflow_sbom.digest import Digest

LAYERS = [
    LayerBlob(media_type=GZIP, digest=Digest.of(b"1"), size=1, diff_id=Digest.of(b"2")),
    LayerBlob(media_type=GZIP, digest=Digest.of(b"3"), size=1, diff_id=Digest.of(b"4")),
]


def test_nothing_is_inherited_of_a_base_that_says_nothing() -> None:
    found = inherited({}, LAYERS, "base")
    assert found.diff_ids == (Digest.of(b"2"), Digest.of(b"4"))
    assert (found.env, found.labels, found.execution) == ({}, {}, {})
    assert found.history == ({"created_by": "base, layer 1"}, {"created_by": "base, layer 2"})


def test_the_environment_is_the_bases_with_empty_values_and_equals_signs() -> None:
    config = {"config": {"Env": ["A=", "B=c=d"]}}
    assert inherited(config, LAYERS, "base").env == {"A": "", "B": "c=d"}


def test_what_the_base_says_of_itself_is_not_said_of_ours() -> None:
    labels = {
        "org.opencontainers.image.licenses": "GPL",
        "org.label-schema.name": "base",
        "org.example.team": "base",
    }
    found = inherited({"config": {"Labels": labels, "Env": None}}, LAYERS, "base")
    assert found.labels == {"org.example.team": "base"}


@pytest.mark.parametrize(
    ("history", "is_kept"),
    [
        ([{"created_by": "a"}, {"empty_layer": True}, {"created_by": "b"}], True),
        ([{"created_by": "a"}], False),
        ([{"created_by": "a"}, {}, {}], False),
        ("many", False),
        (None, False),
    ],
)
def test_a_history_is_kept_if_it_tells_of_every_layer(history: Any, is_kept: bool) -> None:
    found = inherited({"history": history}, LAYERS, "base").history
    assert (list(found) == history) is is_kept
    assert (
        len([each for each in found if isinstance(each, dict) and "empty_layer" not in each]) == 2
    )


@pytest.mark.parametrize(
    "execution",
    [
        ["x"],
        {"Env": {"A": "b"}},
        {"Env": ["no value"]},
        {"Env": ["=x"]},
        {"Env": ["A=\0"]},
        {"Labels": ["a"]},
        {"Labels": {"a": 1}},
    ],
)
def test_what_is_no_configuration_is_refused(execution: Any) -> None:
    with pytest.raises(LayoutError, match=r"^base: its "):
        inherited({"config": execution}, LAYERS, "base")
