from __future__ import annotations

import dataclasses
import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulators import bases
from simulators.bases import Base, file, link
from simulators.images import ENGINE, World, tar, wheel, world
from workflow_containers.base.bringing import from_layouts
from workflow_containers.building.builder import ImageArchive, build_archive
from workflow_containers.debian.mirror import Mirrors
from workflow_containers.definition import load
from workflow_containers.errors import (
    ClosureError,
    ContainersError,
    InterpreterError,
    LayoutError,
    MemberError,
    MirrorError,
    MissingError,
)
from workflow_containers.layers.tree import File, Folder, Tree
from workflow_containers.oci.layout import Layout
from workflow_containers.oci.reference import Reference
from workflow_containers.platform import AMD64, ARM64, Platform
from workflow_sbom.digest import Digest

SITE = "usr/local/lib/python3.13/site-packages"


@dataclasses.dataclass(frozen=True, kw_only=True)
class OnBase:
    """The shop's repository, and a base that its image is put on."""

    world: World
    folder: Path

    def build(
        self,
        base: Base,
        name: str = "shop.tar",
        *,
        change: Callable[[str], str] = str,
        **tools: Any,
    ) -> ImageArchive:
        layout = self.folder / "base"
        return self.on(base.write(layout), name, [layout], change=change, **tools)

    def on(
        self,
        reference: Reference,
        name: str,
        layouts: list[Path],
        *,
        change: Callable[[str], str] = str,
        **tools: Any,
    ) -> ImageArchive:
        path = self.world.root / "images/shop.toml"
        text = ENGINE.replace('suite = "trixie"\n', f'base = "{reference}"\n')
        text = text.replace('lock = "images/debian.lock.json"\n', "")
        text = text.replace('packages = ["libc6", "python3.13-minimal", "tzdata"]\n', "")
        text = text.replace("/usr/bin/python3", "/usr/local/bin/python3")
        path.write_text(change(text), encoding="utf-8")
        made = dataclasses.replace(
            self.world.tools(self.folder / "store"), bring=from_layouts(layouts), **tools
        )
        return build_archive(load(path), self.world.inputs(), made, self.folder / name)


@pytest.fixture
def shop(tmp_path: Path) -> OnBase:
    return OnBase(world=world(tmp_path / "repository"), folder=tmp_path)


def root(archive: ImageArchive, platform: Platform = AMD64) -> Tree:
    import re

    with Layout(archive.path) as layout:
        return layout.tree(layout.image(platform), re.compile(".*"))


def text(tree: Tree, path: str) -> str:
    data = tree.file(path)
    assert data is not None, path
    return data.decode()


def ours(archive: ImageArchive, platform: Platform = AMD64) -> dict[str, tarfile.TarInfo]:
    """What our own layers have, read with nothing of ours."""
    with tarfile.open(archive.path) as outer:

        def blob(entry: dict[str, Any]) -> bytes:
            stream = outer.extractfile(f"blobs/sha256/{entry['digest'][7:]}")
            assert stream is not None
            return stream.read()

        index = outer.extractfile("index.json")
        assert index is not None
        (top,) = json.load(index)["manifests"]
        (entry,) = (
            each
            for each in json.loads(blob(top))["manifests"]
            if each["platform"]["architecture"] == platform.architecture
        )
        layers = json.loads(blob(entry))["layers"][2:]
        found: dict[str, tarfile.TarInfo] = {}
        for each in layers:
            with tarfile.open(fileobj=io.BytesIO(gzip.decompress(blob(each)))) as layer:
                found |= {info.name: info for info in layer}
        return found


def test_no_debian_mirror_is_looked_for(shop: OnBase) -> None:
    def none() -> Mirrors:
        raise MirrorError("this machine's apt configuration names no Debian mirror")

    assert shop.build(bases.slim(), mirrors=none).path.exists()


def test_the_bases_layers_are_untouched_and_ours_come_on_top(shop: OnBase) -> None:
    base = bases.slim()
    made = shop.build(base)
    for image in made.images:
        raw = base.layers[image.platform]
        assert [layer.diff_id.hex for layer in image.layers[:2]] == [
            Digest.of(data).hex for data in raw
        ]
        assert [layer.digest.hex for layer in image.layers[:2]] == [
            Digest.of(gzip.compress(data, mtime=0)).hex for data in raw
        ]
        assert [layer.name for layer in image.layers[2:]] == ["users", "wheels", "application"]


