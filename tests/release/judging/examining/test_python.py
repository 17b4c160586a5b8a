from __future__ import annotations

import io
from pathlib import Path

import pytest

from support import built
from workflow_release.errors import BuildError
from workflow_release.judging.evidence import Claim, Evidence, Report
from workflow_release.judging.examining.python import examine_sdist, examine_wheel
from workflow_release.model import Artifact
from workflow_sbom.digest import Digest

INFO = "thing-1.2.3.dist-info"


def artifact(name: str, data: bytes) -> Artifact:
    return Artifact(
        recipe="",
        name=name,
        media_type="",
        platforms=(),
        size=len(data),
        digest=Digest.of(data),
        path=Path("/nowhere"),
    )


def wheel(data: bytes, name: str = "thing-1.2.3-py3-none-any.whl") -> Evidence:
    return examine_wheel(io.BytesIO(data), artifact(name, data))


def sdist(data: bytes) -> Evidence:
    return examine_sdist(io.BytesIO(data), artifact("thing-1.2.3.tar.gz", data))


def test_a_wheel_says_what_it_is() -> None:
    found = wheel(built.wheel(built.wheel_files(more="Requires-Dist: x>=1\nRequires-Dist: y\n")))
    assert found.claims == (
        Claim(kind="name", value="thing", where="METADATA"),
        Claim(kind="version", value="1.2.3", where="METADATA"),
        Claim(kind="name", value="thing", where=f"the folder '{INFO}'"),
        Claim(kind="version", value="1.2.3", where=f"the folder '{INFO}'"),
    )
    assert found.requirements == ("x>=1", "y")
    assert found.licence_expression == "MIT"
    assert found.licence_files == (f"{INFO}/licenses/LICENSE",)
    assert found.reported == (Report(command=("thing.__version__",), code=0, printed="1.2.3"),)
    assert found.faults == ()


def test_a_source_distribution_says_what_it_is() -> None:
    found = sdist(built.sdist())
    assert [(claim.kind, claim.value) for claim in found.claims] == [
        ("name", "thing"),
        ("version", "1.2.3"),
        ("name", "thing"),
        ("version", "1.2.3"),
    ]
    assert found.licence_files == ("thing-1.2.3/LICENSE",)
    assert found.faults == ()


def listed(change: str = "", to: str = "") -> bytes:
    return built.record(built.wheel_files(), f"{INFO}/RECORD").decode().replace(change, to).encode()


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        (built.wheel(extra=[("thing/evil.py", b"")]), ["'thing/evil.py' is not listed in RECORD"]),
        (
            built.wheel(listed=listed() + b"thing/gone.py,sha256=x,1\n"),
            ["RECORD lists 'thing/gone.py', which is not there"],
        ),
        (built.wheel(listed=listed(",12\n", ",13\n")), ["'thing/core.py' is not what RECORD says"]),
        (
            built.wheel(listed=listed("thing/core.py,sha256=", "thing/core.py,sha256=A")),
            ["'thing/core.py' is not what RECORD says"],
        ),
        (
            built.wheel(listed=listed("thing/core.py,sha256=", "thing/core.py,md5=")),
            ["'thing/core.py' is not what RECORD says"],
        ),
        (
            built.wheel(listed=listed() + b"thing/core.py,,\n"),
            ["RECORD lists a file twice", "'thing/core.py' is not what RECORD says"],
        ),
    ],
)
def test_a_record_that_is_not_true_is_a_fault(data: bytes, faults: list[str]) -> None:
    assert list(wheel(data).faults) == faults


def test_a_file_without_a_digest_is_a_fault() -> None:
    row = next(row for row in listed().decode().splitlines() if row.startswith("thing/core.py"))
    assert wheel(built.wheel(listed=listed(row, "thing/core.py,,"))).faults == (
        "'thing/core.py' is not what RECORD says",
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (built.wheel({"thing/__init__.py": b""}), "0 folders"),
        (
            built.wheel({**built.wheel_files(), "other-1.dist-info/METADATA": b""}),
            "2 folders",
        ),
        (
            built.wheel({k: v for k, v in built.wheel_files().items() if "METADATA" not in k}),
            "no thing-1.2.3.dist-info/METADATA",
        ),
        (built.wheel(listed=b"a,b\n"), "RECORD has a line without exactly"),
        (built.wheel(listed=b"\xff,b,c\n"), "RECORD is no CSV file"),
    ],
)
def test_what_is_no_wheel_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(BuildError, match=message):
        wheel(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (built.tar_gz([built.file("x-1/setup.py")]), "0 files"),
        (built.tar_gz([built.file("a-1/PKG-INFO"), built.file("b-1/PKG-INFO")]), "2 files"),
        (built.wheel(), "Not a gzipped file"),
    ],
)
def test_what_is_no_source_distribution_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(BuildError, match=message):
        sdist(data)


