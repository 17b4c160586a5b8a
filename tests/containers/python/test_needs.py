from __future__ import annotations

import pytest

from workflow_containers import architecture
from workflow_containers.definition import Member
from workflow_containers.platform import AMD64
from workflow_containers.python.needs import unmet
from workflow_containers.python.requirements import Target
from workflow_sbom.python.distribution import Distribution, from_metadata

TARGET = Target(python="3.13", architecture=architecture.of(AMD64), glibc=36)


def distribution(name: str, version: str, *requires: str) -> Distribution:
    lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {r}" for r in requires)]
    return from_metadata("\n".join(["Metadata-Version: 2.4", *lines]).encode())


def faults(member: Member, *installed: Distribution) -> list[str]:
    return [each.message for each in unmet([member], installed, TARGET, "lock")]


SHOP = Member(name="Shop", project="shop")


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        ("till", []),
        ("Till>=2,<3", []),
        ("till>2", ["shop 1 needs till>2, but 2.0 is locked"]),
        ("gone", ["shop 1 needs gone, which is not locked"]),
        ("gone; sys_platform == 'win32'", []),
        ("gone; python_version < '3.13'", []),
        ("gone; platform_machine == 'x86_64'", ["shop 1 needs gone, which is not locked"]),
        ("gone; extra == 'web'", []),
        ("till[sql]", ["till 2.0 needs driver>=1, which is not locked"]),
        ("till[SQL]", ["till 2.0 needs driver>=1, which is not locked"]),
    ],
)
def test_what_is_required_is_there(requires: str, expected: list[str]) -> None:
    till = distribution("till", "2.0", "driver>=1; extra == 'sql'")
    assert faults(SHOP, distribution("shop", "1", requires), till) == expected


def test_a_members_own_extras_count() -> None:
    shop = distribution("shop", "1", "gone; extra == 'web'")
    web = Member(name="shop", project="shop", extras=("web",))
    assert faults(web, shop) == ["shop 1 needs gone, which is not locked"]


def test_what_others_lead_to_is_followed_once() -> None:
    ring = (distribution("shop", "1", "a"), distribution("a", "1", "b"))
    assert faults(SHOP, *ring, distribution("b", "1", "a", "gone")) == [
        "b 1 needs gone, which is not locked"
    ]


def test_a_pre_release_that_is_locked_is_good() -> None:
    assert faults(SHOP, distribution("shop", "1", "a>=1"), distribution("a", "2.0rc1")) == []
