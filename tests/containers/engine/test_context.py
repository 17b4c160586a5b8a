"""What goes to the engine with a Containerfile: what git tracks, bounded, the same each time."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from support.git_repository import GitRepository
from workflow_containers.engine import context
from workflow_containers.engine.context import Context, Git, write
from workflow_containers.errors import MemberError, ToolError
from workflow_containers.run import run

GIT = Git(run=run, environment={"PATH": os.environ["PATH"], "HOME": "/nonexistent"})


def files(folder: Path, **texts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def packed(folder: Path, *names: str) -> bytes:
    stream = io.BytesIO()
    write(folder, names, stream)
    return stream.getvalue()


def test_only_what_git_tracks_goes_in(repository: GitRepository) -> None:
    repository.commit("feat: x", **{"Containerfile": "FROM scratch", "sub/a": "1"})
    files(repository.folder, secret="s", _env="s")
    assert Context(folder=repository.folder, file="Containerfile").names(GIT) == (
        "Containerfile",
        "sub/a",
    )


def test_a_folder_of_the_repository_may_be_the_context(repository: GitRepository) -> None:
    repository.commit("feat: x", **{"image/Containerfile": "FROM scratch", "other": "1"})
    folder = repository.folder / "image"
    assert Context(folder=folder, file="Containerfile").names(GIT) == ("Containerfile",)


def test_dockerignore_takes_away_but_never_the_containerfile(tmp_path: Path) -> None:
    folder = files(
        tmp_path / "c",
        Containerfile="FROM scratch",
        a_log="1",
        keep_log="1",
        sub__b="1",
        _dockerignore="# all logs\n\n*.log\n!keep.log\nsub\nContainerfile\n",
    )
    names = Context(folder=folder, file="Containerfile", tracked=False).names(GIT)
    assert names == (".dockerignore", "Containerfile", "keep.log")


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a" * (1 << 20) + b"\n*"])
def test_a_dockerignore_that_is_none_is_told_or_cut(tmp_path: Path, data: bytes) -> None:
    folder = files(tmp_path / "c", Containerfile="FROM scratch")
    (folder / ".dockerignore").write_bytes(data)
    asked = Context(folder=folder, file="Containerfile", tracked=False)
    if data[:1] == b"a":
        assert "Containerfile" in asked.names(GIT)
    else:
        with pytest.raises(MemberError, match="can't be read"):
            asked.names(GIT)


@pytest.mark.parametrize("tracked", [True, False])
def test_a_folder_that_is_not_there_is_told(tmp_path: Path, *, tracked: bool) -> None:
    with pytest.raises(MemberError, match="no folder"):
        Context(folder=tmp_path / "none", file="Containerfile", tracked=tracked).names(GIT)


def test_a_folder_that_is_no_checkout_is_told(tmp_path: Path) -> None:
    folder = files(tmp_path / "c", Containerfile="FROM scratch")
    with pytest.raises(ToolError, match="git ls-files: fatal: not a git") as caught:
        Context(folder=folder, file="Containerfile").names(GIT)
    assert "--untracked" in caught.value.remedy


@pytest.mark.parametrize("file", ["Containerfile", "../Containerfile", "/etc/passwd", "sub"])
def test_a_containerfile_that_does_not_go_in_is_told(repository: GitRepository, file: str) -> None:
    repository.commit("feat: x", **{"other": "1", "sub/a": "1"})
    files(repository.folder, Containerfile="FROM scratch")
    with pytest.raises(MemberError, match="that goes in") as caught:
        Context(folder=repository.folder, file=file).names(GIT)
    assert "commit it" in caught.value.remedy


def test_the_same_files_make_the_same_archive(tmp_path: Path) -> None:
    made = []
    for name, mask in (("a", 0o022), ("b", 0o077)):
        before = os.umask(mask)
        folder = files(tmp_path / name, Containerfile="FROM scratch", sub__b="1", run="x")
        os.umask(before)
        (folder / "run").chmod(0o700)
        (folder / "link").symlink_to("sub/b")
        os.utime(folder / "run", (mask, mask))
        made.append(packed(folder, "Containerfile", "link", "run", "sub/b"))
    assert made[0] == made[1]
    with tarfile.open(fileobj=io.BytesIO(made[0])) as tar:
        assert {each.name: (each.mode, each.uid) for each in tar} == {
            "sub": (0o755, 0),
            "Containerfile": (0o644, 0),
            "link": (0o777, 0),
            "run": (0o755, 0),
            "sub/b": (0o644, 0),
        }


@pytest.mark.parametrize("target", ["/../x", "../secret", "a/../../b"])
def test_a_link_out_of_the_context_is_refused(tmp_path: Path, target: str) -> None:
    folder = files(tmp_path / "c", a="1")
    (folder / "link").symlink_to(target)
    with pytest.raises(MemberError, match="links out of the root"):
        packed(folder, "link")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    folder = files(tmp_path / "c", a="1")
    os.mkfifo(folder / "pipe")
    with pytest.raises(MemberError, match="no regular file"):
        packed(folder, "pipe")


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a//b", "\x1b[2J", ".wh.a", ""])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(MemberError):
        packed(files(tmp_path / "c", a="1"), name)


def test_a_file_that_git_tracks_and_somebody_removed_is_told(tmp_path: Path) -> None:
    with pytest.raises(MemberError, match="can't be read: No such file"):
        packed(files(tmp_path / "c", a="1"), "gone")


@pytest.mark.parametrize("limit", ["MAX_FILES", "MAX_BYTES"])
def test_a_context_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    folder = files(tmp_path / "c", a="1", b="2", c="3", Containerfile="FROM scratch")
    monkeypatch.setattr(context, limit, 2)
    with pytest.raises(MemberError, match="more than"):
        packed(folder, "a", "b", "c")
    if limit == "MAX_FILES":
        with pytest.raises(MemberError, match="more than"):
            Context(folder=folder, file="Containerfile", tracked=False).names(GIT)