def test_a_container_sees_the_base_with_ours_on_it(shop: OnBase) -> None:
    tree = root(shop.build(bases.slim()))
    assert text(tree, f"{SITE}/shop/__init__.py") == "__version__ = '1.2.3'\n"
    assert tree.has_file(f"{SITE}/shop/__pycache__/__init__.cpython-313.pyc")
    assert tree.has_file("app/shop.yaml")
    assert tree.has_file("usr/local/bin/python3.13")
    assert text(tree, "etc/passwd").splitlines() == [
        "root:x:0:0:root:/root:/bin/sh",
        "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin",
    ]
    assert text(tree, "etc/group").splitlines() == ["root:x:0:", "nonroot:x:65532:"]


def test_a_base_that_knows_the_user_keeps_its_own_list(shop: OnBase) -> None:
    passwd = b"root:x:0:0::/:\napp:x:65532:65532::/:\n"
    known = [file("etc/passwd", passwd), file("etc/group", b"app:x:65532:\n")]
    base = bases.slim()
    layers = {platform: [*each, tar(known)] for platform, each in base.layers.items()}
    made = shop.build(Base(layers=layers))
    assert text(root(made), "etc/passwd").encode() == passwd
    assert [layer.name for layer in made.images[0].layers[3:]] == ["wheels", "application"]


def test_the_folders_of_the_base_keep_their_modes_and_owners(shop: OnBase) -> None:
    """A layer that names a folder anew gives it another owner."""
    made = shop.build(bases.slim())
    named = ours(made)["usr/local"]
    assert (oct(named.mode), named.uid, named.gid) == ("0o2775", 50, 50)
    after = root(made).nodes["usr/local"]
    assert isinstance(after, Folder)
    assert (after.mode, after.owner) == (0o2775, (50, 50))


def test_debians_python_has_its_wheels_where_it_looks(shop: OnBase) -> None:
    layers = {
        platform: [
            tar([*bases.system(platform), *bases.python(platform, prefix="usr", debian=True)])
        ]
        for platform in (AMD64, ARM64)
    }
    made = shop.build(
        Base(layers=layers), change=lambda text: text.replace("/usr/local/bin", "/usr/bin")
    )
    assert root(made).has_file("usr/local/lib/python3.13/dist-packages/shop/__init__.py")


def test_what_is_put_below_a_link_goes_where_it_leads(shop: OnBase) -> None:
    """A real folder over the link would take the linker away."""
    made = shop.build(
        bases.slim(),
        change=lambda text: text.replace('path = "/app/shop.yaml"', 'path = "/lib/shop"'),
    )
    assert "lib" not in ours(made)
    assert ours(made)["usr/lib/shop"].isreg()
    assert root(made).has_file("lib/x86_64-linux-gnu/libc.so.6")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/etc/passwd", "'etc/passwd' would replace what the base has there"),
        ("/usr/local/bin/python3", "'usr/local/bin/python3' would replace"),
        ("/lib", "'lib' would replace"),
        ("/tmp", "'tmp' would replace"),
        ("/etc/passwd/x", "is below 'etc/passwd', which is no folder of the base"),
    ],
)
def test_nothing_of_the_base_is_replaced(shop: OnBase, path: str, message: str) -> None:
    with pytest.raises(MemberError, match=message):
        shop.build(
            bases.slim(),
            change=lambda text: text.replace('path = "/app/shop.yaml"', f'path = "{path}"'),
        )


def test_the_same_bytes_are_left_to_the_base(shop: OnBase) -> None:
    base = bases.slim()
    same = tar([file("app/shop.yaml", b"open: true\n"), file("app/other", b"1")])
    layers = {platform: [*each, same] for platform, each in base.layers.items()}
    made = shop.build(Base(layers=layers))
    found = root(made).nodes["app/shop.yaml"]
    assert isinstance(found, File)
    assert found.layer == 2


