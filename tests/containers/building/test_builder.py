from __future__ import annotations

import dataclasses
import json
import tarfile
from pathlib import Path

import pytest

from simulators.apt import FakeApt
from simulators.images import CREATED, MIRRORS, World, deb, elf, locked, member, wheel, world
from workflow_containers.building.builder import ImageArchive, build_archive
from workflow_containers.building.given import Tools
from workflow_containers.debian import lock
from workflow_containers.definition import Definition, load
from workflow_containers.errors import (
    ClosureError,
    DefinitionError,
    InterpreterError,
    MemberError,
    MirrorError,
)
from workflow_containers.layers.entries import File
from workflow_containers.oci import image
from workflow_containers.oci.layout import Layout
from workflow_containers.platform import AMD64, ARM64


@pytest.fixture
def shop(tmp_path: Path) -> World:
    return world(tmp_path / "repository")


def definition(made: World) -> Definition:
    return load(made.root / "images/shop.toml")


def build(made: World, folder: Path, workers: int = 2) -> ImageArchive:
    return build_archive(
        definition(made),
        made.inputs(),
        made.tools(folder / "store", workers=workers),
        folder / "shop.tar",
    )


def paths(archive: Path) -> dict[str, set[str]]:
    with Layout(archive) as layout:
        return {
            str(image.platform): {
                entry.path for layer in image.layers for entry in layout.entries(layer)
            }
            for image in layout.images
        }


def test_an_archive_holds_one_image_a_platform(shop: World, tmp_path: Path) -> None:
    made = build(shop, tmp_path)
    with Layout(made.path) as layout:
        assert layout.version == "1.2.3"
        assert layout.index == made.index_digest
        assert [image.platform for image in layout.images] == [AMD64, ARM64]
        assert [image.manifest for image in layout.images] == [i.manifest for i in made.images]
    assert made.path.stat().st_size == made.size


def test_the_image_has_what_was_named_and_what_makes_it_work(shop: World, tmp_path: Path) -> None:
    found = paths(build(shop, tmp_path).path)["linux/amd64"]
    site = "usr/local/lib/python3.13/dist-packages"
    assert found >= {
        "usr/lib/x86_64-linux-gnu/libc.so.6",
        "usr/lib/python3.13/abc.py",
        "usr/lib/python3.13/__pycache__/abc.cpython-313.pyc",
        "var/lib/dpkg/status.d/libc6",
        "var/lib/dpkg/status.d/libc6.md5sums",
        "etc/passwd",
        "etc/group",
        "usr/bin/python3",
        "lib",
        "lib64",
        f"{site}/till/__init__.py",
        f"{site}/till/__pycache__/__init__.cpython-313.pyc",
        f"{site}/shop-1.2.3.dist-info/RECORD",
        f"{site}/shop-1.2.3.dist-info/INSTALLER",
        "app/ui/dist/index.html",
        "app/shop.yaml",
    }
    assert "app/ui/README.md" not in found
    assert "usr/share/man/man1/python3.13.1" not in found


def test_how_it_is_run_is_in_the_configuration(shop: World, tmp_path: Path) -> None:
    with Layout(build(shop, tmp_path).path) as layout:
        config = layout.image(ARM64).config
    assert config["architecture"] == "arm64"
    assert config["created"] == "2026-03-04T05:06:07Z"
    assert config["config"]["User"] == "65532:65532"
    assert config["config"]["Entrypoint"] == ["/usr/bin/python3", "-m", "shop"]
    assert config["config"]["ExposedPorts"] == {"8080/tcp": {}}
    assert config["config"]["Healthcheck"]["Test"] == ["CMD", "/usr/bin/python3", "-c", "pass"]
    assert config["config"]["Labels"]["org.opencontainers.image.revision"] == "c" * 40
    assert config["config"]["Labels"]["org.opencontainers.image.version"] == "1.2.3"


