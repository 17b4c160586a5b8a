from __future__ import annotations

from pathlib import Path

import pytest

from simulators.images import FakeMachine, wheel_bytes
from workflow_containers import architecture
from workflow_containers.errors import MemberError, ToolError
from workflow_containers.platform import AMD64, ARM64
from workflow_containers.python.requirements import Pin, Target
from workflow_containers.python.wheelhouse import Pip, Stored, wheels
from workflow_containers.run import Command, Completed
from workflow_containers.store import Store
from workflow_sbom.digest import Digest

PURE = wheel_bytes("till", "2.0", {"till.py": b""})
X86 = wheel_bytes("fast", "1.0", {"fast.so": b"x86"})
ARM = wheel_bytes("fast", "1.0", {"fast.so": b"arm"})
INDEX = {
    "till-2.0-py3-none-any.whl": PURE,
    "fast-1.0-cp313-cp313-manylinux_2_17_x86_64.whl": X86,
    "fast-1.0-cp313-cp313-manylinux_2_17_aarch64.whl": ARM,
}
PINS = (
    Pin(name="fast", version="1.0", digests=(Digest.of(X86), Digest.of(ARM))),
    Pin(name="till", version="2.0", digests=(Digest.of(PURE),)),
)


def target(machine: str = "amd64") -> Target:
    platform = {"amd64": AMD64, "arm64": ARM64}[machine]
    return Target(python="3.13", architecture=architecture.of(platform), glibc=41)


def pip(machine: FakeMachine) -> Pip:
    return Pip(argv=("pip",), environment={"A": "1"}, run=machine)


def test_each_platform_gets_its_own_wheel(tmp_path: Path) -> None:
    store, machine = Store(tmp_path), FakeMachine(index=INDEX)
    assert [w.name for w in wheels(PINS, target("arm64"), store, pip(machine))] == [
        "fast-1.0-cp313-cp313-manylinux_2_17_aarch64.whl",
        "till-2.0-py3-none-any.whl",
    ]
    assert wheels(PINS, target(), store, pip(machine))[0] == Stored(
        name="fast-1.0-cp313-cp313-manylinux_2_17_x86_64.whl", digest=Digest.of(X86)
    )
    assert store.read(Digest.of(X86)) == X86


def test_pip_is_asked_for_exactly_what_is_locked(tmp_path: Path) -> None:
    machine = FakeMachine(index=INDEX)
    wheels(PINS, target(), Store(tmp_path), pip(machine))
    (argv,) = machine.commands
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(argv)
    assert argv[argv.index("--only-binary") + 1] == ":all:"
    assert argv[argv.index("--python-version") + 1] == "3.13"
    assert not [part for part in argv if "index" in part]


def test_a_wheel_is_fetched_once(tmp_path: Path) -> None:
    store, machine = Store(tmp_path), FakeMachine(index=INDEX)
    first = wheels(PINS, target(), store, pip(machine))
    assert wheels(PINS, target(), store, pip(machine)) == first
    assert len(machine.commands) == 1
    store.blob(Digest.of(X86)).unlink()
    assert wheels(PINS, target(), store, pip(machine)) == first
    assert len(machine.commands) == 2


def test_nothing_locked_asks_nothing(tmp_path: Path) -> None:
    machine = FakeMachine()
    assert wheels((), target(), Store(tmp_path), pip(machine)) == ()
    assert machine.commands == []


def test_a_wheel_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="no wheel of fast, till"):
        wheels(PINS, target(), Store(tmp_path), pip(FakeMachine()))


def lying(files: dict[str, bytes]) -> Pip:
    def run(command: Command) -> Completed:
        argv = [str(part) for part in command.argv]
        for name, data in files.items():
            (Path(argv[argv.index("--dest") + 1]) / name).write_bytes(data)
        return Completed(code=0, stdout=b"")

    return Pip(argv=("pip",), environment={}, run=run)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"till-2.0-py3-none-any.whl": b"evil"}, "not what was locked"),
        ({"till-3.0-py3-none-any.whl": PURE}, "not what was locked"),
        ({"evil-1.0-py3-none-any.whl": PURE}, "not what was locked"),
        ({"till-2.0.tar.gz": PURE}, "which is no wheel"),
    ],
)
def test_what_pip_brings_is_checked_again(
    tmp_path: Path, files: dict[str, bytes], message: str
) -> None:
    with pytest.raises(MemberError, match=message):
        wheels(PINS[1:], target(), Store(tmp_path), lying(files))


def test_pips_last_words_are_passed_on(tmp_path: Path) -> None:
    def failing(_: Command) -> Completed:
        return Completed(code=1, stdout=b"", stderr=b"WARNING\nERROR: no \x1b[31mmatch\n")

    with pytest.raises(ToolError) as caught:
        wheels(PINS, target(), Store(tmp_path), Pip(argv=("pip",), environment={}, run=failing))
    assert str(caught.value) == "pip can't fetch the locked wheels: ERROR: no ?[31mmatch"


def test_pip_has_a_home_where_the_user_has_none(tmp_path: Path) -> None:
    """An account without an entry in passwd, as containers run under: pip asks for its home."""
    homes = []

    class Asked(FakeMachine):
        def __call__(self, command: Command) -> Completed:
            homes.append(command.env["HOME"])
            return super().__call__(command)

    wheels(PINS, target(), Store(tmp_path / "a"), pip(Asked(index=INDEX)))
    given = Pip(argv=("pip",), environment={"HOME": "/home/me"}, run=Asked(index=INDEX))
    wheels(PINS, target(), Store(tmp_path / "b"), given)
    assert homes[0].startswith(str(tmp_path / "a/scratch"))
    assert homes[1] == "/home/me"
