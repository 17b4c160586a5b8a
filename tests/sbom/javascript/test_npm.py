from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.errors import DocumentError, InventoryError, TableError
from workflow_sbom.javascript.npm import BundleSource, describe_bundle
from workflow_sbom.javascript.npmlock import parse
from workflow_sbom.model.document import Sbom

MakeArtifact = Callable[[str, Mapping[str, bytes]], ArtifactFile]
Render = Callable[..., dict[str, Any]]

SHA512 = hashlib.sha512(b"tarball")
INTEGRITY = "sha512-" + base64.b64encode(SHA512.digest()).decode()


def package(version: str, **fields: Any) -> dict[str, Any]:
    return {"version": version, "integrity": INTEGRITY, "license": "MIT", **fields}


LOCK: dict[str, Any] = {
    "name": "admin-ui",
    "lockfileVersion": 3,
    "packages": {
        "": {
            "name": "admin-ui",
            "version": "0.0.0",
            "dependencies": {"react": "^19", "@scope/icons": "1", "unused": "1"},
            "devDependencies": {"vite": "8"},
        },
        "node_modules/react": package(
            "19.0.0", dependencies={"scheduler": "1"}, resolved="https://mirror.example.org/r.tgz"
        ),
        "node_modules/react/node_modules/scheduler": package("1.1.0"),
        "node_modules/scheduler": package("2.0.0", license="SEE LICENSE IN LICENSE.txt"),
        "node_modules/@scope/icons": package("1.0.0", peerDependencies={"react": "*", "vue": "*"}),
        "node_modules/unused": package("1.0.0", dependencies={"scheduler": "2"}),
        "node_modules/vite": package("8.0.0", dev=True, dependencies={"rolldown": "1"}),
        "node_modules/rolldown": package("1.0.0", dev=True),
        "node_modules/shared": {"link": True, "resolved": "packages/shared"},
    },
}
SHIPPED: dict[str, Any] = {
    "format": 1,
    "modules": [
        {"id": "src/main.tsx", "file": "assets/index.js", "bytes": 10},
        {"id": "node_modules/react/index.js", "file": "assets/index.js", "bytes": 10},
        {"id": "\0node_modules/react/cjs/x.js", "file": "assets/index.js", "bytes": 1},
        {
            "id": "node_modules/react/node_modules/scheduler/index.js",
            "file": "assets/index.js",
            "bytes": 10,
        },
        {"id": "\0vite/preload-helper.js", "file": "assets/index.js", "bytes": 10},
    ],
    "assets": [
        {"file": "assets/icon.svg", "sources": ["node_modules/@scope/icons/icon.svg"]},
        {"file": "index.html", "sources": []},
    ],
}
PACKAGE = {"name": "admin-ui", "license": "MIT", "description": "The user interface."}
FILES = {
    "workflow-admin-ui-1.2.3/dist/index.html": b"",
    "workflow-admin-ui-1.2.3/dist/assets/index.js": b"",
    "workflow-admin-ui-1.2.3/dist/assets/icon.svg": b"",
}


@pytest.fixture
def tarball(make_tarball: MakeArtifact) -> ArtifactFile:
    return make_tarball("workflow-admin-ui-1.2.3.tar.gz", FILES)


def source(modules: Any = SHIPPED, lock: Any = LOCK, package: Any = PACKAGE) -> BundleSource:
    shipped = None if modules is None else json.dumps(modules).encode()
    return BundleSource(
        package=json.dumps(package).encode(), lock=json.dumps(lock).encode(), modules=shipped
    )


def graph(sbom: Sbom) -> dict[str, list[str]]:
    return {edge.ref: sorted(edge.depends_on) for edge in sbom.dependencies}


SUBJECT = "artifact:workflow-admin-ui-1.2.3.tar.gz"
REACT, ICONS = "pkg:npm/react@19.0.0", "pkg:npm/%40scope/icons@1.0.0"
SCHEDULER, VITE = "pkg:npm/scheduler@1.1.0", "pkg:npm/vite@8.0.0"


def test_what_ships_is_what_the_bundler_says(tarball: ArtifactFile, rendered: Render) -> None:
    sbom = describe_bundle(tarball, "1.2.3", source())
    assert graph(sbom) == {
        SUBJECT: [ICONS, REACT, VITE],
        REACT: [SCHEDULER],
        ICONS: [REACT],
        SCHEDULER: [],
        VITE: [],
    }
    (composition,) = sbom.compositions
    assert composition.aggregate == "complete"
    assert composition.assemblies == (SUBJECT,)
    for spec in ("1.6", "1.7"):
        rendered(sbom, spec)


