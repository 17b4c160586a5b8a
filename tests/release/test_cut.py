"""One release from plan to target: in what order, and what happens when a stage refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from simulators import releases
from support.desk import PROJECT, Desk
from support.git_repository import GitRepository
from support.workshops import Told
from workflow_release.attesting.provenance import LocalBuilder
from workflow_release.building.artifacts.interface import LockFile, Workshop
from workflow_release.cli import parse
from workflow_release.commands.interface import Shell
from workflow_release.commands.making import Job
from workflow_release.cut import Cut, Studio, cut
from workflow_release.errors import (
    BuildError,
    ConfigError,
    GateError,
    ReleaseError,
    SigningError,
    TargetError,
)
from workflow_release.machine.run import Command, Completed, run
from workflow_release.model import Lock, Plan, Published
from workflow_release.signing.interface import Signer
from workflow_release.targets.interface import Publisher
from workflow_release.targets.shipment import Shipment
from workflow_sbom.terminal.console import Console


@dataclass
class Diary:
    """What happened, in order; a `Run` that writes programs down and runs them."""

    events: list[str] = field(default_factory=list)

    def __call__(self, command: Command) -> Completed:
        self.events.append(f"run {Path(command.argv[0]).name}")
        return run(command)


@dataclass(frozen=True)
class Shelf:
    """A place releases go to that keeps what it is given; implements `Publisher`."""

    diary: Diary
    name: str = "shelf"
    occupied: tuple[str, ...] = ()
    broken: bool = False
    shipments: list[Shipment] = field(default_factory=list)

    def preflight(self, plan: Plan) -> tuple[str, ...]:
        self.diary.events.append(f"preflight {self.name} {plan.version}")
        return self.occupied

    def upload(self, _: Shipment, /) -> None:
        self.diary.events.append(f"upload {self.name}")

    def publish(self, shipment: Shipment, /) -> tuple[Published, ...]:
        self.diary.events.append(f"publish {self.name}")
        if self.broken:
            raise TargetError(f"{self.name} is broken")
        self.shipments.append(shipment)
        return (Published(target="shelf", location=self.name, created=True),)

    def advance(self, _: Shipment, /) -> tuple[Published, ...]:
        self.diary.events.append(f"advance {self.name}")
        return (Published(target="shelf", location=f"{self.name}, latest", created=True),)


@dataclass(frozen=True)
class Pen:
    """A signer that writes down when it signs, or can't; implements `Signer`."""

    diary: Diary
    empty: bool = False
    by: Signer = field(default_factory=releases.signer)

    @property
    def identity(self) -> str:
        return self.by.identity

    @property
    def public_key_pem(self) -> bytes:
        return self.by.public_key_pem

    def sign_statement(self, statement: bytes) -> bytes:
        self.diary.events.append("sign")
        if self.empty:
            raise SigningError("the pen is empty")
        return self.by.sign_statement(statement)


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def project(repository: GitRepository) -> GitRepository:
    repository.commit("feat: x", **PROJECT)
    return repository


@dataclass(frozen=True)
class Maker:
    """Cuts the project's commit with these publishers and this pen."""

    project: GitRepository
    diary: Diary
    scratch: Path
    told: Told = field(default_factory=Told)

    def cut(self, *publishers: Publisher, **changes: object) -> Cut:
        desk = Desk(folder=self.project.folder, scratch=self.scratch, runner=self.diary)
        silent = Console.of({})
        shell = Shell(console=silent, host=desk.host, run=self.diary)
        job = Job.of(parse(["cut", "-C", str(self.project.folder)]), shell)
        with job.workshop(shell) as shop:
            self.diary.events.clear()
            studio = self.studio(replace(shop, progress=self.told), publishers)
            return cut(replace(studio, **changes))  # type: ignore[arg-type]

    def studio(self, shop: Workshop, publishers: tuple[Publisher, ...]) -> Studio:
        return Studio(
            shop=shop,
            signer=Pen(self.diary),
            builder=LocalBuilder(),
            publishers=publishers,
            requirements=None,
            locks=lambda _: shop.backends.content,
        )


@pytest.fixture
def maker(project: GitRepository, diary: Diary, tmp_path: Path) -> Maker:
    return Maker(project, diary, tmp_path / "scratch")


def refused(kind: type[ReleaseError], act: Callable[[], object]) -> ReleaseError:
    with pytest.raises(kind) as caught:
        act()
    return caught.value


def test_everything_is_decided_before_anything_is_published(maker: Maker, diary: Diary) -> None:
    shelves = (Shelf(diary, "a"), Shelf(diary, "b"))
    made = maker.cut(*shelves)
    stages = [event for event in diary.events if not event.startswith("run ")]
    assert stages == [
        "preflight a 0.1.0-dev.1", "preflight b 0.1.0-dev.1", "sign", "sign",
        "upload a", "upload b", "publish a", "publish b", "advance a", "advance b",
    ]  # fmt: skip
    assert not any(event.startswith("run ") for event in diary.events[:2])
    last_run = max(at for at, event in enumerate(diary.events) if event.startswith("run "))
    assert last_run < diary.events.index("upload a")
    assert made.published == tuple(
        Published(target="shelf", location=name, created=True)
        for name in ("a", "b", "a, latest", "b, latest")
    )
    assert [item.name for item in made.shipment.items] == [
        "thing-0.1.0.dev1.tar.gz",
        "thing-0.1.0.dev1-py3-none-any.whl",
        "thing-0.1.0.dev1.tar.gz.cdx.json",
        "thing-0.1.0.dev1-py3-none-any.whl.cdx.json",
        "thing-0.1.0-dev.1.cdx.json",
        "SHA256SUMS",
        "provenance.sigstore.json",
        "release.json",
        "release.json.sigstore.json",
    ]


