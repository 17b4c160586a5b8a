from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from workflow_containers.platform import AMD64, ARM64
from workflow_release.commands.making import put_files, select
from workflow_release.errors import UsageError
from workflow_release.model import GoBinary, Image, Recipe, Sdist, Wheel

ROOT = PurePosixPath()


def go(platform: object) -> GoBinary:
    return GoBinary(
        name="tool",
        project=ROOT,
        package=".",
        variable="main.version",
        platform=platform,  # type: ignore[arg-type]
    )


RECIPES: tuple[Recipe, ...] = (
    Sdist(distribution="a", project=ROOT),
    Wheel(distribution="a", project=ROOT),
    Image(name="a", definition=PurePosixPath("a.toml"), platforms=(AMD64,)),
    go(AMD64),
    go(ARM64),
)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], set()),
        (["sdist:a"], {"sdist:a"}),
        (["a"], {"sdist:a", "wheel:a", "image:a"}),
        (["wheel", "image"], {"wheel:a", "image:a"}),
        (["tool"], {"go:tool:linux/amd64", "go:tool:linux/arm64"}),
        (["go:tool:linux/arm64"], {"go:tool:linux/arm64"}),
    ],
)
def test_recipes_are_chosen_by_id_name_or_kind(words: list[str], expected: set[str]) -> None:
    assert select(RECIPES, words) == expected


def test_a_word_that_names_nothing_is_told() -> None:
    with pytest.raises(UsageError, match="--only toll: no such artifact") as caught:
        select(RECIPES, ["a", "toll"])
    assert caught.value.remedy == "did you mean 'tool'?"


def test_files_appear_whole_with_usual_modes(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"from a file")
    (tmp_path / "source").chmod(0o400)
    put_files([("a", b"from memory"), ("b", tmp_path / "source")], tmp_path / "new" / "out")
    out = tmp_path / "new" / "out"
    assert {path.name: path.read_bytes() for path in out.iterdir()} == {
        "a": b"from memory", "b": b"from a file",
    }  # fmt: skip
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o644}


def test_an_older_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(FileNotFoundError):
        put_files([("a", tmp_path / "absent")], tmp_path)
    assert (tmp_path / "a").read_text() == "old"
