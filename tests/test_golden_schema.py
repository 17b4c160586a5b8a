"""The committed schemas are those of the tables that are read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workflow_release.planning import config
from workflow_sbom.policy import table

DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.mark.parametrize(
    ("name", "schema"),
    [("release.schema.json", config.schema), ("policy.schema.json", table.schema)],
)
def test_the_golden_schema_is_the_one_of_the_table(
    name: str, schema: Callable[[], dict[str, Any]]
) -> None:
    expected = json.dumps(schema(), indent=2, sort_keys=True, ensure_ascii=True) + "\n"
    if os.environ.get("WORKFLOW_GOLDEN") == "write":
        (DOCS / name).write_text(expected, encoding="utf-8")
    assert (DOCS / name).read_text(encoding="utf-8") == expected
