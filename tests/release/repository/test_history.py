"""Every answer of the table in `workflow_release.repository.history`, from real repositories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.git_repository import GitRepository
from workflow_release.errors import SourceError
from workflow_release.machine.run import Command, Completed, run
from workflow_release.repository.git import Commit, References, Repository
from workflow_release.repository.history import (
    History,
    VersionSettings,
    decide,
    main_tips,
    read_history,
    refused_tags,
    steps_back,
)

A, B, C, D, E = (letter * 40 for letter in "abcde")


def read(repository: GitRepository, **settings: str) -> History:
    return read_history(repository.reader(), VersionSettings(**settings))


def version(repository: GitRepository, **settings: str) -> str:
    return str(decide(read(repository, **settings)))


def test_no_release_before(repository: GitRepository) -> None:
    repository.commit("feat!: begin")
    assert version(repository) == "0.1.0-dev.1"
    repository.commit("fix: go on")
    assert version(repository) == "0.1.0-dev.2"
    assert read(repository).previous is None


@pytest.mark.parametrize("options", [(), ("--annotate", "--message", "x")])
def test_a_tag_is_the_version(repository: GitRepository, options: tuple[str, ...]) -> None:
    repository.commit("feat: begin")
    repository.git("tag", *options, "v1.2.3")
    found = read(repository)
    assert str(decide(found)) == "1.2.3"
    assert (found.source.tag, found.source.on_main, found.source.clean) == ("v1.2.3", True, True)
    assert (found.previous, found.distance) == (None, 1)


def test_a_tag_of_a_tag_is_the_version(repository: GitRepository) -> None:
    repository.commit("feat: begin")
    repository.git("tag", "--annotate", "--message", "x", "inner")
    repository.git("tag", "--annotate", "--message", "x", "v1.2.3", "inner")
    assert version(repository) == "1.2.3"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("fix: x", "0.3.1-dev.1"),
        ("feat: x", "0.4.0-dev.1"),
        ("feat!: x", "0.4.0-dev.1"),
        ("whatever", "0.3.1-dev.1"),
    ],
)
def test_the_changes_since_the_last_release_decide(
    repository: GitRepository, message: str, expected: str
) -> None:
    repository.commit("feat: begin")
    repository.git("tag", "v0.3.0")
    repository.commit(message)
    assert version(repository) == expected


def test_a_breaking_change_is_major_after_the_first_major(repository: GitRepository) -> None:
    repository.commit("feat: begin")
    repository.git("tag", "v1.0.0")
    repository.commit("fix: x\n\nBREAKING CHANGE: y")
    repository.commit("docs: z")
    assert version(repository) == "2.0.0-dev.2"


def test_a_tagged_commit_has_the_changes_since_the_release_before(
    repository: GitRepository,
) -> None:
    repository.commit("feat: one")
    repository.git("tag", "v0.1.0")
    repository.commit("feat: two")
    repository.git("tag", "v0.2.0")
    found = read(repository)
    assert (str(found.previous), found.distance) == ("0.1.0", 1)
    assert [change.summary for change in found.changes] == ["two"]


def test_of_several_tags_the_highest_release_decides(repository: GitRepository) -> None:
    repository.commit("feat: begin")
    for tag in ("v1.0.0-rc.1", "v1.0.0", "v0.9.0", "v2.0.0-rc.1", "v3.0.0-dev.9", "other"):
        repository.git("tag", tag)
    found = read(repository)
    assert (str(found.tagged), found.source.tag) == ("1.0.0", "v1.0.0")
    assert [str(each) for each in found.released] == [
        "0.9.0", "1.0.0-rc.1", "1.0.0", "2.0.0-rc.1", "3.0.0-dev.9",
    ]  # fmt: skip


def test_a_candidate_is_a_version_and_does_not_restart_the_count(
    repository: GitRepository,
) -> None:
    repository.commit("feat: one")
    repository.git("tag", "v0.1.0")
    repository.commit("feat: two")
    repository.git("tag", "v0.2.0-rc.1")
    repository.git("tag", "v0.2.0-rc.2")
    assert version(repository) == "0.2.0-rc.2"
    repository.commit("fix: three")
    assert version(repository) == "0.2.0-dev.2"


def test_a_development_tag_decides_nothing(repository: GitRepository) -> None:
    repository.commit("feat: one")
    repository.git("tag", "v9.0.0-dev.7")
    found = read(repository)
    assert (str(decide(found)), found.source.tag) == ("0.1.0-dev.1", None)
    assert found.source.refused_tags == ()


def test_a_tag_that_is_no_semver_is_no_version(repository: GitRepository) -> None:
    repository.commit("feat: one")
    repository.git("tag", "v0.17.0")
    repository.commit("feat: two")
    repository.git("tag", "v0.18.10.1")
    found = read(repository)
    assert str(decide(found)) == "0.18.0-dev.1"
    assert (found.source.tag, found.source.refused_tags) == (None, ("v0.18.10.1",))
    repository.commit("fix: three")
    found = read(repository)
    assert (str(decide(found)), found.source.refused_tags) == ("0.18.0-dev.2", ())


def test_the_prefix_of_tags_is_a_setting(repository: GitRepository) -> None:
    repository.commit("feat: one")
    repository.git("tag", "v9.9.9")
    repository.git("tag", "tool/1.2.3")
    assert version(repository, tag_prefix="tool/") == "1.2.3"
    assert version(repository, tag_prefix="") == "0.1.0-dev.1"


@pytest.mark.parametrize("change", ["file.txt", "untracked.txt"])
def test_a_dirty_tree_is_never_published(repository: GitRepository, change: str) -> None:
    head = repository.commit("feat: one")
    repository.write(change, "changed")
    assert version(repository) == f"0.1.0-dev.1+g{head[:12]}.dirty"
    repository.git("tag", "v0.4.0")
    assert version(repository) == f"0.4.1-dev.0+g{head[:12]}.dirty"
    assert not decide(read(repository)).publishable


def test_a_dirty_candidate_is_a_development_version(repository: GitRepository) -> None:
    repository.commit("feat: one")
    repository.git("tag", "v0.1.0")
    head = repository.commit("feat: two")
    repository.git("tag", "v0.2.0-rc.1")
    repository.write("untracked", "")
    assert version(repository) == f"0.2.0-dev.1+g{head[:12]}.dirty"


def test_a_side_branch_is_never_published(repository: GitRepository) -> None:
    repository.commit("feat: one")
    repository.git("tag", "v0.1.0")
    repository.switch("side", new=True)
    assert version(repository) == "0.1.0"
    head = repository.commit("feat: two")
    found = read(repository)
    assert str(decide(found)) == f"0.2.0-dev.1+g{head[:12]}"
    assert (found.source.branch, found.source.on_main) == ("side", False)


def test_a_detached_head_on_main_is_as_good_as_main(repository: GitRepository) -> None:
    repository.commit("feat: one")
    second = repository.commit("feat: two")
    repository.commit("feat: three")
    repository.git("switch", "--quiet", "--detach", second)
    found = read(repository)
    assert str(decide(found)) == "0.1.0-dev.2"
    assert (found.source.branch, found.source.on_main) == (None, True)


def test_a_detached_head_elsewhere_is_never_published(repository: GitRepository) -> None:
    repository.commit("feat: one")
    repository.git("switch", "--quiet", "--detach")
    head = repository.commit("feat: two")
    assert version(repository) == f"0.1.0-dev.2+g{head[:12]}"


def test_a_commit_merged_into_main_is_not_on_its_line(repository: GitRepository) -> None:
    repository.commit("feat: one")
    repository.switch("side", new=True)
    side = repository.commit("feat: two")
    repository.switch("main")
    repository.commit("fix: three")
    repository.merge("side")
    repository.git("switch", "--quiet", "--detach", side)
    found = read(repository)
    assert (str(decide(found)), found.source.on_main) == (f"0.1.0-dev.2+g{side[:12]}", False)


def test_a_merge_counts_once_and_brings_its_branch(repository: GitRepository) -> None:
    repository.commit("feat: one")
    repository.git("tag", "v1.0.0")
    repository.switch("side", new=True)
    repository.commit("feat: two")
    repository.commit("fix: three")
    repository.switch("main")
    repository.merge("side")
    found = read(repository)
    assert str(decide(found)) == "1.1.0-dev.1"
    assert [change.summary for change in found.changes] == ["three", "two"]


def test_a_revert_takes_its_feature_back(repository: GitRepository) -> None:
    repository.commit("fix: one")
    repository.git("tag", "v1.0.0")
    repository.commit("feat: two", other="x")
    repository.git("revert", "--no-edit", "HEAD")
    assert version(repository) == "1.0.1-dev.2"
    assert read(repository).changes == ()


def test_a_tag_off_main_is_its_version_and_says_so(repository: GitRepository) -> None:
    repository.commit("feat: one")
    repository.switch("maintenance", new=True)
    repository.commit("fix: two")
    repository.git("tag", "v0.1.1")
    found = read(repository)
    assert (str(decide(found)), found.source.on_main) == ("0.1.1", False)


def test_a_release_on_a_merged_branch_is_not_the_last_one(repository: GitRepository) -> None:
    repository.commit("feat: one")
    repository.git("tag", "v0.1.0")
    repository.switch("maintenance", new=True)
    repository.commit("fix: two")
    repository.git("tag", "v0.1.1")
    repository.switch("main")
    repository.commit("feat: three")
    repository.merge("maintenance")
    found = read(repository)
    assert (str(decide(found)), str(found.previous)) == ("0.2.0-dev.2", "0.1.0")
    assert sorted(change.summary for change in found.changes) == ["three", "two"]


def test_a_release_merged_from_an_unrelated_line_is_not_the_last_one(
    repository: GitRepository,
) -> None:
    repository.commit("feat: one")
    repository.git("switch", "--quiet", "--orphan", "other")
    repository.commit("feat: two", elsewhere="x")
    repository.git("tag", "v5.0.0")
    repository.switch("main")
    repository.git("merge", "--quiet", "--no-ff", "--allow-unrelated-histories", "-m", "x", "other")
    found = read(repository)
    assert (str(decide(found)), found.previous) == ("0.1.0-dev.2", None)
    assert sorted(change.summary for change in found.changes) == ["one", "two"]


def test_an_old_commit_knows_nothing_of_later_releases(repository: GitRepository) -> None:
    repository.commit("feat: one")
    repository.git("tag", "v0.1.0")
    second = repository.commit("fix: two")
    repository.commit("feat: three")
    repository.git("tag", "v0.2.0")
    repository.git("switch", "--quiet", "--detach", second)
    found = read(repository)
    assert (str(decide(found)), str(found.previous)) == ("0.1.1-dev.1", "0.1.0")
    assert [change.summary for change in found.changes] == ["two"]


def test_a_lower_release_after_a_higher_one_is_the_last_one(repository: GitRepository) -> None:
    repository.commit("feat: one")
    repository.git("tag", "v2.0.0")
    repository.commit("feat: two")
    repository.git("tag", "v1.0.0")
    repository.commit("fix: three")
    found = read(repository)
    assert (str(decide(found)), str(found.previous), found.distance) == ("1.0.1-dev.1", "1.0.0", 1)
    assert [change.summary for change in found.changes] == ["three"]


def test_a_shallow_clone_is_refused(
    repository: GitRepository, make_repository: Callable[[str], GitRepository]
) -> None:
    repository.commit("feat: one")
    repository.commit("feat: two")
    clone = make_repository("clone")
    clone.git("fetch", "--quiet", "--depth=1", repository.folder.as_uri(), "main:copy")
    clone.switch("copy")
    with pytest.raises(SourceError, match="shallow clone") as caught:
        read(clone)
    assert "git fetch --unshallow --tags" in caught.value.remedy


def test_a_repository_without_a_commit_is_refused(repository: GitRepository) -> None:
    with pytest.raises(SourceError, match="without a commit") as caught:
        read(repository)
    assert caught.value.remedy


def test_a_bare_repository_is_refused(repository: GitRepository) -> None:
    repository.commit("one")
    repository.git("clone", "--quiet", "--bare", ".", "bare.git")
    bare = Repository(
        folder=repository.folder / "bare.git",
        run=run,
        environment=repository.reader().environment,
    )
    with pytest.raises(SourceError, match="bare repository"):
        read_history(bare)


def test_a_folder_without_git_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is in no git repository"):
        read_history(Repository(folder=tmp_path, run=run, environment={"PATH": "/usr/bin:/bin"}))


def test_the_main_branch_of_origin_counts(
    repository: GitRepository, make_repository: Callable[[str], GitRepository]
) -> None:
    repository.commit("feat: one")
    second = repository.commit("feat: two")
    repository.git("branch", "--move", "trunk")
    clone = make_repository("clone")
    clone.git("remote", "add", "origin", repository.folder.as_uri())
    clone.git("fetch", "--quiet", "origin")
    clone.git("remote", "set-head", "origin", "trunk")
    clone.git("switch", "--quiet", "--detach", second)
    found = read(clone)
    assert (str(decide(found)), found.source.on_main) == ("0.1.0-dev.2", True)
    assert found.source.repository is None


def test_the_source_is_told_whole(repository: GitRepository) -> None:
    head = repository.commit("feat: one")
    repository.git("remote", "add", "origin", "https://user:s3cret@example.org/o/r.git")
    source = read(repository).source
    assert source.commit == head
    assert source.committed_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert source.epoch == 1_700_000_000
    assert (source.branch, source.repository) == ("main", "https://example.org/o/r")


def test_a_folder_below_the_root_sees_the_whole_repository(repository: GitRepository) -> None:
    head = repository.commit("feat: one", **{"below/file": "x"})
    repository.write("beside", "")
    below = Repository(
        folder=repository.folder / "below", run=run, environment=repository.reader().environment
    )
    assert str(decide(read_history(below))) == f"0.1.0-dev.1+g{head[:12]}.dirty"


def test_a_linked_working_tree_is_read(repository: GitRepository) -> None:
    repository.commit("feat: one")
    repository.git("worktree", "add", "--quiet", "--detach", "../linked")
    linked = Repository(
        folder=repository.folder.parent / "linked",
        run=run,
        environment=repository.reader().environment,
    )
    found = read_history(linked)
    assert (str(decide(found)), found.source.branch) == ("0.1.0-dev.1", None)


def test_a_repository_of_sha256_is_read(make_repository: Callable[[str], GitRepository]) -> None:
    repository = make_repository("sha256")
    (repository.folder / ".git/config").unlink()
    repository.git("init", "--quiet", "--object-format=sha256", "inner")
    repository.folder /= "inner"
    head = repository.commit("feat: one")
    repository.write("untracked", "")
    assert len(head) == 64
    assert version(repository, branch="none") == f"0.1.0-dev.1+g{head[:12]}.dirty"


def test_a_repository_that_changes_meanwhile_is_refused(repository: GitRepository) -> None:
    repository.commit("feat: one")

    def moving(command: Command) -> Completed:
        done = run(command)
        if "rev-parse" in command.argv:
            repository.commit("feat: meanwhile")
        return done

    reader = Repository(
        folder=repository.folder, run=moving, environment=repository.reader().environment
    )
    with pytest.raises(SourceError, match="HEAD moved"):
        read_history(reader)


def references(
    branches: tuple[str, ...], origin: tuple[str, ...] = (), default: str | None = None
) -> References:
    return References(
        branch=None,
        tags=(),
        nested=(),
        branches={name: f"here/{name}" for name in branches},
        origin={name: f"origin/{name}" for name in origin},
        default=default,
    )


@pytest.mark.parametrize(
    ("found", "configured", "expected"),
    [
        (references(("main", "trunk")), "trunk", ("here/trunk",)),
        (references(("main",)), "trunk", ()),
        (references(("main", "dev"), ("main", "dev"), "dev"), None, ("here/dev", "origin/dev")),
        (references(("main", "master")), None, ("here/main",)),
        (references(("x", "y"), ("master",)), None, ("origin/master",)),
        (references(("x",), ("gone",), "gone-too"), None, ("here/x",)),
        (references(("x", "y")), None, ()),
        (references(()), None, ()),
    ],
)
def test_the_main_branch_is_found(
    found: References, configured: str | None, expected: tuple[str, ...]
) -> None:
    assert main_tips(found, configured) == expected


@pytest.mark.parametrize(
    ("names", "prefix", "expected"),
    [
        (("v0.18.10.1",), "v", ("v0.18.10.1",)),
        (("v1.2.3-beta.1", "v1.2", "latest", "very"), "v", ("v1.2", "v1.2.3-beta.1")),
        (("v1", "v1.2", "v1.2.3", "v1.3"), "v", ("v1.3",)),
        (("v1.2.3", "v1.2.3.4"), "v", ("v1.2.3.4",)),
        (("2024-spring", "v1"), "", ("2024-spring",)),
        (("v\u0661.2.3",), "v", ("v\u0661.2.3",)),
    ],
)
def test_tags_that_look_like_versions_are_told(
    names: tuple[str, ...], prefix: str, expected: tuple[str, ...]
) -> None:
    assert refused_tags([(name, A) for name in names], A, prefix) == expected
    assert refused_tags([(name, B) for name in names], A, prefix) == ()


@pytest.mark.parametrize(
    ("line", "release", "releases", "expected"),
    [
        ([(A, (B,)), (B, ())], None, (), 2),
        ([(A, (B,)), (B, ())], None, (A,), 2),
        ([(A, (B,)), (B, (C,))], C, (C,), 2),
        ([(A, (B, D)), (B, (C,)), (D, ())], C, (C,), 2),
        ([(A, (B,)), (B, (C,))], C, (B, C), None),
        ([(A, (B,)), (B, ())], C, (C,), None),
        ([(A, (B,)), (B, (D,))], C, (C,), None),
        ([], C, (C,), None),
    ],
)
def test_the_steps_back_follow_first_parents(
    line: list[tuple[str, tuple[str, ...]]],
    release: str | None,
    releases: tuple[str, ...],
    expected: int | None,
) -> None:
    commits = [Commit(name, parents, 0, b"") for name, parents in line]
    assert steps_back(commits, A, release, releases) == expected
