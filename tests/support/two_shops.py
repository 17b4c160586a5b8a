"""Two versions of one image, made of bytes alone; what a command leaves when tests run it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from simulators.archives import Entry, Sketch, archive, layer
from support.outcome import Outcome

SITE = "usr/local/lib/python3.13/dist-packages"
STATUS = "var/lib/dpkg/status.d"


Run = Callable[..., Outcome]
Golden = Callable[[str, str], None]


def _debian(version: str, library: bytes) -> bytes:
    stanza = f"Package: libssl3t64\nVersion: {version}\nArchitecture: amd64\n".encode()
    sums = b"0  usr/lib/libssl.so.3\n0  usr/lib/libcrypto.so.3\n"
    return layer(
        [
            Entry(path="etc/passwd", data=b"root:x:0:0::/:\n"),
            Entry(path="usr/lib/libcrypto.so.3", data=library * 2, mode=0o755),
            Entry(path="usr/lib/libssl.so.3", data=library, mode=0o755),
            Entry(path=f"{STATUS}/libssl3t64", data=stanza),
            Entry(path=f"{STATUS}/libssl3t64.md5sums", data=sums),
        ]
    )


def _wheel(version: str, module: bytes, till: bytes) -> bytes:
    info, other = f"{SITE}/shop-{version}.dist-info", f"{SITE}/till-2.0.dist-info"
    record = f"shop/__init__.py,,\n{Path(info).name}/METADATA,,\n{Path(info).name}/RECORD,,\n"
    return layer(
        [
            Entry(path=f"{SITE}/shop/__init__.py", data=module),
            Entry(path=f"{info}/METADATA", data=f"Name: shop\nVersion: {version}\n".encode()),
            Entry(path=f"{info}/RECORD", data=record.encode()),
            Entry(path=f"{SITE}/till/__init__.py", data=till),
            Entry(path=f"{other}/METADATA", data=b"Name: till\nVersion: 2.0\n"),
            Entry(path=f"{other}/RECORD", data=b"till/__init__.py,,\n"),
        ]
    )


def _shop(version: str, *, debian: bytes, wheel: bytes, page: Entry, env: str) -> Sketch:
    return Sketch(
        layers=[debian, wheel, layer([page])],
        execution={
            "Entrypoint": ["/usr/bin/python3", "-m", "shop"],
            "Env": ["LANG=C.UTF-8", f"SHOP_OPEN={env}"],
            "ExposedPorts": {"8080/tcp": {}},
            "Healthcheck": {
                "Test": ["CMD", "/usr/bin/python3", "-c", "pass"],
                "Interval": 30 * 10**9,
            },
            "User": "65532:65532",
            "WorkingDir": "/srv",
        },
        more={
            "created": f"2026-03-0{version[2]}T05:06:07Z",
            "history": [
                {"created_by": f"workflow-containers: {name}"}
                for name in ("Debian packages", "wheels", "application")
            ],
        },
        annotations={"org.opencontainers.image.version": version},
        level=0,
    )


def shops(folder: Path) -> None:
    """Write `old.tar` and `new.tar`, each for two platforms."""
    old = _shop(
        "1.2.0",
        debian=_debian("3.5.1-1", b"\0one"),
        wheel=_wheel("1.2.0", b"CENT = 1\n", b"open = True\n"),
        page=Entry(path="app/page.html", data=b"<p>\nshop\n</p>\n"),
        env="yes",
    )
    new = _shop(
        "1.3.0",
        debian=_debian("3.5.2-1", b"\0two"),
        wheel=_wheel("1.3.0", b"CENT = 2\n", b"open = False\n"),
        page=Entry(path="app/page.html", data=b"<p>\nShop\n</p>\n", mode=0o755, owner=(7, 7)),
        env="no",
    )
    for name, sketch in (("old.tar", old), ("new.tar", new)):
        archive(
            folder / name, sketch, sketch.but(platform="linux/arm64"),
            annotations={"org.opencontainers.image.title": "shop", **sketch.annotations},
        )  # fmt: skip
