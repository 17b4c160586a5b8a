"""Images on a base: what is the base's is proved by its digest, what is ours as everywhere."""

from __future__ import annotations

import dataclasses
import tarfile
from pathlib import Path

import pytest

from simulators import bases
from simulators.bases import Base, file, hardlink
from simulators.images import tar
from support import covered
from support.covered import Shop
from support.layouts import with_layer
from support.tampering import Change, edited, entry, planted, tampered
from workflow_containers.base.bringing import from_layouts
from workflow_containers.errors import CoverageError
from workflow_containers.platform import AMD64, ARM64
from workflow_sbom.coverage.ledger import Generated, Owned

SITE = "usr/local/lib/python3.13/site-packages"
SHOP = f"{SITE}/shop/__init__.py"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return covered.on(bases.slim(), tmp_path_factory.mktemp("shop"))


def test_everything_is_the_bases_or_explained_as_everywhere(shop: Shop) -> None:
    for found in shop.check():
        assert (found.faults, found.left_out) == ((), 0)
        why = {line.entry.path: line.why for line in found.ledger.lines}
        base = Owned(f"base:{shop.definition.base}", "the base's layers, by its pinned digest")
        assert why["usr/bin/su"] == why["usr/local/bin/python3.13"] == why["lib"] == base
        assert why["usr/local"] == base  # though our layers name it again
        assert why[SHOP] == Owned("pkg:pypi/shop@1.2.3", "RECORD of the wheel")
        assert why[f"{SITE}/shop/__pycache__/__init__.cpython-313.pyc"] == Generated("bytecode")
        assert why["etc/passwd"] == why["etc/group"] == Generated("users")
        assert why["home/nonroot"] == Generated("scratch-folders")
        assert why["app/ui"] == Generated("folders")


def test_devices_and_other_names_of_a_base_are_the_bases(tmp_path: Path) -> None:
    base = bases.slim()
    more = [bases.device("dev/zero"), file("etc/one"), hardlink("etc/two", "etc/one")]
    layers = {platform: [*each, tar(more)] for platform, each in base.layers.items()}
    shop = covered.on(Base(layers=layers), tmp_path)
    kinds = {line.entry.path: line.entry.kind for line in shop.check()[0].ledger.lines}
    assert (kinds["dev/zero"], kinds["etc/one"], kinds["etc/two"]) == ("device", "file", "file")
    assert shop.check()[0].faults == ()


def test_what_the_base_has_already_is_the_bases(tmp_path: Path) -> None:
    base = bases.slim()
    same = [file("app/shop.yaml", b"open: true\n"), file("home/nonroot/x", b"")]
    layers = {platform: [*each, tar(same)] for platform, each in base.layers.items()}
    shop = covered.on(Base(layers=layers), tmp_path)
    found = shop.check()[0]
    assert found.faults == ()
    assert found.ledger.owners()[f"base:{shop.definition.base}"]
    why = {line.entry.path: line.why for line in found.ledger.lines}
    assert isinstance(why["app/shop.yaml"], Owned)
    assert why["app/shop.yaml"].owner.startswith("base:")


def _ours(change: Change) -> Change:
    """Layers of the base are left alone."""
    return lambda number, found: change(number, found) if number > 1 else found


def _setuid(info: tarfile.TarInfo, data: bytes) -> bytes:
    info.mode = 0o4755
    return data


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (planted(entry("usr/bin/sh"), layer=4), ["usr/bin/sh: nothing brings it"]),
        (
            planted(entry("usr/local/bin/python3.13", b"evil"), layer=4),
            ["usr/local/bin/python3.13: replaces what the base has"],
        ),
        (
            planted(entry("usr/bin/.wh.su"), layer=4),
            ["usr/bin/.wh.su: takes away what other layers have"],
        ),
        (
            edited("etc/passwd", lambda _, data: data + b"toor::0:0:::\n"),
            ["etc/passwd: differs from the rule users"],
        ),
        (edited(SHOP, lambda *_: b""), [f"{SHOP}: differs from pkg:pypi/shop@1.2.3"]),
        (
            edited(SHOP, _setuid),
            [f"{SHOP}: has the mode 4755; of pkg:pypi/shop@1.2.3 it has 0644"],
        ),
    ],
)
def test_what_is_put_on_a_base_needs_an_explanation(
    shop: Shop, change: Change, told: list[str], tmp_path: Path
) -> None:
    assert shop.faults(_ours(change), tmp_path) == told


def test_a_folder_of_the_base_keeps_its_mode_and_owner(shop: Shop, tmp_path: Path) -> None:
    def edit(info: tarfile.TarInfo, data: bytes) -> bytes:
        info.mode = 0o777
        return data

    name = f"base:{shop.definition.base}"
    assert shop.faults(_ours(edited("usr/local", edit)), tmp_path)[-1] == (
        f"usr/local: has the mode 0777; of {name} it has 2775"
    )


@pytest.mark.parametrize("number", [0, 1])
def test_a_layer_that_is_not_the_bases_is_nobodys(shop: Shop, number: int, tmp_path: Path) -> None:
    changed = tampered(shop.archive, tmp_path / "x.tar", planted(entry("evil"), layer=number))
    with pytest.raises(CoverageError, match="its lowest layers are not the base's"):
        shop.check(changed)


def test_what_the_image_says_of_its_base_is_not_asked(shop: Shop, tmp_path: Path) -> None:
    """One more layer stays ours, whatever the annotation says."""
    changed = with_layer(shop.archive, tmp_path / "x.tar", tar([entry("usr/bin/sh")]))
    assert [each.faults for each in shop.check(changed)] == [("usr/bin/sh: nothing brings it",)] * 2


def test_a_base_that_can_not_be_had_leaves_everything_unknown(shop: Shop, tmp_path: Path) -> None:
    tools = dataclasses.replace(shop.tools, store=tmp_path / "empty", bring=from_layouts(()))
    with pytest.raises(CoverageError, match="shop can't be checked"):
        shop.check(tools=tools)


def test_a_folder_of_packages_is_of_no_use_on_a_base(shop: Shop, tmp_path: Path) -> None:
    from workflow_containers.coverage.handed import with_debs

    with pytest.raises(CoverageError, match="shop is on a base"):
        with_debs(shop.tools, tmp_path, shop.definition, shop.world.root)


def test_both_platforms_are_checked(shop: Shop) -> None:
    assert [each.platform for each in shop.check()] == [AMD64, ARM64]