def test_progress_counts_artifacts_and_stages_from_the_start(maker: Maker, diary: Diary) -> None:
    maker.cut(Shelf(diary))
    expected = [int(count) for kind, count in maker.told.events if kind == "expect"]
    ended = [task for kind, task in maker.told.events if kind in {"made", "reused"}]
    assert sum(expected) == len(ended) == 5
    assert ended[2:] == ["describe and sign", "examine and judge", "publish"]


def test_a_second_run_ships_the_same_bytes_and_builds_nothing(maker: Maker, diary: Diary) -> None:
    first, second = maker.cut(Shelf(diary)), maker.cut(Shelf(diary))
    assert list(first.shipment.items) == list(second.shipment.items)
    assert maker.told.which("reused") == {"sdist:thing", "wheel:thing"}


def test_an_occupied_place_refuses_before_anything_is_built(maker: Maker, diary: Diary) -> None:
    shelf = Shelf(diary, occupied=("the shelf holds another",))
    error = refused(GateError, lambda: maker.cut(Shelf(diary, "free"), shelf))
    assert "the shelf holds another" in error.message
    assert diary.events == ["preflight free 0.1.0-dev.1", "preflight shelf 0.1.0-dev.1"]
    assert not (maker.scratch / "cache" / "files").exists()


def test_uncommitted_changes_are_refused_before_anything_is_built(
    maker: Maker, diary: Diary
) -> None:
    maker.project.write("thing.py", "changed = True\n")
    error = refused(GateError, lambda: maker.cut(Shelf(diary)))
    assert "clean-tree" in error.message
    assert [event.split()[0] for event in diary.events] == ["preflight"]


def test_a_failed_build_is_neither_signed_nor_published(maker: Maker, diary: Diary) -> None:
    maker.project.commit("fix: break it", **{"backend.py": "raise ValueError('broken')\n"})
    error = refused(BuildError, lambda: maker.cut(Shelf(diary)))
    assert "sdist:thing" in error.message
    assert "ValueError: broken" in error.message
    assert "wheel:thing: not tried, sdist:thing failed" in error.message
    assert {"sign", "publish shelf"}.isdisjoint(diary.events)


def test_what_a_gate_refuses_is_never_published(maker: Maker, diary: Diary) -> None:
    lies = PROJECT["backend.py"].replace(
        '"thing.py": Path("thing.py").read_bytes(),', '"thing.py": b"__version__ = \'9\'",'
    )
    maker.project.commit("feat: lie", **{"backend.py": lies.replace("{_hash(data)}", "AAAA")})
    error = refused(GateError, lambda: maker.cut(Shelf(diary)))
    assert isinstance(error, GateError)
    assert {finding.gate for finding in error.findings} >= {"wellformed"}
    assert "publish shelf" not in diary.events
    assert maker.told.which("failed") == {"examine and judge"}


def test_a_stable_release_of_a_lock_that_cannot_be_read_is_refused(
    maker: Maker, diary: Diary
) -> None:
    maker.project.git("tag", "v1.0.0")

    def gone(lock: Lock) -> bytes:
        raise ConfigError(f"{lock.name} has gone")

    error = refused(GateError, lambda: maker.cut(Shelf(diary), locks=gone))
    assert "locks/none.txt has gone" in error.message
    assert "publish shelf" not in diary.events


def test_requirements_that_cannot_be_installed_are_refused(maker: Maker, diary: Diary) -> None:
    unhashed = LockFile(name="locks/run.txt", content=b"no-such-thing==1\n")
    error = refused(ReleaseError, lambda: maker.cut(Shelf(diary), requirements=unhashed))
    assert error.exit_code in {7, 9}
    assert "publish shelf" not in diary.events


def test_what_cannot_be_signed_is_not_published(maker: Maker, diary: Diary) -> None:
    pen = Pen(diary, empty=True)
    error = refused(SigningError, lambda: maker.cut(Shelf(diary), signer=pen))
    assert error.message == "the pen is empty"
    assert diary.events.count("sign") == 1
    assert "publish shelf" not in diary.events


def test_all_targets_take_each_step_before_any_takes_the_next(maker: Maker, diary: Diary) -> None:
    made = maker.cut(Shelf(diary, "a"), Shelf(diary, "b"))
    steps = ("upload", "publish", "advance")
    told = [event for event in diary.events if event.startswith(steps)]
    assert told == [f"{step} {name}" for step in steps for name in ("a", "b")]
    assert len(made.published) == 4


def test_an_error_of_a_target_stops_those_after_it(maker: Maker, diary: Diary) -> None:
    first, second, third = Shelf(diary, "a"), Shelf(diary, "b", broken=True), Shelf(diary, "c")
    refused(TargetError, lambda: maker.cut(first, second, third))
    assert len(first.shipments) == 1
    assert "publish c" not in diary.events
    assert not any(event.startswith("advance") for event in diary.events)
    assert maker.told.which("failed") == {"publish"}


def test_an_interruption_is_no_failure_of_a_stage(maker: Maker, diary: Diary) -> None:
    @dataclass(frozen=True)
    class Interrupted(Pen):
        def sign_statement(self, statement: bytes) -> bytes:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        maker.cut(Shelf(diary), signer=Interrupted(diary))
    assert maker.told.which("failed") == set()
    assert "publish shelf" not in diary.events
