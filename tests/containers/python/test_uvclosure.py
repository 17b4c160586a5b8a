from __future__ import annotations

import tomllib

import pytest

from workflow_containers import architecture
from workflow_containers.definition import Member
from workflow_containers.errors import DefinitionError
from workflow_containers.platform import AMD64, ARM64
from workflow_containers.python import uvclosure
from workflow_containers.python.requirements import Pin, Target
from workflow_sbom.digest import Digest

A, B = "a" * 64, "b" * 64
TARGET = Target(python="3.13", architecture=architecture.of(AMD64), glibc=36)
ARM = Target(python="3.13", architecture=architecture.of(ARM64), glibc=36)
SHOP = Member(name="Shop", project=".")
INDEX = 'source = { registry = "https://evil.test/simple" }\n'


def wheel(file: str, sha: str = A) -> str:
    return f'{{ url = "https://evil.test/x/{file}?a=b#c", hash = "sha256:{sha}", size = 1 }}'


def package(name: str, version: str = "1", *wheels: str, more: str = INDEX) -> str:
    listed = ", ".join(wheels or (wheel(f"{name}-{version}-py3-none-any.whl"),))
    return f'[[package]]\nname = "{name}"\nversion = "{version}"\n{more}wheels = [{listed}]\n'


def shop(*dependencies: str, more: str = "") -> str:
    rows = ", ".join(dependencies)
    return (
        '[[package]]\nname = "shop"\nsource = { editable = "." }\n'
        f"dependencies = [{rows}]\n{more}\n"
    )


def read(
    text: str, target: Target = TARGET, member: Member = SHOP, *, head: str = ""
) -> tuple[Pin, ...]:
    document = f'version = 1\nrevision = 9\nrequires-python = ">=3.11"\n{head}{text}'
    return uvclosure.read(tomllib.loads(document), target, (member,), "uv.lock")


def names(*arguments: str, target: Target = TARGET, member: Member = SHOP) -> list[str]:
    return [pin.name for pin in read("".join(arguments), target, member)]


def test_only_what_the_member_reaches_is_there() -> None:
    text = (
        shop('{ name = "a" }'),
        package("a", more=INDEX + 'dependencies = [{ name = "b" }, { name = "a" }]\n'),
        package("b", more=INDEX + 'dependencies = [{ name = "a" }]\n'),
        package("other"),
    )
    assert names(*text) == ["a", "b"]


def test_the_best_wheel_of_the_target_is_pinned_by_its_hash() -> None:
    text = shop('{ name = "fast" }') + package(
        "fast",
        "1.0",
        wheel("fast-1.0-py3-none-any.whl", "c" * 64),
        wheel("fast-1.0-cp313-cp313-manylinux_2_17_x86_64.whl", A),
        wheel("fast-1.0-cp313-cp313-manylinux_2_17_aarch64.whl", B),
        wheel("fast-1.0-cp313-cp313-manylinux_2_40_x86_64.whl", "d" * 64),
    )
    assert read(text) == (Pin(name="fast", version="1.0", digests=(Digest(A),)),)
    assert read(text, ARM) == (Pin(name="fast", version="1.0", digests=(Digest(B),)),)


def test_extras_are_followed_where_they_are_asked_for() -> None:
    text = (
        shop(
            '{ name = "a", extra = ["fine"] }',
            more='[package.optional-dependencies]\nserve = [{ name = "served" }]\n'
            '[package.dev-dependencies]\nrun = [{ name = "run" }]\ndev = [{ name = "dev" }]\n',
        ),
        package("a", more=INDEX)
        + '[package.optional-dependencies]\nfine = [{ name = "fine" }]\nrest = [{ name = "no" }]\n',
        *map(package, ("fine", "served", "run", "dev", "no")),
    )
    assert names(*text) == ["a", "fine"]
    more = Member(name="shop", project=".", extras=("Serve",), groups=("run",))
    assert names(*text, member=more) == ["a", "fine", "run", "served"]


def test_markers_are_asked_for_the_target() -> None:
    text = (
        shop(
            '{ name = "arm", marker = "platform_machine == \'aarch64\'" }',
            '{ name = "old", marker = "python_full_version < \'3.12\'" }',
        ),
        package("arm"),
        package("old"),
    )
    assert names(*text) == []
    assert names(*text, target=ARM) == ["arm"]


def test_of_several_versions_the_targets_own_is_taken() -> None:
    def marked(version: str, sign: str) -> str:
        return package(
            "x",
            version,
            more=f"{INDEX}resolution-markers = [\"platform_machine {sign} 'x86_64'\"]\n",
        )

    both = marked("1", "==") + marked("2", "!=")
    assert [pin.version for pin in read(shop('{ name = "x" }') + both)] == ["1"]
    assert [pin.version for pin in read(shop('{ name = "x" }') + both, ARM)] == ["2"]
    source = INDEX.strip()
    said = shop(f'{{ name = "x", version = "2", {source} }}') + package("x") + package("x", "2")
    assert [pin.version for pin in read(said)] == ["2"]


