"""Laws of coverage: what is whole is explained, and whatever is changed in it is told by name."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from support.distributions import FILES, INFO, Maker, digests, record, unexplained
from workflow_sbom.coverage import records
from workflow_sbom.coverage.interfaces import InterfaceOrigin, cover_interface, version_file
from workflow_sbom.coverage.origin import Origin
from workflow_sbom.coverage.wheels import cover_wheel
from workflow_sbom.digest import Digest

NAMES = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"], exclude_characters='/\\"'),
    min_size=1,
    max_size=20,
).filter(lambda name: name not in {".", ".."} and not name.endswith((".pyc", ".dist-info")))
CONTENTS = st.dictionaries(NAMES, st.binary(max_size=200), min_size=1, max_size=8)


def members(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    return {**FILES, **{f"package/{name}": data for name, data in contents.items()}}


@given(CONTENTS)
def test_a_whole_wheel_has_nothing_unexplained(contents: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Maker(Path(folder)).wheel(members(contents))
        ledger = cover_wheel(path)
    assert unexplained(ledger) == {}
    assert len(ledger.lines) == len(members(contents)) + 1


@given(CONTENTS, st.data())
def test_a_changed_a_planted_and_an_unlisted_file_are_told_by_name(
    contents: dict[str, bytes], data: st.DataObject
) -> None:
    files = members(contents)
    victim = data.draw(st.sampled_from(sorted(files)))
    changed = {**files, victim: files[victim] + b"x"}
    with tempfile.TemporaryDirectory() as folder:
        make = Maker(Path(folder))
        bytes_changed = make.wheel(changed, listed=record(files))
        unlisted = make.wheel(files, listed=record({k: v for k, v in files.items() if k != victim}))
        absent = make.wheel({k: v for k, v in files.items() if k != victim}, listed=record(files))
        assert unexplained(cover_wheel(bytes_changed)) == {victim: "differs from RECORD"}
        assert unexplained(cover_wheel(unlisted)) == {victim: "not listed in RECORD"}
        assert list(unexplained(cover_wheel(absent))) == [f"{INFO}/RECORD"]


@given(st.dictionaries(NAMES, st.binary(max_size=20), max_size=20))
def test_what_is_listed_is_read(contents: dict[str, bytes]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    rows = [line.split(",") for line in record({"x": b""}).decode().splitlines()]
    writer.writerows([*rows, *([name, "", ""] for name in contents if name != "x")])
    parsed = records.parse(text.getvalue().encode())
    assert parsed.faults == ()
    assert set(parsed.digests) == {"x", f"{INFO}/RECORD", *contents}


@given(st.binary(max_size=300))
def test_no_bytes_overwhelm_the_reader_of_record(data: bytes) -> None:
    parsed = records.parse(data)
    assert all(fault.isprintable() for fault in parsed.faults)


@given(CONTENTS, st.data())
def test_a_changed_file_of_an_interface_is_told_by_name(
    contents: dict[str, bytes], data: st.DataObject
) -> None:
    built = {f"assets/{name}": content for name, content in contents.items()}
    shipped = {
        "format": 2,
        "modules": [],
        "assets": [{"file": file, "sources": ["index.html"]} for file in built],
        "written": [{"file": f, "sha256": Digest.of(each).hex} for f, each in built.items()],
    }
    source = InterfaceOrigin(
        origin=Origin(owner="git:1", files=digests({"index.html": b""})),
        lock=b'{"lockfileVersion": 3, "packages": {"": {}}}',
        modules=json.dumps(shipped).encode(),
        version="1",
    )
    files = {f"dist/{file}": each for file, each in built.items()}
    files["dist/version.json"] = version_file("1")
    victim = data.draw(st.sampled_from(sorted(files)))
    with tempfile.TemporaryDirectory() as folder:
        make = Maker(Path(folder))
        assert unexplained(cover_interface(make.sdist(files), source)) == {}
        changed = {**files, victim: files[victim] + b"x"}
        assert list(unexplained(cover_interface(make.sdist(changed), source))) == [victim]
