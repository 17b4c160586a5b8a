from __future__ import annotations

from pathlib import Path

import pytest

from simulators.images import ENGINE
from workflow_containers.definition import load
from workflow_containers.errors import DefinitionError
from workflow_containers.smoke import Get, Smoke

ROOT = Path(__file__).parents[2]


def read(tmp_path: Path, text: str) -> Smoke | None:
    path = tmp_path / "shop.toml"
    path.write_text(f"{ENGINE}\n{text}", encoding="utf-8")
    return load(path).smoke


def test_a_definition_says_how_its_image_is_tried(tmp_path: Path) -> None:
    text = '[smoke]\nargs = ["-v"]\n[[smoke.get]]\npath = "/x?y"\nstatus = 204\ntext = "z"\n'
    wanted = Smoke(args=("-v",), get=(Get(path="/x?y", status=204, text="z"),))
    assert read(tmp_path, text) == wanted
    assert read(tmp_path, "") is None
    assert read(tmp_path, "[smoke]") == Smoke()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("[smoke]\nexit = 256", "smoke.exit"),
        ("[smoke]\nexit = -1", "smoke.exit"),
        ('[smoke]\nexit = 0\n[[smoke.get]]\npath = "/"', "smoke.exit"),
        ('[[smoke.get]]\npath = "x"', "smoke.get[0].path"),
        ('[[smoke.get]]\npath = "/a b"', "smoke.get[0].path"),
        ('[[smoke.get]]\npath = "/\\r\\nHost: x"', "smoke.get[0].path"),
        ('[[smoke.get]]\npath = "/"\nstatus = 101', "smoke.get[0].status"),
        ('[[smoke.get]]\npath = "/"\nstatus = 600', "smoke.get[0].status"),
        ("[[smoke.get]]\nstatus = 200", "smoke.get[0].path"),
        ("[smoke]\nargz = []", "smoke.argz"),
        ('[smoke]\ntmpfs = ["/tmp", "/a/../b"]', "smoke.tmpfs"),
        ("[smoke]\nmemory = 1", "smoke.memory"),
    ],
)
def test_what_can_not_be_tried_is_refused(tmp_path: Path, text: str, path: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read(tmp_path, text)
    assert [fault.path for fault in caught.value.faults] == [path]


@pytest.mark.parametrize("name", ["engine", "migrate"])
def test_this_repositorys_own_images_are_tried(name: str) -> None:
    assert load(ROOT / f"containers/{name}.toml").smoke
