"""Nothing goes out that was neither judged nor verified."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from release.targets.conftest import MakeShipment
from simulators import releases
from workflow_release import names
from workflow_release.errors import TargetError
from workflow_release.targets.shipment import Shipment
from workflow_release.verifying.verify import verify_directory
from workflow_sbom.digest import Digest

FILES = releases.make().files
ARCHIVE = "pad-1.2.3.oci.tar"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "1.2.3"
    made.mkdir()
    for name, data in FILES.items():
        (made / name).write_bytes(data)
    return made


def test_what_the_judge_cleared_ships_whole_its_record_last(shipment: MakeShipment) -> None:
    made = shipment()
    assert [item.name for item in made.items][-2:] == [names.RECORD, names.SEAL]
    assert made.images == ()
    assert made.gates == ("passing",)


def test_a_folder_that_holds_ships_by_its_signed_record(folder: Path) -> None:
    made = Shipment.verified(folder, verify_directory(folder, releases.expected()))
    assert {item.name: item.digest for item in made.items} == {
        name: Digest.of(data) for name, data in FILES.items()
    }
    assert {item.content for item in made.items} == {folder / name for name in FILES}
    (image,) = made.images
    assert (image.name, image.archive.name) == ("pad", ARCHIVE)
    assert image.index == Digest.of(b"index of " + FILES[ARCHIVE])
    assert image.sbom.name == names.sbom_of(ARCHIVE)
    assert image.provenance.name == names.PROVENANCE


@pytest.mark.parametrize("name", [ARCHIVE, names.SUMS, names.PROVENANCE, names.RECORD, names.SEAL])
def test_a_folder_in_which_anything_is_amiss_does_not_ship(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"tampered")
    verdict = verify_directory(folder, releases.expected())
    with pytest.raises(TargetError, match="is not the release it says it is") as caught:
        Shipment.verified(folder, verdict)
    assert "nothing was published" in caught.value.remedy


def test_there_is_no_third_door(shipment: MakeShipment) -> None:
    made = shipment()
    with pytest.raises(TargetError, match="cleared by the judge, or verified whole"):
        Shipment(plan=made.plan, gates=(), items=made.items, images=(), token=object())
    with pytest.raises(TargetError, match="cleared by the judge, or verified whole"):
        replace(made, items=(), token=None)
