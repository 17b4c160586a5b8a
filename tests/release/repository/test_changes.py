from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from workflow_release.repository.changes import changelog, changes_of, markdown, parse, printable
from workflow_release.repository.git import Commit
from workflow_release.source import Change
from workflow_release.version import Version

A, B, C, D, E = (letter * 40 for letter in "abcde")


def commit(name: str, message: str, *parents: str) -> Commit:
    return Commit(name, parents, 0, message.encode())


def summaries(*commits: Commit) -> list[str]:
    return [f"{change.kind}: {change.summary}" for change in changes_of(commits)]


@pytest.mark.parametrize(
    ("message", "kind", "scope", "breaking", "summary"),
    [
        ("feat: add a thing\n", "feat", None, False, "add a thing"),
        ("fix(api/v2): mend it", "fix", "api/v2", False, "mend it"),
        ("feat!: drop it", "feat", None, True, "drop it"),
        ("chore(deps)!: raise the floor", "chore", "deps", True, "raise the floor"),
        ("FEAT: shout", "feat", None, False, "shout"),
        ("feat: x (#12)\n\n* feat: y\n* fix: z", "feat", None, False, "x (#12)"),
        ("fix: x\n\nBREAKING CHANGE: the old name is gone", "fix", None, True, "x"),
        ("fix: x\n\nBREAKING-CHANGE: the old name is gone", "fix", None, True, "x"),
        ("fix: x\n\nBREAKING CHANGE #12", "fix", None, True, "x"),
        ("fix: x\r\n\r\nBREAKING CHANGE: gone\r\n", "fix", None, True, "x"),
        ("feat: x (#9)\n\n* a\n\nBREAKING CHANGE: y\n\n* b", "feat", None, True, "x (#9)"),
        ("tidy up\n\nBREAKING CHANGE: gone", "other", None, True, "tidy up"),
        ("fix: x\n\nbreaking change: small letters are prose", "fix", None, False, "x"),
        ("fix: x\n\nno BREAKING CHANGE: in a sentence", "fix", None, False, "x"),
        ("fix: x\n\nBREAKING CHANGE:", "fix", None, False, "x"),
        ("feat:no space", "other", None, False, "feat:no space"),
        ("feat :space before", "other", None, False, "feat :space before"),
        ("feat(): empty scope", "other", None, False, "feat(): empty scope"),
        ("feat(a)(b): two scopes", "other", None, False, "feat(a)(b): two scopes"),
        ("feat: ", "other", None, False, "feat:"),
        ("Update the docs: all", "other", None, False, "Update the docs: all"),
        ("fixup! feat: x", "other", None, False, "fixup! feat: x"),
        ("\n\nfeat: after empty lines", "feat", None, False, "after empty lines"),
        ("", "other", None, False, "(no message)"),
        (" \n\t\n", "other", None, False, "(no message)"),
        ('Revert "feat: x"', "revert", None, False, 'Revert "feat: x"'),
        ('Reapply "feat!: x"', "feat", None, True, "x"),
        ('Revert "Revert "feat: x (#1)" (#2)" (#3)', "feat", None, False, "x (#1)"),
        ("revert: let us never speak of it\n\nRefs: 676104e", "revert", None, False,
         "let us never speak of it"),
    ],
)  # fmt: skip
def test_a_message_is_a_change(
    message: str, kind: str, scope: str | None, breaking: bool, summary: str
) -> None:
    assert parse(A, message) == Change(
        commit=A, kind=kind, scope=scope, breaking=breaking, summary=summary
    )


@pytest.mark.parametrize(
    ("message", "summary"),
    [
        ("fix: \x1b[31mred\x1b[0m", "red"),
        ("fix: \x1b]0;title\x07a window", "a window"),
        ("fix: \x1b]8;;https://x\x1b\\link", "link"),
        ("fix: a\tb\x07c\x00d", "a bcd"),
        ("fix: \u202etxt.exe\u2066\u200b", "txt.exe"),
        ("fix: over\rwritten", "over written"),
        ("fix: \x9b31mcsi of one byte", "31mcsi of one byte"),
        ("fix: two\u2028lines", "two lines"),
    ],
)
def test_nothing_in_a_message_controls_a_terminal(message: str, summary: str) -> None:
    assert parse(A, message).summary == summary


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    (change,) = changes_of([Commit(A, (), 0, b"fix: caf\xe9\n")])
    assert change.summary == "caf\N{REPLACEMENT CHARACTER}"


def test_a_summary_has_an_end() -> None:
    change = parse(A, f"fix({'s' * 1000}): {'x' * 100_000}")
    assert change.summary == "x" * 299 + "…"
    assert change.scope == "s" * 299 + "…"


