from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.git_repository import GitRepository
from workflow_release.errors import SourceError, ToolError
from workflow_release.machine.run import Command, Completed, run
from workflow_release.repository import git
from workflow_release.repository.git import Commit, Entry, Repository

A = "a" * 40


@dataclass(frozen=True, slots=True)
class Failing:
    """Runs nothing; every command fails with that message."""

    said: bytes

    def __call__(self, command: Command) -> Completed:
        return Completed(code=128, stdout=b"", stderr=self.said)


def test_git_sees_nothing_else_of_the_caller() -> None:
    seen: list[Command] = []

    def recorded(command: Command) -> Completed:
        seen.append(command)
        return Completed(code=0, stdout=b"", stderr=b"")

    caller = {
        "PATH": "/bin", "HOME": "/home/x", "GIT_DIR": "/evil", "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_PARAMETERS": "'core.pager'='evil'", "GIT_EXTERNAL_DIFF": "evil", "LANG": "de",
        "TOKEN": "s3cret",
    }  # fmt: skip
    Repository(folder=Path("/x"), run=recorded, environment=caller).git("status")
    (command,) = seen
    assert command.cwd == Path("/x")
    assert dict(command.env) == {
        "PATH": "/bin",
        "HOME": "/home/x",
        "LC_ALL": "C",
        "TZ": "UTC",
        "GIT_FLUSH": "0",
        "GIT_GRAFT_FILE": "/dev/null",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }


def test_several_commands_answer_in_the_order_asked(repository: GitRepository) -> None:
    first = repository.commit("one")
    answers = repository.reader().together(
        ("rev-parse", "HEAD"), ("symbolic-ref", "HEAD"), ("rev-parse", "HEAD^{tree}")
    )
    assert answers == (
        f"{first}\n".encode(),
        b"refs/heads/main\n",
        f"{repository.git('rev-parse', 'HEAD^{tree}')}\n".encode(),
    )


def test_one_failing_command_fails_them_all(repository: GitRepository) -> None:
    repository.commit("one")
    with pytest.raises(SourceError, match="`git show` failed"):
        repository.reader().together(("rev-parse", "HEAD"), ("show", "HEAD:absent"))


def test_standard_input_reaches_git(repository: GitRepository) -> None:
    printed = repository.reader().git("hash-object", "--stdin", stdin=b"")
    assert printed == b"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\n"


def test_a_folder_outside_any_repository_is_refused(tmp_path: Path) -> None:
    reader = Repository(folder=tmp_path, run=run, environment={"GIT_DIR": str(Path.cwd())})
    with pytest.raises(SourceError, match="is in no git repository") as caught:
        reader.git("rev-parse", "HEAD")
    assert "git init" in caught.value.remedy


def test_a_missing_git_is_said(repository: GitRepository) -> None:
    reader = Repository(folder=repository.folder, run=run, environment={"PATH": "/nonexistent"})
    with pytest.raises(ToolError, match="git: no such program"):
        reader.git("version")


def test_another_user_s_repository_is_refused_with_the_remedy() -> None:
    refused = Failing(
        b"fatal: detected dubious ownership in repository at '/x'\n\tgit config --global --add"
    )

    with pytest.raises(SourceError, match="belongs to another user") as caught:
        Repository(folder=Path("/x"), run=refused, environment={}).git("status")
    assert "safe.directory" in caught.value.remedy


def test_what_git_says_cannot_control_the_terminal() -> None:
    failed = Failing(b"fatal: \x1b[31m\xff\xe2\x80\xae evil")
    with pytest.raises(SourceError) as caught:
        Repository(folder=Path("/x\n"), run=failed, environment={}).git("status")
    assert str(caught.value).isprintable()


def test_a_bare_repository_inside_a_checkout_is_not_entered(repository: GitRepository) -> None:
    repository.commit("one")
    inner = repository.folder / "inner"
    inner.mkdir()
    repository.git("init", "--quiet", "--bare", "inner")
    marker = repository.folder / "ran"
    (inner / "config").write_text(
        f'[core]\n\tbare = true\n\tfsmonitor = "touch {marker}"\n', encoding="utf-8"
    )
    reader = Repository(folder=inner, run=run, environment=repository.reader().environment)
    with pytest.raises(SourceError, match="is in a bare repository"):
        reader.git("status")
    assert not marker.exists()


