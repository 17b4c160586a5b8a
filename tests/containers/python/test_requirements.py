from __future__ import annotations

import dataclasses

import pytest

from workflow_containers import architecture
from workflow_containers.errors import DefinitionError
from workflow_containers.platform import AMD64, ARM64
from workflow_containers.python.requirements import Pin, Target, read
from workflow_sbom.digest import Digest

A, B = "a" * 64, "b" * 64
TARGET = Target(python="3.13", architecture=architecture.of(AMD64), glibc=41)
ARM = Target(python="3.13", architecture=architecture.of(ARM64), glibc=36)


def test_pins_are_read_with_all_their_hashes() -> None:
    text = (
        f"# locked\nDemo.App==1.0 \\\n    --hash=sha256:{B} \\\n    --hash=sha256:{A}\n\nb==2\\\n"
    )
    text += f" --hash=sha256:{A}\n"
    assert read(text, TARGET, "x.txt") == (
        Pin(name="b", version="2", digests=(Digest(A),)),
        Pin(name="demo-app", version="1.0", digests=(Digest(A), Digest(B))),
    )


@pytest.mark.parametrize(
    ("marker", "there"),
    [
        ("sys_platform == 'win32'", False),
        ("sys_platform == 'linux'", True),
        ("platform_machine == 'aarch64'", False),
        ("platform_machine == 'x86_64' and python_version >= '3.12'", True),
        ("python_full_version < '3.13'", False),
        ("implementation_name != 'pypy'", True),
        ("extra == 'dev'", False),
    ],
)
def test_markers_are_asked_for_the_target_not_for_this_machine(marker: str, there: bool) -> None:
    found = read(f"demo==1.0 ; {marker} --hash=sha256:{A}\n", TARGET, "x.txt")
    assert bool(found) is there


def test_every_fault_is_told_with_its_line() -> None:
    text = "\n".join(
        [
            "demo==1.0",
            f"range>=1 --hash=sha256:{A}",
            f"star==1.* --hash=sha256:{A}",
            f"url @ https://x.test/a.whl --hash=sha256:{A}",
            "--index-url",
            f"not a requirement --hash=sha256:{A}",
            f"twice==1 --hash=sha256:{A}",
            f"twice==2 --hash=sha256:{A}",
        ]
    )
    with pytest.raises(DefinitionError) as caught:
        read(text, TARGET, "x.txt")
    assert str(caught.value).splitlines() == [
        "x.txt: line 1: demo has no sha256 hash",
        "x.txt: line 2: range is not pinned to one version",
        "x.txt: line 3: star is not pinned to one version",
        "x.txt: line 4: url is an address, which a lock may not hold",
        "x.txt: line 5: '--index-url' is an option; only pinned requirements are read",
        "x.txt: line 6: 'not a requirement' is no requirement",
        "x.txt: line 8: twice is locked twice for one platform",
    ]


def test_one_name_may_have_a_version_for_each_platform() -> None:
    text = (
        f"demo==1 ; platform_machine == 'x86_64' --hash=sha256:{A}\n"
        f"demo==2 ; platform_machine != 'x86_64' --hash=sha256:{B}\n"
    )
    assert [pin.version for pin in read(text, TARGET, "x.txt")] == ["1"]
    assert [pin.version for pin in read(text, ARM, "x.txt")] == ["2"]


def test_platform_tags_come_best_first_and_stop_at_the_image_glibc() -> None:
    assert ARM.platforms[0] == "manylinux_2_36_aarch64"
    assert ARM.platforms[-3:] == (
        "manylinux_2_17_aarch64",
        "manylinux2014_aarch64",
        "linux_aarch64",
    )
    assert TARGET.platforms[-2:] == ("manylinux1_x86_64", "linux_x86_64")
    assert "manylinux2014_x86_64" in TARGET.platforms


def test_tags_are_the_interpreters_and_older_stable_abis() -> None:
    tags = {str(tag) for tag in TARGET.tags}
    assert {
        "cp313-cp313-manylinux_2_17_x86_64",
        "cp39-abi3-manylinux2014_x86_64",
        "py3-none-any",
        "cp313-none-any",
    } <= tags
    assert "cp312-cp312-manylinux_2_17_x86_64" not in tags
    assert "cp313-cp313-manylinux_2_42_x86_64" not in tags
    assert "cp313-cp313t-manylinux_2_17_x86_64" not in tags


def test_the_line_for_pip_has_no_marker() -> None:
    (pin,) = read(f"demo==1.0 ; os_name == 'posix' --hash=sha256:{A}\n", TARGET, "x.txt")
    assert pin.line == f"demo==1.0 --hash=sha256:{A}"


def test_markers_see_the_full_version_where_it_is_known() -> None:
    text = f"demo==1.0 ; python_full_version >= '3.13.2' --hash=sha256:{A}\n"
    assert read(text, TARGET, "x.txt") == ()
    assert len(read(text, dataclasses.replace(TARGET, release="3.13.5"), "x.txt")) == 1
