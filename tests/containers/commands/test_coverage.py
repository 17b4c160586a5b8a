from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from support import covered
from support.covered import OS, PYTHON, Shop
from support.outcome import Outcome
from support.tampering import edited, entry, planted, tampered, together, without
from workflow_containers.cli import LINE
from workflow_containers.commands import coverage
from workflow_containers.commands.interface import Shell
from workflow_containers.errors import CoverageError, DefinitionError
from workflow_sbom.errors import UsageError
from workflow_sbom.terminal.console import Console


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Somebody with a definition, an archive and what the repository built."""

    shop: Shop
    out: io.StringIO
    err: io.StringIO

    def check(self, archive: Path, *words: str | Path) -> int:
        shop = self.shop
        shell = Shell(
            console=Console(out=self.out, err=self.err, colour=False, live=False),
            environment={
                "PATH": "/usr/bin:/bin",
                "HOME": str(shop.folder),
                "WORKFLOW_CONTAINERS_STORE": str(shop.folder / "store"),
            },
            run=shop.world.machine,
        )
        root = shop.world.root
        given = [
            root / "images/shop.toml", archive, "--root", root,
            "--wheel", shop.world.wheels["shop"], "--bundle",
            f"shop-ui={shop.world.bundles['shop-ui']}", *words,
        ]  # fmt: skip
        return coverage.run(LINE.parse(["coverage", *map(str, given)]), shell)

    @property
    def said(self) -> Outcome:
        return Outcome(code=0, out=self.out.getvalue(), err=self.err.getvalue())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(shop=covered.shop(tmp_path), out=io.StringIO(), err=io.StringIO())


TABLE = """\
entries      explained by             linux/amd64  linux/arm64  how
owned        Debian packages          7            7            the .deb's own contents
owned        wheels                   7            7            RECORD of the wheel
owned        web interfaces           1            1            the archive's own contents
owned        files of the repository  1            1            the repository's file
"""


def test_a_table_tells_who_explains_how_much(desk: Desk) -> None:
    assert desk.check(desk.shop.archive) == 0
    lines = desk.said.out.splitlines()
    assert lines[:5] == TABLE.splitlines()
    assert "generated    merged-usr               4            3" in desk.said.out
    assert [line.split()[:3] for line in lines[-3:-1]] == [
        ["unexplained", "0", "0"],
        ["missing", "0", "0"],
    ]
    assert lines[-1].split()[:4] == ["left", "out", "1", "1"]
    assert "shop: every source" in desk.said.err


def test_what_nothing_explains_is_listed_and_has_an_exit_code_of_its_own(
    desk: Desk, tmp_path: Path
) -> None:
    change = together(
        planted(entry("usr/bin/\x1b[31msh"), layer=0), edited(OS, lambda _, __: b"evil")
    )
    changed = tampered(desk.shop.archive, tmp_path / "x.tar", change)
    with pytest.raises(CoverageError, match="shop: 4 entries are unexplained or missing") as told:
        desk.check(changed)
    assert told.value.exit_code == 39
    arm = PYTHON.replace("amd64", "arm64")
    assert desk.said.out.splitlines()[-5:] == [
        "platform     not explained",
        "linux/amd64  usr/bin/\\x1b[31msh: nothing brings it",
        f"linux/amd64  {OS}: differs from {PYTHON}",
        "linux/arm64  usr/bin/\\x1b[31msh: nothing brings it",
        f"linux/arm64  {OS}: differs from {arm}",
    ]


def test_a_flood_of_faults_is_cut_and_counted(desk: Desk, tmp_path: Path) -> None:
    many = [entry(f"x{number}") for number in range(60)]
    changed = tampered(desk.shop.archive, tmp_path / "x.tar", planted(*many, layer=0))
    with pytest.raises(CoverageError, match="shop: 120 entries"):
        desk.check(changed)
    assert desk.said.out.splitlines()[-1] == "and 20 more; --json has them all"


def test_programs_get_the_whole_ledger(desk: Desk, tmp_path: Path) -> None:
    changed = tampered(desk.shop.archive, tmp_path / "x.tar", planted(entry("x"), layer=0))
    with pytest.raises(CoverageError):
        desk.check(changed, "--json")
    first, second = json.loads(desk.said.out)
    assert (first["platform"], second["platform"]) == ("linux/amd64", "linux/arm64")
    assert (first["explained"], first["left-out"], first["missing"]) == (False, 1, [])
    entries = {each["path"]: each for each in first["entries"]}
    assert entries["x"]["unexplained"] == "nothing brings it"
    assert entries[OS]["owner"] == PYTHON
    assert entries[OS]["digest"].startswith("sha256:")
    assert entries["etc/passwd"]["rule"] == "users"
    assert entries["bin"] == {
        "path": "bin", "kind": "symlink", "target": "usr/bin", "rule": "merged-usr",
    }  # fmt: skip
    assert first["rules"]["bytecode"] == sum(
        each.get("rule") == "bytecode" for each in first["entries"]
    )


def test_what_is_missing_is_in_the_document(desk: Desk, tmp_path: Path) -> None:
    changed = tampered(desk.shop.archive, tmp_path / "x.tar", without(OS))
    with pytest.raises(CoverageError):
        desk.check(changed, "--json")
    assert json.loads(desk.said.out)[0]["missing"] == [{"path": OS, "source": PYTHON}]


def test_sources_may_be_folders(desk: Desk, tmp_path: Path) -> None:
    debs = tmp_path / "debs"
    debs.mkdir()
    for number, data in enumerate(desk.shop.world.mirror.files.values()):
        (debs / f"{number}.deb").write_bytes(data)
    assert desk.check(desk.shop.archive, "--debs", debs, "--wheels", debs) == 0


def test_a_bundle_of_no_name_is_misuse(desk: Desk) -> None:
    with pytest.raises(UsageError, match="no image asks for the bundle 'other'"):
        desk.check(desk.shop.archive, "--bundle", "other=x.tar.gz")


def test_a_definition_that_is_none_is_told_as_such(desk: Desk) -> None:
    (desk.shop.world.root / "images/shop.toml").write_text("name = 1\n", encoding="utf-8")
    with pytest.raises(DefinitionError):
        desk.check(desk.shop.archive)
