from __future__ import annotations

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from workflow_sbom.digest import Digest
from workflow_sbom.errors import InventoryError, TableError
from workflow_sbom.python.environment import Environment
from workflow_sbom.python.requirements import LockedRequirement, parse

ONE, TWO = Digest("1" * 64), Digest("2" * 64)
LINUX = Environment(python="3.11.2")
WINDOWS = Environment(python="3.11.2", system="win32", machine="AMD64")


def faults_of(text: str) -> list[str]:
    with pytest.raises(TableError) as caught:
        parse(text.encode())
    return [str(fault) for fault in caught.value.faults]


def test_reads_what_uv_and_pip_tools_write() -> None:
    lock = parse(
        f"""# This file was made by a tool:
#    uv pip compile --generate-hashes in.txt
AnyIO==4.16.0 \\
    --hash={TWO} \\
    --hash={ONE}
    # via starlette
colorama==0.4.6 ; sys_platform == 'win32' --hash={ONE}  # a remark
uvicorn[standard]==0.54.0+local.1 --hash={ONE}
""".encode()
    )
    assert [(each.name, each.version, each.hashes) for each in lock.requirements] == [
        ("anyio", Version("4.16.0"), (ONE, TWO)),
        ("colorama", Version("0.4.6"), (ONE,)),
        ("uvicorn", Version("0.54.0+local.1"), (ONE,)),
    ]
    assert str(lock.requirements[1].marker) == 'sys_platform == "win32"'


def test_windows_line_ends_and_a_last_line_without_one() -> None:
    text = f"a==1 \\\r\n    --hash={ONE}\r\nb==2 --hash={TWO}"
    assert [each.name for each in parse(text.encode()).requirements] == ["a", "b"]


def test_an_empty_lock_is_a_lock() -> None:
    assert parse(b"# nothing\n\n").requirements == ()


def test_select_takes_what_applies() -> None:
    lock = parse(
        f"a==1 ; sys_platform == 'win32' --hash={ONE}\n"
        f"a==2 ; sys_platform != 'win32' --hash={TWO}\n"
        f"b==3 ; python_version < '3' --hash={ONE}\n".encode()
    )
    assert lock.select(WINDOWS)[canonicalize_name("a")].version == Version("1")
    assert lock.select(LINUX) == {
        "a": LockedRequirement(
            name=lock.requirements[1].name,
            version=Version("2"),
            marker=lock.requirements[1].marker,
            hashes=(TWO,),
        )
    }


def test_select_refuses_two_versions_in_one_environment() -> None:
    lock = parse(
        f"a==1 ; python_version > '3' --hash={ONE}\na==2 ; os_name == 'posix' --hash={TWO}".encode()
    )
    with pytest.raises(InventoryError, match=r"holds a 1 and 2 for cpython 3\.11\.2 linux"):
        lock.select(LINUX)


def test_all_faults_at_once_each_with_its_line() -> None:
    text = f"""\
--pre
-e ./sbom
ok==1 --hash={ONE}
a==1
b>=1 --hash={ONE}
c==1.* --hash={ONE}
d @ https://example.org/d.whl --hash={ONE}
e --hash={ONE}
f==1 --hash=md5:11111111111111111111111111111111
g==1 --hash={ONE} --config-settings=x
h==1,>0 --hash={ONE}
i===1 \\
    --hash={ONE}
ok==2 --hash={TWO}
"""
    assert faults_of(text) == [
        "line 1: '--pre' is an option; a lock holds pinned names alone",
        "line 2: '-e ./sbom' is an option; a lock holds pinned names alone",
        "line 4: a has no --hash=sha256:…; make the lock with hashes",
        "line 5: b is not pinned: >=1; write ==VERSION",
        "line 6: c is not pinned: ==1.*; write ==VERSION",
        "line 7: d is taken from an address; pin a version of the index",
        "line 8: e is not pinned: any version; write ==VERSION",
        "line 9: f: 'md5:11111111111111111111111111111111' is no digest of the form sha256:<hex>",
        "line 10: g: the option '--config-settings=x' has no place in a lock",
        "line 11: h is not pinned: ==1,>0; write ==VERSION",
        "line 12: i is not pinned: ===1; write ==VERSION",
        "ok: stands 2 times (make the lock again)",
    ]


@pytest.mark.parametrize("data", [b"\xff", b"a" * ((16 << 20) + 1)])
def test_refuses_what_is_no_text_file(data: bytes) -> None:
    with pytest.raises(TableError):
        parse(data)


def test_what_is_no_requirement() -> None:
    (fault,) = faults_of(f"not a requirement --hash={ONE}")
    assert fault.startswith("line 1: 'not a requirement' is no requirement: ")


def test_terminal_escapes_are_shown_escaped() -> None:
    (fault,) = faults_of("a\x1b[2J==1")
    assert fault == r"line 1: control characters in 'a\x1b[2J==1'"
