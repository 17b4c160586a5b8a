"""Both images, entry by entry, against a truth that nothing of ours has touched.

Packages are read by dpkg-deb, wheels by zipfile, layers by tarfile; bytecode is made again by the
image's own Python with py_compile. What is compared is the document that a person gets.
"""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import json
import marshal
import re
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulators.images import wheel
from support.absent import absent
from support.images import ENGINE, IMAGES, MIGRATE, Release
from support.person import Outcome, User
from support.tampering import edited, entry, planted, tampered, together, without
from workflow_containers.host import native_platform
from workflow_containers.inspecting import rootless
from workflow_containers.oci.layout import Layout

ROOT = Path(__file__).resolve().parents[2]
DEFINITIONS = {ENGINE: "containers/engine.toml", MIGRATE: "containers/migrate.toml"}
SITE = "usr/local/lib/python3.13/dist-packages"
PYC = re.compile(r"(.*/)__pycache__/([^/]+)\.cpython-313\.pyc")
MERGED = ("bin", "lib", "sbin", "lib64")
# Made by no package and no wheel, and small enough to be said here once more.
FIXED = {
    "users": {"etc/passwd", "etc/group"},
    "name-service": {"etc/nsswitch.conf"},
    "linker-cache": {"etc/ld.so.cache"},
    "certificate-bundle": {"etc/ssl/certs/ca-certificates.crt"},
    "certificate-links": {"usr/lib/ssl/cert.pem", "usr/lib/ssl/certs"},
    "interpreter-link": {"usr/bin/python3"},
    "scratch-folders": {"tmp", "var/tmp", "home/nonroot"},
}
# In the image's Python: every source of a folder compiled, header and code held together.
COMPILE = """
import marshal, pathlib, py_compile, sys, warnings
warnings.simplefilter("ignore")
root, made = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
for pyc in sorted(root.rglob("*.pyc")):
    source = pyc.parent.parent / (pyc.name.partition(".")[0] + ".py")
    name = "/" + str(source.relative_to(root))
    py_compile.compile(source, made, name, doraise=True, invalidation_mode=mode)
    ours, theirs = pyc.read_bytes(), made.read_bytes()
    if ours[:16] == theirs[:16] and marshal.loads(ours[16:]) == marshal.loads(theirs[16:]):
        print(pyc.relative_to(root))
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A member of an archive, read by tarfile or zipfile."""

    kind: str
    mode: int
    owner: tuple[int, int]
    what: str  # a file's SHA-256, a link's target


@dataclass(frozen=True, kw_only=True)
class Checked:
    """An image, and what `coverage` says of each of its platforms."""

    archive: Path
    said: Mapping[str, Any]

    def roots(self) -> Iterator[tuple[str, Mapping[str, Seen], Mapping[str, bytes]]]:
        """Each platform's final root, and its files."""
        with tarfile.open(self.archive) as tar:

            def blob(described: dict[str, Any]) -> bytes:
                stream = tar.extractfile(f"blobs/sha256/{described['digest'][7:]}")
                assert stream is not None
                return stream.read()

            top = tar.extractfile("index.json")
            assert top is not None
            (index,) = json.load(top)["manifests"]
            for each in json.loads(blob(index))["manifests"]:
                found: dict[str, Seen] = {}
                files: dict[str, bytes] = {}
                for layer in json.loads(blob(each))["layers"]:
                    for path, seen, data in members(gzip.decompress(blob(layer))):
                        found[path] = seen
                        files[path] = data
                yield f"linux/{each['platform']['architecture']}", found, files


