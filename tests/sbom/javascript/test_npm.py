from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.errors import DocumentError, InventoryError, TableError
from workflow_sbom.javascript import bundle, npm, npmlock
from workflow_sbom.javascript.npm import BundleSource, describe_bundle
from workflow_sbom.javascript.npmlock import parse
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Composition, Sbom
from workflow_sbom.model.licence import SpdxLicence
from workflow_sbom.model.parts import Contact, ExternalReference, Organisation, Property

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


def told(sbom: Sbom, name: str) -> list[str]:
    return [each.value for each in sbom.properties if each.name == name]


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
        "evidence": {
            "identity": [
                {
                    "field": "purl",
                    "confidence": 1,
                    "methods": [{"technique": "instrumentation", "confidence": 1}],
                }
            ],
            "occurrences": [{"location": "dist/assets/icon.svg"}],
        },
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
    assert told(sbom, npm.EVIDENCE) == [npm.FROM_LOCK]
    assert [tool.name for tool in sbom.formulation] == ["rolldown", "vite"]
    rendered(sbom)


def test_a_module_of_unknown_origin_makes_the_inventory_incomplete(tarball: ArtifactFile) -> None:
    module = {"id": "\0virtual:pwa", "file": "assets/index.js", "bytes": 3}
    modules = SHIPPED | {"modules": [*SHIPPED["modules"], module]}
    sbom = describe_bundle(tarball, "1.2.3", source(modules))
    assert {each.aggregate for each in sbom.compositions} == {"incomplete"}
    assert told(sbom, npm.EVIDENCE) == [npm.FROM_BUNDLER]
    assert told(sbom, npm.UNOWNED) == [r"\x00virtual:pwa"]


def test_runtime_that_the_bundler_inlines_is_the_bundlers(tarball: ArtifactFile) -> None:
    module = {"id": "\0@oxc-project+runtime@0.9/x.js", "file": "assets/index.js", "bytes": 3}
    modules = SHIPPED | {"modules": [*SHIPPED["modules"], module]}
    sbom = describe_bundle(tarball, "1.2.3", source(modules))
    (rolldown,) = (part for part in sbom.components if part.name == "rolldown")
    assert rolldown.properties == (Property(npm.RUNTIME, "@oxc-project+runtime@0.9/x.js"),)


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
    with pytest.raises(TableError, match=r"format: 3 is not known \(known: 1, 2\)"):
        describe_bundle(tarball, "1.2.3", source(SHIPPED | {"format": 3}))


@pytest.mark.parametrize("package", [[], {}, {"name": 1}])
def test_a_package_without_a_name_is_refused(tarball: ArtifactFile, package: Any) -> None:
    with pytest.raises(DocumentError, match="`name` is missing"):
        describe_bundle(tarball, "1.2.3", source(package=package))


# ----------------------------------------------------------------------- what the list adds since 2


def facts(**more: Any) -> dict[str, Any]:
    return {"path": "node_modules/react", "name": "react", "version": "19.0.0", **more}


def listed(**more: Any) -> BundleSource:
    return source(SHIPPED | {"format": 2, **more})


def react(sbom: Sbom) -> Component:
    return next(part for part in sbom.components if part.ref == REACT)


def test_what_a_package_says_of_itself_is_passed_on(
    tarball: ArtifactFile, rendered: Render
) -> None:
    said = facts(
        description="A library.",
        author={"name": "Ann", "email": "ann@example.org", "url": "https://example.org"},
        homepage="https://example.org/react",
        repository="git+https://example.org/react.git",
        issues="https://example.org/react/issues",
        copyright=["Copyright (c) 2020 Ann", "Copyright (c) 2020 Ann", "Copyright (c) 2021 Bo"],
    )
    sbom = describe_bundle(tarball, "1.2.3", listed(packages=[said]))
    part = react(sbom)
    assert part.description == "A library."
    assert part.copyright == "Copyright (c) 2020 Ann\nCopyright (c) 2021 Bo"
    assert part.supplier == Organisation("Ann", ("ann@example.org",), ("https://example.org",))
    assert part.authors == (Contact("Ann", "ann@example.org"),)
    assert part.references[1:] == (
        ExternalReference("website", "https://example.org/react"),
        ExternalReference("vcs", "https://example.org/react.git"),
        ExternalReference("issue-tracker", "https://example.org/react/issues"),
    )
    rendered(sbom)


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("facebook/react", "https://github.com/facebook/react"),
        ("gitlab:a/b", "https://gitlab.com/a/b"),
        ("git://example.org/a.git", "https://example.org/a.git"),
        ("git+ssh://git@example.org/a.git", "https://example.org/a.git"),
        ("https://user:secret@example.org/a.git", None),
        ("javascript:alert(1)", None),
        ("https://example.org/a b", None),
    ],
)
def test_a_repository_is_an_address_or_nothing(
    tarball: ArtifactFile, said: str, address: str | None
) -> None:
    part = react(describe_bundle(tarball, "1.2.3", listed(packages=[facts(repository=said)])))
    assert [each.url for each in part.references[1:]] == ([address] if address else [])