def test_a_distribution_that_the_base_has_in_another_version_is_not_mixed_with_ours(
    shop: OnBase,
) -> None:
    base = bases.slim()
    other = tar([file(f"{SITE}/till/__init__.py", b"CENT = 2\n")])
    layers = {platform: [*each, other] for platform, each in base.layers.items()}
    with pytest.raises(MemberError, match=r"till/__init__\.py' would replace"):
        shop.build(Base(layers=layers))


def test_two_builds_have_the_same_bytes(shop: OnBase, tmp_path: Path) -> None:
    first = shop.build(bases.slim())
    again = shop.build(bases.slim(), "again.tar")
    other = OnBase(world=world(tmp_path / "else/where"), folder=tmp_path / "else")
    assert first.path.read_bytes() == again.path.read_bytes()
    assert first.path.read_bytes() == other.build(bases.slim()).path.read_bytes()


def test_a_second_build_needs_no_layout(shop: OnBase) -> None:
    first = shop.build(bases.slim())
    reference = bases.slim().write(shop.folder / "elsewhere")
    assert shop.on(reference, "again.tar", []).index_digest == first.index_digest


def test_how_it_is_run_is_the_definitions_and_the_environment_the_bases(shop: OnBase) -> None:
    config = {
        "Env": bases.ENV,
        "Entrypoint": ["/bin/evil"],
        "Cmd": ["python3"],
        "User": "root",
        "WorkingDir": "/somewhere",
        "ExposedPorts": {"1/tcp": {}},
        "Healthcheck": {"Test": ["CMD", "no"]},
        "OnBuild": ["RUN evil"],
        "Volumes": {"/data": {}},
        "StopSignal": "SIGINT",
        "Labels": {"org.opencontainers.image.source": "https://base.test", "team": "base"},
    }
    steps = [
        {"created_by": "debian"},
        {"created_by": "ENV X", "empty_layer": True},
        {"created_by": "python"},
    ]
    made = shop.build(bases.slim(config=config, more={"history": steps}))
    with Layout(made.path) as layout:
        image = layout.image(ARM64)
    execution = image.config["config"]
    assert execution["Env"] == sorted(bases.ENV)
    assert execution["Entrypoint"] == ["/usr/local/bin/python3", "-m", "shop"]
    assert execution["User"] == "65532:65532"
    assert execution["WorkingDir"] == "/"
    assert execution["ExposedPorts"] == {"8080/tcp": {}}
    assert execution["Healthcheck"]["Test"][0:2] == ["CMD", "/usr/local/bin/python3"]
    assert (execution["Volumes"], execution["StopSignal"]) == ({"/data": {}}, "SIGINT")
    assert "OnBuild" not in execution
    assert "Cmd" not in execution
    assert execution["Labels"]["team"] == "base"
    assert "org.opencontainers.image.source" not in execution["Labels"]
    history = [each["created_by"] for each in image.config["history"]]
    assert history[:3] == ["debian", "ENV X", "python"]
    assert history[3:] == [f"workflow-containers: {n}" for n in ("users", "wheels", "application")]


def test_a_base_without_a_history_gets_one_for_docker_counts_it(shop: OnBase) -> None:
    made = shop.build(bases.slim(more={"history": [{"created_by": "one too few"}]}))
    with Layout(made.path) as layout:
        history = layout.image(AMD64).config["history"]
    assert len(history) == 5
    assert history[0]["created_by"].endswith(", layer 1")


def test_the_base_is_named_for_those_who_look_for_a_newer_one(shop: OnBase) -> None:
    reference = bases.slim().write(shop.folder / "base")
    made = shop.build(bases.slim())
    with Layout(made.path) as layout:
        annotations = layout.image(AMD64).annotations
    assert annotations["org.opencontainers.image.base.name"] == bases.NAME
    assert annotations["org.opencontainers.image.base.digest"] == str(reference.digest)
    assert annotations["workflow-containers.base.layers"] == "2"


