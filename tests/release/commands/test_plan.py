from __future__ import annotations

from support.desk import Desk, everything_below
from support.git_repository import GitRepository


def test_the_plan_is_a_table_with_where_things_go(desk: Desk, repository: GitRepository) -> None:
    done = desk.run("plan")
    commit = repository.git("rev-parse", "HEAD")
    assert done.code == 0
    assert done.out == (
        f"thing 0.1.0-dev.1  from {commit[:12]} (main)\n"
        "1 change since the beginning\n"
        "\n"
        "artifact     file                     platforms\n"
        "sdist:thing  thing-0.1.0.dev1.tar.gz  any\n"
        "wheel:thing  thing-0.1.0.dev1-*.whl   any\n"
        "\n"
        "goes to dist/0.1.0-dev.1/\n"
    )
    assert done.err == "next: workflow-release cut --verify\n"


def test_the_plan_as_json_has_a_matrix_for_ci(desk: Desk) -> None:
    shown = desk.run("plan", "--json").json
    assert shown["matrix"] == {
        "include": [
            {"artifact": "sdist:thing", "platform": "any"},
            {"artifact": "wheel:thing", "platform": "any"},
        ]
    }
    assert shown["version"]["pep440"] == "0.1.0.dev1"


def test_planning_changes_nothing(desk: Desk) -> None:
    before = everything_below(desk.folder)
    desk.run("plan")
    desk.run("plan", "--json")
    assert everything_below(desk.folder) == before


def test_what_stands_in_the_way_is_noted(desk: Desk, repository: GitRepository) -> None:
    repository.switch("side", new=True)
    repository.commit("fix: aside")
    repository.git("tag", "v0.18.10.1")
    repository.write("new", "x")
    notes = [line for line in desk.run("plan").err.splitlines() if line.startswith("note: ")]
    assert notes == [
        "note: the working tree has uncommitted changes; cut refuses until committed",
        "note: the commit is not on the main branch; its version stays local",
        "note: no SemVer tag: v0.18.10.1",
    ]


def test_a_detached_commit_and_a_tag_are_named(desk: Desk, repository: GitRepository) -> None:
    repository.git("tag", "v1.0.0")
    repository.commit("fix: more")
    repository.git("checkout", "--quiet", "--detach")
    assert "(a detached commit)" in desk.run("plan").out
    repository.git("checkout", "--quiet", "v1.0.0")
    assert "thing 1.0.0  from " in desk.run("plan").out
    assert "(v1.0.0)" in desk.run("plan").out
