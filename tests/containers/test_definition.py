from __future__ import annotations

from pathlib import Path

import pytest

from simulators.images import ENGINE
from workflow_containers.definition import Base, Bundle, Copied, Debian, Member, load
from workflow_containers.errors import DefinitionError
from workflow_containers.oci.reference import Reference
from workflow_containers.platform import AMD64, ARM64

ROOT = Path(__file__).parents[2]


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "shop.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_definition_is_read(tmp_path: Path) -> None:
    found = load(written(tmp_path, ENGINE))
    assert found.name == "shop"
    assert found.platforms == (AMD64, ARM64)
    assert found.wheels == (Member(name="shop", project="shop"),)
    assert found.bundles == (Bundle(name="shop-ui", path="/app/ui"),)
    assert found.files == (Copied(source="images/shop.yaml", path="/app/shop.yaml"),)
    assert found.user == 65532


def test_the_files_a_build_reads_are_known(tmp_path: Path) -> None:
    assert load(written(tmp_path, ENGINE)).inputs(Path("/r")) == (
        Path("/r/images/debian.lock.json"),
        Path("/r/images/shop.txt"),
        Path("/r/images/shop.yaml"),
    )


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    text = ENGINE.replace('python = "3.13"', 'python = "2.7"').replace("ports", "prots")
    text = text.replace('path = "/app/ui"', 'path = "/app/../etc"')
    text = text.replace('source = "images/shop.yaml"', 'source = "../../etc/shadow"')
    with pytest.raises(DefinitionError) as caught:
        load(written(tmp_path, text))
    assert sorted(fault.path for fault in caught.value.faults) == [
        "bundles[0].path",
        "files[0].source",
        "prots",
        "python",
    ]
    assert "did you mean 'ports'?" in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('"tzdata"]', '"tzdata", "libc6"]', r"packages\[3\]: 'libc6' stands twice"),
        ("ports = [8080]", "ports = [0]", r"ports\[0\]: 0 is no port"),
        ("ports = [8080]", "user = 0", "user: 0 is no user but root"),
        ("ports = [8080]", 'platforms = ["linux/s390x"]', "not built for linux/s390x"),
        ("ports = [8080]", "platforms = []", "platforms: none is named"),
        ("ports = [8080]", 'env = { "A=B" = "c" }', "no name of an environment variable"),
        ('entrypoint = ["/usr/bin/python3", "-m", "shop"]', "entrypoint = []", "no program"),
        ('command = ["/usr/bin/python3", "-c", "pass"]', "command = []", "no program"),
        ('name = "shop-ui"', 'name = "../ui"', "does not match"),
        ('packages = ["libc6"', 'packages = ["--evil"', "does not match"),
        ('suite = "trixie"', 'suite = "trixie main\\ndeb x"', "does not match"),
        ('project = "shop"', 'project = "/etc"', "does not match"),
        ('project = "shop"', 'project = "shop"\ngroups = ["--evil"]', "does not match"),
        ("ports = [8080]", 'without = ["dpkg"]', r"without: .* \(set closure = true\)"),
        (
            "ports = [8080]",
            'closure = true\nwithout = ["dpkg", "dpkg"]',
            r"without\[1\]: 'dpkg' stands twice",
        ),
        (
            "ports = [8080]",
            'closure = true\nwithout = ["libc6"]',
            r"without\[0\]: 'libc6' is in packages, too",
        ),
    ],
)
def test_what_makes_no_image_is_refused(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    assert before in ENGINE
    with pytest.raises(DefinitionError, match=message):
        load(written(tmp_path, ENGINE.replace(before, after)))


PINNED = f"registry.example/python:3.13-slim@sha256:{'a' * 64}"
ON_BASE = (
    ENGINE.replace('suite = "trixie"', f'base = "{PINNED}"')
    .replace('lock = "images/debian.lock.json"\n', "")
    .replace('packages = ["libc6", "python3.13-minimal", "tzdata"]\n', "")
)


def test_the_ground_is_a_base_or_debians_packages(tmp_path: Path) -> None:
    assert load(written(tmp_path, ENGINE)).ground == Debian(
        suite="trixie",
        lock="images/debian.lock.json",
        packages=("libc6", "python3.13-minimal", "tzdata"),
        exclude=(),
    )
    found = load(written(tmp_path, ON_BASE))
    assert found.ground == Base(reference=Reference.parse(PINNED))
    assert found.inputs(Path("/r")) == (Path("/r/images/shop.txt"), Path("/r/images/shop.yaml"))


def faults(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        load(written(tmp_path, text))
    return [fault.path for fault in caught.value.faults]


def test_exactly_one_ground_is_named(tmp_path: Path) -> None:
    both = ENGINE.replace(
        'suite = "trixie"', f'base = "{PINNED}"\nsuite = "trixie"\nexclude = ["x"]'
    )
    assert faults(tmp_path, both) == ["suite", "lock", "packages", "exclude"]
    none = ON_BASE.replace(f'base = "{PINNED}"\n', "")
    assert faults(tmp_path, none) == ["suite", "lock", "packages"]
    assert faults(tmp_path, none.replace("ports = [8080]", "user = 0")) == [
        "suite",
        "lock",
        "packages",
        "user",
    ]


@pytest.mark.parametrize(
    ("base", "message"),
    [
        (
            "registry.example/python:3.13",
            "workflow-containers inspect registry.example/python:3.13",
        ),
        ("python", r"docker.io/library/python is pinned to no digest"),
        (f"python@sha512:{'a' * 128}", "no digest of the form"),
        ("python@sha256:abc", "no SHA-256 digest"),
        (f"../python@sha256:{'a' * 64}", "no registry's host"),
    ],
)
def test_a_base_is_pinned(tmp_path: Path, base: str, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        load(written(tmp_path, ON_BASE.replace(PINNED, base)))


def test_something_is_put_on_a_base(tmp_path: Path) -> None:
    bare = f'name = "x"\nbase = "{PINNED}"\npython = "3.13"\nentrypoint = ["/x"]\n'
    assert faults(tmp_path, bare) == ["base"]
    assert load(written(tmp_path, f'{bare}requirements = "x.txt"\n')).requirements == "x.txt"


@pytest.mark.parametrize("data", [b"name = ", b"\xff\xfe", b""])
def test_what_is_no_definition_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(data)
    with pytest.raises(DefinitionError):
        load(path)


def test_a_definition_that_is_gone_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="can't be read"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize("name", ["engine", "migrate"])
def test_this_repositorys_own_images_are_locked(name: str) -> None:
    """What the definitions name is in the locks beside them, for every platform."""
    from workflow_containers import architecture
    from workflow_containers.debian import lock
    from workflow_containers.python import requirements

    definition = load(ROOT / f"containers/{name}.toml")
    assert definition.lock is not None
    assert definition.requirements is not None
    held = lock.load(ROOT / definition.lock)
    text = (ROOT / definition.requirements).read_text(encoding="utf-8")
    for platform in (AMD64, ARM64):
        assert held.select(platform, definition.packages, definition.lock)
        target = requirements.Target(
            python=definition.python, architecture=architecture.of(platform), glibc=41
        )
        assert requirements.read(text, target, definition.requirements)
    assert all(path.is_file() for path in definition.inputs(ROOT))