@pytest.mark.parametrize(
    "more",
    [{"docker": True, "kind": f"{bases.DOCKER}.image.rootfs.diff.tar.gzip"}, {"kind": bases.TAR}],
    ids=["docker", "not packed"],
)
def test_dockers_documents_and_plain_layers_are_read(shop: OnBase, more: dict[str, Any]) -> None:
    assert root(shop.build(bases.slim(**more))).has_file(f"{SITE}/shop/__init__.py")


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (f"{bases.OCI}.layer.v1.tar+zstd", "packed with zstd"),
        (f"{bases.OCI}.layer.nondistributable.v1.tar+gzip", "may not be distributed"),
        (f"{bases.DOCKER}.image.rootfs.foreign.diff.tar.gzip", "may not be distributed"),
        ("text/plain", "is no layer"),
    ],
)
def test_layers_that_can_not_be_used_are_refused(shop: OnBase, kind: str, message: str) -> None:
    with pytest.raises(LayoutError, match=message) as caught:
        shop.build(bases.slim(kind=kind))
    assert caught.value.remedy


def test_a_base_without_one_of_the_platforms_is_refused(shop: OnBase) -> None:
    whole = bases.slim()
    with pytest.raises(LayoutError, match="no image for linux/arm64; it has linux/amd64"):
        shop.build(Base(layers={AMD64: whole.layers[AMD64]}, entries=[bases.attested()]))


def test_a_base_that_was_given_nowhere_is_named_with_the_remedy(shop: OnBase) -> None:
    reference = bases.slim().write(shop.folder / "elsewhere")
    with pytest.raises(MissingError, match="none was given") as caught:
        shop.on(reference, "x.tar", [])
    assert "oci-archive" in caught.value.remedy


def test_a_library_that_neither_base_nor_wheel_has_stops_the_build(shop: OnBase) -> None:
    from simulators.images import elf

    wheel(
        shop.world.root / "wheels",
        "shop",
        "1.2.3",
        {"shop/_fast.so": elf(62, needed=("libc.so.6", "libgone.so.1"))},
    )
    with pytest.raises(ClosureError) as caught:
        shop.build(bases.slim(), change=lambda text: f'platforms = ["linux/amd64"]\n{text}')
    assert "libgone.so.1" in str(caught.value)
    assert "libc.so.6" not in str(caught.value)


def broken(
    without: str, base: Base, instead: Callable[[Platform], list[Any]] = lambda _: []
) -> Base:
    """The base with files taken out of it."""
    layers = {
        platform: [
            tar(
                [
                    *(
                        each
                        for each in (*bases.system(platform), *bases.python(platform))
                        if not each[0].name.endswith(without)
                    ),
                    *instead(platform),
                ]
            )
        ]
        for platform in base.layers
    }
    return Base(layers=layers)


@pytest.mark.parametrize(
    ("without", "message"),
    [
        ("bin/python3.13", "no /usr/local/bin/python3"),
        ("libc.so.6", "no glibc"),
        ("os.py", "no standard library in usr/local/lib/python3.13"),
    ],
)
def test_a_base_without_a_python_that_runs_is_refused(
    shop: OnBase, without: str, message: str
) -> None:
    with pytest.raises(InterpreterError, match=message) as caught:
        shop.build(broken(without, bases.slim()))
    assert "linux/amd64" in str(caught.value)
    assert "linux/arm64" in str(caught.value)


def test_a_virtual_environment_is_no_place_for_wheels(shop: OnBase) -> None:
    venv = [file("opt/venv/pyvenv.cfg"), link("opt/venv/bin/python3", "/usr/local/bin/python3")]
    base = broken("nothing", bases.slim(), lambda _: venv)
    with pytest.raises(InterpreterError, match="of the virtual environment opt/venv"):
        shop.build(base, change=lambda text: text.replace("/usr/local/bin", "/opt/venv/bin"))


def test_two_releases_of_python_share_no_bytecode(shop: OnBase) -> None:
    layers = {
        AMD64: [tar([*bases.system(AMD64), *bases.python(AMD64, "3.13.5")])],
        ARM64: [tar([*bases.system(ARM64), *bases.python(ARM64, "3.13.6")])],
    }
    with pytest.raises(
        InterpreterError, match=r"3\.13\.5 for linux/amd64, 3\.13\.6 for linux/arm64"
    ):
        shop.build(Base(layers=layers))


def test_another_python_than_the_definition_says_is_refused(shop: OnBase) -> None:
    with pytest.raises(InterpreterError, match=r"is usr/local/bin/python3\.13, not python3\.12"):
        shop.build(bases.slim(), change=lambda text: text.replace('"3.13"', '"3.12"'))


