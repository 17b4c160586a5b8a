"""What we say of Debian packages against what dpkg, apt and python-debian say of the same ones.

The packages are this machine's, those of other architectures apart: dpkg lists them, apt tells what
belongs together, python-debian reads relations, versions and copyright files by code that shares
nothing with ours.
"""

from __future__ import annotations

import logging
import operator
import shutil
import subprocess
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from support.absent import absent
from support.images import IMAGES, Release
from workflow_containers.inspecting.bill import describe_image
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.debian import control
from workflow_sbom.debian.copyright import read
from workflow_sbom.debian.graph import graph
from workflow_sbom.debian.paragraphs import read_leniently
from workflow_sbom.model.licence import SpdxLicence

STATUS = Path("/var/lib/dpkg/status")
DOCUMENTS = Path("/usr/share/doc")
DISTRO = "debian-12"
# Environments from a handful of packages to more than a hundred, as far as they are installed.
ROOTS = (
    "libc6", "bash", "coreutils", "python3", "apt", "git", "curl", "gnupg", "perl", "g++",
    "debootstrap", "openssl", "adduser", "ca-certificates", "util-linux",
)  # fmt: skip
Packages = Mapping[str, Mapping[str, str]]


def run(*argv: str) -> str:
    done = subprocess.run(
        argv, check=True, capture_output=True, text=True, env={"LC_ALL": "C.UTF-8"}, timeout=60
    )
    return done.stdout


@pytest.fixture(scope="module")
def listed() -> Mapping[str, tuple[str, str, str, str]]:
    """Version, architecture, source and its version of each installed package, by dpkg."""
    query = shutil.which("dpkg-query") or absent("dpkg-query of Debian")
    fields = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}"
    rows = [
        line.split("\t")
        for line in run(query, "-W", f"-f${{db:Status-Abbrev}}\t{fields}\n").splitlines()
    ]
    own = (native(), "all")
    return {
        name: (version, architecture, source, source_version)
        for status, name, version, architecture, source, source_version in rows
        if status.strip() == "ii" and architecture in own
    }


def native() -> str:
    return run(shutil.which("dpkg") or absent("dpkg of Debian"), "--print-architecture").strip()


@pytest.fixture(scope="module")
def packages() -> Packages:
    """As our own reader has them."""
    if not STATUS.is_file():
        absent(f"{STATUS} of Debian")
    found = control.paragraphs(STATUS.read_bytes())
    own = (native(), "all")
    return {
        each["package"]: each
        for each in found
        if each["status"] == "install ok installed" and each["architecture"] in own
    }


def closure(names: tuple[str, ...]) -> set[str]:
    """What is installed of all that some packages lead to, by apt."""
    apt = shutil.which("apt-cache") or absent("apt-cache of Debian")
    without = [
        f"--no-{each}" for each in ("suggests", "breaks", "conflicts", "replaces", "enhances")
    ]
    lines = run(apt, "depends", "--recurse", "--installed", *without, *names).splitlines()
    return {line.partition(":")[0] for line in lines if not line.startswith((" ", "<"))}


def truth(packages: Packages) -> dict[str, set[str]]:
    """The edges by python-debian's parser of relations and its order of versions."""
    from debian.deb822 import PkgRelation
    from debian.debian_support import Version

    compare: dict[str, Callable[[Any, Any], bool]] = {
        "=": operator.eq,
        ">=": operator.ge,
        "<=": operator.le,
        ">>": operator.gt,
        "<<": operator.lt,
    }
    answering: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for name, each in packages.items():
        answering[name].append((name, each["version"]))
        for (provided,) in PkgRelation.parse_relations(each.get("provides", "")):
            if provided["name"]:
                version = provided["version"]
                answering[provided["name"]].append((name, version[1] if version else None))

    def meeting(relation: Any) -> Iterator[str]:
        for name, version in answering.get(relation["name"], ()):
            if relation["version"] is None:
                yield name
            elif version is not None:
                sign, wanted = relation["version"]
                if compare[sign](Version(version), Version(wanted)):
                    yield name

    return {
        name: {
            target
            for key in ("pre-depends", "depends")
            if each.get(key)
            for need in PkgRelation.parse_relations(each[key])
            for relation in need
            for target in meeting(relation)
        }
        - {name}
        for name, each in packages.items()
    }


