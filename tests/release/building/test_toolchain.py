"""The programs builds use: which one is taken, and environments made by hashes alone."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from support import built
from support.git_repository import GitRepository
from support.workshops import Bench
from workflow_release.building.artifacts.interface import LockFile, Workshop
from workflow_release.building.once import Once
from workflow_release.building.toolchain import (
    backend_environment,
    embedded,
    environment,
    go,
    node,
    toolkit_digest,
)
from workflow_release.errors import BuildError
from workflow_sbom.digest import Digest
from workflow_sbom.python import requirements

HASH = f"--hash=sha256:{'0' * 64}"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(scratch=tmp_path / "bench")


@pytest.fixture
def shop(bench: Bench, repository: GitRepository) -> Workshop:
    repository.commit("feat: x")
    return bench.workshop(repository)


def bare(shop: Workshop, bench: Bench) -> Workshop:
    """The workshop on a machine that has the bench's programs and a Python that does nothing."""
    bench.program("python", "echo no index; exit 1")
    host = replace(
        shop.host,
        environment={"PATH": f"{bench.programs}:/bin"},
        python=bench.programs / "python",
    )
    return replace(shop, host=host)


@pytest.mark.parametrize("name", ["build", "node", "go"])
def test_the_locks_that_come_with_the_tool_are_locks(name: str) -> None:
    lock = embedded(name)
    entries = requirements.parse(lock.content).requirements
    assert entries
    assert all(entry.hashes for entry in entries)
    assert b"://" not in lock.content
    assert lock.lock.name == f"workflow-release/locks/{name}.txt"


def test_the_lock_holds_every_backend_it_promises() -> None:
    names = {entry.name for entry in requirements.parse(embedded("build").content).requirements}
    promised = {
        "editables", "flit-core", "hatch-fancy-pypi-readme", "hatch-vcs", "hatchling",
        "pdm-backend", "poetry-core", "setuptools", "setuptools-scm", "uv-build",
        "uv-dynamic-versioning", "versioningit", "wheel",
    }  # fmt: skip
    assert promised <= names


def test_the_toolkits_digest_is_one_value() -> None:
    assert toolkit_digest() == toolkit_digest()
    assert re.fullmatch("[0-9a-f]{64}", toolkit_digest().hex)


@pytest.mark.parametrize("version", ["v20.19.0", "v22.1.0", "v100.0.0"])
def test_a_new_enough_node_with_npm_is_taken(bench: Bench, shop: Workshop, version: str) -> None:
    bench.program("node", f"echo {version}")
    bench.program("npm", "")
    found = node(shop, shop.log("x"))
    assert (found.folder, f"v{found.version}") == (bench.programs, version)


@pytest.mark.parametrize("says", ["echo v20.18.9", "echo v8.0.0", "echo nonsense", "exit 1"])
def test_any_other_node_is_not(bench: Bench, shop: Workshop, says: str) -> None:
    bench.program("node", says)
    bench.program("npm", "")
    with pytest.raises(BuildError, match="venv --without-pip failed"):
        node(bare(shop, bench), shop.log("x"))
    assert any("node.txt by its hashes" in note for note in bench.told.which("note"))


def test_a_node_without_npm_is_not_taken(bench: Bench, shop: Workshop) -> None:
    bench.program("node", "echo v22.1.0")
    with pytest.raises(BuildError, match="venv --without-pip failed"):
        node(bare(shop, bench), shop.log("x"))
    assert any("without npm" in note for note in bench.told.which("note"))


@pytest.mark.parametrize(
    ("minimum", "taken"),
    [("1.18", True), ("1.22.3", True), ("1.22", True), ("1.22.4", False), ("1.23", False)],
)
def test_a_go_that_the_module_allows_is_taken(
    bench: Bench, shop: Workshop, minimum: str, taken: bool
) -> None:
    bench.program("go", 'echo "go version go1.22.3 linux/amd64 $GOTOOLCHAIN"')
    if taken:
        found = go(shop, minimum, shop.log("x"))
        assert (found.folder, found.version) == (bench.programs, "1.22.3")
    else:
        with pytest.raises(BuildError, match="venv --without-pip failed"):
            go(bare(shop, bench), minimum, shop.log("x"))


def test_an_environment_is_made_once_by_the_machines_python(bench: Bench, shop: Workshop) -> None:
    lock = LockFile(name="locks/none.txt", content=b"")
    wishes = {"PIP_USER": "1", "PIP_TARGET": "/elsewhere", "PIP_CONSTRAINT": "/nothing"}
    given = {**shop.host.environment, **wishes}
    shop = replace(shop, host=replace(shop.host, environment=given))
    folder = environment(lock, shop, shop.log("x"))
    assert (folder / "bin" / "python").exists()
    assert not list(folder.glob("lib/python*/site-packages/*"))
    assert environment(lock, shop, shop.log("x")) == folder
    assert len(bench.told.which("note")) == 1
    other = environment(LockFile(name="n", content=b"# other\n"), shop, shop.log("x"))
    assert other != folder