def test_a_store_that_was_tampered_with_is_not_used(shop: OnBase) -> None:
    first = shop.build(bases.slim()).path.read_bytes()
    for blob in (shop.folder / "store/blobs").iterdir():
        data = bytearray(blob.read_bytes())
        data[len(data) // 2] ^= 1
        blob.write_bytes(data)
    assert shop.build(bases.slim()).path.read_bytes() == first


def test_a_layer_that_has_other_contents_than_it_says_is_refused(shop: OnBase) -> None:
    base = bases.slim()
    lying = {"rootfs": {"type": "layers", "diff_ids": [f"sha256:{'a' * 64}"] * 2}}
    with pytest.raises(LayoutError, match="other contents than it says"):
        shop.build(dataclasses.replace(base, more=lying))


def test_a_layout_whose_bytes_are_others_is_refused(shop: OnBase) -> None:
    reference = bases.slim().write(shop.folder / "base")
    for blob in (shop.folder / "base/blobs/sha256").iterdir():
        blob.write_bytes(blob.read_bytes()[:-1] + b"\0")
    with pytest.raises(ContainersError, match="has other bytes"):
        shop.on(reference, "x.tar", [shop.folder / "base"])


def test_a_layout_archive_will_do(shop: OnBase) -> None:
    reference = bases.slim().write(shop.folder / "base")
    packed = shop.folder / "base.tar"
    with tarfile.open(packed, "w") as archive:
        archive.add(shop.folder / "base", arcname=".")
    assert root(shop.on(reference, "shop.tar", [packed])).has_file(f"{SITE}/shop/__init__.py")


def only(platform: str) -> Callable[[str], str]:
    return lambda text: f'platforms = ["{platform}"]\n{text}'


def test_another_platforms_image_is_compiled_by_the_base_for_this_machine(shop: OnBase) -> None:
    made = shop.build(bases.slim(), change=only("linux/arm64"))
    tree = root(made, ARM64)
    assert tree.has_file(f"{SITE}/shop/__pycache__/__init__.cpython-313.pyc")
    started = [argv[0] for argv in shop.world.machine.commands if argv[0] != "pip"]
    assert started
    assert all("ld-linux-x86-64" in program for program in started)


def test_a_base_without_this_machines_python_compiles_nothing(shop: OnBase) -> None:
    whole = bases.slim()
    alone = Base(layers={ARM64: whole.layers[ARM64]})
    with pytest.raises(InterpreterError, match="runs on this machine"):
        shop.build(alone, change=only("linux/arm64"))
    with pytest.raises(InterpreterError, match="runs on this machine"):
        shop.build(whole, native=None)


def test_a_layer_of_another_size_than_its_manifest_says_is_refused(shop: OnBase) -> None:
    """Though its root is known from a manifest that did not lie: ours would say it again."""
    shop.build(bases.slim())

    class Lying(Base):
        def _blob(self, data: bytes, kind: str) -> dict[str, Any]:
            found = super()._blob(data, kind)
            return found | ({"size": len(data) + 1} if kind == bases.GZIP else {})

    with pytest.raises(ContainersError, match="another size than its manifest says"):
        shop.build(Lying(layers=bases.slim().layers))


def test_devices_and_links_of_the_base_are_known_again(shop: OnBase) -> None:
    base = bases.slim()
    more = tar([bases.device("dev/null"), link("opt/x", "/dev")])
    layers = {platform: [*each, more] for platform, each in base.layers.items()}
    for name in ("first.tar", "again.tar"):  # read, then from what the store remembers
        with pytest.raises(MemberError, match="'dev/null' would replace"):
            shop.build(
                Base(layers=layers),
                name,
                change=lambda text: text.replace('"/app/shop.yaml"', '"/opt/x/null"'),
            )


def test_a_bomb_of_a_layer_is_refused(shop: OnBase, monkeypatch: pytest.MonkeyPatch) -> None:
    from workflow_containers.base import image

    monkeypatch.setattr(image, "MAX_LAYER", 10_000)
    with pytest.raises(LayoutError, match="holds more than 10000 bytes"):
        shop.build(bases.slim())