def members(archive: bytes) -> Iterator[tuple[str, Seen, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for info in tar:
            stream = tar.extractfile(info) if info.isreg() else None
            data = stream.read() if stream is not None else b""
            what = hashlib.sha256(data).hexdigest() if stream is not None else info.linkname
            kind = {b"0": "file", b"1": "hardlink", b"2": "symlink", b"5": "directory"}[info.type]
            seen = Seen(kind, info.mode, (info.uid, info.gid), what)
            yield info.name.removeprefix("./").rstrip("/"), seen, data


@pytest.fixture(scope="module")
def store(build_cache: Path) -> Path:
    """Where the build left packages and wheels."""
    return build_cache / "images"


def asked(release: Release, store: Path, name: str, archive: Path, *words: str) -> Outcome:
    """What a person is told by `workflow-containers coverage`."""
    folder = release.folder
    (bundle,) = folder.glob("workflow-admin-ui-*.tar.gz")
    wheel = next(folder.glob(f"{name.replace('-', '_')}-*.whl"))
    bundles = ["--bundle", f"workflow-admin-ui={bundle}"] if name == ENGINE else []
    return User(home=folder, cache=store).containers(
        "coverage", str(ROOT / DEFINITIONS[name]), str(archive), "--root", str(ROOT),
        "--wheel", str(wheel), *bundles, "--re-resolve", *words,
        env={"WORKFLOW_CONTAINERS_STORE": str(store)},
    )  # fmt: skip


@pytest.fixture(scope="module", params=IMAGES)
def image(request: pytest.FixtureRequest, release: Release, store: Path) -> Checked:
    archive = release.archive(request.param)
    done = asked(release, store, request.param, archive, "--json")
    assert done.code == 0, done.err
    return Checked(archive=archive, said={each["platform"]: each for each in json.loads(done.out)})


def by(said: Mapping[str, Any], key: str) -> dict[str, set[str]]:
    """Paths by owner or by rule."""
    found: dict[str, set[str]] = {}
    for each in said["entries"]:
        if key in each:
            found.setdefault(each[key], set()).add(each["path"])
    return found


def test_every_entry_of_both_platforms_is_explained_once(image: Checked) -> None:
    assert set(image.said) == {"linux/amd64", "linux/arm64"}
    for platform, found, _ in image.roots():
        said = image.said[platform]
        assert (said["explained"], said["missing"]) == (True, [])
        paths = [each["path"] for each in said["entries"]]
        assert sorted(paths) == sorted(found)
        for each in said["entries"]:
            seen = found[each["path"]]
            assert each["kind"] == seen.kind
            assert each.get("digest", "sha256:")[7:] == (seen.what if seen.kind == "file" else "")
            assert ("owner" in each) != ("rule" in each)


def test_packages_own_what_dpkg_deb_says_they_have(image: Checked, store: Path) -> None:
    """Precision and recall: what a package has is its own, and nothing else is."""
    shutil.which("dpkg-deb") or absent("dpkg-deb of Debian")
    for platform, found, files in image.roots():
        said = image.said[platform]
        owners, left_out = by(said, "owner"), 0
        debs = {owner for owner in owners if owner.startswith("pkg:deb/")}
        for path in sorted(found):
            if re.fullmatch(r"var/lib/dpkg/status\.d/[^/]+(?<!\.md5sums)", path):
                deb = store / "blobs" / field(files[path], "SHA256")
                owner = f"pkg:deb/debian/{name_of(deb)}"
                (url,) = (each for each in debs if each.startswith(owner))
                debs.discard(url)
                mine = dict(in_package(deb))
                there = {
                    each for each, seen in mine.items()
                    if seen.kind != "directory" and each in found
                }  # fmt: skip
                recorded = {each for each in owners[url] if found[each].kind != "directory"}
                assert recorded == there
                for each in there:
                    assert_same(found[each], mine[each], each)
                assert all(
                    mine[each].kind == "directory"
                    for each in owners[url] if found[each].kind == "directory"
                )  # fmt: skip
                left_out += sum(seen.kind != "directory" for seen in mine.values())
                left_out -= len(there)
                assert files[path].startswith(ask(deb, "control").rstrip(b"\n"))
                assert files[f"{path}.md5sums"] == ask(deb, "md5sums")
        assert debs == set()
        assert said["left-out"] == left_out


def assert_same(there: Seen, source: Seen, path: str) -> None:
    assert (there.kind, there.owner) == (source.kind, (0, 0)), path
    target = source.what.removeprefix("./") if source.kind == "hardlink" else source.what
    assert there.what == target, path
    if source.kind == "file":
        assert there.mode == (0o755 if source.mode & 0o111 else 0o644), path


def in_package(deb: Path) -> Iterator[tuple[str, Seen]]:
    """A package's members by their paths in the merged /usr."""
    done = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], check=True, capture_output=True)
    for path, seen, _ in members(done.stdout):
        if path and path != ".":
            yield (f"usr/{path}" if path.split("/")[0] in MERGED and "/" in path else path), seen


def ask(deb: Path, part: str) -> bytes:
    done = subprocess.run(["dpkg-deb", "--info", deb, part], check=True, capture_output=True)
    return done.stdout


def name_of(deb: Path) -> str:
    """As a package URL has it."""
    command = ["dpkg-deb", "--show", "--showformat=${Package}@${Version}?arch=${Architecture}"]
    done = subprocess.run([*command, deb], check=True, capture_output=True, text=True)
    name, _, rest = done.stdout.partition("@")
    return f"{name.replace('+', '%2B')}@{rest.replace('+', '%2B')}"


def field(stanza: bytes, name: str) -> str:
    (found,) = re.findall(rf"(?m)^{name}: (\S+)$", stanza.decode())
    return str(found)


