"""`attach` and `referrers` as typed, against a registry behind a socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulators.registry import Features, Registry
from simulators.registry_server import serving
from workflow_containers.cli import run_command
from workflow_containers.oci.image import INDEX, MANIFEST
from workflow_sbom.digest import Digest

PATH = "team/app"
CYCLONEDX = "application/vnd.cyclonedx+json"
SIGSTORE = "application/vnd.dev.sigstore.bundle.v0.3+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Said]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    for name in ("SOURCE_DATE_EPOCH", "DOCKER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Said:
        code = run_command(words)
        out, err = capsys.readouterr()
        return Said(code=code, out=out, err=err)

    return run


@pytest.fixture(params=[True, False], ids=["api", "tag"])
def registry(request: pytest.FixtureRequest) -> Iterator[Registry]:
    made = Registry(features=Features(referrers=request.param))
    with serving(made):
        yield made


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    name: str
    index: str
    amd64: str


@pytest.fixture
def image(registry: Registry) -> Image:
    """An index of one image, tagged `1`."""
    repository = registry.repository(PATH)

    def put(value: dict[str, Any], media_type: str) -> dict[str, Any]:
        data = json.dumps({"schemaVersion": 2, "mediaType": media_type, **value}).encode()
        digest = str(Digest.of(data))
        repository.manifests[digest] = (media_type, data)
        return {"mediaType": media_type, "digest": digest, "size": len(data)}

    platform = {"os": "linux", "architecture": "amd64"}
    amd64 = put({"layers": []}, MANIFEST)
    index = put({"manifests": [amd64 | {"platform": platform}]}, INDEX)
    repository.tags["1"] = index["digest"]
    return Image(name=f"{registry.host}/{PATH}:1", index=index["digest"], amd64=amd64["digest"])


@pytest.fixture
def sbom(tmp_path: Path) -> str:
    (tmp_path / "app.cdx.json").write_text("{}\n")
    return "app.cdx.json"


def test_an_sbom_is_attached_listed_and_downloaded(run: Run, image: Image, sbom: str) -> None:
    attached = run("attach", image.name, sbom)
    assert attached.code == 0, attached.err
    name = attached.out.strip()
    digest = name.rpartition("@")[2]
    assert name.startswith(image.name.removesuffix(":1"))
    assert "next: workflow-containers referrers" in attached.err
    listed = run("referrers", image.name)
    assert listed.out.splitlines()[1].split() == [digest, CYCLONEDX, "app.cdx.json"]
    downloaded = run("referrers", image.name, "--download", "got")
    path = Path("got", digest.replace(":", "-"), "app.cdx.json")
    assert downloaded.out.splitlines() == [str(path)]
    assert path.read_text() == "{}\n"
    assert run("referrers", image.name, "--download", "got").code == 0


def test_json_tells_everything(run: Run, image: Image, sbom: str) -> None:
    attached = run("attach", "--json", image.name, sbom).json
    assert attached["subject"] == image.index
    assert attached["reference"].endswith(attached["digest"])
    assert attached["artifactType"] == CYCLONEDX
    (listed,) = run("referrers", image.name, "--json", "--download", "got").json
    assert listed["digest"] == attached["digest"]
    assert listed["type"] == CYCLONEDX
    (file,) = listed["files"]
    assert file["digest"] == str(Digest.of(b"{}\n"))
    assert Path(file["path"]).read_text() == "{}\n"


def test_one_platform_has_its_own(run: Run, image: Image, sbom: str) -> None:
    attached = run("attach", "--json", "--platform", "linux/amd64", image.name, sbom).json
    assert attached["subject"] == image.amd64
    nothing = run("referrers", image.name)
    assert (nothing.out, nothing.err.count("nothing refers to")) == ("", 1)
    of_platform = run("referrers", "--json", "--platform", "linux/amd64", image.name).json
    by_digest = run("referrers", "--json", image.name[:-2] + f"@{image.amd64}").json
    assert of_platform == by_digest
    assert [each["digest"] for each in of_platform] == [attached["digest"]]


def test_a_bundle_says_what_it_signs(run: Run, image: Image, tmp_path: Path) -> None:
    (tmp_path / "app.sigstore.json").write_text('{"messageSignature": {}}')
    made = run("attach", "--json", image.name, "app.sigstore.json").json
    assert made["artifactType"] == SIGSTORE
    assert made["annotations"] == {"dev.sigstore.bundle.content": "message-signature"}


def test_the_time_is_the_environments_or_none(
    run: Run, image: Image, sbom: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "annotations" not in run("attach", "--json", image.name, sbom).json
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    made = run("attach", "--json", image.name, sbom).json
    created = {"org.opencontainers.image.created": "2023-11-14T22:13:20Z"}
    assert made["annotations"] == created
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    wrong = run("attach", image.name, sbom)
    assert (wrong.code, "SOURCE_DATE_EPOCH is 'soon'" in wrong.err) == (2, True)


def test_types_are_given_where_names_tell_none(run: Run, image: Image, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    unsaid = run("attach", image.name, "a.txt")
    assert unsaid.code == 2
    assert "remedy: --type TYPE; known: *.cdx.json" in unsaid.err
    words = ("--type", "a/b", "--media-type", "text/plain")
    assert run("attach", image.name, "a.txt", "b.txt", *words).code == 0
    (listed,) = run("referrers", "--json", "--type", "a/b", image.name).json
    assert {each["mediaType"] for each in listed["files"]} == {"text/plain"}
    assert run("referrers", "--json", "--type", "c/d", image.name).json == []


def hostile(registry: Registry, image: Image, *titles: str) -> None:
    """Somebody attached files with such names, by another program."""
    repository = registry.repository(PATH)
    repository.blobs[str(Digest.of(b"x"))] = b"x"
    described = {"mediaType": "a/b", "digest": str(Digest.of(b"x")), "size": 1}
    value = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": "a/b",
        "subject": {"mediaType": INDEX, "digest": image.index, "size": 1},
        "layers": [
            described | {"annotations": {"org.opencontainers.image.title": title}}
            for title in titles
        ],
    }
    data = json.dumps(value).encode()
    entry = {"mediaType": MANIFEST, "digest": str(Digest.of(data)), "size": len(data)}
    repository.manifests[entry["digest"]] = (MANIFEST, data)  # type: ignore[index]
    listed = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}).encode()
    repository.manifests[str(Digest.of(listed))] = (INDEX, listed)
    repository.tags[f"sha256-{image.index[7:]}"] = str(Digest.of(listed))


@pytest.mark.parametrize("title", ["../../../escaped", "/tmp/escaped", "a/b", "..", "x\x1b[2Jy"])
def test_no_name_from_a_registry_leads_anywhere(
    run: Run, registry: Registry, image: Image, tmp_path: Path, title: str
) -> None:
    hostile(registry, image, "harmless", title)
    before = sorted(tmp_path.rglob("*"))
    refused = run("referrers", image.name, "--download", "got")
    assert refused.code == 32
    assert "which is no name of a file" in refused.err
    assert "\x1b" not in refused.err
    assert sorted(tmp_path.rglob("*")) == before
    listed = run("referrers", image.name)
    assert listed.code == 0
    assert "\x1b" not in listed.out


def test_nothing_of_yours_is_overwritten(run: Run, image: Image, sbom: str, tmp_path: Path) -> None:
    digest = run("attach", "--json", image.name, sbom).json["digest"]
    mine = tmp_path / "got" / digest.replace(":", "-") / "app.cdx.json"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    refused = run("referrers", image.name, "--download", "got")
    assert refused.code == 36
    assert mine.read_text() == "mine"


def test_a_file_that_is_too_large_is_refused_unread(run: Run, image: Image, tmp_path: Path) -> None:
    with (tmp_path / "huge.cdx.json").open("wb") as file:
        file.truncate((1 << 30) + 1)
    refused = run("attach", image.name, "huge.cdx.json")
    assert (refused.code, "remedy: attach at most 1073741824" in refused.err) == (2, True)


@pytest.mark.usefixtures("sbom")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("attach", "UPPER/case", "x"), 30),
        (("attach", "NAME", "missing.cdx.json"), 2),
        (("attach", "NAME", "."), 2),
        (("attach", "NAME-nothing", "app.cdx.json"), 33),
        (("attach", "--platform", "amiga", "NAME", "app.cdx.json"), 22),
        (("attach", "--platform", "linux/s390x", "NAME", "app.cdx.json"), 33),
        (("attach", "--type", "sbom", "NAME", "app.cdx.json"), 21),
        (("referrers", "NAME-nothing"), 33),
        (("referrers", "--downlaod", "x", "NAME"), 2),
    ],
)
def test_what_goes_wrong_has_a_code_and_a_remedy(
    run: Run, image: Image, words: tuple[str, ...], code: int
) -> None:
    said = run(*(word.replace("NAME", image.name) for word in words))
    assert said.code == code, said.err
    assert said.out == ""
    assert "remedy: " in said.err
    assert "Traceback" not in said.err
