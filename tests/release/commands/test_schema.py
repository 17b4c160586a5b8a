from __future__ import annotations

from pathlib import Path

import jsonschema_rs

from support.desk import Desk

ROOT = Path(__file__).resolve().parents[3]


def test_the_schema_takes_this_repositorys_own_configuration(desk: Desk) -> None:
    import tomllib

    schema = desk.run("schema").json
    own = tomllib.loads((ROOT / "release.toml").read_text())
    jsonschema_rs.validate(schema, own)
    assert not jsonschema_rs.is_valid(schema, {"projekt": {}})


def test_a_schema_needs_no_checkout(tmp_path: Path, desk: Desk) -> None:
    assert Desk(folder=tmp_path, scratch=desk.scratch).run("schema").code == 0
