from __future__ import annotations

import tarfile

import pytest

from simulators.images import deb, elf, locked, member
from workflow_containers.coverage import debs
from workflow_containers.coverage.claims import Part
from workflow_containers.debian.deb import read
from workflow_containers.errors import MemberError
from workflow_containers.layers.fragment import Search
from workflow_containers.python.bytecode import Bytecode, nowhere
from workflow_sbom.archives.entry import Entry
from workflow_sbom.coverage.ledger import Generated, Owned
from workflow_sbom.digest import Digest

NO_PYTHON = Bytecode(compile=nowhere, tag="cpython-313", identity="none")
Member = tuple[tarfile.TarInfo, bytes]


def part(*members: Member, name: str = "pack", exclude: tuple[str, ...] = ()) -> Part:
    data = deb(name, members)
    package = locked(data, name)
    return debs.part(read(data, name), package, exclude, NO_PYTHON, "debian-13")


def test_a_packages_files_are_where_the_merged_usr_has_them() -> None:
    found = part(
        member("./lib/x/liba.so.1", b"a"),
        member("./bin/run", b"run", mode=0o755),
        member("./usr/bin/walk", kind=tarfile.SYMTYPE, link="run"),
        member("./bin/go", kind=tarfile.LNKTYPE, link="./bin/run"),
    )
    owned = Owned("pkg:deb/debian/pack@1.0-1?arch=amd64&distro=debian-13", debs.PROOF)
    mine = [claim for claim in found.claims if claim.why == owned]
    assert [(claim.standing.entry, claim.standing.mode) for claim in mine] == [
        (Entry(path="usr/lib/x/liba.so.1", kind="file", digest=Digest.of(b"a")), 0o644),
        (Entry(path="usr/bin/run", kind="file", digest=Digest.of(b"run")), 0o755),
        (Entry(path="usr/bin/walk", kind="symlink", target="run"), 0o777),
        (Entry(path="usr/bin/go", kind="hardlink", target="usr/bin/run"), 0o644),
    ]


def test_its_record_is_made_of_its_own_control_file() -> None:
    record, sums = part().claims
    assert record.path == "var/lib/dpkg/status.d/pack"
    assert sums.standing.entry.digest == Digest.of(b"0  usr/x\n")
    assert record.why == sums.why == Generated("package-record")


def test_folders_are_listed_and_only_debians_own_places_are_needed() -> None:
    found = part(*(member(f"./{name}/", kind=tarfile.DIRTYPE) for name in ("etc", "usr/lib/x")))
    assert list(found.folders) == ["etc", "usr/lib/x"]
    assert [(claim.path, claim.standing.mode) for claim in found.needed] == [("etc", 0o755)]


def test_what_stays_out_is_told_with_the_reason() -> None:
    found = part(member("./usr/share/man/man1/x.1"), member("./usr/lib/y"), exclude=("usr/lib/y*",))
    assert found.absent == dict.fromkeys(
        ("usr/share/man/man1/x.1", "usr/lib/y"),
        "pkg:deb/debian/pack@1.0-1?arch=amd64&distro=debian-13 has it,"
        " and it is to stay out of the image",
    )


def test_the_links_of_the_merged_usr_are_its_own_where_it_brings_them() -> None:
    found = part(
        member("./lib", kind=tarfile.SYMTYPE, link="usr/lib"),
        member("./bin/", kind=tarfile.DIRTYPE),
    )
    (link, *_) = found.claims
    assert link.standing.entry == Entry(path="lib", kind="symlink", target="usr/lib")
    assert (list(found.folders), found.needed, found.absent) == (["bin"], (), {})


def test_authorities_become_one_bundle_and_stay_out_themselves() -> None:
    folder = "usr/share/ca-certificates/mozilla"
    found = part(
        member(f"./{folder}/B.crt", b"B"), member(f"./{folder}/A.crt", b"A\n"),
        name="ca-certificates",
    )  # fmt: skip
    (bundle,) = (each for each in found.claims if each.why == Generated("certificate-bundle"))
    assert bundle.standing.entry == Entry(
        path="etc/ssl/certs/ca-certificates.crt", kind="file", digest=Digest.of(b"A\nB\n")
    )
    assert sorted(found.absent) == [f"{folder}/A.crt", f"{folder}/B.crt"]


def test_what_the_linker_would_see_is_noted() -> None:
    found = part(
        member("./usr/lib/liba.so.1", elf(62, soname="liba.so.1")),
        member("./etc/ld.so.conf.d/a.conf", b"/opt/a\n"),
    )
    assert [(each.path, each.elf.soname) for each in found.objects] == [
        ("usr/lib/liba.so.1", "liba.so.1")
    ]
    assert found.searches == (Search("etc/ld.so.conf.d/a.conf", ("/opt/a",)),)


@pytest.mark.parametrize("mode", [0o4755, 0o2755])
def test_a_package_with_a_setuid_file_is_refused(mode: int) -> None:
    with pytest.raises(MemberError, match="is setuid or setgid"):
        part(member("./usr/bin/su", mode=mode))


def test_another_package_than_the_locked_is_refused() -> None:
    data = deb("pack", version="2.0-1")
    with pytest.raises(MemberError, match=r"its Version is '2\.0-1'"):
        debs.part(read(data, "x"), locked(data, "pack"), (), NO_PYTHON, "debian-13")


def test_python_sources_are_compiled_again_and_not_looked_up() -> None:
    asked = []

    def compile_(sources: object) -> tuple[bytes | None, ...]:
        asked.append(sources)
        return (b"pyc", None)

    data = deb("pack", [member("./usr/lib/a.py", b"a"), member("./usr/lib/b.py", b"no python")])
    how = Bytecode(compile=compile_, tag="cpython-313", identity="x")
    found = debs.part(read(data, "x"), locked(data, "pack"), (), how, "debian-13")
    made = [claim.standing.entry for claim in found.claims if claim.why == Generated("bytecode")]
    assert made == [
        Entry(path="usr/lib/__pycache__/a.cpython-313.pyc", kind="file", digest=Digest.of(b"pyc"))
    ]
    assert len(asked) == 1