def test_wheels_own_what_is_in_their_files(image: Checked, store: Path, release: Release) -> None:
    wheels = [*locked_wheels(store), *release.folder.glob("*.whl")]
    known = dict(map(read_wheel, wheels))
    for platform, found, _ in image.roots():
        owners = by(image.said[platform], "owner")
        for owner in (each for each in owners if each.startswith("pkg:pypi/")):
            mine = {
                (path, found[path].what) for path in owners[owner] if found[path].kind == "file"
            }
            assert frozenset(mine) in known, owner
            assert mine >= known[frozenset(mine)]  # all that RECORD gives a digest of, no less
            assert {found[path].mode & ~0o111 for path in owners[owner]} <= {0o644}


def locked_wheels(store: Path) -> Iterator[Path]:
    for lock in ("engine", "migrate"):
        text = (ROOT / f"containers/{lock}.txt").read_text(encoding="utf-8")
        for digest in re.findall("sha256:([0-9a-f]{64})", text):
            path = store / "blobs" / digest
            if path.is_file():
                assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
                yield path


def read_wheel(path: Path) -> tuple[frozenset[tuple[str, str]], set[tuple[str, str]]]:
    """A wheel's files where an image has them, and those that its RECORD has a digest of."""
    with zipfile.ZipFile(path) as opened:
        digests = {
            name: hashlib.sha256(opened.read(name)).hexdigest()
            for name in opened.namelist()
            if not name.endswith("/")
        }
        (record,) = (name for name in digests if name.endswith(".dist-info/RECORD"))
        rows = [*csv.reader(io.StringIO(opened.read(record).decode()))]
    del digests[record]
    place = {name: f"{SITE}/{name}" for name in digests if ".data/" not in name}
    recorded = {(place[row[0]], digests[row[0]]) for row in rows if row[1] and row[0] in place}
    return frozenset((place[name], digests[name]) for name in place), recorded


def test_bytecode_is_what_py_compile_makes_of_the_sources(image: Checked, tmp_path: Path) -> None:
    """By the same code, not the same bytes: marshal's references depend on what it saw before."""
    native = native_platform()
    if native is None:
        absent("a machine that runs one of the images")
    for platform, found, files in image.roots():
        pycs = {path for path in found if path.endswith(".pyc")}
        assert by(image.said[platform], "rule")["bytecode"] == pycs
        assert {path for path in found if path.endswith(".py")} >= {
            PYC.sub(r"\1\2.py", path) for path in pycs
        }
        folder = tmp_path / platform.replace("/", "-")
        for path in (*pycs, *(PYC.sub(r"\1\2.py", each) for each in pycs)):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(files[path])
        code, out = rootless.run(
            image.archive, native,
            ["/usr/bin/python3", "-c", COMPILE, str(folder), str(tmp_path / "made.pyc")],
            store=tmp_path / "store",
        )  # fmt: skip
        assert code == 0
        assert set(out.decode().split()) == pycs


def test_the_other_rules_explain_what_they_say_and_no_more(image: Checked) -> None:
    for platform, found, files in image.roots():
        rules = by(image.said[platform], "rule")
        for rule, paths in FIXED.items():
            assert rules.pop(rule) == paths
        assert "merged-usr" not in rules  # for base-files brings the links itself
        assert rules.pop("package-record") == {
            path for path in found if path.startswith("var/lib/dpkg/status.d/")
        }
        infos = {path for path in found if path.endswith(".dist-info/RECORD")}
        assert rules.pop("wheel-record") == infos
        assert rules.pop("installer") == {path.replace("RECORD", "INSTALLER") for path in infos}
        assert all(found[path].kind == "directory" for path in rules.pop("folders"))
        rules.pop("bytecode")
        assert rules == {}
        assert files["etc/ssl/certs/ca-certificates.crt"].count(b"BEGIN CERTIFICATE") > 100


@pytest.mark.parametrize("name", IMAGES)
def test_a_person_sees_a_table_with_nothing_left(release: Release, store: Path, name: str) -> None:
    done = asked(release, store, name, release.archive(name))
    assert done.code == 0, done.err
    for row in ("unexplained", "missing"):
        assert re.search(rf"^{row} +0 +0$", done.out, re.MULTILINE), done.out