def test_a_merge_brings_its_side_branch_and_is_no_change_itself() -> None:
    assert summaries(
        commit(D, "Merge pull request #1 from x/y\n\nfeat: title of the request", B, C),
        commit(C, "feat: on the side", A),
        commit(B, "fix: on main", A),
    ) == ["feat: on the side", "fix: on main"]


def test_a_merge_with_a_conventional_message_is_a_change() -> None:
    merge = commit(C, "feat: the whole thing (#7)", A, B)
    assert summaries(merge) == ["feat: the whole thing (#7)"]


def test_a_merge_that_says_it_breaks_is_a_change() -> None:
    merge = commit(C, "Merge x\n\nBREAKING CHANGE: y", A, B)
    assert [change.breaking for change in changes_of([merge])] == [True]


def test_a_revert_and_what_it_reverts_cancel() -> None:
    assert summaries(
        commit(C, f'Revert "feat: x"\n\nThis reverts commit {A}.', B),
        commit(B, "fix: y", A),
        commit(A, "feat: x"),
    ) == ["fix: y"]


def test_a_revert_of_a_revert_brings_the_change_back() -> None:
    assert summaries(
        commit(C, f'Reapply "feat: x"\n\nThis reverts commit {B}.', B),
        commit(B, f'Revert "feat: x"\n\nThis reverts commit {A}.', A),
        commit(A, "feat: x"),
    ) == ["feat: x"]


def test_three_reverts_leave_nothing() -> None:
    assert (
        summaries(
            commit(D, f'Revert "Reapply "feat: x""\n\nThis reverts commit {C}.', C),
            commit(C, f'Reapply "feat: x"\n\nThis reverts commit {B}.', B),
            commit(B, f'Revert "feat: x"\n\nThis reverts commit {A}.', A),
            commit(A, "feat: x"),
        )
        == []
    )


def test_a_revert_of_something_released_is_a_change() -> None:
    revert = commit(B, f'Revert "feat: x"\n\nThis reverts commit {A}.')
    assert summaries(revert) == ['revert: Revert "feat: x"']


@pytest.mark.parametrize(
    "message",
    [
        "revert: feat: x\n\nThis reverts commit aaaaaaaaaa.",
        "revert: not that again\n\nRefs: aaaaaaa",
        "revert: feat: x",
        'Revert "feat: x" (#13)\n\nReverts owner/name#12',
    ],
)
def test_a_revert_may_name_its_target_otherwise(message: str) -> None:
    assert summaries(commit(B, message, A), commit(A, "feat: x")) == []


def test_a_title_names_the_nearest_older_commit_that_stands() -> None:
    assert summaries(
        commit(D, 'Revert "feat: x"', C),
        commit(C, "feat: x", B),
        commit(B, "fix: y", A),
        commit(A, "feat: x"),
    ) == ["fix: y", "feat: x"]


def test_a_revert_undoes_nothing_newer() -> None:
    assert summaries(
        commit(B, "feat: x", A), commit(A, f'Revert "z"\n\nThis reverts commit {B}.')
    ) == ["feat: x", 'revert: Revert "z"']


def test_an_id_that_fits_two_commits_names_none() -> None:
    one, other = "abcdef0" + "1" * 33, "abcdef0" + "2" * 33
    assert summaries(
        commit(D, 'Revert "z"\n\nThis reverts commit abcdef0.', one),
        commit(one, "feat: x", other),
        commit(other, "fix: y"),
    ) == ['revert: Revert "z"', "feat: x", "fix: y"]


def test_a_revert_of_several_stays_when_one_was_released() -> None:
    message = f'Revert "two"\n\nThis reverts commit {A}.\nThis reverts commit {E}.'
    assert summaries(commit(B, message, A), commit(A, "feat: x")) == ['revert: Revert "two"']


def test_a_fix_that_undoes_something_stays_a_fix() -> None:
    message = f"fix: go back to the old parser\n\nThis reverts commit {A}."
    assert summaries(commit(B, message, A), commit(A, "feat: x")) == [
        "fix: go back to the old parser"
    ]


def test_prose_about_a_revert_undoes_nothing() -> None:
    message = f"fix: y\n\nUnlike b, which said: This reverts commit {A}."
    assert summaries(commit(B, message, A), commit(A, "feat: x")) == ["fix: y", "feat: x"]


def test_a_revert_of_a_merge_undoes_what_the_merge_brought() -> None:
    revert = f'Revert "Merge x"\n\nThis reverts commit {D}, reversing\nchanges made to {B}.'
    assert summaries(
        commit(E, revert, D),
        commit(D, "Merge x", B, C),
        commit(C, "feat: on the side", A),
        commit(B, "fix: on main", A),
        commit(A, "docs: before both"),
    ) == ["fix: on main", "docs: before both"]


