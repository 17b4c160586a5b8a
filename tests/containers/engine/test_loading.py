"""What an engine says it has loaded is not believed: it is asked for the digests there must be."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.engine import GONE, FakeEngine
from support.runnable import USER, written
from workflow_containers.engine.interface import Facts, Held
from workflow_containers.engine.loading import Loaded, load
from workflow_containers.errors import EngineError, LayoutError, UnhealthyError
from workflow_containers.oci.layout import Layout
from workflow_containers.platform import AMD64, ARM64, Platform
from workflow_sbom.digest import Digest

OTHER = Digest.of(b"other")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return written(tmp_path / "small.tar")


def held(archive: Path, which: str, platform: Platform = AMD64) -> Held:
    """The image as an engine has it that names it by its configuration, index or manifest."""
    with Layout(archive) as layout:
        image = layout.image(platform)
        ids = {"config": image.config_digest, "index": layout.index, "manifest": image.manifest}
        diff_ids = tuple(layer.diff_id for layer in image.layers)
        return Held(id=ids[which], platform=platform, diff_ids=diff_ids)


@pytest.mark.parametrize("store", ["config", "index", "manifest"])
def test_an_image_goes_by_the_digest_its_engine_knows_it_by(archive: Path, store: str) -> None:
    image = held(archive, store)
    engine = FakeEngine(brings=(image,))
    loaded = load(engine, archive)
    assert (loaded.id, loaded.version) == (image.id, "1.2.3")
    assert loaded.brought == (image.id,)
    assert engine.sent == [archive.read_bytes()]


def test_images_of_other_platforms_that_came_along_are_known(archive: Path) -> None:
    both = (held(archive, "config"), held(archive, "config", ARM64))
    engine = FakeEngine(brings=both)
    assert set(load(engine, archive).brought) == {image.id for image in both}


def test_what_an_engine_has_is_not_brought_again(archive: Path) -> None:
    image = held(archive, "config")
    engine = FakeEngine(images={image.id: image})
    assert load(engine, archive).brought == ()
    assert engine.done == []


def test_what_was_there_before_was_not_brought(archive: Path) -> None:
    mine, theirs = held(archive, "config"), held(archive, "config", ARM64)
    engine = FakeEngine(images={theirs.id: theirs}, brings=(mine, theirs))
    assert load(engine, archive).brought == (mine.id,)


def test_an_engine_that_says_all_is_well_and_loads_nothing_is_found_out(archive: Path) -> None:
    with pytest.raises(EngineError, match="loaded it and has no sha256:") as caught:
        load(FakeEngine(), archive)
    assert caught.value.remedy


def test_another_image_is_not_taken_for_it(archive: Path) -> None:
    """Whatever its name: no name is asked for."""
    other = Held(id=OTHER, platform=AMD64, diff_ids=())
    with pytest.raises(EngineError, match="has no sha256:"):
        load(FakeEngine(brings=(other,)), archive)


def test_an_answer_about_another_image_is_not_believed(archive: Path) -> None:
    image = held(archive, "config")
    lie = Held(id=OTHER, platform=AMD64, diff_ids=image.diff_ids)
    with pytest.raises(EngineError, match="has no sha256:"):
        load(FakeEngine(images={image.id: lie}), archive)


@pytest.mark.parametrize(
    ("platform", "layers"), [(ARM64, True), (AMD64, False)], ids=["platform", "layers"]
)
def test_other_contents_under_the_right_digest_are_refused(
    archive: Path, platform: Platform, *, layers: bool
) -> None:
    """As an engine has an index whose image for this platform is not the archive's."""
    image = held(archive, "index")
    changed = Held(id=image.id, platform=platform, diff_ids=image.diff_ids if layers else (OTHER,))
    with pytest.raises(EngineError, match="has other contents"):
        load(FakeEngine(brings=(changed,)), archive)


def test_a_platform_the_engine_does_not_run_is_refused_before_anything_is_sent(
    archive: Path,
) -> None:
    engine = FakeEngine()
    with pytest.raises(EngineError, match="runs linux/amd64, not linux/arm64") as caught:
        load(engine, archive, ARM64)
    assert "linux/arm64 machine" in caught.value.remedy
    assert engine.done == []


def test_an_archive_without_the_engines_platform_says_what_it_has(tmp_path: Path) -> None:
    archive = written(tmp_path / "small.tar", platforms=[ARM64])
    with pytest.raises(LayoutError, match="no image for linux/amd64; it has linux/arm64"):
        load(FakeEngine(), archive)


def test_the_platform_is_the_engines(archive: Path) -> None:
    engine = FakeEngine(
        facts=Facts(version="20.10", platform=ARM64, local=True),
        brings=(held(archive, "config", ARM64),),
    )
    assert load(engine, archive).image.platform == ARM64


@pytest.mark.parametrize(
    "user",
    [
        "",
        "root",
        "0",
        "00:5",
        "0:0",
        "nonroot",
        "+1000",
        "65532:wheel",
        "4294967296",
        "1\n",
        "\x1b[2J",
    ],
)
def test_root_is_refused_and_a_name_could_be_root(tmp_path: Path, user: str) -> None:
    archive = written(tmp_path / "small.tar", {**USER, "User": user})
    engine = FakeEngine()
    with pytest.raises(UnhealthyError, match="no number of a user but root") as caught:
        load(engine, archive)
    assert engine.done == []
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("user", ["65532:65532", "1000", "1000:0"])
def test_a_user_by_number_is_run(tmp_path: Path, user: str) -> None:
    archive = written(tmp_path / "small.tar", {**USER, "User": user})
    assert load(FakeEngine(brings=(held(archive, "config"),)), archive).execution["User"] == user


def test_a_damaged_archive_is_never_sent(archive: Path) -> None:
    data = bytearray(archive.read_bytes())
    at = data.index(b"65532")
    data[at : at + 5] = b"00000"
    archive.write_bytes(data)
    engine = FakeEngine()
    with pytest.raises(LayoutError, match="has another digest"):
        load(engine, archive)
    assert engine.done == []


def test_an_archive_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match="No such file"):
        load(FakeEngine(), tmp_path / "none.tar")


def test_an_engine_that_goes_away_is_told(archive: Path) -> None:
    with pytest.raises(EngineError, match="went away"):
        load(FakeEngine(fails={"load": GONE}), archive)


@pytest.mark.parametrize(
    ("check", "has"),
    [
        ({"Test": ["CMD", "/check"]}, True),
        ({"Test": ["NONE"]}, False),
        ({"Test": []}, False),
        ({}, False),
        ("CMD", False),
    ],
)
def test_whether_an_image_has_a_health_check(tmp_path: Path, check: object, *, has: bool) -> None:
    archive = written(tmp_path / "small.tar", {**USER, "Healthcheck": check})
    with Layout(archive) as layout:
        found = Loaded(id=OTHER, image=layout.image(AMD64), version="1", brought=())
    assert found.has_health_check is has