def test_reading_starts_no_program_of_the_repository(repository: GitRepository) -> None:
    repository.commit("one")
    marker = repository.folder / ".git" / "ran"
    script = repository.folder / ".git" / "evil"
    script.write_text(f"#!/bin/sh\ntouch {marker}\n", encoding="utf-8")
    script.chmod(0o755)
    (repository.folder / ".git/hooks").mkdir(exist_ok=True)
    for hook in ("post-index-change", "reference-transaction"):
        (repository.folder / ".git/hooks" / hook).symlink_to(script)
    for name in ("core.fsmonitor", "core.pager", "gpg.program", "diff.external"):
        repository.git("config", name, str(script))
    repository.git("config", "log.showSignature", "true")
    reader = repository.reader()
    reader.together(
        git.HEAD_COMMAND, git.REFERENCES_COMMAND, git.STATUS_COMMAND, git.ORIGIN_COMMAND
    )
    reader.git(*git.log_command(repository.git("rev-parse", "HEAD"), None))
    assert not marker.exists()


def test_reading_writes_nothing(repository: GitRepository) -> None:
    repository.commit("one", file="x")
    index = repository.folder / ".git/index"
    before = index.read_bytes()
    (repository.folder / "file").touch()
    repository.reader().git(*git.STATUS_COMMAND)
    assert index.read_bytes() == before


def test_ls_tree_lists_what_a_commit_holds(repository: GitRepository) -> None:
    repository.write("b/run.sh", "x")
    (repository.folder / "b/run.sh").chmod(0o755)
    (repository.folder / "a\nb\t\u00e9").write_text("x", encoding="utf-8")
    (repository.folder / "link").symlink_to("b/run.sh")
    commit = repository.commit("one", **{"b/text": "y"})
    x, y, link = (
        repository.reader().git("hash-object", "--stdin", stdin=data).decode().strip()
        for data in (b"x", b"y", b"b/run.sh")
    )
    repository.write("untracked", "z")
    assert repository.reader().ls_tree(commit) == (
        Entry("100644", "blob", x, "a\nb\t\u00e9".encode()),
        Entry("100755", "blob", x, b"b/run.sh"),
        Entry("100644", "blob", y, b"b/text"),
        Entry("120000", "blob", link, b"link"),
    )
    assert [entry.path for entry in repository.reader().ls_tree(commit, "b")] == [
        b"b/run.sh",
        b"b/text",
    ]
    assert repository.reader().ls_tree(commit, ":(glob)*") == ()


@pytest.mark.parametrize("text", ["HEAD", "--output=x", "a" * 39, "A" * 40, "a" * 40 + "\n", ""])
def test_objects_are_named_by_their_ids_only(repository: GitRepository, text: str) -> None:
    for call in (
        lambda: git.log_command(text, None),
        lambda: git.log_command(A, text),
        lambda: git.line_command([text]),
        lambda: git.line_to_command(text, [A]),
        lambda: repository.reader().ls_tree(text),
    ):
        with pytest.raises(SourceError, match="is no commit id"):
            call()


def test_a_sha256_id_is_an_id() -> None:
    assert git.checked_id("a" * 64) == "a" * 64


def test_a_head_is_read_whatever_the_folder_is_called() -> None:
    head = git.parse_head(b"false\n/a\nb\xff\n" + A.encode() + b"\n")
    assert (bytes(head.root), head.commit, head.shallow) == (b"/a\nb\xff", A, False)
    assert git.parse_head(b"true\n/a\n" + A.encode() + b"\n").shallow


def test_references_are_read(repository: GitRepository) -> None:
    first = repository.commit("one")
    repository.git("tag", "v1.0.0")
    repository.git("tag", "--annotate", "--message", "x", "v1.0.1")
    repository.git("tag", "--annotate", "--message", "x", "nested", "v1.0.1")
    repository.git("tag", "blob", repository.git("rev-parse", "HEAD:file.txt"))
    repository.git("update-ref", "refs/tags/odd\u202ename", "HEAD")
    repository.git("switch", "--quiet", "--create", "topic/one")
    second = repository.commit("two")
    repository.git("update-ref", "refs/remotes/origin/trunk", first)
    repository.git("update-ref", "refs/remotes/originals/main", first)
    repository.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    found = git.parse_references(repository.reader().git(*git.REFERENCES_COMMAND))
    assert found.branch == "topic/one"
    assert found.branches == {"main": first, "topic/one": second}
    assert (found.origin, found.default) == ({"trunk": first}, "trunk")
    assert set(found.tags) >= {("v1.0.0", first), ("v1.0.1", first), ("odd\\u202ename", first)}
    # git before 2.45 follows one tag only; then the toolkit asks again
    assert {name for name, _ in (*found.tags, *found.nested)} == {
        "v1.0.0", "v1.0.1", "odd\\u202ename", "nested",
    }  # fmt: skip