def test_members_on_the_way_are_passed_through_and_others_refused() -> None:
    library = (
        '[[package]]\nname = "lib"\nversion = "0"\nsource = { editable = "lib" }\n'
        'dependencies = [{ name = "a" }]\n'
    )
    text = shop('{ name = "lib" }') + library + package("a")
    with pytest.raises(DefinitionError, match=r"lib: a folder of the repository .name it"):
        read(text)
    table = tomllib.loads(f'version = 1\nrequires-python = ">=3.11"\n{text}')
    both = (SHOP, Member(name="lib", project="lib"))
    assert [pin.name for pin in uvclosure.read(table, TARGET, both, "uv.lock")] == ["a"]


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ('source = { git = "https://x.test/a?rev=1#2" }\n', "git"),
        ('source = { url = "https://x.test/a.whl" }\n', "url"),
        ('source = { path = "a.whl" }\n', "path"),
        ('source = { magic = "a" }\n', "of an unknown kind"),
    ],
)
def test_what_comes_from_no_index_is_refused_with_the_remedy(source: str, kind: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read(shop('{ name = "a" }') + package("a", more=source))
    assert str(caught.value) == (
        f"uv.lock: a: locked from a source ({kind}), not from an index"
        " (lock a version that has wheels for every platform, or build one and publish it)"
    )


def test_every_fault_is_told_at_once() -> None:
    member = Member(name="shop", project=".", extras=("serve",), groups=("run",))
    text = (
        shop('{ name = "gone" }, { name = "twice" }, { name = "win" }, { name = "liar" }')
        + package("twice")
        + package("twice")
        + package("win", "1", wheel("win-1-cp313-cp313-win_amd64.whl"))
        + package("liar", "1", wheel("honest-1-py3-none-any.whl"))
    )
    with pytest.raises(DefinitionError) as caught:
        read(text, TARGET, member)
    told = str(caught.value)
    for message in (
        "gone: no package of that name is locked for Python 3.13 on linux/amd64 with glibc 2.36",
        "twice: more than one package of that name",
        "win: no wheel is locked for Python 3.13 on linux/amd64 with glibc 2.36",
        "liar: 'honest-1-py3-none-any.whl' is no wheel of it",
        "shop: no extra 'serve' is locked (run uv lock)",
        "shop: no dependency group 'run' is locked (run uv lock)",
    ):
        assert message in told


def test_two_versions_for_one_target_are_refused() -> None:
    source = INDEX.strip()
    text = shop(
        f'{{ name = "x", version = "1", {source} }}', f'{{ name = "x", version = "2", {source} }}'
    )
    with pytest.raises(DefinitionError, match="x: two versions are locked"):
        read(text + package("x") + package("x", "2"))


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("resolution-markers = [\"sys_platform == 'win32'\"]\n", "resolution-markers: none is of"),
        ("supported-markers = [\"sys_platform == 'win32'\"]\n", "supported-markers: none is of"),
        ('conflicts = [[{ package = "shop", extra = "a" }]]\n', "export a pylock.toml instead"),
        ('resolution-markers = ["nonsense"]\n', r"resolution-markers\[0\]"),
    ],
)
def test_a_lock_that_is_not_the_targets_is_refused(head: str, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        read(shop(), head=head)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ('version = 2\nrequires-python = ">=3.11"\n', "version 2; version 1 is read"),
        ("version = 1\n", "requires-python: missing"),
        ('version = 1\nrequires-python = "nonsense"\n', "nonsense"),
        ('version = 1\nrequires-python = ">=3.14"\n', "which 3.13.0 is not"),
        ('version = 1\nrequires-python = ">=3.11"\npackage = 1\n', "package: an array"),
        ('version = 1\nrequires-python = ">=3.11"\npackage = [1]\n', r"package\[0\]: a table"),
        (
            (
                'version = 1\nrequires-python = ">=3.11"\n[[package]]\nname = "x"\n'
                'source = { registry = "x" }\nwheels = [{ url = "x", hash = "sha512:00" }]\n'
            ),
            r"package\[0\]\.wheels\[0\]\.hash",
        ),
        (
            'version = 1\nrequires-python = ">=3.11"\n[[package]]\nname = "x\\u001b[31m"\n',
            "does not match",
        ),
    ],
)
def test_a_malformed_lock_is_refused(document: str, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        uvclosure.read(tomllib.loads(document), TARGET, (), "uv.lock")