@pytest.mark.parametrize(
    "lock",
    [
        "six==1.17.0\n",
        "six>=1.17.0 {HASH}\n",
        "six @ https://example.org/six.whl {HASH}\n",
        "--index-url https://example.org\nsix==1.17.0 {HASH}\n",
        "--trusted-host example.org\nsix==1.17.0 {HASH}\n",
        "-e .\n",
        "-r other.txt\n",
        "./local\n",
    ],
)
def test_pip_never_sees_a_lock_that_names_more_than_packages_with_hashes(
    bench: Bench, shop: Workshop, lock: str
) -> None:
    content = lock.format(HASH=HASH).encode()
    with pytest.raises(BuildError, match=r"locks/bad\.txt: "):
        environment(LockFile(name="locks/bad.txt", content=content), shop, shop.log("x"))
    assert bench.told.which("note") == set()


def test_a_package_of_another_hash_is_not_installed(bench: Bench, shop: Workshop) -> None:
    index = bench.scratch / "index"
    index.mkdir()
    (index / "six-1.17.0-py2.py3-none-any.whl").write_bytes(b"not what was locked")
    offline = {
        **shop.host.environment,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(index),
        "PIP_CONFIG_FILE": "/dev/null",
    }
    shop = replace(shop, host=replace(shop.host, environment=offline))
    lock = LockFile(name="locks/bad.txt", content=f"six==1.17.0 {HASH}\n".encode())
    with pytest.raises(BuildError, match="pip --python failed with exit code") as told:
        environment(lock, shop, shop.log("x"))
    assert str(shop.log("x")) in told.value.remedy
    assert "DO NOT MATCH THE HASHES" in shop.log("x").read_text()
    assert not list((bench.scratch / "cache" / "trees").rglob("tree"))


def wheel_of(index: Path, name: str, *needs: str) -> str:
    """Put a wheel of that name into a folder; its line in a lock."""
    info = f"{name}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n"
    files = {
        f"{name}.py": b"",
        f"{info}/METADATA": (metadata + "".join(f"Requires-Dist: {n}\n" for n in needs)).encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    data = built.wheel(files)
    (index / f"{name}-1.0-py3-none-any.whl").write_bytes(data)
    return f"{name}==1.0 --hash=sha256:{Digest.of(data).hex}\n"


def test_a_backend_sees_what_it_asked_for_and_what_that_needs_alone(
    bench: Bench, shop: Workshop
) -> None:
    index = bench.scratch / "index"
    index.mkdir()
    lines = [
        wheel_of(index, "backend", "lib", "never; python_version < '3'", "more[fast]"),
        wheel_of(index, "lib", "backend", "absent"),
        wheel_of(index, "more", "speed; extra == 'fast'", "never; extra == 'slow'"),
        wheel_of(index, "speed"),
        wheel_of(index, "never"),
        wheel_of(index, "plugin", "backend"),
    ]
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index), "PIP_CONFIG_FILE": "/dev/null"}
    variables = {**shop.host.environment, **offline}
    shop = replace(shop, host=replace(shop.host, environment=variables))
    lock = LockFile(name="locks/build.txt", content="".join(lines).encode())
    log = shop.log("x")
    folder = backend_environment(lock, frozenset({"Backend>=1"}), shop, log)
    (place,) = folder.glob("lib/python*/site-packages")
    installed = {path.stem for path in place.glob("*.py")}
    assert installed == {"backend", "lib", "more", "speed"}
    assert backend_environment(lock, frozenset({"backend"}), shop, log) == folder
    nothing = backend_environment(lock, frozenset(), shop, log)
    assert not list(nothing.glob("lib/python*/site-packages/*"))


def test_a_tool_is_asked_for_once_in_a_run(bench: Bench, shop: Workshop, tmp_path: Path) -> None:
    counting = 'echo asked >> "$0.asked"'
    bench.program("go", f"{counting}; echo go version go1.30.1 linux/amd64")
    bench.program("node", f"{counting}; echo v22.1.0")
    bench.program("npm", "exit 0")
    log = tmp_path / "log"
    assert len({id(go(shop, "1.21", log)) for _ in range(5)}) == 1
    assert len({id(node(shop, log)) for _ in range(3)}) == 1
    asked = [
        (bench.programs / f"{name}.asked").read_text().count("asked") for name in ("go", "node")
    ]
    assert asked == [1, 1]
    go(replace(shop, tools=Once()), "1.21", log)
    assert (bench.programs / "go.asked").read_text().count("asked") == 2


def test_another_lock_or_python_is_another_environment(
    bench: Bench, shop: Workshop, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    one, other = (LockFile(name="lock", content=text) for text in (b"# one\n", b"# other\n"))
    first = environment(one, shop, log)
    assert environment(one, shop, log) == first
    assert environment(other, shop, log) != first
    bench.program("python", f'exec "{sys.executable}" "$@"')
    elsewhere = replace(shop, host=replace(shop.host, python=bench.programs / "python"))
    assert environment(one, elsewhere, log) != first