def test_a_tag_of_a_tag_leads_to_its_commit(repository: GitRepository) -> None:
    first = repository.commit("one")
    repository.git("tag", "--annotate", "--message", "x", "inner")
    blob = repository.git("rev-parse", "HEAD:file.txt")
    repository.git("tag", "--annotate", "--message", "x", "file", blob)
    reader = repository.reader()
    assert reader.peel(repository.git("rev-parse", "inner")) == first
    assert reader.peel(repository.git("rev-parse", "file")) is None


def test_a_log_is_read_with_any_message(repository: GitRepository) -> None:
    tree = repository.git("write-tree")
    raw = f"tree {tree}\nauthor A <a> 5 +0200\ncommitter C <c> 9 -0700\n\n".encode()
    message = b"no utf-8: \xff\n\nbody\x1b[31m\n"
    first = repository.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw + message)
    repository.git("reset", "--quiet", "--hard", first)
    second = repository.commit("two")
    reader = repository.reader()
    assert git.parse_log(reader.git(*git.log_command(second, None))) == (
        Commit(second, (first,), 1_700_000_000, b"two"),
        Commit(first, (), 9, message),
    )
    assert [row.id for row in git.parse_log(reader.git(*git.log_command(second, first)))] == [
        second
    ]


def test_replaced_and_grafted_history_is_not_believed(repository: GitRepository) -> None:
    first, second = repository.commit("one"), repository.commit("two")
    other = repository.git("commit-tree", "-m", "forged", "HEAD^{tree}")
    repository.git("replace", first, other)
    (repository.folder / ".git/info").mkdir(exist_ok=True)
    (repository.folder / ".git/info/grafts").write_text(f"{second}\n", encoding="utf-8")
    log = git.parse_log(repository.reader().git(*git.log_command(second, None)))
    assert [(commit.id, commit.message) for commit in log] == [
        (second, b"two"),
        (first, b"one"),
    ]


@pytest.mark.parametrize(
    ("spoil", "clean"),
    [
        (lambda _: None, True),
        (lambda repository: repository.write("file.txt", "changed"), False),
        (lambda repository: repository.write("new", ""), False),
        (lambda repository: repository.write("# new", ""), False),
        (lambda repository: repository.write("ignored.log", ""), True),
        (lambda repository: (repository.folder / "file.txt").unlink(), False),
        (lambda repository: (repository.folder / "file.txt").chmod(0o755), False),
        (lambda repository: repository.git("rm", "--cached", "--quiet", "file.txt"), False),
        (lambda repository: repository.git("mv", "file.txt", "# branch.head x"), False),
        (lambda repository: repository.git("config", "status.showUntrackedFiles", "no"), True),
    ],
)
def test_a_tree_is_clean_when_it_is_what_was_committed(
    repository: GitRepository, spoil: Callable[[GitRepository], object], clean: bool
) -> None:
    head = repository.commit("one", **{"file.txt": "x", ".gitignore": "*.log\n"})
    spoil(repository)
    assert git.parse_status(repository.reader().git(*git.STATUS_COMMAND)) == (head, clean)


def test_settings_do_not_hide_untracked_files(repository: GitRepository) -> None:
    head = repository.commit("one")
    repository.git("config", "status.showUntrackedFiles", "no")
    repository.write("new", "")
    assert git.parse_status(repository.reader().git(*git.STATUS_COMMAND)) == (head, False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (b"plain", "plain"),
        ("caf\u00e9".encode(), "caf\u00e9"),
        (b"\xff", "\\xff"),
        (b"a\nb", "a\\nb"),
        ("\u202e".encode(), "\\u202e"),
        (b"\x1b[31m", "\\x1b[31m"),
    ],
)
def test_odd_names_are_shown_escaped(name: bytes, text: str) -> None:
    assert git.shown(name) == text
