from __future__ import annotations

from pathlib import Path

import pytest

from simulators.archives import Entry, Sketch, archive, layer
from support.two_shops import Golden, Run, shops


@pytest.fixture(autouse=True)
def images(tmp_path: Path) -> None:
    shops(tmp_path)


def test_golden_inspect(run: Run, golden: Golden) -> None:
    found = run("inspect", "new.tar")
    assert (found.code, found.err) == (0, "")
    golden("inspect", found.out)


def test_it_fits_eighty_columns(run: Run) -> None:
    assert max(map(len, run("inspect", "new.tar").out.splitlines())) <= 80


def test_for_programs_everything(run: Run) -> None:
    found = run("inspect", "new.tar", "--json").json
    assert (found["name"], found["version"]) == ("shop", "1.3.0")
    amd, arm = found["images"]
    assert (amd["platform"], arm["platform"]) == ("linux/amd64", "linux/arm64")
    assert amd["created"] == "2026-03-03T05:06:07Z"
    assert amd["run"] == {
        "runs": "/usr/bin/python3 -m shop",
        "user": "65532:65532",
        "folder": "/srv",
        "ports": "8080/tcp",
        "health": "/usr/bin/python3 -c pass, every 30 s",
    }
    assert [each["name"] for each in amd["layers"]] == ["Debian packages", "wheels", "application"]
    assert amd["layers"][0]["raw-size"] == 6144
    assert amd["software"] == [
        {"kind": "package", "name": "libssl3t64", "version": "3.5.2-1"},
        {"kind": "wheel", "name": "shop", "version": "1.3.0"},
        {"kind": "wheel", "name": "till", "version": "2.0"},
    ]


def test_an_image_that_says_little_of_itself(run: Run, tmp_path: Path) -> None:
    archive(tmp_path / "bare.tar", Sketch(layers=[layer([Entry(path="x")])]))
    found = run("inspect", "bare.tar")
    assert found.code == 0
    assert "user     0 (root)" in found.out
    assert "software" not in found.out


def test_odd_documents_are_no_reason_to_fail(run: Run, tmp_path: Path) -> None:
    odd = Sketch(
        layers=[layer([Entry(path="x")])],
        execution={"Entrypoint": "text", "ExposedPorts": [1], "Healthcheck": {"Test": 7}},
        more={"history": [7, {"empty_layer": True}, {"created_by": 9}], "created": None},
    )
    archive(tmp_path / "odd.tar", odd)
    assert run("inspect", "odd.tar").code == 0


def test_packages_that_platforms_have_in_other_versions(run: Run, tmp_path: Path) -> None:
    def image(platform: str, version: str) -> Sketch:
        stanza = f"Package: tzdata\nVersion: {version}\n".encode()
        return Sketch(
            platform=platform,
            layers=[layer([Entry(path="var/lib/dpkg/status.d/tzdata", data=stanza)])],
        )

    archive(tmp_path / "two.tar", image("linux/amd64", "1"), image("linux/arm64", "2"))
    rows = [line.split() for line in run("inspect", "two.tar").out.splitlines()[-2:]]
    assert rows == [
        ["tzdata", "1", "package", "linux/amd64"],
        ["tzdata", "2", "package", "linux/arm64"],
    ]