def test_what_is_malformed_and_only_informs_is_left_out(
    tarball: ArtifactFile, rendered: Render
) -> None:
    said = facts(
        description="\x1b[2J",
        author={"name": "\x07", "email": "no", "url": "ftp://x"},
        homepage="//evil",
        copyright=["\x1b[2J", " "],
    )
    sbom = describe_bundle(tarball, "1.2.3", listed(packages=[said]))
    part = react(sbom)
    assert (part.description, part.copyright, part.supplier, part.authors) == (None, None, None, ())
    author = {"email": "ann@example.org"}
    part = react(describe_bundle(tarball, "1.2.3", listed(packages=[facts(author=author)])))
    assert (part.supplier, part.authors) == (None, (Contact("", "ann@example.org"),))
    rendered(sbom)


def test_a_licence_that_the_lock_leaves_out_is_the_packages(tarball: ArtifactFile) -> None:
    packages = LOCK["packages"] | {"node_modules/react": {"version": "19.0.0"}}
    given = listed(packages=[facts(licence="ISC")])
    given = replace(given, lock=json.dumps(LOCK | {"packages": packages}).encode())
    assert react(describe_bundle(tarball, "1.2.3", given)).licences == (SpdxLicence("ISC"),)


@pytest.mark.parametrize("other", [facts(version="19.0.1"), facts(name="preact")])
def test_another_installation_than_the_locks_is_refused(
    tarball: ArtifactFile, other: dict[str, Any]
) -> None:
    with pytest.raises(InventoryError, match=r"'node_modules/react' held .*, the lock has react"):
        describe_bundle(tarball, "1.2.3", listed(packages=[other]))


def test_files_of_other_bytes_than_were_written_are_refused(tarball: ArtifactFile) -> None:
    empty = hashlib.sha256(b"").hexdigest()
    written = [{"file": "index.html", "sha256": empty}]
    describe_bundle(tarball, "1.2.3", listed(written=written))
    written = [{"file": "index.html", "sha256": "0" * 64}]
    with pytest.raises(
        InventoryError, match=r"'index\.html' has other bytes than the bundler wrote"
    ):
        describe_bundle(tarball, "1.2.3", listed(written=written))


def test_code_that_was_bundled_before_is_named_and_leaves_its_package_incomplete(
    tarball: ArtifactFile, rendered: Render
) -> None:
    module = {"id": "node_modules/react/x.js", "file": "assets/index.js", "bytes": 1}
    modules = [*SHIPPED["modules"], module | {"notices": ["Sizzle v2.3", "\x1b[2J v1"]}]
    sbom = describe_bundle(tarball, "1.2.3", listed(modules=modules))
    assert react(sbom).properties == (
        Property(npm.NOTICE, r"\x1b[2J v1"),
        Property(npm.NOTICE, "Sizzle v2.3"),
    )
    assert Composition("incomplete", assemblies=(REACT,)) in sbom.compositions
    assert sbom.compositions[0].aggregate == "complete"
    rendered(sbom)


def test_the_bundlers_runtime_is_a_component_with_its_version(tarball: ArtifactFile) -> None:
    sbom = describe_bundle(tarball, "1.2.3", source())
    (vite,) = (part for part in sbom.components if part.ref == VITE)
    assert vite.properties == (Property(npm.RUNTIME, "vite/preload-helper.js"),)
    assert vite.version == "8.0.0"


def test_what_only_built_it_is_formulation(tarball: ArtifactFile, rendered: Render) -> None:
    bound = {"node_modules/@rolldown/binding-x": package("1.0.0", dev=True, os=["linux"])}
    lock = LOCK | {"packages": LOCK["packages"] | bound}
    manifest = PACKAGE | {"engines": {"node": ">=22", "vscode": "*", "npm": " "}}
    sbom = describe_bundle(tarball, "1.2.3", source(lock=lock, package=manifest))
    assert {(part.ref, part.scope) for part in sbom.formulation} == {
        ("engine:node", None),
        ("pkg:npm/%40rolldown/binding-x@1.0.0", "optional"),
        ("pkg:npm/rolldown@1.0.0", None),
        ("pkg:npm/scheduler@2.0.0", None),
        ("pkg:npm/unused@1.0.0", None),
    }
    document = rendered(sbom)
    node, *_, unused = document["formulation"][0]["components"]
    assert node["properties"] == [{"name": npm.ENGINE, "value": ">=22"}]
    assert unused["externalReferences"][0]["hashes"][0]["content"] == SHA512.hexdigest()
    shipped = {part["bom-ref"] for part in document["components"]}
    assert shipped.isdisjoint(part["bom-ref"] for part in document["formulation"][0]["components"])