def test_a_component_of_the_bundle(tarball: ArtifactFile, rendered: Render) -> None:
    components = rendered(describe_bundle(tarball, "1.2.3", source()))["components"]
    assert components[0] == {
        "bom-ref": ICONS,
        "type": "library",
        "group": "@scope",
        "name": "icons",
        "version": "1.0.0",
        "purl": ICONS,
        "scope": "required",
        "licenses": [{"expression": "MIT", "acknowledgement": "declared"}],
        "externalReferences": [
            {
                "type": "distribution",
                "url": ICONS,
                "hashes": [{"alg": "SHA-512", "content": SHA512.hexdigest()}],
            }
        ],
    }


def test_no_address_of_the_lock_is_written(tarball: ArtifactFile, rendered: Render) -> None:
    for modules in (SHIPPED, None):
        document = json.dumps(rendered(describe_bundle(tarball, "1.2.3", source(modules))))
        assert "mirror.example.org" not in document


def test_the_subject_is_the_file(tarball: ArtifactFile) -> None:
    subject = describe_bundle(tarball, "1.2.3", source()).subject
    assert (subject.kind, subject.name, subject.version) == ("application", "admin-ui", "1.2.3")
    assert subject.purl == f"pkg:generic/admin-ui@1.2.3?checksum=sha256:{tarball.digest.hex}"
    assert subject.hash("SHA-256") == tarball.digest.hex


def test_without_the_bundlers_list_nothing_is_claimed_to_ship(
    tarball: ArtifactFile, rendered: Render
) -> None:
    sbom = describe_bundle(tarball, "1.2.3", source(modules=None))
    assert sorted(part.name for part in sbom.components) == [
        "icons",
        "react",
        "scheduler",
        "scheduler",
        "unused",
    ]
    assert {each.aggregate for each in sbom.compositions} == {"unknown"}
    assert [each.value for each in sbom.properties] == [
        "production packages of the lock; which of them ship is not known"
    ]
    rendered(sbom)


def test_a_module_of_unknown_origin_makes_the_inventory_incomplete(tarball: ArtifactFile) -> None:
    module = {"id": "\0virtual:pwa", "file": "assets/index.js", "bytes": 3}
    modules = SHIPPED | {"modules": [*SHIPPED["modules"], module]}
    sbom = describe_bundle(tarball, "1.2.3", source(modules))
    assert {each.aggregate for each in sbom.compositions} == {"incomplete"}
    assert [each.value for each in sbom.properties] == [
        "modules reported by the bundler",
        r"\x00virtual:pwa",
    ]


def test_runtime_that_the_bundler_inlines_is_named_not_refused(tarball: ArtifactFile) -> None:
    module = {"id": "\0@oxc-project+runtime@0.9/x.js", "file": "assets/index.js", "bytes": 3}
    modules = SHIPPED | {"modules": [*SHIPPED["modules"], module]}
    sbom = describe_bundle(tarball, "1.2.3", source(modules))
    assert sbom.properties[-1].value == r"\x00@oxc-project+runtime@0.9/x.js"


def test_runtime_that_nobody_asks_for_serves_the_whole(tarball: ArtifactFile) -> None:
    module = {"id": "\0rolldown/runtime.js", "file": "assets/index.js", "bytes": 3}
    modules = SHIPPED | {"modules": [*SHIPPED["modules"], module]}
    sbom = describe_bundle(tarball, "1.2.3", source(modules))
    assert graph(sbom)[SUBJECT] == [ICONS, REACT, "pkg:npm/rolldown@1.0.0", VITE]


def test_a_package_that_the_lock_does_not_hold_is_refused(tarball: ArtifactFile) -> None:
    module = {"id": "node_modules/evil/index.js", "file": "assets/index.js", "bytes": 3}
    modules = SHIPPED | {"modules": [module]}
    with pytest.raises(InventoryError, match="'node_modules/evil', which the lock does not hold"):
        describe_bundle(tarball, "1.2.3", source(modules))


def test_a_list_of_another_build_is_refused(tarball: ArtifactFile) -> None:
    modules = SHIPPED | {"assets": [{"file": "assets/other.css", "sources": []}]}
    with pytest.raises(InventoryError, match=r"'assets/other\.css', which is not in the archive"):
        describe_bundle(tarball, "1.2.3", source(modules))


