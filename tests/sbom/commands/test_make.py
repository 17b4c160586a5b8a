"""`workflow-sbom make`, as a person runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.sbom_desk import SbomDesk

WHEN = "2026-03-04T05:06:07Z"
NPM_LOCK = {
    "name": "page", "version": "1.2.3", "lockfileVersion": 3,
    "packages": {"": {"name": "page", "version": "1.2.3"}},
}  # fmt: skip
MODULES = {
    "format": 1,
    "modules": [{"id": "src/main.ts", "file": "index.html", "bytes": 1}],
    "assets": [],
}

Maker = Callable[..., Any]


def metadata(name: str, *requires: str) -> bytes:
    lines = [f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {each}" for each in requires)]
    return "\n".join(["Metadata-Version: 2.1", *lines, ""]).encode()


def wheel(make_wheel: Maker, name: str, *requires: str) -> Path:
    info = f"{name}-1.0.dist-info"
    files = {f"{info}/METADATA": metadata(name, *requires), f"{info}/WHEEL": b"Tag: py3-none-any\n"}
    path: Path = make_wheel(f"{name}-1.0-py3-none-any.whl", files).path
    return path


def test_one_artifact_goes_to_standard_output_and_remarks_beside_it(make_wheel: Maker) -> None:
    path = wheel(make_wheel, "thing")
    said = SbomDesk().run("make", path, "--created", WHEN)
    assert said.code == 0
    assert said.json["metadata"]["timestamp"] == WHEN
    assert said.json["metadata"]["component"]["name"] == "thing"
    assert f"{path}: a wheel, looked at for cpython 3.13.0 linux x86_64\n" in said.err
    assert "next:" not in said.err


def test_what_sort_of_file_it_is_and_how_complete_it_is_described_is_told(
    make_wheel: Maker,
) -> None:
    path = wheel(make_wheel, "thing", "part")
    document = SbomDesk().run("make", path, "--created", WHEN).json
    subject = document["metadata"]["component"]
    told = {each["name"]: each["value"] for each in subject["properties"]}
    assert told["bsi:component:filename"] == path.name
    assert told["bsi:component:structured"] == "structured"
    spoken = [ref for each in document["compositions"] for ref in each.get("dependencies", ())]
    assert sorted(spoken) == sorted([subject["bom-ref"], "pkg:pypi/part"])


def test_a_file_has_the_same_bytes_and_a_next_step(make_wheel: Maker, tmp_path: Path) -> None:
    path, output = wheel(make_wheel, "thing"), tmp_path / "new/thing.cdx.json"
    printed = SbomDesk().run("make", path, "--created", WHEN).out
    said = SbomDesk().run("make", path, "--created", WHEN, "-o", output)
    assert output.read_text(encoding="utf-8") == printed
    assert (
        said.out
        == f"sbom{' ' * (len(str(output)) - 4)}  components  edges\n{output}  0           0\n"
    )
    assert said.err.endswith(f"next: workflow-sbom validate {output}\n")


def test_wheels_that_are_named_together_know_one_another(make_wheel: Maker, tmp_path: Path) -> None:
    paths = wheel(make_wheel, "part"), wheel(make_wheel, "thing", "part")
    said = SbomDesk().run("make", *paths, "--created", WHEN, "-o", tmp_path / "out", "--json")
    assert [(each["kind"], each["components"], each["edges"]) for each in said.json] == [
        ("wheel", 0, 0),
        ("wheel", 1, 1),
    ]
    document = json.loads((tmp_path / "out/thing-1.0-py3-none-any.whl.cdx.json").read_bytes())
    assert document["components"][0]["purl"] == "pkg:pypi/part@1.0"


def test_a_folder_of_wheels_is_one_document(make_wheel: Maker, tmp_path: Path) -> None:
    wheel(make_wheel, "thing", "part; extra == 'more'")
    wheel(make_wheel, "part")
    words = ("make", tmp_path, "--created", WHEN, "--name", "all", "--version", "7")
    found = SbomDesk().run(*words, "--root", "thing[more]").json
    subject = found["metadata"]["component"]
    assert (subject["name"], subject["version"]) == ("all", "7")
    edges = {each["ref"]: each.get("dependsOn", []) for each in found["dependencies"]}
    assert sorted(map(len, edges.values())) == [0, 1, 1]
    assert "a folder of wheels, as a set, looked at for cpython" in SbomDesk().run(*words).err
    said = SbomDesk().run(*words, "--root", "thing[")
    assert (said.code, "is no requirement" in said.err) == (2, True)


def test_an_environment_is_described_for_its_own_python(tmp_path: Path) -> None:
    site = tmp_path / ".venv/lib/python3.12/site-packages/thing-1.0.dist-info"
    site.mkdir(parents=True)
    (site / "METADATA").write_bytes(metadata("thing"))
    (tmp_path / ".venv/pyvenv.cfg").write_text("version = 3.12.4\n")
    found = SbomDesk().run("make", tmp_path / ".venv", "--created", WHEN).json
    assert found["metadata"]["component"]["name"] == ".venv"
    facts = {each["name"]: each["value"] for each in found["metadata"]["properties"]}
    assert facts["workflow:python:environment"].startswith("cpython 3.12.4 ")
    said = SbomDesk().run("make", tmp_path / ".venv", "--created", WHEN, "-o", tmp_path)
    assert said.code == 0
    assert (tmp_path / ".venv.cdx.json").is_file()
    site = site.parent
    said = SbomDesk().run("make", site, "--created", WHEN)
    assert (said.code, "nothing tells which Python" in said.err) == (45, True)
    assert SbomDesk().run("make", site, "--created", WHEN, "--python", "3.12.4").code == 0


def test_markers_are_evaluated_for_the_environment_that_is_named(make_wheel: Maker) -> None:
    path = wheel(
        make_wheel, "thing", "win; sys_platform == 'win32'", "old; python_version < '3.12'"
    )

    def needs(*words: str) -> set[str]:
        said = SbomDesk().run("make", path, "--created", WHEN, *words)
        return {each["name"] for each in said.json["components"]}

    assert needs() == set()
    assert needs("--platform", "win32/AMD64", "--python", "3.11.2") == {"win", "old"}
    assert needs("--platform", "win32/AMD64") == {"win"}


def test_versions_and_hashes_come_from_the_lock(make_wheel: Maker, tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(f"part==2.5 --hash=sha256:{'a' * 64}\n")
    said = SbomDesk().run(
        "make", wheel(make_wheel, "thing", "part"), "--created", WHEN, "--lock", lock
    )
    assert said.json["components"][0]["purl"] == "pkg:pypi/part@2.5"


def test_every_fault_of_a_lock_is_told(make_wheel: Maker, tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("part\n-r other.txt\n")
    said = SbomDesk().run("make", wheel(make_wheel, "thing"), "--created", WHEN, "--lock", lock)
    assert said.code == 43
    assert said.err.count("error: ") == 2


def test_a_source_distribution_is_described(make_tarball: Maker) -> None:
    path = make_tarball("thing-1.0.tar.gz", {"thing-1.0/PKG-INFO": metadata("thing")}).path
    said = SbomDesk().run("make", path, "--created", WHEN, "--spec", "1.6")
    assert said.json["specVersion"] == "1.6"
    assert "a source distribution, looked at for" in said.err


def test_a_web_interface_is_described_from_what_it_was_built_from(
    make_tarball: Maker, tmp_path: Path
) -> None:
    archive = make_tarball("page.tar.gz", {"dist/index.html": b"<html>"}).path
    beside: dict[str, object] = {"package": NPM_LOCK, "lock": NPM_LOCK, "modules": MODULES}
    words: list[object] = ["make", archive, "--created", WHEN]
    said = SbomDesk().run(*words)
    assert said.code == 2
    assert "remedy: --package package.json --lock package-lock.json --modules" in said.err
    for name, value in beside.items():
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(value))
        words += [f"--{name}", path]
    said = SbomDesk().run(*words)
    assert said.json["metadata"]["component"]["version"] == "1.2.3"
    said = SbomDesk().run(*words, "--version", "2.0.0")
    assert said.json["metadata"]["component"]["version"] == "2.0.0"


@pytest.mark.parametrize("package", ['{"name": "page", "version": "0.0.0"}', '{"name": "p"}', "[]"])
def test_a_web_interface_of_no_version_asks_for_one(
    make_tarball: Maker, tmp_path: Path, package: str
) -> None:
    archive = make_tarball("page.tar.gz", {"dist/index.html": b"<html>"}).path
    (tmp_path / "package.json").write_text(package)
    (tmp_path / "lock.json").write_text(json.dumps(NPM_LOCK))
    words = ("--package", tmp_path / "package.json", "--lock", tmp_path / "lock.json")
    said = SbomDesk().run("make", archive, "--created", WHEN, *words)
    assert said.code == 2
    assert "remedy: name it with --version" in said.err


def test_a_go_program_names_its_version_or_is_asked_for_it(make_go_program: Maker) -> None:
    tagged = make_go_program("greet.exe", "go1.22", "path\tx.y/greet\nmod\tx.y/greet\tv1.4.0\t\n")
    said = SbomDesk().run("make", tagged.path, "--created", WHEN)
    component = said.json["metadata"]["component"]
    assert (component["name"], component["version"]) == ("greet", "1.4.0")
    folder = make_go_program("greet", "go1.22", "path\tx.y/greet\nmod\tx.y/greet\t(devel)\t\n")
    assert SbomDesk().run("make", folder.path, "--created", WHEN).code == 2
    said = SbomDesk().run("make", folder.path, "--created", WHEN, "--version", "2.0.0")
    assert said.json["metadata"]["component"]["version"] == "2.0.0"


def test_the_time_is_what_was_asked_the_epoch_or_the_artifacts_own_never_the_clock(
    make_wheel: Maker, make_go_program: Maker
) -> None:
    path = wheel(make_wheel, "thing")
    epoch = SbomDesk(environment={"SOURCE_DATE_EPOCH": "86400"})
    assert epoch.run("make", path).json["metadata"]["timestamp"] == "1970-01-02T00:00:00Z"
    asked = epoch.run("make", path, "--created", WHEN)
    assert asked.json["metadata"]["timestamp"] == WHEN
    said = SbomDesk().run("make", path)
    assert said.code == 2
    assert "it holds no time that its build did not make up" in said.err
    assert "remedy: --created TIME" in said.err
    program = make_go_program("x", "go1.22", "path\tx\nbuild\tvcs.time=2024-05-06T07:08:09Z\n")
    said = SbomDesk().run("make", program.path, "--version", "1.0.0")
    assert said.json["metadata"]["timestamp"] == "2024-05-06T07:08:09Z"
    assert "of 2024-05-06T07:08:09Z, the newest time in it" in said.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--created", "yesterday"), "--created 'yesterday' is no time"),
        (("--created", WHEN, "--python", "3.13"), "no full CPython version"),
        (("--created", WHEN, "--platform", "beos/x86"), "no known platform"),
        (("--created", WHEN, "--platform", "linux"), "no known platform"),
        (("--created", WHEN, "--json"), "--json tells what was written"),
    ],
)
def test_what_is_asked_wrongly_is_refused(
    make_wheel: Maker, words: tuple[str, ...], told: str
) -> None:
    said = SbomDesk().run("make", wheel(make_wheel, "thing"), *words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert "remedy: " in said.err


def test_spdx_is_written_when_it_is_asked_for(make_wheel: Maker, tmp_path: Path) -> None:
    path = wheel(make_wheel, "thing")
    words = ("make", path, "--created", WHEN, "--format", "spdx")
    assert SbomDesk().run(*words).json["spdxVersion"] == "SPDX-2.3"
    assert SbomDesk().run(*words, "-o", tmp_path).code == 0
    assert (tmp_path / "thing-1.0-py3-none-any.whl.spdx.json").is_file()
    said = SbomDesk().run(*words, "--spec", "1.6")
    assert said.code == 2
    assert "--spec is a version of CycloneDX" in said.err


def test_several_go_into_a_folder_each_under_a_name_of_its_own(
    make_wheel: Maker, tmp_path: Path
) -> None:
    paths = [wheel(make_wheel, "thing"), wheel(make_wheel, "part")]
    created = ("--created", WHEN)
    assert "--output DIR" in SbomDesk().run("make", *paths, *created).err
    assert SbomDesk().run("make", *paths, *created, "-o", paths[0]).code == 2
    twice = SbomDesk().run("make", paths[0], paths[0], *created, "-o", tmp_path)
    assert "two artifacts would be written as" in twice.err
    assert SbomDesk().run("make", paths[0], *created, "-o", tmp_path).code == 0
    assert (tmp_path / "thing-1.0-py3-none-any.whl.cdx.json").is_file()


def test_one_that_fails_hides_no_other_and_nothing_is_written(
    make_wheel: Maker, tmp_path: Path
) -> None:
    good = wheel(make_wheel, "thing")
    bad = make_wheel("bad.whl", {"bad-1.0.dist-info/WHEEL": b""}).path
    worse = make_wheel("worse.whl", {"worse-1.0.dist-info/WHEEL": b""}).path
    folder = tmp_path / "out"
    said = SbomDesk().run("make", tmp_path / "none", worse, tmp_path / "nix", "-o", folder)
    assert (said.code, said.err.count("nothing is there")) == (45, 2)
    said = SbomDesk().run("make", good, bad, "--created", WHEN, "-o", folder)
    assert said.code == 45
    assert "bad.whl: 0 files *.dist-info/METADATA" in said.err
    assert not folder.exists()


def test_a_file_beside_that_is_too_large_is_refused(
    make_wheel: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflow_sbom.canonical.MAX_BYTES", 10)
    (tmp_path / "lock.txt").write_text("# eleven by")
    path = wheel(make_wheel, "thing")
    said = SbomDesk().run("make", path, "--created", WHEN, "--lock", tmp_path / "lock.txt")
    assert said.code == 45
    assert "more than 10 bytes" in said.err
