from __future__ import annotations

import io
import re
from collections.abc import Iterable

import pytest

from simulators.bases import Member, device, file, folder, hardlink, link
from simulators.images import tar
from workflow_containers.base import users
from workflow_containers.base.placing import folder as named_again
from workflow_containers.base.placing import placed
from workflow_containers.errors import MemberError
from workflow_containers.layers import foreign
from workflow_containers.layers.entries import Directory, Entry, File, Hardlink, Symlink
from workflow_containers.layers.tree import Merging, Tree


def tree(*members: Member) -> Tree:
    merging = Merging(re.compile("etc/.*"))
    merging.add(0, foreign.members(io.BytesIO(tar(members)), "layer"))
    return merging.tree()


BASE = tree(
    folder("usr/lib"),
    link("lib", "usr/lib"),
    link("opt", "/usr/opt"),
    file("usr/lib/a", b"1"),
    file("usr/bin/run", b"#!", mode=0o755),
    hardlink("usr/bin/again", "usr/bin/run"),
    link("usr/lib/l", "a"),
    device("dev/null"),
)


def put(*entries: Entry) -> list[Entry]:
    return list(placed(iter(entries), BASE, "shop"))


def test_entries_come_to_stand_where_the_bases_links_lead() -> None:
    assert put(
        File("lib/new", 0o644, b""),
        Symlink("lib/link", "x"),
        Hardlink("lib/twin", "lib/new"),
        Directory("lib/empty"),
        File("opt/tool/x", 0o644, b""),
        File("elsewhere/x", 0o644, b""),
    ) == [
        File("usr/lib/new", 0o644, b""),
        Symlink("usr/lib/link", "x"),
        Hardlink("usr/lib/twin", "usr/lib/new"),
        Directory("usr/lib/empty"),
        File("usr/opt/tool/x", 0o644, b""),
        File("elsewhere/x", 0o644, b""),
    ]


def test_what_is_the_same_is_left_to_the_base() -> None:
    same: list[Entry] = [
        File("lib/a", 0o644, b"1"),
        File("usr/bin/run", 0o644, b"#!"),
        File("usr/bin/again", 0o755, b"#!"),
        Symlink("usr/lib/l", "a"),
        Directory("usr/lib"),
        Directory("lib"),
    ]
    assert put(*same) == []


@pytest.mark.parametrize(
    "entry",
    [
        File("lib/a", 0o644, b"2"),
        File("lib/a", 0o755, b"1"),
        File("lib", 0o644, b""),
        File("usr/lib", 0o644, b""),
        File("usr/lib/l", 0o644, b"1"),
        File("dev/null", 0o644, b""),
        Symlink("usr/lib/l", "b"),
        Symlink("usr/lib", "elsewhere"),
        Symlink("usr/lib/a", "b"),
        Hardlink("usr/lib/a", "usr/bin/run"),
        Directory("usr/lib/a"),
    ],
)
def test_nothing_of_the_base_is_replaced(entry: Entry) -> None:
    with pytest.raises(MemberError, match="would replace what the base has there"):
        put(entry)


def test_nothing_is_put_below_what_is_no_folder() -> None:
    with pytest.raises(MemberError, match=r"below 'usr/lib/a', which is no folder"):
        put(File("lib/a/b/c", 0o644, b""))


@pytest.mark.parametrize("order", [1, -1])
def test_nothing_of_ours_goes_through_a_link_of_ours(order: int) -> None:
    entries = (Symlink("way", "usr"), File("way/bin", 0o644, b""))
    with pytest.raises(MemberError, match="'way' is a folder and something else"):
        put(*entries[::order])


def test_all_that_is_wrong_is_told_at_once_up_to_a_point() -> None:
    with pytest.raises(MemberError) as caught:
        put(File("lib/a", 0o644, b"2"), Directory("dev/null"))
    assert str(caught.value).count("would replace") == 2
    with pytest.raises(MemberError, match=r"and 30 more$"):
        put(*(File(f"lib/a/{number}", 0o644, b"") for number in range(50)))


def test_a_folder_is_named_again_with_what_the_base_gave_it() -> None:
    base = tree(folder("srv", mode=0o2770, owner=33))
    assert named_again(base, "srv") == Directory("srv", 0o2770, (33, 33))
    assert named_again(base, "tmp") == Directory("tmp", 0o1777)


# ------------------------------------------------------------------------------------------- users


def entries(*members: Member) -> Iterable[Entry]:
    return list(users.entries(tree(*members), 65532))


def test_a_user_that_nobody_knows_gets_a_name_and_a_home() -> None:
    assert entries(file("etc/passwd", b"root:x:0:0:::"), file("etc/group", b"root:x:0:\n")) == [
        Directory("home/nonroot"),
        File(
            "etc/passwd",
            0o644,
            b"root:x:0:0:::\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n",
        ),
        File("etc/group", 0o644, b"root:x:0:\nnonroot:x:65532:\n"),
    ]


def test_a_base_without_users_gets_lists_of_its_own() -> None:
    assert [entry.path for entry in entries()] == ["home/nonroot", "etc/passwd", "etc/group"]


def test_a_name_that_is_taken_is_not_given_twice() -> None:
    _, passwd, group = entries(file("etc/passwd", b"nonroot:x:1000:1000:::\n"))
    assert isinstance(passwd, File)
    assert isinstance(group, File)
    assert passwd.data.splitlines()[1].startswith(b"nonroot65532:x:65532:65532:")
    assert group.data == b"nonroot65532:x:65532:\n"


def test_only_what_is_missing_is_added() -> None:
    known = file("etc/passwd", b"app:x:65532:65532:::\n")
    assert [entry.path for entry in entries(known)] == ["etc/group"]
    assert entries(known, file("etc/group", b"app:x:65532:\n")) == []


def test_lists_and_homes_that_are_links_are_written_where_they_lead() -> None:
    found = entries(link("etc", "usr/etc"), link("home", "var/home"), folder("var/home"))
    assert [entry.path for entry in found] == [
        "var/home/nonroot",
        "usr/etc/passwd",
        "usr/etc/group",
    ]