def test_a_real_image_as_a_base_is_its_own_proof(release: Release, tmp_path: Path) -> None:
    """Ours on it are explained by the base's own Python, and the rest by the digest."""
    archive = release.archive(MIGRATE)
    with Layout(archive) as layout:
        base = f"registry.example/migrate:1@{layout.index}"
        under = {entry.path for layer in layout.images[0].layers for entry in layout.entries(layer)}
    (tmp_path / "shop.toml").write_text(
        f'name = "shop"\nbase = "{base}"\npython = "3.13"\n'
        'entrypoint = ["/usr/bin/python3", "-m", "shop"]\n'
        '[[wheels]]\nname = "shop"\nproject = "shop"\n',
        encoding="utf-8",
    )
    made = wheel(tmp_path, "shop", "1.2.3", {"shop/__init__.py": b"X = {1: 'one'}\n"})
    user = User(home=tmp_path, cache=tmp_path)
    given = ("--root", str(tmp_path), "--wheel", str(made), "--layout", str(archive))
    (tmp_path / "dist").mkdir()
    definition, out = str(tmp_path / "shop.toml"), tmp_path / "dist/shop-1.2.3.oci.tar"
    done = user.containers("build", definition, *given, "--created", "2026-01-02T03:04:05Z")
    assert done.code == 0, done.err
    done = user.containers("coverage", definition, str(out), *given, "--json")
    assert done.code == 0, done.err
    said = json.loads(done.out)[0]
    folder = f"{SITE}/shop"
    pyc = f"{folder}/__pycache__/__init__.cpython-313.pyc"
    assert by(said, "rule")["bytecode"] == {pyc}
    info = f"{SITE}/shop-1.2.3.dist-info"
    assert by(said, "owner") == {
        f"base:{base}": under,
        "pkg:pypi/shop@1.2.3": {
            f"{folder}/__init__.py", f"{info}/METADATA", f"{info}/WHEEL",
        },
    }  # fmt: skip
    changed = tampered(out, tmp_path / "evil.tar", edited(pyc, lambda _, data: data[:-1]))
    done = user.containers("coverage", definition, str(changed), *given)
    assert done.code == 39
    assert f"{pyc}: differs from the rule bytecode" in done.out


def test_somebody_who_makes_every_record_agree_is_caught(
    release: Release, store: Path, tmp_path: Path
) -> None:
    """Each attack at once, in the real image: all are told, and nothing else."""
    info = next(
        each.path.rpartition("/")[0]
        for each in _entries(release.archive(MIGRATE))
        if re.fullmatch(rf"{SITE}/psycopg-[0-9.]+\.dist-info/RECORD", each.path)
    )
    module, zone = f"{SITE}/psycopg/__init__.py", "usr/share/zoneinfo/Etc/UTC"
    pyc = "usr/lib/python3.13/__pycache__/this.cpython-313.pyc"
    sums = "var/lib/dpkg/status.d/tzdata.md5sums"
    evil = b"import os\n"
    changed = tampered(
        release.archive(MIGRATE),
        tmp_path / "evil.oci.tar",
        together(
            planted(entry("usr/bin/sh", b"#!", mode=0o4755), layer=2),
            planted(entry("opt/x", kind=tarfile.DIRTYPE), layer=2),
            edited(module, lambda _, __: evil),
            edited(f"{info}/RECORD", lambda _, data: _agreeing(data, "psycopg/__init__.py", evil)),
            edited(zone, lambda _, __: evil),
            edited(sums, lambda _, data: data.replace(data[:32], b"0" * 32)),
            edited(pyc, lambda _, data: data[:16] + marshal.dumps(compile(evil, "x", "exec"), 2)),
            edited("usr/bin/python3", _retargeted),
            edited("usr/bin/python3.13", _setuid),
            without("usr/share/zoneinfo/Etc/GMT"),
        ),
    )
    done = asked(release, store, MIGRATE, changed, "--json")
    assert done.code == 39
    for each in json.loads(done.out):
        told = {line["path"] for line in each["entries"] if "unexplained" in line}
        assert told == {
            "usr/bin/sh", "opt/x", module, f"{info}/RECORD", zone, sums, pyc,
            "usr/bin/python3", "usr/bin/python3.13",
        }  # fmt: skip
        assert [line["path"] for line in each["missing"]] == ["usr/share/zoneinfo/Etc/GMT"]


def _entries(archive: Path) -> Iterator[Any]:
    with Layout(archive) as layout:
        for layer in layout.images[0].layers:
            yield from layout.entries(layer)


def _agreeing(record: bytes, name: str, data: bytes) -> bytes:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    line = rf"(?m)^{re.escape(name)},sha256=.*$"
    text, count = re.subn(line, f"{name},sha256={digest},{len(data)}", record.decode())
    assert count == 1
    return text.encode()


def _retargeted(info: tarfile.TarInfo, data: bytes) -> bytes:
    info.linkname = "/tmp/python"
    return data


def _setuid(info: tarfile.TarInfo, data: bytes) -> bytes:
    info.mode = 0o4755
    return data
