from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from simulators.images import MIRRORS, World, record_line, wheel, wheel_bytes, world
from support.outcome import Outcome
from workflow_containers.cli import LINE
from workflow_containers.commands import build
from workflow_containers.commands.interface import Shell
from workflow_containers.errors import DefinitionError, ImageNameError, MemberError, MirrorError
from workflow_containers.oci.layout import Layout
from workflow_containers.run import Command, Completed, run
from workflow_sbom.errors import UsageError
from workflow_sbom.terminal.console import Console

SECRETS = {"GITHUB_TOKEN": "gh-secret", "AWS_SECRET_ACCESS_KEY": "aws-secret"}


@dataclass
class Bench:
    """A checkout with one image, a mirror in a folder, and what programs were run with."""

    world: World
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)

    def run(self, command: Command) -> Completed:
        self.commands.append(command)
        argv = [str(part) for part in command.argv]
        if argv[0] == "git":
            return run(command)
        if argv[1:3] == ["-m", "pip"]:
            return self.world.machine(Command(argv=["pip", *argv[3:]], cwd=command.cwd))
        return self.world.machine(command)

    def build(self, *words: str | Path) -> Outcome:
        """Build the shop; raises its `ToolkitError`."""
        out, err = io.StringIO(), io.StringIO()
        shell = Shell(
            console=Console(out=out, err=err, colour=False, live=False),
            environment={
                "PATH": "/usr/bin:/bin",
                "HOME": str(self.folder / "home"),
                "WORKFLOW_CONTAINERS_STORE": str(self.folder / "store"),
                **SECRETS,
                **self.environment,
            },
            run=self.run,
        )
        code = build.run(self.asked(*words), shell)
        return Outcome(code=code, out=out.getvalue(), err=err.getvalue())

    def asked(self, *words: str | Path) -> argparse.Namespace:
        root = self.world.root
        mirror = f"file://{self.folder}/mirror"
        return LINE.parse(
            [
                "build", str(root / "images/shop.toml"), "--root", str(root),
                "--mirror", f"{mirror}/debian", "--security-mirror", f"{mirror}/security",
                *map(str, words),
            ]
        )  # fmt: skip


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    subprocess.run(
        ["git", *identity, *words], cwd=folder, check=True, capture_output=True,
        env={
            "PATH": "/usr/bin:/bin", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_COMMITTER_DATE": "2026-03-04T05:06:07Z",
        },
    )  # fmt: skip


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = world(tmp_path / "repository")
    for url, data in made.mirror.files.items():
        assert url.startswith(("https://mirror.test/debian/", MIRRORS.security))
        path = tmp_path / "mirror" / urlsplit(url).path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    dist = made.root / "dist"
    dist.mkdir()
    made.wheels["shop"].rename(dist / made.wheels["shop"].name)
    (made.root / ".gitignore").write_text("dist/\n*.tar.gz\nwheels/\n", encoding="utf-8")
    git(made.root, "init", "-q", "-b", "main")
    git(made.root, "add", ".")
    git(made.root, "commit", "-qm", "a shop")
    git(made.root, "remote", "add", "origin", "https://ann:secret@example.org/team/shop.git")
    return Bench(world=made, folder=tmp_path)


@pytest.fixture
def bundle(bench: Bench) -> str:
    return f"--bundle=shop-ui={bench.world.bundles['shop-ui']}"


def test_version_time_and_origin_come_from_the_wheel_and_the_commit(
    bench: Bench, bundle: str
) -> None:
    made = bench.build(bundle)
    archive = bench.world.root / "dist/shop-1.2.3.oci.tar"
    assert (made.code, made.out.splitlines()[-1]) == (0, str(archive))
    assert f"next: workflow-containers push {archive} REGISTRY/NAME" in made.err
    with Layout(archive) as layout:
        assert layout.version == "1.2.3"
        for image in layout.images:
            assert image.config["created"] == "2026-03-04T05:06:07Z"
            source = image.annotations["org.opencontainers.image.source"]
            assert source == "https://example.org/team/shop"
            assert len(image.annotations["org.opencontainers.image.revision"]) == 40


def test_what_was_built_is_told_in_a_table_and_to_programs(bench: Bench, bundle: str) -> None:
    table = bench.build(bundle).out.splitlines()
    assert table[0].split() == ["image", "platform", "packed", "index", "manifest", "config"]
    assert max(map(len, table[:3])) <= 80
    (found,) = bench.build(bundle, "--json").json
    with Layout(Path(found["path"])) as layout:
        assert found["index"] == str(layout.index)
        assert found["platforms"].keys() == {"linux/amd64", "linux/arm64"}
        for image in layout.images:
            platform = found["platforms"][str(image.platform)]
            assert platform["config"] == str(image.config_digest)
            assert platform["manifest"] == str(image.manifest)
            assert table[1 if image is layout.images[0] else 2].endswith(
                image.config_digest.hex[:12]
            )
    assert found["size"] == Path(found["path"]).stat().st_size


