from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Literal

import pytest

from workflow_sbom import tables
from workflow_sbom.digest import Digest
from workflow_sbom.errors import Fault, TableError
from workflow_sbom.tables import described


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel."""

    project: str
    check: tuple[str, ...] = ()
    kind: Literal["wheel"] = "wheel"

    def __post_init__(self) -> None:
        if self.project == "/":
            raise TableError([Fault("project", "is the root", "name a folder")])
        if self.project == "..":
            raise ValueError("leads outside")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ui:
    """A web interface."""

    project: str
    minify: bool = True
    kind: Literal["ui"] = "ui"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A configuration."""

    name: str = described("what the project is called", pattern=r"[a-z-]+")
    artifact: tuple[Wheel | Ui, ...] = ()
    level: Literal["low", "high"] = "low"
    retries: int = 3
    tag_prefix: str | None = None
    labels: Mapping[str, int] | None = None
    digest: Digest | None = None
    folder: PurePosixPath | None = None
    at: datetime | None = None


def faults_of(table: Mapping[str, Any]) -> list[str]:
    with pytest.raises(TableError) as caught:
        tables.read(Config, table)
    return [str(fault) for fault in caught.value.faults]


def test_reads_a_whole_table() -> None:
    text = """
        name = "demo"
        tag-prefix = "v"
        level = "high"
        retries = 0
        folder = "a/b"
        at = "2026-01-02T03:04:05+00:00"
        digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        [labels]
        a = 1
        [[artifact]]
        kind = "wheel"
        project = "x"
        check = ["x", "--version"]
        [[artifact]]
        kind = "ui"
        project = "y"
        minify = false
    """
    assert tables.read(Config, tomllib.loads(text)) == Config(
        name="demo",
        tag_prefix="v",
        level="high",
        retries=0,
        folder=PurePosixPath("a/b"),
        at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        digest=Digest.of(b""),
        labels={"a": 1},
        artifact=(Wheel(project="x", check=("x", "--version")), Ui(project="y", minify=False)),
    )


def test_defaults_stand_where_nothing_is_said() -> None:
    assert tables.read(Config, {"name": "demo"}) == Config(name="demo")


def test_null_is_none_where_a_field_may_be_absent() -> None:
    assert tables.read(Config, {"name": "demo", "folder": None}).folder is None


def test_what_was_read_can_not_be_changed() -> None:
    labels = tables.read(Config, {"name": "demo", "labels": {"a": 1}}).labels
    with pytest.raises(TypeError):
        labels["a"] = 2  # type: ignore[index]


def test_all_faults_at_once_each_with_its_path() -> None:
    table = {
        "nmae": "x",
        "level": "hgih",
        "retries": True,
        "artifact": [
            {"kind": "wheel"},
            {"kind": "weel", "project": "x"},
            {"project": "x"},
            "wheel",
            {"kind": "ui", "project": 1, "minify": "no"},
            {"kind": "wheel", "project": "x", "check": ["a", 2]},
        ],
        "digest": "sha256:1",
        "labels": {"a": "b"},
        "at": "2026-01-02T03:04:05",
    }
    assert faults_of(table) == [
        "nmae: unknown key (did you mean 'name'?)",
        "name: missing (what the project is called)",
        "artifact[0].project: missing",
        "artifact[1].kind: 'weel' is no known kind (did you mean 'wheel'?)",
        "artifact[2].kind: missing (known: ui, wheel)",
        "artifact[3]: a table is expected, not a string",
        "artifact[4].project: a string is expected, not an integer",
        "artifact[4].minify: a boolean is expected, not a string",
        "artifact[5].check[1]: a string is expected, not an integer",
        "level: 'hgih' is not one of the choices (did you mean 'high'?)",
        "retries: an integer is expected, not a boolean",
        "labels.a: an integer is expected, not a string",
        "digest: '1' is no SHA-256 digest: 64 lower-case hex digits",
        "at: '2026-01-02T03:04:05' has no offset from UTC",
    ]


def test_what_a_value_itself_refuses_is_a_fault_at_its_path() -> None:
    artifacts = [{"kind": "wheel", "project": "/"}, {"kind": "wheel", "project": ".."}]
    assert faults_of({"name": "demo", "artifact": artifacts}) == [
        "artifact[0].project: is the root (name a folder)",
        "artifact[1]: leads outside",
    ]


@pytest.mark.parametrize("kind", [["wheel"], {"a": 1}, 1, True])
def test_a_kind_of_another_type_is_a_fault(kind: Any) -> None:
    (fault,) = faults_of({"name": "demo", "artifact": [{"kind": kind, "project": "x"}]})
    assert fault.startswith("artifact[0].kind: ")


def test_a_pattern_is_matched_whole() -> None:
    assert faults_of({"name": "demo\n"}) == [r"name: 'demo\n' does not match [a-z-]+"]


def test_keys_from_outside_reach_no_terminal_as_they_are() -> None:
    (fault,) = faults_of({"name": "demo", "\x1b[2J\u202e": 1})
    assert fault.startswith(r"'\x1b[2J\u202e': unknown key")


def test_a_document_that_is_no_table() -> None:
    with pytest.raises(TableError, match="a table is expected, not an array"):
        tables.read(Config, [])  # type: ignore[arg-type]


def test_schema_says_what_the_reader_accepts() -> None:
    schema = tables.schema(Config, "demo.toml")
    assert schema["title"] == "demo.toml"
    assert schema["required"] == ["name"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["name"] == {
        "type": "string",
        "description": "what the project is called",
        "pattern": "^(?:[a-z-]+)$",
    }
    assert schema["properties"]["retries"] == {"type": "integer", "default": 3}
    kinds = [
        each["properties"]["kind"] for each in schema["properties"]["artifact"]["items"]["oneOf"]
    ]
    assert kinds == [{"enum": ["wheel"], "default": "wheel"}, {"enum": ["ui"], "default": "ui"}]
