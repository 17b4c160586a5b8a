from __future__ import annotations

import json
from pathlib import Path

from support.desk import Desk


def test_every_artifact_has_its_document_and_the_release_one(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = desk.run("sbom", "--json", "--output", str(out))
    assert [Path(each["file"]).name for each in done.json] == [
        "thing-0.1.0.dev1.tar.gz.cdx.json",
        "thing-0.1.0.dev1-py3-none-any.whl.cdx.json",
        "thing-0.1.0-dev.1.cdx.json",
    ]
    assert {path.name for path in out.iterdir()} == {Path(each["file"]).name for each in done.json}
    for path in out.iterdir():
        assert json.loads(path.read_bytes())["bomFormat"] == "CycloneDX"


def test_a_person_gets_a_table_and_the_folder(desk: Desk) -> None:
    done = desk.run("sbom", "--only", "wheel")
    assert "thing-0.1.0.dev1-py3-none-any.whl.cdx.json" in done.out
    assert "tar.gz" not in done.out
    assert done.out.endswith(f"in {desk.folder}/dist/build\n")
