from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.faults import dribbling, status
from simulators.registry import Login, Registry
from simulators.registry_server import serving
from support.archives import write
from support.container_desk import ContainerDesk
from support.patience import until
from workflow_containers.platform import AMD64


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def host(registry: Registry) -> Iterator[str]:
    with serving(registry) as host:
        yield host


@pytest.fixture
def desk(tmp_path: Path) -> ContainerDesk:
    return ContainerDesk(home=tmp_path / "home")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write(tmp_path / "made")


def test_an_archive_is_pushed(
    desk: ContainerDesk, archive: Path, host: str, registry: Registry
) -> None:
    said = desk.run("push", str(archive), f"{host}/team/shop")
    assert said.code == 0
    digest = registry.repository("team/shop").tags["1.2.3"]
    head, row, reference = said.out.splitlines()
    assert head.split() == ["result", "image", "uploaded", "mounted", "there", "already"]
    assert row.split() == ["ok", f"{host}/team/shop:1.2.3", "5", "(820", "B)", "0", "0"]
    assert reference == f"{host}/team/shop@{digest}"
    assert f"next: docker pull {host}/team/shop@{digest}\n" in said.err


def test_several_names_of_several_repositories(
    desk: ContainerDesk, archive: Path, host: str, registry: Registry
) -> None:
    names = [f"{host}/team/shop:1.2.3", f"{host}/team/shop:1", f"{host}/mirror/shop"]
    said = desk.run("push", str(archive), *names, "--json")
    first, second = said.json
    assert (first["repository"], first["tags"]) == (f"{host}/team/shop", ["1.2.3", "1"])
    assert {blob["placed"] for blob in first["blobs"]} == {"uploaded"}
    assert second["tags"] == ["1.2.3"]
    assert {blob["placed"] for blob in second["blobs"]} == {"mounted"}
    assert set(registry.repository("team/shop").tags) == {"1.2.3", "1"}


def test_a_dry_run_writes_nothing(
    desk: ContainerDesk, archive: Path, host: str, registry: Registry
) -> None:
    said = desk.run("push", str(archive), f"{host}/team/shop", "--dry-run")
    assert said.code == 0
    assert "5 (820 B)" in said.out
    assert "dry run: nothing was written" in said.err
    assert registry.writes() == []
    assert registry.repository("team/shop").tags == {}


def test_a_version_is_never_moved_not_even_when_asked(
    desk: ContainerDesk, archive: Path, host: str, tmp_path: Path
) -> None:
    other = write(tmp_path / "other", {AMD64: (b"other",)})
    assert desk.run("push", str(archive), f"{host}/team/shop", f"{host}/team/shop:edge").code == 0
    said = desk.run("push", str(other), f"{host}/team/shop", "--move")
    assert said.code == 36
    assert "error: " in said.err
    assert "remedy: " in said.err
    assert said.out.splitlines()[1].split()[0] == "FAILED"
    assert desk.run("push", str(other), f"{host}/team/shop:edge").code == 36
    assert desk.run("push", str(other), f"{host}/team/shop:edge", "--move").code == 0


def test_one_registry_that_fails_hides_no_other(
    desk: ContainerDesk, archive: Path, host: str, registry: Registry
) -> None:
    other = Registry()
    other.plan("", status(403), times=99)
    with serving(other) as elsewhere:
        said = desk.run("push", str(archive), f"{elsewhere}/shop", f"{host}/team/shop", "--json")
    assert said.code == 34
    assert [each["ok"] for each in said.json] == [False, True]
    assert said.json[0]["remedy"]
    assert "1.2.3" in registry.repository("team/shop").tags
    assert "next:" not in said.err


@pytest.mark.parametrize(
    "name", ["shop@sha256:" + "0" * 64, "shop:1@sha256:" + "0" * 64, "SHOP", "shop:a b", "sh\x1bop"]
)
def test_no_place_to_push_to(desk: ContainerDesk, archive: Path, name: str) -> None:
    said = desk.run("push", str(archive), f"localhost:1/{name}")
    assert said.code in {2, 30}
    assert said.err.startswith("error: ")
    assert "\x1b" not in said.err


def test_what_is_no_archive(desk: ContainerDesk, tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(b"no archive")
    assert desk.run("push", str(path), "localhost:1/x:1").code == 27


@pytest.mark.parametrize("scheme", ["basic", "bearer"])
def test_with_dockers_own_credentials(desk: ContainerDesk, archive: Path, scheme: str) -> None:
    registry = Registry(login=Login(user="till", password="geheim", scheme=scheme))
    with serving(registry) as host:
        said = desk.run("push", str(archive), f"{host}/team/shop")
        assert said.code == 34
        auth = base64.b64encode(b"till:geheim").decode()
        config = desk.home / ".docker" / "config.json"
        config.parent.mkdir(parents=True)
        config.write_text(json.dumps({"auths": {host: {"auth": auth}}}), encoding="utf-8")
        config.chmod(0o600)
        said = desk.run("push", str(archive), f"{host}/team/shop")
    assert said.code == 0, said.err
    assert "1.2.3" in registry.repository("team/shop").tags
    assert "geheim" not in said.out + said.err


def test_ctrl_c_ends_an_upload_in_the_middle(host: str, registry: Registry, tmp_path: Path) -> None:
    """At the pace of this registry the layer would take minutes."""
    registry.plan("PATCH", dribbling(0.5))
    archive = write(tmp_path / "made", {AMD64: (bytes(30 << 20),)})
    command = [sys.executable, "-m", "workflow_containers", "push", str(archive), f"{host}/shop"]
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as process:
        until(lambda: registry.counted("PATCH") == 1, seconds=30, told=lambda: "nothing was sent")
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 130
        assert process.stderr is not None
        said = process.stderr.read().decode()
    assert said.endswith("interrupted; nothing half-made was left, run it again to finish\n")
    assert registry.repository("shop").tags == {}
