"""Whole documents, as committed; `WORKFLOW_GOLDEN=write` writes them anew for `git diff`."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.debian import control as debian
from workflow_sbom.debian.copyright import read as copyright_of
from workflow_sbom.digest import Digest
from workflow_sbom.golang.gobinary import describe_go_binary
from workflow_sbom.javascript.npm import BundleSource, describe_bundle
from workflow_sbom.merging.origin import FileForm, Form, Origin, attributed
from workflow_sbom.merging.release import merge_release
from workflow_sbom.model.component import Component, Evidence
from workflow_sbom.model.document import Composition, Dependency, Publication, Sbom
from workflow_sbom.model.licence import SpdxLicence
from workflow_sbom.model.parts import Contact, Hash, Organisation
from workflow_sbom.purl import package_url
from workflow_sbom.python import requirements
from workflow_sbom.python.describe import Resolution, describe_wheel, installed_component
from workflow_sbom.python.distribution import from_metadata
from workflow_sbom.python.environment import Environment

MakeArtifact = Callable[[str, Mapping[str, bytes]], ArtifactFile]
MakeProgram = Callable[[str, str, str], ArtifactFile]
Golden = Callable[[str, Sbom], None]

TEAM = Organisation("The team", ("team@example.org",), ("https://example.org/",))
METADATA = """\
Metadata-Version: 2.4
Name: workflow-engine
Version: 1.2.3
Summary: Runs workflows from a configuration file.
License-Expression: MIT
Author: The workflow release authors
Project-URL: Source, https://example.org/workflow
Requires-Dist: starlette>=1
Requires-Dist: uvicorn>=0.50
Requires-Dist: pywin32; sys_platform == "win32"
"""
STARLETTE = b"""\
Name: starlette
Version: 1.10.0
License: BSD-3-Clause
Author-email: Tom Christie <tom@example.org>
Requires-Dist: anyio>=3.6
Requires-Dist: httpx; extra == "full"
"""
ANYIO = b"Name: anyio\nVersion: 4.16.0\nClassifier: License :: OSI Approved :: MIT License\n"
LOCK = requirements.parse(
    f"""
anyio==4.16.0 --hash=sha256:{"a" * 64} --hash=sha256:{"b" * 64}
starlette==1.10.0 --hash=sha256:{"c" * 64}
uvicorn==0.54.0 --hash=sha256:{"d" * 64}
""".encode()
)
CONTROL = b"""\
Package: libc6
Source: glibc
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Architecture: amd64
Version: 2.36-9+deb12u9
Description: GNU C Library: Shared libraries
"""
COPYRIGHT = b"""\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 1991-2025 Free Software Foundation, Inc.
License: LGPL-2.1+ or Inner-Net