def test_every_stage_and_fragment_is_counted_and_reused_the_next_time(
    bench: Bench, bundle: str
) -> None:
    first = bench.build(bundle).err.splitlines()
    assert first[0].startswith("[1/4] shop: packages: ")
    assert any("libc6 2.41-12 (amd64): " in line for line in first)
    assert any("] tzdata 2026a-1: " in line for line in first)
    assert first[-2].startswith("[15/15] shop: archive: ")
    second = bench.build(bundle).err.splitlines()
    assert sum(line.endswith(": reused") for line in second) == 11


def test_tokens_reach_neither_pip_nor_git(bench: Bench, bundle: str) -> None:
    bench.build(bundle)
    programs = {str(command.argv[0]).rpartition("/")[2] for command in bench.commands}
    assert "git" in programs
    assert any("pip" in command.argv for command in bench.commands)
    for command in bench.commands:
        assert not set(command.env.values()) & set(SECRETS.values())


def test_a_changed_file_takes_the_commits_name_away_and_what_is_built_does_not(
    bench: Bench, bundle: str
) -> None:
    def revision(*words: str | Path) -> str | None:
        (found,) = bench.build(bundle, "--json", *words).json
        with Layout(Path(found["path"])) as layout:
            return layout.images[0].annotations.get("org.opencontainers.image.revision")

    assert revision("--output", bench.world.root / "built") is not None
    assert revision("--output", bench.world.root / "built") is not None
    (bench.world.root / "images/shop.yaml").write_text("open: false\n", encoding="utf-8")
    assert revision("--output", bench.world.root / "built") is None


@pytest.mark.parametrize(
    ("environment", "words", "created"),
    [
        ({"SOURCE_DATE_EPOCH": "0"}, [], "1970-01-01T00:00:00Z"),
        (
            {"SOURCE_DATE_EPOCH": "1"},
            ["--created", "2026-01-02T03:04:05+02:00"],
            "2026-01-02T01:04:05Z",
        ),
    ],
)
def test_a_time_that_was_given_goes_before_the_commits(
    bench: Bench, bundle: str, environment: dict[str, str], words: list[str], created: str
) -> None:
    bench.environment = environment
    bench.build(bundle, *words)
    with Layout(bench.world.root / "dist/shop-1.2.3.oci.tar") as layout:
        assert layout.images[0].config["created"] == created


def refused(bench: Bench, *words: str | Path, kind: type[Exception] = DefinitionError) -> str:
    with pytest.raises(kind) as error:
        bench.build(*words)
    assert not [*(bench.world.root / "dist").glob("*.tar")]
    return str(error.value)


def test_a_missing_wheel_is_asked_for_with_the_command_that_makes_it(
    bench: Bench, bundle: str
) -> None:
    (bench.world.root / "dist/shop-1.2.3-py3-none-any.whl").unlink()
    said = refused(bench, bundle)
    assert "shop: wheels[0]: no wheel of 'shop' was given" in said
    assert "(pip wheel --no-deps --wheel-dir dist shop)" in said


def test_two_wheels_are_one_too_many_unless_one_is_named(bench: Bench, bundle: str) -> None:
    dist = bench.world.root / "dist"
    other = wheel(dist, "shop", "1.2.4", {"shop/__init__.py": b""})
    said = refused(bench, bundle)
    assert "several wheels of 'shop': shop-1.2.3-py3-none-any.whl, shop-1.2.4-" in said
    assert "name one with --wheel" in said
    assert bench.build(bundle, "--wheel", other).code == 0
    assert (dist / "shop-1.2.4.oci.tar").exists()


def test_other_files_in_dist_do_not_matter(bench: Bench, bundle: str) -> None:
    dist = bench.world.root / "dist"
    (dist / "not a wheel.whl").write_text("", encoding="utf-8")
    wheel(dist, "other", "9", {})
    assert bench.build(bundle).code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--wheel=dist/shpo-1-py3-none-any.whl"], "no image asks for the wheel 'shpo'"),
        (["--wheel=dist/shop.whl"], "no name of a wheel"),
        (["--bundle=shop-iu=x.tar.gz"], "no image asks for the bundle 'shop-iu'"),
        (["--bundle=shop-ui"], "is no NAME=FILE"),
        (["--bundle=shop-ui=a", "--bundle=shop-ui=b"], "stands twice"),
        (["--created=yesterday"], "is no time with its offset"),
        (["--created=2026-01-02T03:04:05"], "is no time with its offset"),
    ],
)
def test_what_was_mistyped_is_named(bench: Bench, words: list[str], said: str) -> None:
    assert said in refused(bench, *words, kind=UsageError)


def test_a_bundle_that_is_missing_is_named(bench: Bench) -> None:
    assert "no archive of shop-ui was given" in refused(bench)