def test_what_the_projects_own_folders_ask_for_the_subject_asks_for(tarball: ArtifactFile) -> None:
    """A workspace's code is the subject's own; what it needs would hang in the air else."""
    workspace = {"name": "shared", "version": "1.0.0", "dependencies": {"scheduler": "2"}}
    lock = LOCK | {"packages": LOCK["packages"] | {"packages/shared": workspace}}
    module = {"id": "node_modules/scheduler/i.js", "file": "assets/index.js", "bytes": 1}
    modules = SHIPPED | {"modules": [module]}
    sbom = describe_bundle(tarball, "1.2.3", source(modules, lock=lock))
    assert graph(sbom)[SUBJECT] == [ICONS, "pkg:npm/scheduler@2.0.0"]


@pytest.mark.parametrize(
    "modules",
    [
        {"assets": [{"file": "a", "sources": []}] * 2},
        {"written": [{"file": "a", "sha256": "0" * 64}] * 2},
        {"written": [{"file": "a", "sha256": "0"}]},
        {"packages": [facts()] * 2},
        {"packages": [facts(path="../x")]},
        {"packages": [facts(author="Ann")]},
        {"modules": [{"id": "x" * 5000, "file": "a", "bytes": 1}]},
    ],
)
def test_a_hostile_list_of_format_2_is_refused(
    tarball: ArtifactFile, modules: dict[str, Any]
) -> None:
    with pytest.raises(TableError):
        describe_bundle(tarball, "1.2.3", listed(**modules))


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 200_000,
        b'{"format":2,"format":2}',
        b"\xff",
        b'{"format":NaN}',
        b" " * (bundle.MAX_BYTES + 1),
    ],
    ids=["deep", "twice", "no UTF-8", "NaN", "huge"],
)
def test_what_is_no_acceptable_document_is_refused(tarball: ArtifactFile, data: bytes) -> None:
    begin = time.process_time()
    for changed in ({"modules": data}, {"lock": data}, {"package": data}):
        with pytest.raises((DocumentError, TableError)):
            describe_bundle(tarball, "1.2.3", replace(source(), **changed))
    assert time.process_time() - begin < 2


@pytest.mark.parametrize(
    ("bound", "text"), [("MAX_PACKAGES", "at most 3 are read"), ("MAX_NEEDS", "dependencies; at")]
)
def test_a_lock_beyond_all_measure_is_refused(
    monkeypatch: pytest.MonkeyPatch, bound: str, text: str
) -> None:
    monkeypatch.setattr(npmlock, bound, 3)
    with pytest.raises(TableError, match=text):
        parse(json.dumps(LOCK).encode())


def test_an_alias_is_what_it_stands_for(tarball: ArtifactFile) -> None:
    """`"compat": "npm:react@19.0.0"`: the folder has the alias, the package its own name."""
    packages = {
        "": {"name": "admin-ui", "dependencies": {"compat": "npm:react@19.0.0"}},
        "node_modules/compat": package("19.0.0", name="react"),
    }
    lock = {"lockfileVersion": 3, "packages": packages}
    module = {"id": "node_modules/compat/index.js", "file": "assets/index.js", "bytes": 1}
    said = [facts(path="node_modules/compat", copyright=["Copyright 2020 Ann"])]
    given = source(
        SHIPPED | {"format": 2, "modules": [module], "assets": [], "packages": said}, lock
    )
    sbom = describe_bundle(tarball, "1.2.3", given)
    assert graph(sbom) == {SUBJECT: [REACT], REACT: []}
    assert react(sbom).copyright == "Copyright 2020 Ann"


def test_packages_that_need_each_other_are_no_endless_road(tarball: ArtifactFile) -> None:
    packages = {
        "": {"name": "admin-ui", "dependencies": {"a": "1"}},
        "node_modules/a": package("1.0.0", dependencies={"b": "1", "a": "1"}),
        "node_modules/b": package("1.0.0", peerDependencies={"a": "1"}),
        "node_modules/b/node_modules/c": package("1.0.0", dependencies={"b": "1"}),
    }
    sbom = describe_bundle(
        tarball, "1.2.3", source(modules=None, lock={"lockfileVersion": 3, "packages": packages})
    )
    a, b, c = (f"pkg:npm/{name}@1.0.0" for name in "abc")
    assert graph(sbom) == {SUBJECT: [a], a: [b], b: [a], c: [b]}


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
        ("node_modules/a", {"version": "1", "integrity": "sha512-!!!!"}),
        ("node_modules/a", {"version": "1", "integrity": "md5-AAAA"}),
        ("node_modules/" + "a" * 3000, {}),
        ("a/" * 101 + "node_modules/a", {}),
    ],
)
def test_a_hostile_lock_is_refused_with_the_path(path: str, entry: Any) -> None:
    with pytest.raises(TableError) as caught:
        parse(lock_of(path, entry))
    assert [fault.path for fault in caught.value.faults] == [f"packages[{path[:200]!a}]"]


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