def test_another_store_path_umask_and_number_of_workers_give_the_same_bytes(
    shop: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os
    import time

    first = build(shop, tmp_path / "a", workers=1)
    other = world(tmp_path / "elsewhere/with a longer name")
    before = os.umask(0o077)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        second = build(other, tmp_path / "b/deeper", workers=4)
    finally:
        os.umask(before)
        monkeypatch.undo()
        time.tzset()
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.index_digest == second.index_digest


def test_a_second_build_asks_the_mirror_and_pip_for_nothing(shop: World, tmp_path: Path) -> None:
    first = build(shop, tmp_path)
    shop.mirror.asked.clear()
    shop.machine.commands.clear()
    second = build(shop, tmp_path)
    assert (shop.mirror.asked, shop.machine.commands) == ([], [])
    assert second == first


def test_a_change_of_the_application_leaves_the_other_layers_alone(
    shop: World, tmp_path: Path
) -> None:
    first = build(shop, tmp_path)
    wheel(shop.root / "wheels", "shop", "1.2.3", {"shop/__init__.py": b"__version__ = 'new'\n"})
    second = build(shop, tmp_path)
    for before, after in zip(first.images, second.images, strict=True):
        assert [layer.name for layer in before.layers] == [
            "Debian packages",
            "wheels",
            "application",
        ]
        assert before.layers[:2] == after.layers[:2]
        assert before.layers[2].digest != after.layers[2].digest


def test_platforms_share_the_layers_that_are_the_same(shop: World, tmp_path: Path) -> None:
    amd64, arm64 = build(shop, tmp_path).images
    assert amd64.layers[0] != arm64.layers[0]
    assert amd64.layers[1:] == arm64.layers[1:]


def test_the_commits_time_changes_no_layer(shop: World, tmp_path: Path) -> None:
    first = build(shop, tmp_path)
    later = dataclasses.replace(shop.inputs(), created=CREATED.replace(year=2027))
    tools = shop.tools(tmp_path / "store")
    second = build_archive(definition(shop), later, tools, tmp_path / "later.tar")
    assert [image.layers for image in first.images] == [image.layers for image in second.images]
    assert first.images[0].config != second.images[0].config


def test_a_store_that_was_tampered_with_is_not_used(shop: World, tmp_path: Path) -> None:
    first = build(shop, tmp_path)
    expected = first.path.read_bytes()
    for blob in (tmp_path / "store/blobs").iterdir():
        data = bytearray(blob.read_bytes())
        data[len(data) // 2] ^= 1
        blob.write_bytes(data)
    assert build(shop, tmp_path).path.read_bytes() == expected


def test_docker_finds_its_list_of_the_same_layers(shop: World, tmp_path: Path) -> None:
    made = build(shop, tmp_path)
    with tarfile.open(made.path) as archive:
        listed = archive.extractfile("manifest.json")
        assert listed is not None
        entries = json.load(listed)
        names = archive.getnames()
    assert [entry["RepoTags"] for entry in entries] == [["shop:1.2.3-amd64"], ["shop:1.2.3-arm64"]]
    assert entries[0]["Config"] == f"blobs/sha256/{made.images[0].config.hex}"
    assert all(layer in names for entry in entries for layer in entry["Layers"])


def test_containerd_and_docker_with_its_store_find_the_image_by_its_name(
    shop: World, tmp_path: Path
) -> None:
    with tarfile.open(build(shop, tmp_path).path) as archive:
        top = archive.extractfile("index.json")
        assert top is not None
        (entry,) = json.load(top)["manifests"]
    assert entry["annotations"] == {
        "org.opencontainers.image.ref.name": "1.2.3",
        "io.containerd.image.name": "docker.io/library/shop:1.2.3",
    }


def relock(made: World, extra: bytes, name: str) -> None:
    """Put another package into the image, for amd64 and arm64 the same bytes."""
    held = lock.load(made.root / "images/debian.lock.json")
    package = made.mirror.add(locked(extra, name, architecture="all"), extra)
    platforms = {platform: (*each, package) for platform, each in held.platforms.items()}
    (made.root / "images/debian.lock.json").write_bytes(lock.document("trixie", platforms))
    path = made.root / "images/shop.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"tzdata"', f'"{name}", "tzdata"'), encoding="utf-8")


def test_a_library_that_nothing_brings_stops_the_build(shop: World, tmp_path: Path) -> None:
    program = elf(62, needed=("libc.so.6", "libgone.so.1"))
    relock(shop, deb("tool", [member("./usr/bin/tool", program)], architecture="all"), "tool")
    with pytest.raises(ClosureError) as caught:
        build(shop, tmp_path)
    assert "usr/bin/tool needs libgone.so.1, which is not there" in str(caught.value)


def test_a_library_in_a_folder_of_its_own_is_found_by_the_linkers_cache(
    shop: World, tmp_path: Path
) -> None:
    program = elf(62, needed=("libown.so.1",))
    # for both processors the same bytes, so only amd64 is built
    relock(
        shop,
        deb(
            "tool",
            [
                member("./usr/bin/tool", program),
                member("./usr/lib/own/libown.so.1", elf(62, soname="libown.so.1")),
                member("./etc/ld.so.conf.d/tool.conf", b"/usr/lib/own\n"),
            ],
            architecture="all",
        ),
        "tool",
    )
    only = dataclasses.replace(definition(shop), platforms=(AMD64,))
    made = build_archive(only, shop.inputs(), shop.tools(tmp_path / "store"), tmp_path / "x.tar")
    with Layout(made.path) as layout:
        (image,) = layout.images
        entries = {entry.path: entry for entry in layout.entries(image.layers[0])}
    cache = entries["etc/ld.so.cache"]
    assert isinstance(cache, File)
    assert b"\0/usr/lib/own/libown.so.1\0" in b"\0" + cache.data[48 + 24 :]


def test_a_program_for_another_processor_stops_the_build(shop: World, tmp_path: Path) -> None:
    relock(shop, deb("tool", [member("./usr/bin/tool", elf(40))], architecture="all"), "tool")
    with pytest.raises(ClosureError, match="usr/bin/tool is for another processor than amd64"):
        build(shop, tmp_path)


def test_two_packages_with_one_path_stop_the_build(shop: World, tmp_path: Path) -> None:
    twin = deb("twin", [member("./usr/share/zoneinfo/UTC", b"other")], architecture="all")
    relock(shop, twin, "twin")
    with pytest.raises(MemberError, match="'usr/share/zoneinfo/UTC' stands twice"):
        build(shop, tmp_path)


def test_no_package_is_unpacked_through_another_ones_link(shop: World, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    link = member("./usr/share/a", kind=tarfile.SYMTYPE, link=str(outside))
    relock(shop, deb("door", [link], architecture="all"), "door")
    relock(shop, deb("thief", [member("./usr/share/a/x", b"")], architecture="all"), "thief")
    with pytest.raises(MemberError, match="'usr/share/a/x' would be written through a link"):
        build(shop, tmp_path)
    assert list(outside.iterdir()) == []


def test_a_package_may_not_replace_what_the_image_itself_brings(
    shop: World, tmp_path: Path
) -> None:
    twin = deb("twin", [member("./etc/passwd", b"root::0:0:::\n")], architecture="all")
    relock(shop, twin, "twin")
    with pytest.raises(MemberError, match="'etc/passwd' is in root and in twin"):
        build(shop, tmp_path)


def test_a_package_the_mirror_dropped_is_named_with_the_remedy(shop: World, tmp_path: Path) -> None:
    gone = next(url for url in shop.mirror.files if "libc6" in url and "arm64" in url)
    del shop.mirror.files[gone]
    with pytest.raises(MirrorError) as caught:
        build(shop, tmp_path)
    assert str(caught.value) == (
        "the mirror no longer has libc6 2.41-12 (arm64); run workflow-containers lock"
    )


def moved_on(shop: World) -> FakeApt:
    """The mirror has a newer tzdata instead of the locked one; what apt finds there."""
    held = lock.load(shop.root / "images/debian.lock.json")
    data = deb(
        "tzdata",
        [member("./usr/share/zoneinfo/UTC", b"TZif new")],
        architecture="all",
        version="2026b-1",
    )
    new = locked(data, "tzdata", version="2026b-1", architecture="all")
    suite = {p.architecture: {e.name: e for e in each} for p, each in held.platforms.items()}
    for each in suite.values():
        old = each["tzdata"]
        shop.mirror.files.pop(MIRRORS.url(old.archive, old.path), None)
        each["tzdata"] = shop.mirror.add(new, data)
    return FakeApt(mirrors=MIRRORS, suite=suite)


def test_a_package_the_mirror_dropped_is_resolved_again_where_that_is_allowed(
    shop: World, tmp_path: Path
) -> None:
    apt = moved_on(shop)
    tools = dataclasses.replace(
        shop.tools(tmp_path / "store"),
        policy="re-resolve",
        keyring=tmp_path / "keys.gpg",
        run=lambda command: (apt if str(command.argv[0]).startswith("apt") else shop.machine)(
            command
        ),
    )
    made = build_archive(definition(shop), shop.inputs(), tools, tmp_path / "shop.tar")
    assert made.renewal is not None
    assert [change.kind for change in made.renewal.changes] == ["upgraded", "upgraded"]
    with Layout(made.path) as layout:
        noted = layout.image(AMD64).config["config"]["Labels"]
    assert noted[image.RENEWED_LOCK] == str(made.renewal.lock)
    again = build_archive(definition(shop), shop.inputs(), tools, tmp_path / "again.tar")
    assert again.index_digest == made.index_digest
    assert len([argv for argv in apt.commands if "update" in argv]) == 2


def test_what_is_as_locked_has_no_note(shop: World, tmp_path: Path) -> None:
    made = build(shop, tmp_path)
    assert made.renewal is None
    with Layout(made.path) as layout:
        assert image.RENEWED_LOCK not in layout.image(AMD64).config["config"]["Labels"]


def test_a_mirror_that_lies_is_not_believed(shop: World, tmp_path: Path) -> None:
    url = next(url for url in shop.mirror.files if "tzdata" in url)
    shop.mirror.files[url] = bytes(len(shop.mirror.files[url]))
    with pytest.raises(MirrorError, match="another tzdata 2026a-1"):
        build(shop, tmp_path)


def test_what_was_not_given_is_said_before_any_work(shop: World, tmp_path: Path) -> None:
    bare = dataclasses.replace(shop.inputs(), wheels={}, bundles={})
    with pytest.raises(DefinitionError) as caught:
        build_archive(definition(shop), bare, shop.tools(tmp_path / "store"), tmp_path / "x.tar")
    assert str(caught.value).splitlines() == [
        "shop: wheels: no wheel of shop was given",
        "shop: bundles: no archive of shop-ui was given",
    ]
    assert shop.mirror.asked == []


def test_another_compressor_than_the_locks_is_refused(shop: World, tmp_path: Path) -> None:
    path = shop.root / "images/debian.lock.json"
    table = json.loads(path.read_text(encoding="utf-8"))
    table["compressor"]["version"] = "0.0.1"
    path.write_text(json.dumps(table), encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"locked with zlib-ng 0\.0\.1 at level 6"):
        build(shop, tmp_path)


def test_without_a_machine_that_runs_it_nothing_is_compiled_by_another_python(
    shop: World, tmp_path: Path
) -> None:
    tools: Tools = shop.tools(tmp_path / "store", native=None)
    with pytest.raises(InterpreterError, match="no locked interpreter runs on this machine"):
        build_archive(definition(shop), shop.inputs(), tools, tmp_path / "x.tar")


def test_a_failed_build_leaves_the_old_archive(shop: World, tmp_path: Path) -> None:
    before = build(shop, tmp_path).path.read_bytes()
    shop.wheels["shop"].write_bytes(b"no wheel")
    with pytest.raises(MemberError):
        build(shop, tmp_path)
    assert (tmp_path / "shop.tar").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["repository", "shop.tar", "store"]


def test_a_version_that_is_no_tag_is_refused(shop: World, tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="is no OCI tag"):
        build_archive(
            definition(shop),
            shop.inputs("1.0+local"),
            shop.tools(tmp_path / "store"),
            tmp_path / "x.tar",
        )


def test_a_file_that_is_a_link_out_of_the_repository_is_not_read(
    shop: World, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mine", encoding="utf-8")
    (shop.root / "images/shop.yaml").unlink()
    (shop.root / "images/shop.yaml").symlink_to(secret)
    with pytest.raises(DefinitionError, match="is a link out of the repository"):
        build(shop, tmp_path)


def test_a_bundle_without_pages_is_refused(shop: World, tmp_path: Path) -> None:
    with tarfile.open(shop.bundles["shop-ui"], "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("README"))
    with pytest.raises(MemberError, match="no file under dist/"):
        build(shop, tmp_path)


def test_a_bundle_that_leaves_its_folder_is_refused(shop: World, tmp_path: Path) -> None:
    with tarfile.open(shop.bundles["shop-ui"], "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("dist/../../../etc/passwd"))
    with pytest.raises(MemberError, match="plain form"):
        build(shop, tmp_path)


def test_different_pythons_for_two_platforms_share_no_bytecode(shop: World, tmp_path: Path) -> None:
    held = lock.load(shop.root / "images/debian.lock.json")
    other = tuple(
        dataclasses.replace(each, version="3.13.6-1") if "python" in each.name else each
        for each in held.platforms[ARM64]
    )
    text = lock.document("trixie", {**held.platforms, ARM64: other})
    (shop.root / "images/debian.lock.json").write_bytes(text)
    with pytest.raises((InterpreterError, MirrorError, MemberError)) as caught:
        build(shop, tmp_path)
    assert "Python 3.13 is not locked in one version for every platform" in str(caught.value)