def test_one_version_installed_twice_keeps_both(tarball: ArtifactFile, rendered: Render) -> None:
    packages = LOCK["packages"] | {"node_modules/scheduler": package("1.1.0")}
    sbom = describe_bundle(
        tarball, "1.2.3", source(modules=None, lock=LOCK | {"packages": packages})
    )
    refs = [part.ref for part in sbom.components if part.name == "scheduler"]
    assert sorted(refs) == [
        f"{SCHEDULER}#node_modules/react/node_modules/scheduler",
        f"{SCHEDULER}#node_modules/scheduler",
    ]
    rendered(sbom)


@pytest.mark.parametrize(
    "module",
    [
        {"id": "../outside.js", "file": "assets/index.js", "bytes": 1},
        {"id": "/etc/passwd", "file": "assets/index.js", "bytes": 1},
        {"id": "a\nb", "file": "assets/index.js", "bytes": 1},
        {"id": "", "file": "assets/index.js", "bytes": 1},
        {"id": "a.js", "file": "../index.js", "bytes": 1},
        {"id": "a.js", "file": "assets/index.js", "bytes": "1"},
        {"id": "a.js", "file": "assets/index.js", "bytes": 1, "size": 1},
    ],
)
def test_a_hostile_list_is_refused(tarball: ArtifactFile, module: dict[str, Any]) -> None:
    with pytest.raises(TableError):
        describe_bundle(tarball, "1.2.3", source(SHIPPED | {"modules": [module]}))


def test_another_format_of_the_list_is_refused(tarball: ArtifactFile) -> None:
    with pytest.raises(TableError, match="format: 2 is not known"):
        describe_bundle(tarball, "1.2.3", source(SHIPPED | {"format": 2}))


@pytest.mark.parametrize("package", [[], {}, {"name": 1}])
def test_a_package_without_a_name_is_refused(tarball: ArtifactFile, package: Any) -> None:
    with pytest.raises(DocumentError, match="`name` is missing"):
        describe_bundle(tarball, "1.2.3", source(package=package))


def lock_of(path: str, entry: Any) -> bytes:
    return json.dumps({"lockfileVersion": 3, "packages": {"": {}, path: entry}}).encode()


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("node_modules/a", 1),
        ("../a", {}),
        ("/a", {}),
        ("node_modules/../../a", {}),
        ("node_modules/a\n", {}),
        ("node_modules/a b", {}),
        ("node_modules\\a", {}),
        ("node_modules/a", {"version": 1}),
        ("node_modules/a", {"version": "1 2"}),
        ("node_modules/a", {"version": "1", "name": "<x>"}),
        ("node_modules/a", {"version": "1", "dependencies": []}),
        ("node_modules/a", {"version": "1", "integrity": "sha512-AAAA"}),
        ("node_modules/a", {"version": "1", "integrity": "sha512-?"}),
        ("node_modules/a", {"version": "1", "integrity": "md5-AAAA"}),
    ],
)
def test_a_hostile_lock_is_refused_with_the_path(path: str, entry: Any) -> None:
    with pytest.raises(TableError) as caught:
        parse(lock_of(path, entry))
    assert [fault.path for fault in caught.value.faults] == [f"packages[{path!a}]"]


@pytest.mark.parametrize(
    "data", [b"[]", b"{}", b'{"lockfileVersion":1,"packages":{"":{}}}', b'{"lockfileVersion":3}']
)
def test_only_version_3_is_read(data: bytes) -> None:
    with pytest.raises(TableError, match="no lock of version 3"):
        parse(data)


def test_names_resolve_as_node_resolves_them() -> None:
    lock = parse(json.dumps(LOCK).encode())
    for path, name, found in (
        ("", "scheduler", "node_modules/scheduler"),
        ("node_modules/react", "scheduler", "node_modules/react/node_modules/scheduler"),
        ("node_modules/unused", "scheduler", "node_modules/scheduler"),
        ("node_modules/react/node_modules/scheduler", "react", "node_modules/react"),
        ("packages/shared", "react", "node_modules/react"),
    ):
        package = lock.find(path, name)
        assert package is not None
        assert package.path == found
    assert lock.find("", "absent") is None


def test_all_hashes_of_an_integrity_are_kept() -> None:
    sha1 = "sha1-" + base64.b64encode(hashlib.sha1(b"x").digest()).decode()  # noqa: S324
    lock = parse(lock_of("node_modules/a", {"integrity": f"{sha1} {INTEGRITY}?opt"}))
    assert [each.algorithm for each in lock.packages["node_modules/a"].hashes] == [
        "SHA-1",
        "SHA-512",
    ]
