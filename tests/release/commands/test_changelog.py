from __future__ import annotations

from support.desk import Desk
from support.git_repository import GitRepository


def test_changes_are_markdown(desk: Desk, repository: GitRepository) -> None:
    repository.git("tag", "v1.0.0")
    repository.commit("fix(core): hold the door\n\nIt fell shut.")
    repository.commit("feat!: open windows")
    done = desk.run("changelog")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("## 2.0.0-dev.2 - 2023-11-14\n")
    assert "hold the door" in done.out
    assert "open windows" in done.out
    assert "make things" not in done.out
    assert not done.out.endswith("\n\n")


def test_changes_are_values(desk: Desk, repository: GitRepository) -> None:
    repository.git("tag", "v1.0.0")
    commit = repository.commit("fix(core): hold the door")
    assert desk.run("changelog", "--json").json == {
        "version": "1.0.1-dev.1",
        "changes": [
            {
                "commit": commit,
                "kind": "fix",
                "scope": "core",
                "breaking": False,
                "summary": "hold the door",
            }
        ],
    }


def test_what_a_commit_says_never_reaches_the_terminal_raw(
    desk: Desk, repository: GitRepository
) -> None:
    repository.commit(b"fix: clear\x1b[2J the \xe2\x80\xae screen\x9b")
    shown = desk.run("changelog").out
    assert "clear" in shown
    assert all(char.isprintable() or char == "\n" for char in shown)
