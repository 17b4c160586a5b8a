"""`publish`: a release folder of another machine, verified, then sent to a registry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from simulators import images, releases
from simulators.registry import INDEX, Registry
from simulators.registry_server import serving
from support.desk import Desk
from support.outcome import Outcome
from workflow_containers.building.builder import build_archive
from workflow_containers.definition import load
from workflow_containers.oci.reference import Namespace
from workflow_release.errors import TargetError, UsageError, VerificationError
from workflow_release.model import DirectoryTarget, RegistryTarget
from workflow_sbom import canonical
from workflow_sbom.digest import Digest

ARCHIVE = "pad-1.2.3.oci.tar"
KEY = releases.signer().public_key_pem


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A release folder that is to go to a registry, a desk without a checkout, and the key."""

    registry: Registry
    folder: Path
    desk: Desk
    key: Path

    def publish(self, *words: str) -> Outcome:
        return self.desk.run("publish", str(self.folder), "--key", str(self.key), *words)

    @property
    def tags(self) -> dict[str, str]:
        return self.registry.repository("team/pad").tags


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("image")
    world = images.world(folder / "repository")
    revision = {"org.opencontainers.image.revision": releases.plan().source.commit}
    inputs = replace(world.inputs("1.2.3"), annotations=revision)
    definition = load(world.root / "images/shop.toml")
    path = folder / ARCHIVE
    build_archive(definition, inputs, world.tools(folder / "store"), path)
    return path.read_bytes()


@pytest.fixture
def scene(tmp_path: Path, archive: bytes) -> Iterator[Scene]:
    registry = Registry()
    with serving(registry):
        target = RegistryTarget(namespace=Namespace(registry.host, "team"))
        plan = releases.plan()
        contents = {**releases.contents(), "image:pad": (ARCHIVE, archive)}
        made = releases.make(
            planned=replace(plan, targets=(*plan.targets, target)), holding=contents
        )
        folder = tmp_path / "1.2.3"
        folder.mkdir()
        for name, data in made.files.items():
            (folder / name).write_bytes(data)
        key = tmp_path / "publisher.pem"
        key.write_bytes(KEY)
        yield Scene(
            registry=registry,
            folder=folder,
            desk=Desk(folder=tmp_path, scratch=tmp_path / "scratch"),
            key=key,
        )


def test_what_holds_is_published_and_told(scene: Scene) -> None:
    done = scene.publish()
    index = scene.tags["1.2.3"]
    assert scene.tags == dict.fromkeys(("1.2.3", "1.2", "1", "latest"), index)
    assert done.out.splitlines() == [
        f"made: {scene.registry.host}/team/pad:{name}@{index}"
        for name in ("1.2.3", "1.2", "1", "latest")
    ]


def test_again_it_is_there_already(scene: Scene) -> None:
    scene.publish()
    done = scene.publish("--json")
    assert [(each["target"], each["created"]) for each in done.json] == [("registry", False)]


def test_a_dry_run_sends_nothing(scene: Scene) -> None:
    done = scene.publish("--dry-run")
    assert done.out == f"would go to {scene.registry.host}/team/pad:1.2.3\n"
    assert scene.registry.log == []


def test_a_folder_that_does_not_hold_is_not_sent(scene: Scene) -> None:
    (scene.folder / ARCHIVE).write_bytes(b"tampered")
    with pytest.raises(TargetError, match="is not the release it says it is"):
        scene.publish()
    assert scene.registry.log == []


def test_a_release_of_somebody_else_is_not_sent(scene: Scene) -> None:
    scene.key.write_bytes(releases.signer(666).public_key_pem)
    with pytest.raises(TargetError, match="is not the release it says it is"):
        scene.publish()
    assert scene.registry.log == []


def test_an_unexpected_version_or_repository_is_not_sent(scene: Scene) -> None:
    for words in (["--version", "1.2.4"], ["--repository", "https://example.org/other"]):
        with pytest.raises(TargetError):
            scene.publish(*words)
    assert scene.registry.log == []


def test_without_an_expected_key_nothing_is_sent(scene: Scene) -> None:
    with pytest.raises(VerificationError):
        scene.desk.run("publish", str(scene.folder))
    assert scene.registry.log == []


def test_a_version_that_is_taken_is_told_before_anything_is_sent(scene: Scene) -> None:
    other = canonical.encode({"schemaVersion": 2, "mediaType": INDEX, "manifests": []})
    digest = str(Digest.of(other))
    scene.registry.repository("team/pad").manifests[digest] = (INDEX, other)
    scene.tags["1.2.3"] = digest
    with pytest.raises(TargetError, match="holds an image of something else") as caught:
        scene.publish()
    assert "never overwritten" in caught.value.remedy
    assert scene.registry.repository("team/pad").blobs == {}


def test_a_release_that_goes_nowhere_is_told(tmp_path: Path, scene: Scene) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    plan = releases.plan()
    assert all(isinstance(target, DirectoryTarget) for target in plan.targets)
    for name, data in releases.make().files.items():
        (folder / name).write_bytes(data)
    with pytest.raises(UsageError, match="goes to no registry"):
        scene.desk.run("publish", str(folder), "--key", str(scene.key))
