"""The bill of an image: what every part says of itself, and what is known of its needs."""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from simulators.images import World, member, tar, world
from support import built
from support.layouts import with_layer
from workflow_containers.building.builder import build_archive
from workflow_containers.definition import load
from workflow_containers.errors import LayoutError
from workflow_containers.inspecting.bill import describe_image
from workflow_containers.inspecting.parts import Interface, base
from workflow_containers.inspecting.reading import BasePart
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.errors import InventoryError
from workflow_sbom.model.component import Component, Evidence
from workflow_sbom.model.document import Sbom
from workflow_sbom.model.licence import SpdxLicence
from workflow_sbom.model.parts import Hash, Organisation, Property
from workflow_sbom.python import requirements

LIBC = "pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=debian-13"
TZDATA = "pkg:deb/debian/tzdata@2026a-1?arch=all&distro=debian-13"
PYTHON = "pkg:deb/debian/python3.13-minimal@3.13.5-2?arch={}&distro=debian-13"
SITE = "usr/local/lib/python3.13/dist-packages"
COPYRIGHT = b"""\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2001 Ada
License: Expat or Own

License: Own
 As you like.
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world(tmp_path_factory.mktemp("bill") / "repository")


@pytest.fixture(scope="module")
def archive(shop: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("image")
    path = folder / "shop-1.2.3.oci.tar"
    definition = load(shop.root / "images/shop.toml")
    build_archive(definition, shop.inputs(), shop.tools(folder / "store"), path)
    return path


@pytest.fixture
def interface(shop: World) -> Interface:
    file = ArtifactFile.measure(shop.bundles["shop-ui"])
    return Interface(name="shop-ui", version="1.2.3", archive=file)


def bill(archive: Path, *interfaces: Interface) -> Sbom:
    return describe_image(ArtifactFile.measure(archive), interfaces)


def parts(sbom: Sbom) -> Mapping[str, Component]:
    return {each.ref: each for each in sbom.walk()}


def known(sbom: Sbom, ref: str) -> str:
    (found,) = (each.aggregate for each in sbom.compositions if ref in each.dependencies)
    return found


def with_documents(
    archive: Path, changed: Path, files: Mapping[str, bytes], links: Mapping[str, str] | None = None
) -> Path:
    """The archive with one more layer, of files and symbolic links in `usr/share/doc`."""
    members = [member(f"usr/share/doc/{path}", data) for path, data in files.items()]
    for path, target in (links or {}).items():
        members.append(member(f"usr/share/doc/{path}", kind=tarfile.SYMTYPE, link=target))
    return with_layer(archive, changed, tar(members))


def test_a_package_says_who_supplies_it_and_by_which_record_it_is_known(archive: Path) -> None:
    libc = parts(bill(archive))[LIBC]
    assert libc.supplier == Organisation("Some Body", ("some@body.test",))
    assert libc.evidence == Evidence(
        technique="manifest-analysis", occurrences=("var/lib/dpkg/status.d/libc6",)
    )
    (deb,) = (each for each in libc.references if each.kind == "distribution")
    assert [each.algorithm for each in deb.hashes] == ["SHA-256"]
    assert libc.licences == ()  # there is no copyright file, so nothing is known


def test_a_package_declares_what_its_copyright_file_does(archive: Path, tmp_path: Path) -> None:
    """A package's folder may be a link to another's, as libgcc-s1's is to gcc's."""
    changed = with_documents(
        archive,
        tmp_path / "changed.tar",
        {"tzdata/copyright": COPYRIGHT, "python3.13-minimal/copyright": b"A free text."},
        {"libc6": "tzdata"},
    )
    found = parts(bill(changed))
    (licence,) = found[TZDATA].licences
    assert isinstance(licence, SpdxLicence)
    (text,) = licence.texts
    assert licence.expression == f"{text.identifier} OR MIT"
    assert text.text == "As you like."
    assert found[TZDATA].copyright == "2001 Ada"
    assert found[LIBC].licences == found[TZDATA].licences
    (free,) = found[PYTHON.format("amd64")].licences
    assert isinstance(free, SpdxLicence)
    assert free.expression.startswith("LicenseRef-debian-copyright-")


@pytest.mark.parametrize(
    "links",
    [
        {"tzdata": "tzdata"},
        {"tzdata": "libc6", "libc6": "tzdata"},
        {"tzdata": "../../.."},
        {"tzdata": "/nowhere"},
        {"tzdata/copyright": "../libc6/copyright"},
    ],
)
def test_links_that_lead_nowhere_give_no_licence(
    archive: Path, tmp_path: Path, links: dict[str, str]
) -> None:
    found = parts(bill(with_documents(archive, tmp_path / "changed.tar", {}, links)))
    assert found[TZDATA].licences == ()


@pytest.mark.parametrize("link", ["/usr/share/doc/libc6", "../doc/./libc6/", "libc6"])
def test_links_are_followed_wherever_they_lead(archive: Path, tmp_path: Path, link: str) -> None:
    changed = with_documents(
        archive, tmp_path / "changed.tar", {"libc6/copyright": COPYRIGHT}, {"tzdata": link}
    )
    assert parts(bill(changed))[TZDATA].copyright == "2001 Ada"


def test_a_copyright_file_that_can_be_none_is_refused(archive: Path, tmp_path: Path) -> None:
    changed = with_documents(archive, tmp_path / "changed.tar", {"tzdata/copyright": b" \n"})
    with pytest.raises(InventoryError, match="usr/share/doc/tzdata/copyright: an empty"):
        bill(changed)


def test_needs_that_are_met_are_complete(archive: Path) -> None:
    sbom = bill(archive)
    assert known(sbom, LIBC) == "complete"
    assert known(sbom, PYTHON.format("arm64")) == "complete"
    assert known(sbom, sbom.subject.ref) == "complete"
    assert known(sbom, "pkg:pypi/till@2.0") == "complete"
    assert known(sbom, "operating-system:debian-13") == "unknown"
    named = {ref for each in sbom.compositions for ref in each.dependencies}
    assert named == {each.ref for each in sbom.walk()}
    stated = {edge.ref for edge in sbom.dependencies}
    assert named - stated == {"operating-system:debian-13"}


def test_needs_that_nothing_meets_are_told(archive: Path, tmp_path: Path) -> None:
    info = f"{SITE}/odd-1.0.dist-info"
    metadata = b"Metadata-Version: 2.4\nName: odd\nVersion: 1.0\nRequires-Dist: absent\n"
    metadata += b"Requires-Dist: other; sys_platform == 'win32'\nRequires-Dist: till\n"
    files = {
        f"{info}/METADATA": metadata,
        f"{info}/RECORD": b"",
        f"{info}/WHEEL": b"Tag: cp313-cp313-linux_x86_64\r\nTag: py3-none-any\nTag: \x1b[2J\n",
    }
    layer = tar([member(path, data) for path, data in files.items()])
    sbom = bill(with_layer(archive, tmp_path / "changed.tar", layer))
    ref = "pkg:pypi/odd@1.0?tag=cp313-cp313-linux_x86_64"
    assert known(sbom, ref) == "incomplete"
    found = parts(sbom)[ref]
    assert found.purl == "pkg:pypi/odd@1.0"
    assert [each.value for each in found.properties if each.name == "workflow:python:tag"] == [
        "cp313-cp313-linux_x86_64",
        "py3-none-any",
    ]
    assert {edge.ref: edge.depends_on for edge in sbom.dependencies}[ref] == ("pkg:pypi/till@2.0",)


def test_what_both_images_hold_is_described_once_and_the_rest_where_it_lies(archive: Path) -> None:
    sbom = bill(archive)
    amd, arm = (each for each in sbom.components if each.kind == "container")
    own = [{each.ref for each in image.components} for image in (amd, arm)]
    libraries = {LIBC, LIBC.replace("amd64", "arm64")}
    assert own[0] | own[1] == libraries | {PYTHON.format(each) for each in ("amd64", "arm64")}
    assert own[0].isdisjoint(own[1])
    shared = {each.ref for each in sbom.components} - {amd.ref, arm.ref}
    assert {TZDATA, "pkg:pypi/till@2.0", "operating-system:debian-13"} <= shared
    assert {each.ref: set(each.parts) for each in sbom.containments} == {
        amd.ref: shared,
        arm.ref: shared,
    }
    edges = {edge.ref: set(edge.depends_on) for edge in sbom.dependencies}
    assert [edges[image.ref] for image in (amd, arm)] == [shared | each for each in own]


def test_a_wheel_is_known_by_its_record(archive: Path) -> None:
    till = parts(bill(archive))["pkg:pypi/till@2.0"]
    assert till.evidence == Evidence(
        technique="manifest-analysis", occurrences=(f"{SITE}/till-2.0.dist-info/METADATA",)
    )
    assert Property("workflow:python:tag", "py3-none-any") in till.properties


def test_a_wheel_is_one_of_the_files_that_its_lock_allows(archive: Path) -> None:
    digests = ["a" * 64, "b" * 64]
    pins = " ".join(f"--hash=sha256:{each}" for each in digests)
    lock = requirements.parse(f"till==2.0 {pins}\nabsent==1 --hash=sha256:{'c' * 64}\n".encode())
    found = parts(describe_image(ArtifactFile.measure(archive), lock=lock))
    files = found["pkg:pypi/till@2.0"].references
    assert [each.hashes for each in files] == [(Hash("SHA-256", each),) for each in digests]
    assert {each.comment for each in files} == {"one of the files the lock allows"}
    assert found["pkg:pypi/shop@1.2.3"].references == ()
    other = requirements.parse(f"till==2.1 --hash=sha256:{'a' * 64}\n".encode())
    with pytest.raises(InventoryError, match="till: the lock and the distribution at hand differ"):
        describe_image(ArtifactFile.measure(archive), lock=other)


def test_the_distribution_is_described_by_its_own_file(archive: Path) -> None:
    found = parts(bill(archive))["operating-system:debian-13"]
    assert (found.name, found.version) == ("debian", "13")
    assert found.evidence == Evidence(
        technique="manifest-analysis", occurrences=("usr/lib/os-release",)
    )


def test_an_image_of_packages_is_all_told(archive: Path) -> None:
    sbom = bill(archive)
    images = {each.ref for each in sbom.components if each.kind == "container"}
    told = {each.aggregate: set(each.assemblies) for each in sbom.compositions if each.assemblies}
    assert told == {
        "complete": {sbom.subject.ref, *images},
        "unknown": {"pkg:pypi/shop@1.2.3", "pkg:pypi/till@2.0"},
    }


# ----------------------------------------------------------------------------------- our own files


def test_a_file_of_ours_is_a_part(archive: Path) -> None:
    found = [each for each in bill(archive).components if each.kind == "file"]
    assert [each.name for each in found] == ["/app/shop.yaml", "/app/ui/dist/index.html"]
    assert all(each.hash("SHA-256") for each in found)
    assert found[0].evidence == Evidence(
        technique="hash-comparison", occurrences=("app/shop.yaml",)
    )


def test_the_files_of_an_interface_are_parts_of_it(archive: Path, interface: Interface) -> None:
    sbom = bill(archive, interface)
    (found,) = (each for each in sbom.components if each.kind == "application")
    assert (found.name, found.version) == ("shop-ui", "1.2.3")
    assert found.purl is not None
    assert interface.archive.digest.hex in found.purl
    assert found.evidence == Evidence(technique="hash-comparison", occurrences=("app/ui",))
    assert [each.name for each in found.components] == ["/app/ui/dist/index.html"]
    assert [each.hashes for each in found.references] == [interface.archive.hashes]
    assert [each.name for each in sbom.components if each.kind == "file"] == ["/app/shop.yaml"]
    (complete,) = (
        each for each in sbom.compositions if each.assemblies and each.aggregate == "complete"
    )
    assert found.ref in complete.assemblies


@pytest.mark.parametrize("page", [b"<p>another</p>", None])
def test_an_interface_that_is_not_in_the_image_is_refused(
    archive: Path, tmp_path: Path, page: bytes | None
) -> None:
    files = {"dist/index.html": page} if page else {"dist/gone.html": b"<p>shop</p>"}
    path = tmp_path / "shop-ui-1.2.3.tar.gz"
    path.write_bytes(gzip.compress(tar(member(name, data) for name, data in files.items())))
    other = Interface(name="shop-ui", version="1.2.3", archive=ArtifactFile.measure(path))
    with pytest.raises(InventoryError, match=r"shop-ui is not in the image as it is in shop-ui-1"):
        bill(archive, other)


@pytest.mark.parametrize(
    ("name", "digest"), [("", f"sha256:{'a' * 64}"), ("base", "sha256:a"), ("base:\x1b", "")]
)
def test_a_base_that_the_image_does_not_name_truly_is_no_part(name: str, digest: str) -> None:
    found = BasePart(name=name, digest=digest, layers=1, setuid=())
    assert list(base(found)) == []
    assert list(base(None)) == []


def test_a_base_is_a_part_by_its_digest() -> None:
    digest = f"sha256:{'a' * 64}"
    name = "registry.example/library/python:3.13-slim"
    (found,) = base(BasePart(name=name, digest=digest, layers=1, setuid=()))
    assert found.component.purl == (
        f"pkg:oci/python@{digest}?repository_url=registry.example/library/python&tag=3.13-slim"
    )
    assert (found.component.name, found.component.version) == ("python", "3.13-slim")
    assert found.known == "unknown"


def test_a_distribution_that_says_nothing_of_itself_is_not_made_up(tmp_path: Path) -> None:
    path = tmp_path / "box-1.2.3.oci.tar"
    path.write_bytes(built.image([built.file("app/box", b"1")]))
    sbom = bill(path)
    assert {each.kind for each in sbom.walk()} == {"container", "file"}


def test_a_file_that_both_images_hold_is_one_part(tmp_path: Path) -> None:
    path = tmp_path / "box-1.2.3.oci.tar"
    path.write_bytes(built.image([built.file("app/box", b"1"), built.file("app/tin", b"1")]))
    sbom = bill(path)
    files = [each.ref for each in sbom.components if each.kind == "file"]
    assert [ref.partition("@")[0] for ref in files] == ["file:/app/box", "file:/app/tin"]
    images = [each for each in sbom.components if each.kind == "container"]
    assert all(each.components == () for each in images)


def test_distributions_without_a_python_are_refused(tmp_path: Path) -> None:
    path, info = tmp_path / "box-1.2.3.oci.tar", f"{SITE}/odd-1.0.dist-info"
    metadata = b"Metadata-Version: 2.4\nName: odd\nVersion: 1.0\n"
    files = [built.file(f"{info}/METADATA", metadata), built.file(f"{info}/RECORD", b"")]
    path.write_bytes(built.image(files))
    with pytest.raises(LayoutError, match="has distributions and no Python package"):
        bill(path)