def test_a_revert_of_a_merge_undoes_a_branch_that_split_itself() -> None:
    assert summaries(
        commit("f" * 40, f'Revert "Merge x"\n\nThis reverts commit {E}.', E),
        commit(E, "Merge x", A, D),
        commit(D, "Merge y", B, C),
        commit(C, "feat: y", B),
        commit(B, "fix: x", A),
        commit(A, "docs: before"),
    ) == ["docs: before"]


def test_many_reverts_are_read_in_reasonable_time() -> None:
    names = [f"{number:040x}" for number in range(4000)]
    commits = [
        commit(name, f'Revert "x"\n\nThis reverts commit {older}.', older)
        for name, older in pairwise(names)
    ]
    assert summaries(*commits) == ['revert: Revert "x"'] * (len(commits) % 2)


@given(st.lists(st.tuples(st.binary(), st.integers(0, 5)), max_size=6))
def test_any_messages_are_changes_of_one_printable_line(rows: list[tuple[bytes, int]]) -> None:
    names = (A, B, C, D, E, "f" * 40)
    commits = [
        Commit(name, (), 0, text + b"\nThis reverts commit %s." % names[target].encode())
        for name, (text, target) in zip(names, rows, strict=False)
    ]
    for change in changes_of(commits):
        assert change.summary.isprintable()
        assert change.summary
        assert change.kind.isascii()


CHANGES = (
    Change(commit=A, kind="feat", scope="engine", breaking=True, summary="drop it"),
    Change(commit=B, kind="other", scope=None, breaking=False, summary="tidy"),
    Change(commit=C, kind="fix", scope=None, breaking=False, summary="mend <b>it</b>"),
    Change(commit=D, kind="feat", scope=None, breaking=False, summary="add *it*"),
    Change(commit=E, kind="revert", scope=None, breaking=False, summary="go back"),
)


def test_a_changelog_puts_what_breaks_first() -> None:
    text = changelog(
        Version.parse("0.2.0"),
        Version.parse("0.1.0"),
        date(2026, 3, 4),
        CHANGES,
        "https://example.org/o/r",
    )
    assert text == (
        "## 0.2.0 - 2026-03-04\n\nChanges since 0.1.0.\n\n"
        "### Breaking changes\n\n"
        f"- **engine:** drop it ([aaaaaaaaaaaa](https://example.org/o/r/commit/{A}))\n\n"
        "### Features\n\n"
        f"- add \\*it\\* ([dddddddddddd](https://example.org/o/r/commit/{D}))\n\n"
        "### Fixes\n\n"
        f"- mend \\<b\\>it\\</b\\> ([cccccccccccc](https://example.org/o/r/commit/{C}))\n\n"
        "### Reverts\n\n"
        f"- go back ([eeeeeeeeeeee](https://example.org/o/r/commit/{E}))\n\n"
        "### Other changes\n\n"
        f"- tidy ([bbbbbbbbbbbb](https://example.org/o/r/commit/{B}))\n"
    )


def test_a_changelog_without_an_address_has_no_links() -> None:
    text = changelog(Version.parse("0.1.0"), None, date(2026, 3, 4), CHANGES[1:2], None)
    assert text == (
        "## 0.1.0 - 2026-03-04\n\nChanges since the first commit.\n\n"
        "### Other changes\n\n- tidy (bbbbbbbbbbbb)\n"
    )


def test_a_changelog_of_nothing_says_so() -> None:
    text = changelog(Version.parse("1.0.1"), Version.parse("1.0.0"), date(2026, 3, 4), (), None)
    assert text == "## 1.0.1 - 2026-03-04\n\nNo changes since 1.0.0.\n"


@pytest.mark.parametrize(
    "text",
    [
        "# heading", "1. one", "12) twelve", "- item", "+ item", "= x", "> quote", "```", "~~~",
        "[x](https://evil)", "![x](y)", "<script>", "&lt;", "a*b*_c_", "a|b", "\\", "$x$", "[ ] x",
        "~~gone~~", "`code`", "***", "---", "<https://evil>", "\\*x\\*",
    ],
)  # fmt: skip
def test_markdown_of_a_message_renders_as_its_text(text: str) -> None:
    assert rendered(text) == text


@given(st.text(max_size=40).map(printable).filter(bool))
def test_any_text_renders_as_itself(text: str) -> None:
    assert rendered(text) == text


def rendered(text: str) -> str:
    """The text of a list item, when it holds nothing else."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(f"- {markdown(text)}")
    assert [token.type for token in tokens] == [
        "bullet_list_open", "list_item_open", "paragraph_open", "inline",
        "paragraph_close", "list_item_close", "bullet_list_close",
    ]  # fmt: skip
    (inline,) = (token for token in tokens if token.type == "inline")
    children = inline.children or []
    assert {token.type for token in children} <= {"text", "text_special"}
    return "".join(token.content for token in children)
