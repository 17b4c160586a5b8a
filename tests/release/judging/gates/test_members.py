"""Hostile archives, made for real and read for real."""

from __future__ import annotations

import tarfile

import pytest

from support import built
from support.built import Entry, entry, file, folder
from support.candidates import IMAGE, SDIST, UI, WHEEL, candidate, findings
from workflow_release.judging.gates.interface import Candidate

R = "thing-1.2.3"
KEY = b"-----BEGIN PRIVATE KEY-----\n" + b"A" * 64 + b"\n-----END PRIVATE KEY-----\n"


@pytest.fixture(scope="module")
def good() -> Candidate:
    return candidate()


def test_plain_archives_pass(good: Candidate) -> None:
    assert findings("members", good) == []
    assert findings("stray-files", good) == []


def hostile(root: str) -> dict[str, tuple[Entry, str]]:
    """Entries below a folder, and how each is refused."""
    return {
        "absolute": (
            file("/etc/passwd"),
            "'/etc/passwd': an absolute path, a drive or a backslash",
        ),
        "upwards": (file(f"{root}/../../x"), f"'{root}/../../x': a path that leads upwards"),
        "backslash": (
            file(f"{root}\\x"),
            f"'{root}\\\\x': an absolute path, a drive or a backslash",
        ),
        "drive": (file("C:x"), "'C:x': an absolute path, a drive or a backslash"),
        "control": (
            file(f"{root}/a\x1b[2J"),
            f"'{root}/a\\x1b[2J': control characters in the name",
        ),
        "newline": (file(f"{root}/a\nb"), f"'{root}/a\\nb': control characters in the name"),
        "bidi": (file(f"{root}/a\u202eb"), f"'{root}/a\\u202eb': control characters in the name"),
        "dot": (file(f"{root}/./x"), f"'{root}/./x': a path that is not in its plain form"),
        "empty part": (file(f"{root}//x"), f"'{root}//x': a path that is not in its plain form"),
        "long": (file(f"{root}/{'x' * 256}"), "a longer path than file systems hold"),
        "fifo": (
            entry(f"{root}/p", tarfile.FIFOTYPE),
            f"'{root}/p': no file, folder or link (fifo)",
        ),
        "device": (
            entry(f"{root}/d", tarfile.CHRTYPE),
            f"'{root}/d': no file, folder or link (device)",
        ),
        "block": (
            entry(f"{root}/d", tarfile.BLKTYPE),
            f"'{root}/d': no file, folder or link (device)",
        ),
        "setuid": (
            file(f"{root}/s", mode=0o4755),
            f"'{root}/s': setuid, setgid or sticky (mode 4755)",
        ),
        "setgid": (
            file(f"{root}/s", mode=0o2755),
            f"'{root}/s': setuid, setgid or sticky (mode 2755)",
        ),
        "sticky": (
            folder(f"{root}/t", 0o1777),
            f"'{root}/t': setuid, setgid or sticky (mode 1777)",
        ),
        "writable": (
            file(f"{root}/w", mode=0o666),
            f"'{root}/w': everybody may write to it (mode 0666)",
        ),
        "symlink out": (
            entry(f"{root}/l", tarfile.SYMTYPE, "../../x"),
            f"'{root}/l': a link out of the archive, to '../../x'",
        ),
        "symlink absolute": (
            entry(f"{root}/l", tarfile.SYMTYPE, "/etc"),
            f"'{root}/l': a link out of the archive, to '/etc'",
        ),
        "symlink to a drive": (
            entry(f"{root}/l", tarfile.SYMTYPE, "C:\\x"),
            f"'{root}/l': a link to 'C:\\\\x', which is no path",
        ),
        "hardlink out": (
            entry(f"{root}/h", tarfile.LNKTYPE, "../x"),
            f"'{root}/h': a hard link to '../x', no file before it",
        ),
        "hardlink to nothing": (
            entry(f"{root}/h", tarfile.LNKTYPE, f"{root}/later"),
            f"'{root}/h': a hard link to '{root}/later', no file before it",
        ),
        "twice": (file(f"{root}/LICENSE"), f"'{root}/LICENSE': stands 2 times"),
        "case": (
            file(f"{root}/license"),
            f"'{root}/license': one file where case or composition does not count",
        ),
    }