@pytest.mark.parametrize("text", ["soon", "-1", "9" * 40, "\u0661"])
def test_an_epoch_that_is_none_is_refused(bench: Bench, bundle: str, text: str) -> None:
    bench.environment = {"SOURCE_DATE_EPOCH": text}
    assert "SOURCE_DATE_EPOCH is " in refused(bench, bundle, kind=UsageError)


def test_outside_of_git_a_time_must_be_given(bench: Bench, bundle: str) -> None:
    shutil.rmtree(bench.world.root / ".git")
    with pytest.raises(UsageError, match="of no known time") as error:
        bench.build(bundle)
    assert "SOURCE_DATE_EPOCH" in error.value.remedy
    assert bench.build(bundle, "--created", "2026-01-02T03:04:05Z").code == 0


def test_without_a_lock_the_remedy_is_to_lock(bench: Bench, bundle: str) -> None:
    (bench.world.root / "images/debian.lock.json").unlink()
    assert "no such lock (run workflow-containers lock)" in refused(bench, bundle)


def test_a_requirement_that_is_not_locked_is_found_before_anything_runs(
    bench: Bench, bundle: str
) -> None:
    dist = bench.world.root / "dist"
    (dist / "shop-1.2.3-py3-none-any.whl").unlink()
    needy = wheel_bytes("shop", "1.2.3", {}, requires=["till>=3", "gone", 'tty; extra == "x"'])
    (dist / "shop-1.2.3-py3-none-any.whl").write_bytes(needy)
    said = refused(bench, bundle)
    assert "shop 1.2.3 needs till>=3, but 2.0 is locked (run workflow-containers lock)" in said
    assert "shop 1.2.3 needs gone, which is not locked" in said
    assert "tty" not in said


def test_a_platform_that_is_not_locked_or_not_known(bench: Bench, bundle: str) -> None:
    path = bench.world.root / "images/shop.toml"
    path.write_text('platforms = ["linux/sparc"]\n' + path.read_text(), encoding="utf-8")
    assert "images are not built for linux/sparc; known: linux/amd64" in refused(bench, bundle)


@pytest.mark.parametrize("tag", ["1.2+3", "", "a b", "x" * 129])
def test_a_version_that_is_no_tag_is_refused_before_anything_is_built(
    bench: Bench, bundle: str, tag: str
) -> None:
    refused(bench, bundle, f"--version={tag}", kind=ImageNameError)


def test_the_wheels_version_becomes_a_tag(bench: Bench, bundle: str) -> None:
    dist = bench.world.root / "dist"
    (dist / "shop-1.2.3-py3-none-any.whl").unlink()
    wheel(dist, "shop", "1.2.3+local.1", {"shop/__init__.py": b""})
    assert bench.build(bundle, "--json").json[0]["version"] == "1.2.3_local.1"


def test_an_epoch_in_a_version_has_no_tag(bench: Bench, bundle: str) -> None:
    dist = bench.world.root / "dist"
    (dist / "shop-1.2.3-py3-none-any.whl").unlink()
    wheel(dist, "shop", "1!2.0", {"shop/__init__.py": b""})
    assert "1!2.0 has an epoch, which no tag can hold (use --version)" in refused(bench, bundle)


def test_a_mirror_that_has_something_else_is_named(bench: Bench, bundle: str) -> None:
    for path in bench.folder.joinpath("mirror").rglob("tzdata*.deb"):
        path.write_bytes(b"something else")
    assert "tzdata 2026a-1 (all)" in refused(bench, bundle, kind=MirrorError)


def test_without_git_a_time_must_be_given(bench: Bench, bundle: str) -> None:
    bench.environment = {"PATH": str(bench.folder / "no programs")}
    assert "of no known time" in refused(bench, bundle, kind=UsageError)
    assert bench.build(bundle, "--created", "2026-01-02T03:04:05Z").code == 0


def test_what_is_built_may_go_anywhere(bench: Bench, bundle: str) -> None:
    (found,) = bench.build(bundle, "--json", "--output", bench.folder / "else").json
    assert found["path"] == str(bench.folder / "else/shop-1.2.3.oci.tar")


def test_a_wheel_that_is_not_there_is_named(bench: Bench, bundle: str) -> None:
    said = refused(bench, bundle, "--wheel=dist/shop-9-py3-none-any.whl", kind=MemberError)
    assert "dist/shop-9-py3-none-any.whl: can't be read" in said


def test_a_wheel_whose_metadata_says_nothing_is_refused(bench: Bench, bundle: str) -> None:
    made = bench.world.root / "dist/shop-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(made) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    metadata = "shop-1.2.3.dist-info/METADATA"
    lines = files["shop-1.2.3.dist-info/RECORD"].decode().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(metadata)]
    files[metadata] = b"Name: shop\n"
    files["shop-1.2.3.dist-info/RECORD"] = "".join(
        [*kept, record_line(metadata, files[metadata])]
    ).encode()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    assert "its METADATA: " in refused(bench, bundle, kind=MemberError)
