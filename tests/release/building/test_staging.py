"""The export of a commit: git's own bytes, only what a project may see, nothing that escapes."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path, PurePosixPath

import pytest

from support.git_repository import GitRepository
from workflow_release.building.staging import Tracked, Tree, export, key_of, read_tree, visible
from workflow_release.errors import BuildError

HERE = PurePosixPath()


def tree_of(repository: GitRepository) -> Tree:
    return read_tree(repository.reader(), repository.git("rev-parse", "HEAD"))


def staged(repository: GitRepository, into: Path, project: str = "", *inputs: str) -> Path:
    files = visible(tree_of(repository), PurePosixPath(project), map(PurePosixPath, inputs))
    export(repository.reader(), files, into)
    return into


def listing(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()
    )


def link(repository: GitRepository, name: str, target: str) -> None:
    path = repository.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def crafted(repository: GitRepository, *rows: tuple[str, str, str], nested: str = "") -> None:
    """A commit whose tree no ordinary git writes: rows of mode, content and name."""
    listed = b""
    for mode, content, name in rows:
        blob = repository.git("hash-object", "-w", "--stdin", stdin=content.encode())
        listed += f"{mode} {'commit' if mode == '160000' else 'blob'} {blob}\t{name}\0".encode()
    if nested:
        inner = repository.git("mktree", "-z", stdin=listed)
        listed = f"040000 tree {inner}\t{nested}\0".encode()
    tree = repository.git("mktree", "-z", "--missing", stdin=listed)
    commit = repository.git("commit-tree", "-m", "feat: x", tree)
    repository.git("update-ref", "HEAD", commit)


def test_only_what_git_tracks_is_exported_as_it_was_committed(
    repository: GitRepository, tmp_path: Path
) -> None:
    repository.write("thing/run.sh", "#!/bin/sh\n")
    (repository.folder / "thing" / "run.sh").chmod(0o755)
    repository.commit("feat: x", **{"thing/a.txt": "committed\n", ".gitignore": "*.secret\n"})
    repository.write("thing/a.txt", "changed\n")
    repository.write("thing/new.txt", "untracked\n")
    repository.write("key.secret", "ignored\n")
    folder = staged(repository, tmp_path / "out")
    assert listing(folder) == [".gitignore", "thing/a.txt", "thing/run.sh"]
    assert (folder / "thing" / "a.txt").read_text() == "committed\n"


def test_no_attribute_filter_or_setting_changes_the_bytes(
    repository: GitRepository, tmp_path: Path
) -> None:
    repository.git("config", "core.autocrlf", "true")
    repository.git("config", "filter.evil.smudge", "touch /tmp/never; cat")
    attributes = (
        "lines.txt text eol=crlf\nid.txt ident\nvcs.txt export-subst\nout.txt export-ignore\n"
        "evil.txt filter=evil\nutf.txt working-tree-encoding=UTF-16\n"
    )
    files = {
        ".gitattributes": attributes,
        "lines.txt": "one\ntwo\n",
        "id.txt": "$Id$\n",
        "vcs.txt": "$Format:%H$\n",
        "out.txt": "kept\n",
        "evil.txt": "evil\n",
        "utf.txt": "ä\n",
    }
    repository.git("config", "core.safecrlf", "false")
    repository.commit("feat: x", **{k: v for k, v in files.items() if k != "utf.txt"})
    folder = staged(repository, tmp_path / "out")
    for name in files.keys() - {"utf.txt"}:
        assert (folder / name).read_text() == files[name]
    assert not Path("/tmp/never").exists()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_modes_do_not_depend_on_the_umask(
    repository: GitRepository, tmp_path: Path, umask: int
) -> None:
    repository.write("a/run.sh", "")
    (repository.folder / "a" / "run.sh").chmod(0o755)
    repository.commit("feat: x", **{"a/b/c.txt": ""})
    before = os.umask(umask)
    try:
        folder = staged(repository, tmp_path / "out")
    finally:
        os.umask(before)
    modes = {
        path.relative_to(tmp_path).as_posix(): oct(path.stat().st_mode & 0o7777)
        for path in (folder, *folder.rglob("*"))
    }
    assert modes == {
        "out": "0o755",
        "out/a": "0o755",
        "out/a/b": "0o755",
        "out/a/b/c.txt": "0o644",
        "out/a/run.sh": "0o755",
    }


def test_a_project_sees_its_folder_its_inputs_and_the_repositorys_licence(
    repository: GitRepository, tmp_path: Path
) -> None:
    repository.commit(
        "feat: x",
        **{
            "LICENSE": "root\n",
            "NOTICE.md": "root\n",
            "README.md": "root\n",
            "low/pyproject.toml": "",
            "lowest/pyproject.toml": "",
            "high/pyproject.toml": "",
            "high/LICENSE.txt": "own\n",
            "shared/schemas/a.json": "{}",
            "shared/b.json": "{}",
        },
    )
    low = staged(repository, tmp_path / "low", "low", "shared/schemas")
    assert listing(low) == [
        "low/LICENSE", "low/NOTICE.md", "low/pyproject.toml", "shared/schemas/a.json",
    ]  # fmt: skip
    high = staged(repository, tmp_path / "high", "high")
    assert listing(high) == ["high/LICENSE.txt", "high/pyproject.toml"]


def test_the_key_tells_exactly_what_is_staged(repository: GitRepository) -> None:
    repository.commit("feat: x", **{"a/x": "1", "a/y": "2", "b/z": "3"})

    def key(project: str = "a") -> object:
        return key_of(visible(tree_of(repository), PurePosixPath(project)))

    first = key()
    repository.commit("feat: elsewhere", **{"b/z": "4"})
    assert key() == first
    (repository.folder / "a" / "x").chmod(0o755)
    repository.commit("feat: mode", **{"b/z": "5"})
    changed = key()
    assert changed != first
    repository.git("mv", "a/y", "a/z")
    repository.commit("feat: renamed", **{"b/z": "6"})
    assert key() != changed
    repository.commit("feat: a licence", LICENSE="text")
    assert [row[0] for row in key()] == ["a/LICENSE", "a/x", "a/z"]  # type: ignore[attr-defined]


def test_an_input_that_is_not_there_is_told(repository: GitRepository) -> None:
    repository.commit("feat: x", **{"a/x": "1"})
    with pytest.raises(BuildError, match="b: an input of a that the commit does not hold") as told:
        visible(tree_of(repository), PurePosixPath("a"), [PurePosixPath("b")])
    assert "inputs" in told.value.remedy


def test_links_within_a_project_stay_and_others_become_copies(
    repository: GitRepository, tmp_path: Path
) -> None:
    link(repository, "low/README.md", "../README.md")
    link(repository, "low/schemas", "../shared/schemas")
    link(repository, "low/alias", "data/../data/real.txt")
    link(repository, "low/through", "chain")
    link(repository, "low/chain", "../indirect")
    link(repository, "low/dangling", "data/nothing")
    link(repository, "indirect", "shared/run.sh")
    repository.write("shared/run.sh", "#!/bin/sh\n")
    (repository.folder / "shared" / "run.sh").chmod(0o755)
    repository.commit(
        "feat: x",
        **{
            "README.md": "root\n",
            "shared/schemas/deep/a.json": "{}",
            "low/data/real.txt": "real\n",
        },
    )
    low = staged(repository, tmp_path / "out", "low") / "low"
    assert listing(low) == [
        "README.md", "alias", "chain", "dangling", "data/real.txt", "schemas/deep/a.json",
        "through",
    ]  # fmt: skip
    assert [name for name in listing(low) if (low / name).is_symlink()] == ["alias", "dangling"]
    assert (low / "README.md").read_text() == "root\n"
    assert (low / "alias").read_text() == "real\n"
    assert (low / "chain").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("thing/out", "/etc/passwd"),
        ("thing/out", "../../etc/passwd"),
        ("out", ".."),
        ("out", "thing/../../x"),
        ("thing/out", "up/../../x"),
        ("thing/out", "loop"),
        ("thing/out", "twice/.."),
    ],
)
def test_a_link_out_of_the_repository_is_refused(
    repository: GitRepository, name: str, target: str
) -> None:
    link(repository, name, target)
    link(repository, "thing/up", "..")
    link(repository, "thing/loop", "loop2")
    link(repository, "thing/loop2", "loop")
    link(repository, "thing/twice", "../thing/up")
    repository.commit("feat: x", **{"thing/a": "a"})
    tree = tree_of(repository)
    wanted = tuple(file for file in tree.files if "loop" not in file.path.name)
    only = Tree(commit=tree.commit, files=wanted, links=tree.links)
    with pytest.raises(BuildError, match=rf"{name}: a link to .*{target}, outside the repository"):
        visible(only, HERE)


def test_a_link_that_escapes_is_refused_on_the_disk_as_well(
    repository: GitRepository, tmp_path: Path
) -> None:
    link(repository, "out", "../../..")
    link(repository, "round", "round")
    repository.commit("feat: x")
    for name in ("out", "round"):
        files = tuple(f for f in tree_of(repository).files if f.path.name == name)
        if name == "out":
            with pytest.raises(BuildError, match="out: a link out of the export"):
                export(repository.reader(), files, tmp_path / name)
        else:
            export(repository.reader(), files, tmp_path / name)


def test_a_link_to_a_folder_with_links_is_refused(repository: GitRepository) -> None:
    link(repository, "low/shared", "../shared")
    link(repository, "shared/inner", "a")
    link(repository, "low/nothing", "../nothing")
    repository.commit("feat: x", **{"shared/a": "a"})
    with pytest.raises(BuildError) as told:
        visible(tree_of(repository), PurePosixPath("low"))
    assert told.value.message.splitlines() == [
        "low/nothing: a link to ../nothing, of which no copy can be made",
        "low/shared: a link to ../shared, of which no copy can be made",
    ]


@pytest.mark.parametrize("name", ["..", ".", ".git", ".GIT", ".Git"])
@pytest.mark.parametrize("nested", ["", "thing"])
def test_a_name_that_leads_elsewhere_is_refused(
    repository: GitRepository, name: str, nested: str
) -> None:
    crafted(repository, ("100644", "evil", name), nested=nested)
    with pytest.raises(BuildError, match="leads elsewhere"):
        tree_of(repository)


def test_a_name_that_is_two_things_is_refused(repository: GitRepository) -> None:
    blob = repository.git("hash-object", "-w", "--stdin", stdin=b"b")
    below = repository.git("mktree", "-z", stdin=f"100644 blob {blob}\tfile\x00".encode())
    for other, said in (
        (f"040000 tree {below}", "a file and a folder"),
        (f"100644 blob {blob}", "twice"),
    ):
        rows = f"120000 blob {blob}\ta\x00{other}\ta\x00"
        tree = repository.git("mktree", "-z", stdin=rows.encode())
        repository.git("update-ref", "HEAD", repository.git("commit-tree", "-m", "feat: x", tree))
        with pytest.raises(BuildError, match=f"a: .*{said}"):
            visible(tree_of(repository), HERE)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a\x1b[2Jb", "control character"),
        ("a\nb", "control character"),
        ("a\u202eb", "control character"),
        ("a\\b", "backslash"),
    ],
)
def test_a_name_that_could_hide_stops_only_whoever_sees_it(
    repository: GitRepository, name: str, said: str
) -> None:
    repository.commit("feat: x", **{f"odd/{name}": "x", "fine/a": "a"})
    tree = tree_of(repository)
    assert [str(file.path) for file in visible(tree, PurePosixPath("fine"))] == ["fine/a"]
    for project, inputs in (("odd", []), ("fine", [PurePosixPath("odd")]), ("", [])):
        with pytest.raises(BuildError, match=said) as told:
            visible(tree, PurePosixPath(project), inputs)
        assert told.value.message.isprintable(), told.value.message


def test_a_name_that_is_not_utf8_stops_only_whoever_sees_it(repository: GitRepository) -> None:
    (repository.folder / "odd").mkdir()
    Path(os.fsdecode(os.fsencode(repository.folder) + b"/odd/\xff")).write_text("")
    repository.commit("feat: x", **{"fine/a": "a"})
    assert len(visible(tree_of(repository), PurePosixPath("fine"))) == 1
    with pytest.raises(BuildError, match=r"odd/\\xff: the name is not UTF-8"):
        visible(tree_of(repository), HERE)


@pytest.mark.parametrize(
    ("one", "other"),
    [("a/Make", "a/make"), ("Dir/x", "dir/y"), ("é", "e\u0301"), ("straße", "STRASSE")],
)
def test_names_that_are_one_elsewhere_are_refused(
    repository: GitRepository, one: str, other: str
) -> None:
    repository.commit("feat: x", **{one: "1", other: "2", "fine/a": "a"})
    with pytest.raises(BuildError, match="differ in case or accents alone"):
        visible(tree_of(repository), HERE)
    visible(tree_of(repository), PurePosixPath("fine"))


def test_a_submodule_is_refused_where_it_is_seen(repository: GitRepository) -> None:
    repository.commit("feat: x", **{"fine/a": "a"})
    head = repository.git("rev-parse", "HEAD")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{head},odd/module")
    repository.git("commit", "-q", "-m", "feat: module")
    tree = tree_of(repository)
    assert len(visible(tree, PurePosixPath("fine"))) == 1
    with pytest.raises(BuildError, match="odd/module: a submodule"):
        visible(tree, HERE)


def test_a_large_file_pointer_is_refused(repository: GitRepository, tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"
    repository.commit("feat: x", **{"data.bin": pointer})
    with pytest.raises(BuildError, match=r"data\.bin: a Git LFS pointer, not the file"):
        staged(repository, tmp_path / "out")


def test_a_blob_that_git_lost_is_told(repository: GitRepository, tmp_path: Path) -> None:
    repository.commit("feat: x", a="a", b="b")
    lost = Tracked(path=PurePosixPath("lost"), mode="100644", id="0" * 40)
    files = (*tree_of(repository).files, lost)
    with pytest.raises(BuildError, match="lost: git does not have it"):
        export(repository.reader(), files, tmp_path / "out")


def test_contents_that_look_like_gits_own_words_change_nothing(
    repository: GitRepository, tmp_path: Path
) -> None:
    files = {
        "empty": "",
        "header": f"{'0' * 40} blob 3\nabc\n",
        "missing": f"{'0' * 40} missing\n",
        "lines": "\n" * 50,
    }
    repository.commit("feat: x", **files)
    folder = staged(repository, tmp_path / "out")
    assert {name: (folder / name).read_text() for name in listing(folder)} == files


def test_many_and_large_files_are_streamed(repository: GitRepository, tmp_path: Path) -> None:
    (repository.folder / "large").write_bytes(os.urandom(24 << 20))
    repository.commit("feat: x", **{f"many/{number}": f"{number}" for number in range(500)})
    tracemalloc.start()
    folder = staged(repository, tmp_path / "out")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(listing(folder)) == 501
    assert (folder / "many" / "499").read_text() == "499"
    assert (folder / "large").read_bytes() == (repository.folder / "large").read_bytes()
    assert peak < 8 << 20
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("tmp")] == []


def test_a_project_without_a_file_and_an_input_that_is_not_there_are_told_at_once(
    repository: GitRepository,
) -> None:
    repository.commit("feat: x", LICENSE="text")
    with pytest.raises(BuildError) as told:
        visible(tree_of(repository), PurePosixPath("none"), [PurePosixPath("no")])
    assert told.value.message.splitlines() == [
        "none: a project that the commit does not hold",
        "no: an input of none that the commit does not hold",
    ]


@pytest.mark.parametrize("project", ["", "libs", "libs/module", "libs/module/deep"])
def test_a_submodule_is_refused_from_above_and_from_within(
    repository: GitRepository, project: str
) -> None:
    repository.commit("feat: x", **{"libs/a": "a"})
    head = repository.git("rev-parse", "HEAD")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{head},libs/module")
    repository.git("commit", "-q", "-m", "feat: module")
    with pytest.raises(BuildError, match=r"^libs/module: a submodule; nothing of it"):
        visible(tree_of(repository), PurePosixPath(project))


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (b"", r"a link to '', which is no portable path"),
        (b"caf\xe9", r"a link to 'caf\\\\xe9', which is no portable path"),
        (b"a\0b", r"a link to 'a\\\\x00b', which is no portable path"),
        (b"..\\..\\x", r"a link to .*, which is no portable path"),
        (b"x" * 4096, "a link with a text of more than 4095 bytes"),
    ],
)
def test_a_link_that_no_machine_could_make_stops_only_whoever_sees_it(
    repository: GitRepository, target: bytes, said: str
) -> None:
    repository.commit("feat: x", **{"fine/a": "a"})
    blob = repository.git("hash-object", "-w", "--stdin", stdin=target)
    repository.git("update-index", "--add", "--cacheinfo", f"120000,{blob},odd/link")
    repository.git("commit", "-q", "-m", "feat: link")
    tree = tree_of(repository)
    assert len(visible(tree, PurePosixPath("fine"))) == 1
    with pytest.raises(BuildError, match=f"^odd/link: {said}") as told:
        visible(tree, PurePosixPath("odd"))
    assert told.value.message.isprintable()


def test_a_name_too_long_for_a_disk_stops_only_whoever_sees_it(repository: GitRepository) -> None:
    crafted(repository, ("100644", "x", "x" * 256), nested="odd")
    with pytest.raises(BuildError, match="a name of more than 255 bytes"):
        visible(tree_of(repository), PurePosixPath("odd"))


def test_what_the_first_gits_wrote_is_an_ordinary_file(
    repository: GitRepository, tmp_path: Path
) -> None:
    crafted(repository, ("100664", "text", "old"))
    folder = staged(repository, tmp_path / "out")
    assert (folder / "old").read_text() == "text"
    assert (folder / "old").stat().st_mode & 0o777 == 0o644


def test_the_repositorys_licence_may_be_a_link(repository: GitRepository, tmp_path: Path) -> None:
    link(repository, "LICENSE", "legal/MIT.txt")
    link(repository, "NOTICE", "nowhere")
    repository.commit("feat: x", **{"legal/MIT.txt": "text", "low/a": "a"})
    folder = staged(repository, tmp_path / "out", "low")
    assert listing(folder) == ["low/LICENSE", "low/a"]
    assert (folder / "low" / "LICENSE").read_text() == "text"


def test_a_file_is_found_where_a_link_leads_under_the_links_name(
    repository: GitRepository,
) -> None:
    link(repository, "one.txt", "two.txt")
    link(repository, "two.txt", "locks/real.txt")
    link(repository, "out.txt", "/etc/passwd")
    link(repository, "folder", "locks")
    repository.commit("feat: x", **{"locks/real.txt": "real"})
    tree = tree_of(repository)
    found = tree.find(PurePosixPath("one.txt"))
    assert found is not None
    assert (str(found.path), found.mode) == ("one.txt", "100644")
    assert repository.git("cat-file", "blob", found.id) == "real"
    for name in ("out.txt", "folder", "none.txt"):
        assert tree.find(PurePosixPath(name)) is None


def test_every_pointer_is_told_and_writing_about_them_is_none(
    repository: GitRepository, tmp_path: Path
) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"
    about = pointer + "is what a pointer looks like\n" * 50
    repository.commit("feat: x", **{"a.bin": pointer, "docs/lfs.md": about, "z.bin": pointer})
    with pytest.raises(BuildError) as told:
        staged(repository, tmp_path / "out")
    assert told.value.message.splitlines() == [
        "a.bin: a Git LFS pointer, not the file",
        "z.bin: a Git LFS pointer, not the file",
    ]
    assert listing(staged(repository, tmp_path / "docs", "docs")) == ["docs/lfs.md"]


@pytest.mark.parametrize("format_", ["sha1", "sha256"])
def test_a_file_that_is_not_what_its_id_says_is_refused(tmp_path: Path, format_: str) -> None:
    """Git itself hands it out without a word, and cache keys go by the id."""
    (tmp_path / "r").mkdir()
    repository = GitRepository(tmp_path / "r")
    repository.git("init", "-q", f"--object-format={format_}")
    repository.commit("feat: x", a="one", b="two")
    one, two = (
        tmp_path / "r/.git/objects" / file.id[:2] / file.id[2:]
        for file in tree_of(repository).files
    )
    staged(repository, tmp_path / "before")
    one.chmod(0o644)
    one.write_bytes(two.read_bytes())
    assert repository.git("cat-file", "blob", tree_of(repository).files[0].id) == "two"
    with pytest.raises(BuildError, match=r"^a: git holds other bytes under the id") as told:
        staged(repository, tmp_path / "out")
    assert "git fsck" in told.value.remedy


def test_an_export_over_an_earlier_one_is_the_later(
    repository: GitRepository, tmp_path: Path
) -> None:
    link(repository, "link", "a")
    repository.commit("feat: x", a="one")
    staged(repository, tmp_path / "out")
    repository.commit("feat: y", a="two")
    folder = staged(repository, tmp_path / "out")
    assert ((folder / "a").read_text(), (folder / "link").read_text()) == ("two", "two")
    assert (folder / "link").is_symlink()