ATTACKS = tuple(hostile(""))


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_entry_is_refused(attack: str) -> None:
    bad, message = hostile(R)[attack]
    found = findings("members", candidate({SDIST.id: built.sdist(bad)}))
    assert any(each.endswith(message) for each in found)
    assert all(each.startswith("thing-1.2.3.tar.gz: ") for each in found)


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_same_in_a_web_interface(attack: str) -> None:
    bad, message = hostile("dist")[attack]
    found = findings("members", candidate({UI.id: built.ui(file("dist/LICENSE"), bad)}))
    assert any(each.endswith(message) for each in found)


def test_an_entry_below_a_link_is_refused() -> None:
    through = built.sdist(
        entry(f"{R}/out", tarfile.SYMTYPE, "pyproject.toml"), file(f"{R}/out/passwd")
    )
    assert findings("members", candidate({SDIST.id: through})) == [
        f"thing-1.2.3.tar.gz: '{R}/out/passwd': stands below '{R}/out', which is no folder"
    ]


def test_names_that_differ_in_composition_are_one() -> None:
    composed = built.sdist(file(f"{R}/\u00e9"), file(f"{R}/e\u0301"))
    (found,) = findings("members", candidate({SDIST.id: composed}))
    assert found.endswith("one file where case or composition does not count")


def test_links_inside_pass() -> None:
    inside = built.sdist(
        folder(f"{R}/a"),
        entry(f"{R}/a/up", tarfile.SYMTYPE, "../LICENSE"),
        entry(f"{R}/hard", tarfile.LNKTYPE, f"{R}/LICENSE"),
    )
    assert findings("members", candidate({SDIST.id: inside})) == []


def test_many_faults_are_counted_and_not_all_shown() -> None:
    many = built.sdist(*(file(f"{R}/w{at}", mode=0o666) for at in range(50)))
    found = findings("members", candidate({SDIST.id: many}))
    assert len(found) == 21
    assert found[-1] == "thing-1.2.3.tar.gz: and 30 faults more"


@pytest.mark.parametrize(
    ("path", "mode", "message"),
    [
        ("../x.py", 0o100644, "'../x.py': a path that leads upwards"),
        ("thing/a\\b", 0o100644, "'thing/a\\\\b': an absolute path, a drive or a backslash"),
        ("thing/s", 0o104755, "'thing/s': setuid, setgid or sticky (mode 4755)"),
        ("thing/d", 0o020644, "'thing/d': no file, folder or link (device)"),
        ("thing/l", 0o120777, "'thing/l': a link out of the archive, to '../../../etc'"),
        ("THING/core.py", 0o100644, "one file where case or composition does not count"),
    ],
)
def test_a_hostile_entry_of_a_wheel_is_refused(path: str, mode: int, message: str) -> None:
    files = {**built.wheel_files(), path: b"../../../etc"}
    data = built.wheel(files, modes={path: mode})
    assert any(each.endswith(message) for each in findings("members", candidate({WHEEL.id: data})))


def test_a_name_that_some_readers_cut_short_is_refused() -> None:
    data = built.wheel(extra=[("thing/a#b", b"")]).replace(b"thing/a#b", b"thing/a\0b")
    found = findings("members", candidate({WHEEL.id: data}))
    assert found == [
        "thing-1.2.3-py3-none-any.whl: 'thing/a\\x00b': control characters in the name"
    ]


def in_layer(*more: Entry) -> list[str]:
    return findings("members", candidate({IMAGE.id: built.image([*built.LAYER, *more])}))


@pytest.mark.parametrize(
    "attack",
    ["absolute", "upwards", "backslash", "control", "fifo", "device", "setuid", "writable",
     "symlink out", "hardlink out"],
)  # fmt: skip
def test_a_hostile_entry_of_a_layer_is_refused(attack: str) -> None:
    bad, message = hostile("srv")[attack]
    found = in_layer(bad)
    assert len(found) == 1
    assert found[0].startswith("box-1.2.3.oci.tar layer ")
    assert found[0].endswith(message)


