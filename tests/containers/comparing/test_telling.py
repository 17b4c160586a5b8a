from __future__ import annotations

import pytest

from workflow_containers.comparing.differences import (
    Attribute,
    Contents,
    Difference,
    FileChanged,
    FileOnly,
    ImageOnly,
    LayerEnd,
    LayerOnly,
    LayersReordered,
    Metadata,
    OrderChanged,
    Recompressed,
    Rewritten,
    Version,
)
from workflow_containers.comparing.telling import told
from workflow_containers.inspecting.software import Package
from workflow_sbom.digest import Digest

AMD = "linux/amd64"
ONE, TWO = Digest("1" * 64), Digest("2" * 64)
TZDATA = Package("package", "tzdata")


def lines(*differences: Difference, every_file: bool = False) -> list[str]:
    where, *rest = told(differences, every_file=every_file)
    assert where == AMD
    return [line.removeprefix("  ") for line in rest]


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (Metadata(where=AMD, field="user", old="0", new="7"), "user: 0 → 7"),
        (Metadata(where=AMD, field="env A", old=None, new=""), "env A added: (none)"),
        (Metadata(where=AMD, field="env A", old="1", new=None), "env A removed: 1"),
        (Metadata(where=AMD, field="port 80/tcp", old="{}", new=None), "port 80/tcp removed"),
        (Metadata(where=AMD, field="x", old="y" * 70, new="z"), f"x: {'y' * 60}… → z"),
        (
            Rewritten(where=AMD, document="manifest", old=ONE, new=TWO),
            "manifest: says the same in other bytes",
        ),
        (ImageOnly(where=AMD, old=None, new=TWO), "only the second has an image for it"),
        (ImageOnly(where=AMD, old=ONE, new=None), "only the first has an image for it"),
        (LayerOnly(where=AMD, layer=3, old=None, new=TWO), "layer 3 added: 222222222222"),
        (LayerOnly(where=AMD, layer=3, old=ONE, new=None), "layer 3 removed: 111111111111"),
        (
            LayersReordered(where=AMD, old=(ONE, TWO), new=(TWO, ONE)),
            "layers in another order: 111111111111, 222222222222 → 222222222222, 111111111111",
        ),
        (
            Recompressed(where=AMD, contents=ONE, old=ONE, new=TWO),
            ("layer 111111111111: the same contents, compressed differently, by another compressor"
            " or level (111111111111 → 222222222222)"),
        ),
        (
            OrderChanged(where=AMD, layers=(1, 1), old="a", new="b"),
            "layer 1: files in another order, from a → b on",
        ),
        (LayerEnd(where=AMD, layers=(1, 2), old="x", new="y"), ("layer 1 → 2: other bytes after its"
         " last file")),
        (Version(where=AMD, package=TZDATA, old="1", new="2"), "package tzdata 1 → 2"),
        (Version(where=AMD, package=TZDATA, old=None, new="2"), "package tzdata 2 added"),
        (Version(where=AMD, package=TZDATA, old="1", new=None), "package tzdata 1 removed"),
    ],
)  # fmt: skip
def test_a_difference_in_a_line(difference: Difference, said: str) -> None:
    assert lines(difference) == [said]


def test_a_file_in_a_line() -> None:
    again = FileOnly(where=AMD, path="x", time=2, owner=None, old=None, new="pipe")
    parts = (
        Attribute(name="build-id", old="1", new="2"),
        Attribute(name="needed", old="libc", new="libz"),
        Attribute(name="section .x", old=None, new="4 bytes"),
    )
    program = FileChanged(
        where=AMD,
        path="y",
        time=1,
        owner=None,
        changes=(
            Attribute(name="tar header", old="a", new="b"),
            Contents(format="ELF", offset=9, parts=parts, more=2),
        ),
    )
    assert lines(again, program) == [
        "files of no package: 1 file changed, 1 added",
        "  + x (again, 2) (pipe)",
        (
            "  ~ y: its tar header is written differently; ELF differs from byte 9 on"
            " (build-id, needed libc → libz, section .x added 4 bytes, 2 more)"
        ),
    ]


def test_files_of_a_new_version_are_counted_and_others_listed_up_to_ten() -> None:
    def files(owner: Package | None, count: int) -> list[Difference]:
        return [
            FileOnly(where=AMD, path=f"{n:02}", time=1, owner=owner, old="file", new=None)
            for n in range(count)
        ]

    version = Version(where=AMD, package=TZDATA, old="1", new="2")
    assert lines(version, *files(TZDATA, 12)) == ["package tzdata 1 → 2: 12 files removed"]
    listed = lines(*files(TZDATA, 12))
    assert listed[0] == "package tzdata, same version: 12 files removed"
    assert listed[-1] == "  … 2 more; --files lists every one"
    assert len(listed) == 12
    assert len(lines(version, *files(TZDATA, 12), every_file=True)) == 13


def test_platforms_that_differ_alike_are_told_together() -> None:
    alike = [
        Metadata(where=where, field="user", old="0", new="7") for where in (AMD, "linux/arm64")
    ]
    assert [*told(alike, every_file=False)] == ["linux/amd64, linux/arm64", "  user: 0 → 7"]
