from __future__ import annotations

import csv
import io
import stat
import zipfile
from pathlib import Path

import pytest
from packaging.tags import Tag

from simulators.images import record_line, wheel_bytes
from workflow_containers.errors import MemberError
from workflow_containers.layers.entries import File
from workflow_containers.python import wheel as module
from workflow_containers.python.wheel import Site, Wheel, record, row_of

SITE = Site(packages="usr/local/lib/py/site", prefix="usr/local", python="usr/bin/python3.13")
NAME = "demo-1.0-py3-none-any.whl"


def opened(tmp_path: Path, data: bytes, name: str = NAME) -> Wheel:
    path = tmp_path / name
    path.write_bytes(data)
    return Wheel(path)


def installed(tmp_path: Path, data: bytes) -> dict[str, File]:
    with opened(tmp_path, data) as wheel:
        return {entry.path: entry for entry in wheel.entries(SITE)}


def test_files_go_where_the_interpreter_looks(tmp_path: Path) -> None:
    found = installed(tmp_path, wheel_bytes("demo", "1.0", {"demo/__init__.py": b"X = 1\n"}))
    base = "usr/local/lib/py/site"
    assert sorted(found) == [
        f"{base}/demo-1.0.dist-info/INSTALLER",
        f"{base}/demo-1.0.dist-info/METADATA",
        f"{base}/demo-1.0.dist-info/WHEEL",
        f"{base}/demo/__init__.py",
    ]
    assert found[f"{base}/demo/__init__.py"].data == b"X = 1\n"
    assert found[f"{base}/demo-1.0.dist-info/INSTALLER"].data == b"workflow-containers\n"


def test_data_schemes_go_to_their_places(tmp_path: Path) -> None:
    data = "demo-1.0.data"
    found = installed(
        tmp_path,
        wheel_bytes(
            "demo",
            "1.0",
            {
                f"{data}/scripts/demo": b"#!python\nprint()\n",
                f"{data}/data/share/demo/x": b"x",
                f"{data}/purelib/pure.py": b"",
                f"{data}/platlib/plat.py": b"",
                f"{data}/headers/demo.h": b"",
            },
        ),
    )
    script = found["usr/local/bin/demo"]
    assert (script.mode, script.data) == (0o755, b"#!/usr/bin/python3.13\nprint()\n")
    assert {
        "usr/local/share/demo/x",
        "usr/local/lib/py/site/pure.py",
        "usr/local/lib/py/site/plat.py",
        "usr/local/include/demo/demo.h",
    } <= found.keys()


def test_the_order_in_the_archive_does_not_matter(tmp_path: Path) -> None:
    files = {"demo/a.py": b"1", "demo/b.py": b"2"}
    forward = installed(tmp_path, wheel_bytes("demo", "1.0", files))
    backward = installed(tmp_path, wheel_bytes("demo", "1.0", files, order=-1))
    assert list(forward.items()) == list(backward.items())


def test_compiled_files_that_a_wheel_brings_are_left_out(tmp_path: Path) -> None:
    found = installed(
        tmp_path, wheel_bytes("demo", "1.0", {"demo/__pycache__/a.cpython-313.pyc": b"evil"})
    )
    assert not [path for path in found if "__pycache__" in path]


def test_the_installed_record_is_true_and_lists_what_was_compiled() -> None:
    files = [
        File("usr/local/lib/py/site/demo/a.py", 0o644, b"1"),
        File("usr/local/bin/demo", 0o755, b"#!"),
        File("usr/local/lib/py/site/demo/__pycache__/a.cpython-313.pyc", 0o644, b"2"),
    ]
    made = record(SITE, "demo-1.0.dist-info", [row_of(each) for each in files])
    rows = list(csv.reader(io.StringIO(made.data.decode())))
    assert made.path == "usr/local/lib/py/site/demo-1.0.dist-info/RECORD"
    assert [(path, bool(digest), size) for path, digest, size in rows] == [
        ("../../../bin/demo", True, "2"),
        ("demo-1.0.dist-info/RECORD", False, ""),
        ("demo/__pycache__/a.cpython-313.pyc", False, ""),
        ("demo/a.py", True, "1"),
    ]
    assert f"demo/a.py,{rows[3][1]},1\n" == record_line("demo/a.py", b"1")


