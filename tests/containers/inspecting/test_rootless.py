from __future__ import annotations

from pathlib import Path

import pytest

from simulators.images import World, world
from workflow_containers.building.builder import build_archive
from workflow_containers.definition import load
from workflow_containers.errors import InterpreterError, LayoutError
from workflow_containers.host import native_platform
from workflow_containers.inspecting import rootless
from workflow_containers.platform import AMD64, ARM64, Platform
from workflow_containers.run import Command, Completed

HERE = native_platform()
pytestmark = pytest.mark.skipif(HERE is None, reason="images run on Linux, amd64 or arm64, alone")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rootless")
    made: World = world(folder / "repository")
    definition = load(made.root / "images/shop.toml")
    build_archive(definition, made.inputs(), made.tools(folder / "store"), folder / "x.tar")
    return folder / "x.tar"


class Noting:
    """Notes what would be run."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def __call__(self, command: Command, /) -> Completed:
        self.commands.append(command)
        return Completed(code=3, stdout=b"1.2.3\n")


def here() -> Platform:
    assert HERE is not None
    return HERE


def ask(archive: Path, store: Path, run: Noting, *argv: str) -> tuple[int, bytes]:
    return rootless.run(archive, here(), argv, store=store, run=run, env={"HOME": "/x"})


def test_the_images_own_python_is_run_by_its_own_linker(archive: Path, tmp_path: Path) -> None:
    run = Noting()
    entrypoint = rootless.entrypoint(archive, here())
    assert entrypoint == ("/usr/bin/python3", "-m", "shop")
    assert ask(archive, tmp_path, run, *entrypoint, "--version") == (3, b"1.2.3\n")
    (command,) = run.commands
    argv = [str(part) for part in command.argv]
    root = command.cwd
    assert argv[0].startswith(f"{root}/usr/lib/")
    assert "/ld-linux" in argv[0]
    assert argv[argv.index("--argv0") + 1] == "/usr/bin/python3.13"
    assert argv[-4:] == [f"{root}/usr/bin/python3.13", "-m", "shop", "--version"]
    assert command.env["PYTHONHOME"] == f"{root}/usr"
    assert "PYTHONPATH" not in command.env
    assert (root / "app/shop.yaml").read_text(encoding="utf-8") == "open: true\n"


def test_an_image_is_unpacked_once(archive: Path, tmp_path: Path) -> None:
    run = Noting()
    for _ in range(2):
        ask(archive, tmp_path, run, "python3")
    first, second = run.commands
    assert first.cwd == second.cwd
    assert len(list((tmp_path / "roots").iterdir())) == 1


@pytest.mark.parametrize("program", ["/bin/sh", "sh", "/tmp/python3", "../python3", "python3.99"])
def test_nothing_but_the_images_python_is_run(archive: Path, tmp_path: Path, program: str) -> None:
    run = Noting()
    with pytest.raises(InterpreterError):
        ask(archive, tmp_path, run, program)
    assert run.commands == []


def test_another_processors_image_is_not_run(archive: Path, tmp_path: Path) -> None:
    other = ARM64 if here() == AMD64 else AMD64
    with pytest.raises(InterpreterError, match=f"this machine does not run {other}"):
        rootless.run(archive, other, ["python3"], store=tmp_path, run=Noting())


def test_a_damaged_archive_is_not_run(archive: Path, tmp_path: Path) -> None:
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    bad = tmp_path / "bad.tar"
    bad.write_bytes(data)
    run = Noting()
    with pytest.raises(LayoutError):
        ask(bad, tmp_path / "store", run, "python3")
    assert run.commands == []
    assert not (tmp_path / "store/roots").exists()
