"""This repository releases itself: the same bytes from two clones, and no work twice."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support import checklist
from support.person import COMMAND, User
from support.repositories import git, head_as_main

ROOT = Path(__file__).resolve().parents[2]
SIGNED = {"provenance.sigstore.json", "release.json", "release.json.sigstore.json"}
UNSTAMPED = "tool: no version"
NOWHERE = "http://127.0.0.1:9"
OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_FIND_LINKS": "",
    "npm_config_registry": NOWHERE,
    "npm_config_offline": "true",
    "WORKFLOW_DEBIAN_MIRROR": NOWHERE,
    "WORKFLOW_DEBIAN_SECURITY_MIRROR": NOWHERE,
}

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("this repository")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A clone and a person of its own: nothing shared but what was downloaded."""

    checkout: Path
    user: User

    @classmethod
    def make(cls, origin: Path, folder: Path) -> Place:
        folder.mkdir(parents=True)
        command = ["git", "clone", "-q", "--no-hardlinks", str(origin), str(folder / "checkout")]
        subprocess.run(command, check=True, capture_output=True)
        (folder / "home").mkdir()
        user = User(home=folder / "home", cache=folder / "cache")
        return cls(checkout=folder / "checkout", user=user)

    def cut(self, changed: Mapping[str, str], umask: int = 0o022) -> tuple[Path, str]:
        """Cut and verify; the release's folder and what progress said."""
        downloads = os.environ.get("PIP_CACHE_DIR") or str(Path.home() / ".cache" / "pip")
        done = subprocess.run(
            [COMMAND, "cut", "-C", str(self.checkout), "--verify", "--json"],
            env={**self.user.environment, "PIP_CACHE_DIR": downloads, **changed},
            umask=umask,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return Path(json.loads(done.stdout)["published"][0]["location"]), done.stderr


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout's HEAD as a main branch, whatever is committed meanwhile."""
    return head_as_main(ROOT, tmp_path_factory.mktemp("origin") / "repository")


@pytest.fixture(scope="module")
def first(origin: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Path]:
    """A first release, made from nothing."""
    place = Place.make(origin, tmp_path_factory.mktemp("first") / "one")
    return place, place.cut({})[0]


def test_a_release_holds_everything_the_repository_makes(first: tuple[Place, Path]) -> None:
    _, folder = first
    names = [path.name for path in folder.iterdir()]
    suffixes = {".whl": 6, ".oci.tar": 2, ".tar.gz": 7, ".cdx.json": 16}
    assert {end: sum(name.endswith(end) for name in names) for end in suffixes} == suffixes
    assert SIGNED | {"SHA256SUMS"} <= set(names)
    assert len(names) == 15 + 16 + 1 + 3
    for image in folder.glob("*.oci.tar"):
        assert platforms(image) == ["linux/amd64", "linux/arm64"]


def test_every_document_holds_the_whole_checklist(first: tuple[Place, Path]) -> None:
    _, folder = first
    documents = sorted(folder.glob("*.cdx.json"))
    found = {path.name: checklist.faults(json.loads(path.read_bytes())) for path in documents}
    # The toolkit that runs is not the clone's, and does not know its version.
    told = {name: [each for each in faults if each != UNSTAMPED] for name, faults in found.items()}
    assert [name for name, faults in told.items() if faults] == [], told


def test_another_clone_gives_the_same_bytes(
    origin: Path, first: tuple[Place, Path], tmp_path: Path
) -> None:
    changed = {
        "LC_ALL": "C",
        "LANG": "tr_TR.UTF-8",
        "TZ": "Pacific/Kiritimati",
        "PYTHONHASHSEED": "12345",
    }
    _, one = first
    two, _ = Place.make(origin, tmp_path / "a much longer path").cut(changed, umask=0o077)
    names = {path.name for path in one.iterdir()}
    assert names == {path.name for path in two.iterdir()}
    different = [
        name
        for name in sorted(names - SIGNED)
        if (one / name).read_bytes() != (two / name).read_bytes()
    ]
    assert different == []


def test_nothing_is_built_twice_and_one_line_makes_only_what_holds_it(
    first: tuple[Place, Path],
) -> None:
    """The second release is made with no network at all: no package, no layer is fetched again."""
    place, before = first
    again, said = place.cut(OFFLINE)
    assert again == before
    assert said.count(": reused") == 15

    source = place.checkout / "workflow/engine/workflow_engine/__init__.py"
    source.write_text(source.read_text() + "\n# one more line\n")
    git(place.checkout, "commit", "-q", "-a", "-m", "fix(engine): one more line")
    after, said = place.cut(OFFLINE)
    assert after != before
    assert "installing" not in said.replace("installing what the wheels", "")
    (old,), (new,) = (
        before.glob("workflow-engine-*.oci.tar"),
        after.glob("workflow-engine-*.oci.tar"),
    )
    for platform in ("linux/amd64", "linux/arm64"):
        layers = [image_layers(archive)[platform] for archive in (old, new)]
        assert layers[0][:-1] == layers[1][:-1]
        assert layers[0][-1] != layers[1][-1]


def platforms(archive: Path) -> list[str]:
    return sorted(image_layers(archive))


def image_layers(archive: Path) -> dict[str, list[str]]:
    """The digests of each platform's layers, read with nothing of ours."""
    with tarfile.open(archive) as tar:

        def blob(descriptor: Any) -> Any:
            algorithm, _, name = descriptor["digest"].partition(":")
            stream = tar.extractfile(f"blobs/{algorithm}/{name}")
            assert stream is not None
            return json.load(stream)

        index = tar.extractfile("index.json")
        assert index is not None
        inner = blob(json.load(index)["manifests"][0])
        return {
            f"{each['platform']['os']}/{each['platform']['architecture']}": [
                layer["digest"] for layer in blob(each)["layers"]
            ]
            for each in inner["manifests"]
        }