def ours(packages: Packages) -> dict[str, set[str]]:
    names = {control.reference(each, DISTRO): name for name, each in packages.items()}
    return {
        names[edge.ref]: {names[ref] for ref in edge.depends_on}
        for edge in graph(packages.values(), DISTRO).dependencies
    }


def pairs(edges: Mapping[str, set[str]]) -> set[tuple[str, str]]:
    return {(one, two) for one, targets in edges.items() for two in targets}


def test_the_packages_are_those_that_dpkg_lists(
    packages: Packages, listed: Mapping[str, tuple[str, str, str, str]]
) -> None:
    found = {}
    for name, each in packages.items():
        component = control.component(each, DISTRO)
        facts = {entry.name: entry.value for entry in component.properties}
        found[name] = (
            component.version,
            each["architecture"],
            facts[control.SOURCE],
            facts[control.SOURCE_VERSION],
        )
    assert found == listed


def test_edges_are_exactly_those_that_the_records_ask_for(
    packages: Packages, record_property: Any
) -> None:
    """Precision and recall over environments of every size; each is 1.00, or a pair is shown."""
    warnings.simplefilter("ignore")
    logging.getLogger("debian.deb822").setLevel(logging.CRITICAL)
    environments = [closure((root,)) & packages.keys() for root in ROOTS if root in packages]
    environments.append(set(packages))
    assert len(environments) >= 10
    for names in environments:
        some = {name: packages[name] for name in sorted(names)}
        found, true = pairs(ours(some)), pairs(truth(some))
        assert found == true, (sorted(found - true)[:5], sorted(true - found)[:5])
        record_property(f"{len(some)} packages", f"{len(true)} edges, P 1.00, R 1.00")
    sizes = sorted(map(len, environments))
    assert sizes[0] <= 10
    assert sizes[-1] >= 150


def test_an_installed_system_lacks_nothing(packages: Packages) -> None:
    assert graph(packages.values(), DISTRO).incomplete == frozenset()


def test_copyright_files_are_read_as_python_debian_reads_them() -> None:
    """All that it can read we read to the same; and whatever is in a file, nothing is lost."""
    files = sorted(DOCUMENTS.glob("*/copyright"))
    if not files:
        absent(f"copyright files of Debian in {DOCUMENTS}")
    compared = 0
    for path in files:
        data = path.read_bytes()
        found = read(data, str(path))
        if (theirs := judged(path)) is None:
            continue
        assert found.machine_readable, path
        paragraphs = [each for each in read_leniently(data.decode()) if "files" in each]
        assert [tuple(each["files"].split()) for each in paragraphs] == [each[0] for each in theirs]
        synopses = [each["license"].partition("\n")[0].split() for each in paragraphs]
        assert synopses == [each[1].split() for each in theirs], path
        compared += 1
    assert compared > len(files) / 3


def judged(path: Path) -> list[tuple[tuple[str, ...], str]] | None:
    """Files and synopses by python-debian; None for what it refuses or has no paragraphs of."""
    from debian.copyright import Copyright, Error

    logging.getLogger("debian.copyright").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with path.open(encoding="utf-8") as stream:
                found = list(Copyright(stream, strict=False).all_files_paragraphs())
        except (Error, ValueError, TypeError):
            return None
    licences: list[Any] = [each.license for each in found]
    if not found or None in licences:
        return None
    return [
        (tuple(each.files), licence.synopsis or "")
        for each, licence in zip(found, licences, strict=True)
    ]


def test_every_package_of_our_images_says_its_supplier_and_its_terms(release: Release) -> None:
    """The licence is that of the copyright file which is in the image, as policy 12.5 demands."""
    for name in IMAGES:
        sbom = describe_image(ArtifactFile.measure(release.archive(name)))
        packages = [each for each in sbom.walk() if (each.purl or "").startswith("pkg:deb/debian/")]
        assert len(packages) > 30
        for each in packages:
            assert each.supplier is not None, each.ref
            assert each.supplier.emails, each.ref
            assert each.evidence is not None, each.ref
            (licence,) = each.licences
            assert isinstance(licence, SpdxLicence)
            named = {part for part in licence.expression.split() if "LicenseRef-" in part}
            texts = {each.identifier for each in licence.texts}
            assert {part.strip("()") for part in named} == texts, each.ref