def test_a_file_beside_the_folder_is_a_fault() -> None:
    assert sdist(built.sdist(built.file("setup.py"))).faults == (
        "'setup.py' is outside thing-1.2.3/",
    )


@pytest.mark.parametrize("field", ["Version: 2", "Name: other", "License-Expression: GPL-2.0"])
def test_a_field_that_stands_twice_is_a_fault(field: str) -> None:
    found = wheel(built.wheel(built.wheel_files(more=f"{field}\n")))
    name = field.partition(":")[0].lower()
    assert found.faults == (f"METADATA: {name} stands there twice or is malformed",)
    assert found.claims[0].value in {"thing", ""}


@pytest.mark.parametrize(
    ("name", "stated"),
    [
        ("thing-1.2.3-py2.py3-none-any.whl", "py3-none-any"),
        ("thing-1.2.3-cp311-cp311-manylinux_2_17_x86_64.whl", "py3-none-any"),
    ],
)
def test_tags_that_differ_from_the_name_are_a_fault(name: str, stated: str) -> None:
    (fault,) = wheel(built.wheel(), name).faults
    assert fault.startswith(f"WHEEL states the tags ['{stated}'], the file name [")


def test_compressed_tags_are_expanded() -> None:
    files = built.wheel_files()
    files[f"{INFO}/WHEEL"] = b"Tag: py2-none-any\nTag: py3-none-any\n"
    assert wheel(built.wheel(files), "thing-1.2.3-py2.py3-none-any.whl").faults == ()


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        (b'__version__ = "9"', "9"),
        (b'__version__: str = "9"', "9"),
        (b'"""doc"""\nimport x\n__version__ = "9"\n', "9"),
        (b"__version__ = f()", None),
        (b"from x import __version__", None),
        (b"__version__ = 1", None),
        (b"raise SystemExit(", None),
        (b"\x00", None),
        (b"(" * 5000, None),
        (b'"\\d"\n__version__ = "9"', "9"),
        (b"", None),
    ],
)
def test_a_literal_version_is_read_and_never_run(source: bytes, printed: str | None) -> None:
    files = {**built.wheel_files(), "thing/__init__.py": source}
    reported = [
        report.printed
        for report in wheel(built.wheel(files)).reported
        if isinstance(report, Report)
    ]
    assert reported == ([] if printed is None else [printed])


@pytest.mark.parametrize("folder", ["", "licenses/", "licenses/vendored/"])
def test_a_licence_text_counts_wherever_metadata_puts_it(folder: str) -> None:
    files = {k: v for k, v in built.wheel_files().items() if "LICENSE" not in k}
    files[f"{INFO}/{folder}LICENSE"] = b"text"
    assert wheel(built.wheel(files)).licence_files == (f"{INFO}/{folder}LICENSE",)


def test_a_module_of_one_file_says_its_version_too() -> None:
    files = {k: v for k, v in built.wheel_files().items() if not k.startswith("thing/")}
    found = wheel(built.wheel({**files, "thing.py": b'__version__ = "9"'}))
    assert found.reported == (Report(command=("thing.__version__",), code=0, printed="9"),)


def test_a_path_to_a_folder_of_this_machine_is_a_fault() -> None:
    def faults(pth: bytes) -> tuple[str, ...]:
        return wheel(built.wheel({**built.wheel_files(), "_thing.pth": pth})).faults

    assert faults(b"import thing\nrelative\n") == ()
    assert faults(b"/home/me/thing/src\n") == (
        "'_thing.pth' leads to '/home/me/thing/src': it is an editable install",
    )


BILL = f"{INFO}/sboms/thing.cdx.json"


@pytest.mark.parametrize(
    ("bill", "fault"),
    [
        (None, f"no bill of materials of its own in it: {BILL!r}"),
        (b"{}", f"{BILL!r}: no CycloneDX document: `bomFormat` is not CycloneDX"),
        (b"\xff", f"{BILL!r}: not UTF-8 at byte 0"),
        (built.bill("other", "1.2.3"), f"{BILL!r} is of 'other', not of 'thing'"),
        (built.bill("Thing", "9"), f"{BILL!r} is of the version '9', not '1.2.3'"),
        (
            built.bill("thing", "1.2.3", hashes=[{"alg": "SHA-256", "content": "0" * 64}]),
            f"{BILL!r} gives its subject a digest, and can't know that of the file it lies in",
        ),
    ],
)
def test_a_wheel_has_a_bill_of_materials_of_its_own(bill: bytes | None, fault: str) -> None:
    files = {path: data for path, data in built.wheel_files().items() if path != BILL}
    assert wheel(built.wheel(files if bill is None else {**files, BILL: bill})).faults == (fault,)
