from __future__ import annotations

import os
import stat
import threading
from pathlib import Path
from typing import Protocol

import pytest

from workflow_release.errors import TargetError
from workflow_release.model import Published
from workflow_release.targets.directory import DirectoryPublisher
from workflow_release.targets.shipment import Shipment


class MakeShipment(Protocol):
    def __call__(self, content: bytes = ..., version: str = ...) -> Shipment: ...


FILES = {
    "thing-0.1.0-dev.3.tar.gz": b"artifact",
    "thing-0.1.0-dev.3.tar.gz.cdx.json": b"{}",
    "thing.cdx.json": b"{ }",
    "SHA256SUMS": b"sums",
    "provenance.sigstore.json": b"{  }",
    "release.json.sigstore.json": b"[]",
}


@pytest.fixture
def target(tmp_path: Path) -> DirectoryPublisher:
    return DirectoryPublisher(root=tmp_path, folder=tmp_path / "dist")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_release_is_written_whole(target: DirectoryPublisher, shipment: MakeShipment) -> None:
    (made,) = target.publish(shipment())
    final = target.folder / "0.1.0-dev.3"
    assert made == Published(target="directory", location=str(final), created=True)
    assert contents(final).items() >= FILES.items()
    assert contents(final).keys() - FILES.keys() == {"release.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in final.iterdir()} == {0o644}


def test_a_restrictive_umask_changes_nothing(
    target: DirectoryPublisher, shipment: MakeShipment
) -> None:
    before = os.umask(0o077)
    try:
        target.publish(shipment())
    finally:
        os.umask(before)
    final = target.folder / "0.1.0-dev.3"
    assert {stat.S_IMODE(path.stat().st_mode) for path in final.iterdir()} == {0o644}


def test_the_folder_keeps_itself_out_of_the_repository(
    target: DirectoryPublisher, shipment: MakeShipment
) -> None:
    target.publish(shipment())
    assert (target.folder / ".gitignore").read_text() == "*\n"


def test_the_same_release_again_is_no_error(
    target: DirectoryPublisher, shipment: MakeShipment
) -> None:
    target.publish(shipment())
    (again,) = target.publish(shipment())
    assert again.created is False


def test_another_release_of_the_version_is_refused_and_the_old_one_stays(
    target: DirectoryPublisher, shipment: MakeShipment
) -> None:
    target.publish(shipment())
    before = contents(target.folder / "0.1.0-dev.3")
    with pytest.raises(TargetError, match=r"thing-0\.1\.0-dev\.3\.tar\.gz differs"):
        target.publish(shipment(b"other"))
    assert contents(target.folder / "0.1.0-dev.3") == before


@pytest.mark.parametrize("change", ["add", "remove", "link"])
def test_a_folder_that_was_changed_is_not_taken_for_the_release(
    target: DirectoryPublisher, shipment: MakeShipment, change: str
) -> None:
    target.publish(shipment())
    sums = target.folder / "0.1.0-dev.3" / "SHA256SUMS"
    match change:
        case "add":
            (sums.parent / "extra").write_text("x")
        case "remove":
            sums.unlink()
        case _:
            copy = target.folder / "elsewhere"
            copy.write_bytes(sums.read_bytes())
            sums.unlink()
            sums.symlink_to(copy)
    with pytest.raises(TargetError, match="another release of this version"):
        target.publish(shipment())


def test_what_a_killed_run_left_is_swept(
    target: DirectoryPublisher, shipment: MakeShipment
) -> None:
    left = target.folder / ".partial-0.1.0-dev.2"
    left.mkdir(parents=True)
    (left / "half").write_text("x")
    target.publish(shipment())
    assert not left.exists()


def test_bytes_that_changed_since_they_were_signed_are_never_published(
    target: DirectoryPublisher, shipment: MakeShipment
) -> None:
    made = shipment()
    archive = made.items[0].content
    assert isinstance(archive, Path)
    archive.write_bytes(b"tampered")
    with pytest.raises(TargetError, match="changed after it was signed"):
        target.publish(made)
    assert not (target.folder / "0.1.0-dev.3").exists()


def test_a_folder_that_leads_out_of_the_repository_is_refused(
    tmp_path: Path, shipment: MakeShipment
) -> None:
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "dist").symlink_to(tmp_path)
    target = DirectoryPublisher(root=root, folder=root / "dist")
    with pytest.raises(TargetError, match="leads out of the repository"):
        target.publish(shipment())
    with pytest.raises(TargetError, match="leads out of the repository"):
        target.preflight(shipment().plan)


def test_preflight_tells_whether_the_place_is_free(
    target: DirectoryPublisher, shipment: MakeShipment
) -> None:
    plan = shipment().plan
    assert target.preflight(plan) == ()
    target.publish(shipment())
    assert target.preflight(plan) == ()
    (target.folder / "0.1.0-dev.3" / "release.json").write_text('{"plan": 3}')
    assert "holds a release of something else" in target.preflight(plan)[0]


def test_two_publishers_of_one_version_end_in_one_release(
    target: DirectoryPublisher, shipment: MakeShipment
) -> None:
    shipments = [shipment() for _ in range(4)]
    results: list[Published] = []
    threads = [
        threading.Thread(target=lambda s=s: results.extend(target.publish(s))) for s in shipments
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.created for result in results) == [False, False, False, True]


@pytest.mark.parametrize("name", [".gitignore", ".lock"])
def test_nothing_is_written_through_a_link(
    target: DirectoryPublisher, shipment: MakeShipment, tmp_path: Path, name: str
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    target.folder.mkdir()
    (target.folder / name).symlink_to(victim)
    with pytest.raises(TargetError, match="can't be written"):
        target.publish(shipment())
    assert victim.read_text() == "mine"
