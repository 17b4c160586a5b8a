"""What a person may ask `run` for; running for real is in `interop`."""

from __future__ import annotations

from pathlib import Path

import pytest

from workflow_containers.cli import run_command


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--env", "A B=c"], "'A B' is no name of an environment variable"),
        (["--env", "=c"], "'' is no name of an environment variable"),
        (["--env", "\x1b[2J"], "is no name of an environment variable"),
        (["--tmpfs", "tmp"], "'tmp' is no folder of a container"),
        (["--tmpfs", "/"], "'/' is no folder of a container"),
        (["--tmpfs", "/a/../etc"], "is no folder of a container"),
        (["--tmpfs", "/tmp:exec"], "is no folder of a container"),
        (["--memory", "15"], "--memory: 15 MiB is too little"),
        (["--stop-after", "16"], "--stop-after: 16 seconds"),
        (["--stop-after", "-1"], "--stop-after: -1 seconds"),
        (["--network", "bridge"], "bridge"),
    ],
)
def test_what_makes_no_sense_is_refused_before_an_engine_is_asked(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["run", "x.tar", "--engine", "/none", *words]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "\x1b" not in err


def test_a_trial_waits_for_something(capsys: pytest.CaptureFixture[str]) -> None:
    definition = str(Path(__file__).parents[3] / "containers/engine.toml")
    assert run_command(["smoke", definition, "x.tar", "--wait=0"]) == 2
    assert "--wait: 0 seconds" in capsys.readouterr().err


def test_a_platform_that_is_none_is_refused() -> None:
    assert run_command(["run", "x.tar", "--engine", "/none", "--platform", "arm"]) == 22


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.usefixtures("sockets_of_the_sdk")
@pytest.mark.parametrize("command", ["run", "smoke", "containerfile"])
def test_no_engine_is_an_error_with_a_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    root = Path(__file__).parents[3]
    words = {
        "run": ["x.tar"],
        "smoke": [str(root / "containers/engine.toml"), "x.tar"],
        "containerfile": [str(tmp_path), "--name=a", "--version=1", f"--output={tmp_path}/a.tar"],
    }
    assert run_command([command, *words[command], "--engine", f"{tmp_path}/none"]) == 37
    out, err = capsys.readouterr()
    assert out == ""
    assert f"error: no Docker Engine at unix://{tmp_path}/none: No such file" in err
    assert "remedy: start Docker" in err


def test_an_image_that_says_not_how_it_is_tried_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from simulators.images import ENGINE

    (tmp_path / "shop.toml").write_text(ENGINE)
    assert run_command(["smoke", str(tmp_path / "shop.toml"), "x.tar"]) == 21
    assert "smoke: missing (say how the image is tried)" in capsys.readouterr().err
