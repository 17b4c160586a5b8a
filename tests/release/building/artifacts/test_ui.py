"""Web interfaces: packages once a lock, a bundle once its inputs, an archive once a version."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest

from support.git_repository import GitRepository
from support.workshops import Bench
from workflow_release.building.artifacts.ui import MODULES
from workflow_release.building.build import build
from workflow_release.errors import BuildError
from workflow_release.model import Artifact, Lock, UiBundle
from workflow_sbom.digest import Digest

UI = UiBundle(name="face", project=PurePosixPath("ui"), inputs=(PurePosixPath("shared"),))
FILES = {
    "ui/package.json": "{}",
    "ui/package-lock.json": "{}\n",
    "ui/a.js": "text",
    "shared/b.js": "shared",
    "other/c.js": "never seen",
}
NPM = """\
echo "$1 $2" >> "$SAID"
env | sort > "$SAID.$1"
if [ "$1" = ci ]; then
  ls > "$SAID.seen"
  mkdir -p node_modules/.bin node_modules/pack
  echo packed > node_modules/pack/index.js
  ln -s ../pack/index.js node_modules/.bin/pack
  exit
fi
echo changed by the build > node_modules/pack/index.js
mkdir -p dist/assets build
cat a.js ../shared/b.js > dist/assets/a.js
echo '<!doctype html>' > dist/index.html
[ -f tell ] && echo '["react"]' > build/modules.json
[ -f fail ] && rm dist/index.html
exit 0
"""


@pytest.fixture
def said(tmp_path: Path) -> Path:
    return tmp_path / "said"


@pytest.fixture
def bench(tmp_path: Path, said: Path) -> Bench:
    made = Bench(scratch=tmp_path / "bench")
    made.program("node", "echo v22.1.0")
    made.program("npm", f"SAID={said}\n{NPM}")
    return made


def made(bench: Bench, repository: GitRepository, version: str = "1.2.3", **files: str) -> Artifact:
    repository.commit("feat: x", **{**FILES, **files})
    (artifact,) = build(bench.workshop(repository, UI, version=version))
    return artifact


def contents(artifact: Artifact) -> Mapping[str, bytes]:
    with tarfile.open(artifact.path) as tar:
        streams = ((member.name, tar.extractfile(member)) for member in tar)
        return {name: stream.read() for name, stream in streams if stream is not None}


def test_the_archive_holds_dist_and_tells_its_version(
    bench: Bench, repository: GitRepository
) -> None:
    artifact = made(bench, repository, version="1.2.3-rc.1")
    assert artifact.name == "face-1.2.3-rc.1.tar.gz"
    assert artifact.locks == (Lock(name="ui/package-lock.json", digest=Digest.of(b"{}\n")),)
    found = contents(artifact)
    assert json.loads(found["dist/version.json"]) == {"version": "1.2.3-rc.1"}
    assert {name: text for name, text in found.items() if name != "dist/version.json"} == {
        "dist/assets/a.js": b"textshared",
        "dist/index.html": b"<!doctype html>\n",
    }
    assert artifact.notes is None


def test_another_version_neither_installs_nor_bundles(
    bench: Bench, repository: GitRepository, said: Path
) -> None:
    first = made(bench, repository, version="1.2.3")
    second = made(bench, repository, version="1.2.4", **{"other/c.js": "changed"})
    assert said.read_text() == "ci --ignore-scripts\nrun build\n"
    assert {**contents(first), "dist/version.json": b""} == {
        **contents(second),
        "dist/version.json": b"",
    }


def test_another_source_bundles_and_does_not_install(
    bench: Bench, repository: GitRepository, said: Path
) -> None:
    made(bench, repository)
    artifact = made(bench, repository, **{"shared/b.js": "other"})
    assert said.read_text() == "ci --ignore-scripts\nrun build\nrun build\n"
    assert contents(artifact)["dist/assets/a.js"] == b"textother"


def test_another_lock_does_both(bench: Bench, repository: GitRepository, said: Path) -> None:
    made(bench, repository)
    made(bench, repository, **{"ui/package-lock.json": "{ }\n"})
    assert said.read_text() == "ci --ignore-scripts\nrun build\n" * 2
    assert Path(f"{said}.seen").read_text() == "package-lock.json\npackage.json\n"


def test_what_a_build_writes_among_its_packages_does_not_stay(
    bench: Bench, repository: GitRepository
) -> None:
    made(bench, repository)
    (installed,) = bench.scratch.glob("cache/trees/*/*/tree/ui/node_modules/pack/index.js")
    assert installed.read_text() == "packed\n"
    link = installed.parent.parent / ".bin" / "pack"
    assert link.is_symlink()


def test_a_damaged_bundle_is_never_archived(bench: Bench, repository: GitRepository) -> None:
    first = made(bench, repository)
    (kept,) = bench.scratch.glob("cache/trees/*/*/tree/dist/assets/a.js")
    kept.write_text("damaged")
    second = made(bench, repository, version="1.2.4", **{"other/c.js": "changed"})
    assert contents(second)["dist/assets/a.js"] == contents(first)["dist/assets/a.js"]


def test_the_packages_code_sees_no_token_and_a_fixed_world(
    bench: Bench, repository: GitRepository, said: Path
) -> None:
    bench.environment = {
        "GITHUB_TOKEN": "secret",
        "npm_config_registry": "https://user:secret@registry.example.org",
        "TZ": "Asia/Tokyo",
    }
    made(bench, repository)
    text = Path(f"{said}.run").read_text()
    seen = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    assert "secret" not in text
    expected = {"SOURCE_DATE_EPOCH": "315532800", "TZ": "UTC", "NODE_ENV": "production"}
    assert {name: seen[name] for name in expected} == expected
    assert seen["HOME"].startswith(str(bench.scratch / "cache" / "work"))
    fetching = Path(f"{said}.ci").read_text()
    assert "npm_config_registry=https://user:secret@registry.example.org" in fetching
    assert "GITHUB_TOKEN" not in fetching


def test_the_archive_does_not_depend_on_place_or_earlier_work(
    bench: Bench, repository: GitRepository, tmp_path: Path, said: Path
) -> None:
    first = made(bench, repository)
    elsewhere = Bench(scratch=tmp_path / "else" / "where")
    elsewhere.program("node", "echo v22.1.0")
    elsewhere.program("npm", f"SAID={said}\n{NPM}")
    second = made(elsewhere, repository, **{"other/c.js": "changed"})
    assert first.digest == second.digest


def test_what_the_bundler_says_is_kept_beside_and_never_published(
    bench: Bench, repository: GitRepository
) -> None:
    artifact = made(bench, repository, **{"ui/tell": ""})
    assert artifact.notes is not None
    assert artifact.notes.name == MODULES
    assert artifact.notes.read_text() == '["react"]\n'
    assert not [name for name in contents(artifact) if MODULES in name]


def test_a_build_without_a_page_is_refused(bench: Bench, repository: GitRepository) -> None:
    with pytest.raises(BuildError, match=r"ui: `npm run build` left no dist/index\.html"):
        made(bench, repository, **{"ui/fail": ""})


def test_a_failing_npm_is_told(bench: Bench, repository: GitRepository) -> None:
    bench.program("npm", "echo npm error; exit 3")
    with pytest.raises(BuildError, match="`npm ci --ignore-scripts` failed with exit code 3"):
        made(bench, repository)


def test_an_interface_without_a_lock_is_refused(bench: Bench, repository: GitRepository) -> None:
    repository.commit("feat: x", **{"ui/package.json": "{}", "shared/b.js": ""})
    with pytest.raises(BuildError, match=r"ui/package-lock\.json: not in the commit") as told:
        build(bench.workshop(repository, UI))
    assert "commit the lock" in told.value.remedy