Files: sysdeps/*
Copyright: 1987 Carnegie Mellon University
License: Carnegie
 Permission is hereby granted to use it.
 .
 It comes "as is".
"""


def wheel(make_wheel: MakeArtifact) -> Sbom:
    files = {"workflow_engine-1.2.3.dist-info/METADATA": METADATA.encode()}
    artifact = make_wheel("workflow_engine-1.2.3-py3-none-any.whl", files)
    known = (from_metadata(STARLETTE), from_metadata(ANYIO))
    resolution = Resolution(environment=Environment(python="3.11.2"), lock=LOCK, known=known)
    return describe_wheel(artifact, resolution)


def bundle(make_tarball: MakeArtifact) -> Sbom:
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(b"react").digest()).decode()
    packages = {
        "": {"dependencies": {"react": "^19"}, "devDependencies": {"vite": "^8"}},
        "node_modules/react": {"version": "19.0.0", "integrity": integrity, "license": "MIT"},
        "node_modules/vite": {"version": "8.0.0", "dev": True, "license": "MIT"},
        "node_modules/unused": {"version": "1.0.0", "license": "ISC"},
    }
    modules = [
        {"id": "node_modules/react/index.js", "file": "assets/index.js", "bytes": 120},
        {"id": "src/main.tsx", "file": "assets/index.js", "bytes": 800},
        {"id": "\0vite/preload-helper.js", "file": "assets/index.js", "bytes": 1500},
    ]
    source = BundleSource(
        package=json.dumps({"name": "workflow-admin-ui", "license": "MIT"}).encode(),
        lock=json.dumps({"lockfileVersion": 3, "packages": packages}).encode(),
        modules=json.dumps({"format": 1, "modules": modules, "assets": []}).encode(),
    )
    files = {"dist/assets/index.js": b"export {}\n", "dist/index.html": b"<!doctype html>\n"}
    return describe_bundle(make_tarball("workflow-admin-ui-1.2.3.tar", files), "1.2.3", source)


def program(make_go_program: MakeProgram) -> Sbom:
    text = (
        "path\texample.org/tools/hello/cmd/hello\n"
        "mod\texample.org/tools/hello\t(devel)\t\n"
        "dep\tgithub.com/spf13/pflag\tv1.0.5\th1:iy+VFUOCP1a+8yFto/drg2CJ5u0yRoB7fZw3DKv/JXA=\n"
        "build\tCGO_ENABLED=0\nbuild\tGOARCH=amd64\nbuild\tGOOS=linux\n"
    )
    artifact = make_go_program("hello-1.2.3-linux-amd64", "go1.26.8", text)
    return describe_go_binary(artifact, "hello", "1.2.3")


def image(engine: Sbom) -> Sbom:
    """What the image inventory hands over: Debian packages and wheels under one container."""
    said = copyright_of(COPYRIGHT, "usr/share/doc/libc6/copyright")
    libc = replace(
        debian.component(next(iter(debian.paragraphs(CONTROL))), "debian-12"),
        licences=(said.licence,),
        copyright=said.holders,
        evidence=Evidence(
            technique="manifest-analysis", occurrences=("var/lib/dpkg/status.d/libc6",)
        ),
    )
    sha256 = engine.subject.hash("SHA-256") or ""
    installed = installed_component(
        from_metadata(METADATA.encode(), hashes=(Hash("SHA-256", sha256),))
    )
    subject = Component(
        ref="artifact:workflow-engine-1.2.3.oci.tar",
        kind="container",
        name="workflow-engine",
        version="1.2.3",
        purl=package_url("oci", "workflow-engine", f"sha256:{'e' * 64}"),
        hashes=(Hash.sha256(Digest("f" * 64)),),
    )
    return Sbom(
        subject=subject,
        components=(libc, installed),
        dependencies=(
            Dependency(subject.ref, (libc.ref, installed.ref)),
            Dependency(libc.ref, ()),
        ),
        compositions=(
            Composition("complete", assemblies=(subject.ref,), dependencies=(libc.ref,)),
            Composition("incomplete", dependencies=(installed.ref,)),
        ),
        phases=("post-build",),
    )


ORIGIN = Origin(
    publication=Publication(
        authors=(Contact("The team", "team@example.org"),),
        supplier=TEAM,
        manufacturer=TEAM,
        licence=SpdxLicence("CC0-1.0"),
        sharing="CLEAR",
    ),
    source=f"git+https://example.org/workflow@{'c' * 40}",
    security="https://example.org/.well-known/security.txt",
    own=frozenset({"pkg:pypi/workflow-engine@1.2.3"}),
)


def published(sbom: Sbom, form: Form = "archive") -> Sbom:
    return attributed(sbom, ORIGIN, FileForm(sbom.subject.ref.removeprefix("artifact:"), form))


def test_wheel(make_wheel: MakeArtifact, golden: Golden) -> None:
    golden("wheel", published(wheel(make_wheel)))


def test_bundle(make_tarball: MakeArtifact, golden: Golden) -> None:
    golden("bundle", published(bundle(make_tarball)))


def test_go_program(make_go_program: MakeProgram, golden: Golden) -> None:
    golden("go-program", published(program(make_go_program), "program"))


def test_image(make_wheel: MakeArtifact, golden: Golden) -> None:
    golden("image", published(image(wheel(make_wheel))))


def test_release(
    make_wheel: MakeArtifact,
    make_tarball: MakeArtifact,
    make_go_program: MakeProgram,
    golden: Golden,
) -> None:
    engine = wheel(make_wheel)
    parts = (
        published(engine),
        published(bundle(make_tarball)),
        published(program(make_go_program), "program"),
        published(image(engine)),
    )
    golden("release", attributed(merge_release("workflow", "1.2.3", parts), ORIGIN))