def test_a_layer_may_hold_what_linux_takes() -> None:
    assert in_layer(folder("var/tmp", 0o1777), entry("lib", tarfile.SYMTYPE, "/usr/lib")) == []


def test_a_setgid_folder_that_everybody_writes_to_is_refused_in_a_layer_too() -> None:
    assert len(in_layer(folder("srv", 0o3777))) == 1
    assert len(in_layer(folder("srv", 0o777))) == 1


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        (".git/config", "it belongs to a checkout, not to a release"),
        ("a/.DS_Store", "it belongs to a checkout, not to a release"),
        ("node_modules/x/i.js", "it belongs to a checkout, not to a release"),
        (".env", "such files hold secrets"),
        (".pypirc", "such files hold secrets"),
        ("keys/id_ed25519", "such files hold secrets"),
    ],
)
def test_what_slipped_in_is_refused(path: str, fault: str) -> None:
    slipped = candidate({SDIST.id: built.sdist(file(f"{R}/{path}"))})
    assert findings("stray-files", slipped) == [f"thing-1.2.3.tar.gz: '{R}/{path}': {fault}"]


@pytest.mark.parametrize("name", ["server.pem", "key", "notes.txt"])
def test_a_private_key_is_refused_whatever_its_name(name: str) -> None:
    text = b"some words before\n" + KEY if name == "notes.txt" else KEY
    fault = "it holds a private key; whoever had the file has the key, so replace it"
    leaked = candidate({SDIST.id: built.sdist(file(f"{R}/{name}", text))})
    assert findings("stray-files", leaked) == [f"thing-1.2.3.tar.gz: '{R}/{name}': {fault}"]
    in_wheel = built.wheel({**built.wheel_files(), f"thing/{name}": text})
    assert len(findings("stray-files", candidate({WHEEL.id: in_wheel}))) == 1
    layer = built.image([*built.LAYER, file(f"etc/{name}", text)])
    assert len(findings("stray-files", candidate({IMAGE.id: layer}))) == 1


@pytest.mark.parametrize(
    "text",
    [
        KEY.replace(b"PRIVATE", b"PUBLIC"),
        b'if data.startswith(b"-----BEGIN PRIVATE KEY-----"):\n    pass\n',
        b"-----BEGIN CERTIFICATE-----\n" + b"A" * 64 + b"\n-----END CERTIFICATE-----\n",
    ],
)
def test_what_only_speaks_of_keys_passes(text: bytes) -> None:
    spoken = candidate({SDIST.id: built.sdist(file(f"{R}/keys.py", text))})
    assert findings("stray-files", spoken) == []


@pytest.mark.parametrize("kind", ["RSA ", "EC ", "ENCRYPTED ", "OPENSSH "])
def test_every_kind_of_private_key_is_known(kind: str) -> None:
    key = KEY.replace(b"PRIVATE", kind.encode() + b"PRIVATE")
    leaked = candidate({SDIST.id: built.sdist(file(f"{R}/k", key))})
    assert len(findings("stray-files", leaked)) == 1


def test_bytecode_in_a_wheel_is_refused_and_in_an_image_is_not() -> None:
    path = "thing/__pycache__/core.cpython-311.pyc"
    compiled = built.wheel({**built.wheel_files(), path: b"x"})
    assert len(findings("stray-files", candidate({WHEEL.id: compiled}))) == 1
    image = built.image([*built.LAYER, file(f"usr/{path}")])
    assert findings("stray-files", candidate({IMAGE.id: image})) == []


@pytest.mark.parametrize(
    "path", ["__editable___thing_finder.py", "__editable__.thing-1.2.3.pth",
             "thing-1.2.3.dist-info/direct_url.json"]
)  # fmt: skip
def test_an_editable_install_is_refused(path: str) -> None:
    editable = built.wheel({**built.wheel_files(), path: b"x"})
    assert findings("stray-files", candidate({WHEEL.id: editable})) == [
        f"thing-1.2.3-py3-none-any.whl: {path!r}: it belongs to an editable install on one machine"
    ]
