"""The committed schema of release.toml is the one the command prints."""

from __future__ import annotations

import json
import os
from pathlib import Path

from workflow_release.planning import config

SCHEMA = Path(__file__).resolve().parents[1] / "docs" / "release.schema.json"


def test_the_golden_schema_is_the_one_that_is_printed() -> None:
    expected = json.dumps(config.schema(), indent=2, sort_keys=True, ensure_ascii=True) + "\n"
    if os.environ.get("WORKFLOW_GOLDEN") == "write":
        SCHEMA.write_text(expected, encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == expected