def info(name: str, mode: int = 0) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.external_attr = mode << 16
    return made


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (info("/etc/passwd"), "absolute"),
        (info("../evil.py"), "plain form"),
        (info("demo/../../evil.py"), "plain form"),
        (info("demo\\..\\evil.py"), "backslash"),
        (info("demo/link", stat.S_IFLNK | 0o777), "a link, a device"),
        (info("demo/null", stat.S_IFCHR | 0o666), "a link, a device"),
        (info("demo/su", stat.S_IFREG | 0o4755), "setuid"),
        (info("demo/.wh.a"), "whiteout"),
        (info("demo/new.py"), "'demo/new.py' is not in RECORD"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_member_that_may_not_be_is_refused(
    tmp_path: Path, extra: zipfile.ZipInfo, message: str
) -> None:
    data = wheel_bytes("demo", "1.0", {"demo/a.py": b""}, extra=[(extra, b"x")])
    with pytest.raises(MemberError, match=message):
        opened(tmp_path, data)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_stands_twice_is_refused(tmp_path: Path) -> None:
    data = wheel_bytes("demo", "1.0", {"demo/a.py": b"1"}, extra=[(info("demo/a.py"), b"2")])
    with pytest.raises(MemberError, match="stands twice"):
        opened(tmp_path, data)


LINES = record_line("demo/a.py", b"truth")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (record_line("demo/a.py", b"lies!"), "'demo/a.py' differs from RECORD"),
        (LINES.replace(",5", ",6"), "another size than RECORD"),
        ("demo/a.py,,\n", "differs from RECORD"),
        ("demo/a.py,md5=abc,5\n", "differs from RECORD"),
        (LINES + record_line("demo/b.py", b""), "RECORD names 'demo/b.py', which is not there"),
        (LINES + LINES, "wrong or twice"),
        ("demo/a.py\n", "wrong or twice"),
    ],
)
def test_a_record_that_lies_is_found_out(tmp_path: Path, line: str, message: str) -> None:
    base = "demo-1.0.dist-info"
    truth = wheel_bytes("demo", "1.0", {"demo/a.py": b"truth"})
    with zipfile.ZipFile(io.BytesIO(truth)) as archive:
        rest = "".join(
            record_line(f"{base}/{name}", archive.read(f"{base}/{name}"))
            for name in ("METADATA", "WHEEL")
        )
    lie = wheel_bytes("demo", "1.0", {"demo/a.py": b"truth"}, record=line + rest)
    with pytest.raises(MemberError, match=message), opened(tmp_path, lie) as wheel:
        list(wheel.entries(SITE))


def test_a_wheel_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = wheel_bytes("demo", "1.0", {"demo/zeros": bytes(1 << 20)})
    monkeypatch.setattr(module, "MAX_CONTENTS", 1 << 19)
    with pytest.raises(MemberError, match="unpacks to more than is allowed"):
        opened(tmp_path, data)
    monkeypatch.setattr(module, "MAX_CONTENTS", 1 << 30)
    monkeypatch.setattr(module, "MAX_MEMBER", 1 << 19)
    with pytest.raises(MemberError, match="holds 1048576 bytes"):
        opened(tmp_path, data)


def test_a_size_in_the_directory_that_lies_is_found_out(tmp_path: Path) -> None:
    data = bytearray(wheel_bytes("demo", "1.0", {"demo/zeros": bytes(1 << 20)}))
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"demo/zeros"))
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    with pytest.raises(MemberError), opened(tmp_path, bytes(data)) as wheel:
        list(wheel.entries(SITE))


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("demo.whl", b"", "no wheel"),
        (NAME, b"no zip", "no wheel"),
        (NAME, wheel_bytes("other", "1.0", {}), "of another distribution"),
    ],
)
def test_what_is_no_wheel_is_refused(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    with pytest.raises(MemberError, match=message):
        opened(tmp_path, data, name)


def test_a_wheel_that_is_gone_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(MemberError, match="no wheel"):
        Wheel(tmp_path / NAME)


def test_an_unknown_scheme_is_refused(tmp_path: Path) -> None:
    data = wheel_bytes("demo", "1.0", {"demo-1.0.data/etc/passwd": b""})
    with pytest.raises(MemberError, match="no known scheme"), opened(tmp_path, data) as wheel:
        list(wheel.entries(SITE))


def test_tags_tell_where_it_runs(tmp_path: Path) -> None:
    with opened(tmp_path, wheel_bytes("demo", "1.0", {})) as wheel:
        assert wheel.runs_on(frozenset({Tag("py3", "none", "any")}))
        assert not wheel.runs_on(frozenset({Tag("cp313", "cp313", "linux_x86_64")}))
