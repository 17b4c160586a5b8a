"""Both images, both platforms: the same bytes from one commit, wherever and by whomever built.

Every place differs from the first in everything; `WORKFLOW_PLACES=50` draws as many more.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from support.images import IMAGES, Digests, Release, built, told_apart
from support.person import User
from support.places import DEFINITIONS, PLACE, ROOT, Outcome, Place, Supplies, turkish
from support.repositories import head_as_main
from support.supplies import gather
from workflow_containers.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("images")]

MODULES = ("asyncio", "decimal", "email.message", "typing", "unittest", "xml.dom.minidom")
ASCII = {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
NOISE = {
    "PYTHONOPTIMIZE": "2",
    "PYTHONDONTWRITEBYTECODE": "1",
    "SOURCE_DATE_EPOCH": "1",
    "TMPDIR": f"{PLACE}/tmp",
}
PLAIN = Place(
    name="plain",
    folder="p",
    environment={"HOME": PLACE, "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "TZ": "UTC"},
)
ELSEWHERE = Place(
    name="elsewhere",
    folder="a folder/with spaces, ümlauts, 路径/and a name that is " + "long " * 15,
    seed=7,
    user=4321,
    umask=0o077,
    processors=1,
    workers=1,
    clock="@2031-05-06 07:08:09",
    environment={**NOISE, "PYTHONHASHSEED": "12345", "TZ": "Pacific/Kiritimati"},
    imports=MODULES,
    compiler_imports=MODULES,
    disorder=True,
    own_python=True,
    images=tuple(reversed(IMAGES)),
)


def drawn(seed: int) -> Place:
    """A place that nobody thought of."""
    chance = Random(seed)
    own_python = chance.random() < 0.5
    encoding = chance.choice([{}, ASCII])
    # Python itself can't import an extension from elsewhere than its file names' encoding allows.
    letter = "e " if encoding else "é "
    noise = {name: text for name, text in NOISE.items() if chance.random() < 0.5}
    settings = {
        "HOME": PLACE,
        "PYTHONHASHSEED": str(chance.randrange(1 << 32)),
        "TZ": chance.choice(["America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"]),
    }
    return Place(
        name=f"drawn {seed}",
        folder=f"drawn/{letter * chance.randrange(60)}{seed}",
        seed=seed,
        user=chance.choice([None, 1000, 65534]) if own_python else None,
        umask=chance.choice([0o022, 0o027, 0o077]),
        processors=chance.choice([1, 2]),
        workers=chance.choice([1, 2, 3, 16]),
        clock=chance.choice(
            ["@1999-12-31 23:59:58", "@2024-02-29 00:00:00", "@2037-12-31 12:00:00"]
        ),
        environment={**noise, **settings, **encoding},
        imports=tuple(chance.sample(MODULES, chance.randrange(len(MODULES)))),
        compiler_imports=tuple(chance.sample(MODULES, 3)),
        disorder=True,
        own_python=own_python,
        images=tuple(chance.sample(IMAGES, 2)),
    )


DRAWN = tuple(map(drawn, range(int(os.environ.get("WORKFLOW_PLACES") or 1))))


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return head_as_main(ROOT, tmp_path_factory.mktemp("origin") / "repository")


@pytest.fixture(scope="module")
def release(user: User, origin: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """What the release command makes: the bytes that every place must give again."""
    return built(origin, user, tmp_path_factory.mktemp("built") / "files", "wheel", "ui", "image")


@pytest.fixture(scope="module")
def supplies(user: User, origin: Path, release: Release) -> Iterator[Supplies]:
    # Not pytest's folder, which nobody else may enter.
    with tempfile.TemporaryDirectory(prefix="places-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield gather(folder, origin, release, Store(user.cache / "images"))


@pytest.fixture(scope="module")
def outcome(supplies: Supplies) -> Callable[[Place], Outcome]:
    """What came of a place, built once."""
    known: dict[str, Outcome] = {}

    def build(place: Place) -> Outcome:
        if place.name not in known:
            if place is ELSEWHERE:
                text = {**place.environment, **turkish(supplies.folder / "locales")}
                place = replace(place, environment=text)
            known[place.name] = supplies.build(place)
        return known[place.name]

    return build


@pytest.mark.parametrize("place", [PLAIN, ELSEWHERE, *DRAWN], ids=lambda place: place.name)
def test_a_place_decides_no_byte(
    outcome: Callable[[Place], Outcome],
    release: Release,
    place: Place,
    record_property: Callable[[str, object], None],
) -> None:
    for name in DEFINITIONS:
        check_same(outcome(place), release, name, record_property)


def test_neither_does_a_store_that_another_filled(
    supplies: Supplies,
    release: Release,
    record_property: Callable[[str, object], None],
) -> None:
    """Only one image is in it, made by another user at another path, as of another year."""
    half = replace(ELSEWHERE, name="half", folder="half", images=IMAGES[:1])
    before = supplies.build(half)
    after = supplies.build(
        replace(drawn(99), name="warm", folder="warm", images=IMAGES[::-1]),
        store=before.folder.parent / "store",
    )
    for name in DEFINITIONS:
        check_same(after, release, name, record_property)


def check_same(
    outcome: Outcome, release: Release, name: str, report: Callable[[str, object], None]
) -> None:
    """By every digest, and by every byte of the archive."""
    expected, archive = release.archive(name), outcome.archive(name)
    told, found = outcome.images[name], Digests.read(archive)
    assert told_apart(expected, archive) == ""
    assert found == Digests.read(expected)
    assert told["index"] == found.index
    for platform, digests in told["platforms"].items():
        architecture = platform.removeprefix("linux/")
        assert digests["config"] == found.configurations[architecture]
        assert digests["manifest"] == found.manifests[architecture]
        report("digest", f"{name} {platform} config {digests['config']}")
        report("digest", f"{name} {platform} manifest {digests['manifest']}")
    report("digest", f"{name} index {found.index}")


def test_the_places_are_as_unlike_as_they_say(outcome: Callable[[Place], Outcome]) -> None:
    here, there = outcome(PLAIN).seen, outcome(ELSEWHERE).seen
    assert [name for name in here if here[name] == there[name]] == []
    assert there["year"] == 2031
    assert there["encoding"] == "iso8859-9"
    assert there["umask"] == 0o077
    assert there["home"] is None
