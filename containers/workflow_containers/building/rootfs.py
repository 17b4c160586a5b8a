"""The files of an image that no package brings."""

from __future__ import annotations

from collections.abc import Iterator

from workflow_containers.architecture import Architecture
from workflow_containers.debian.contents import CERTIFICATES
from workflow_containers.definition import Definition
from workflow_containers.layers.entries import Directory, Entry, File, Symlink
from workflow_containers.python.wheel import Site

_NSSWITCH = b"passwd: files\ngroup: files\nhosts: files dns\n"


def site(definition: Definition) -> Site:
    """Where Debian's Python looks for what its packages did not bring (`site.py`)."""
    return Site(
        packages=f"usr/local/lib/python{definition.python}/dist-packages",
        prefix="usr/local",
        python=f"usr/bin/python{definition.python}",
    )


def entries(definition: Definition, architecture: Architecture) -> Iterator[Entry]:
    """Users, the merged `/usr`, where OpenSSL looks for certificates, places to write."""
    user = definition.user
    yield Directory("tmp")
    yield Directory("var/tmp")
    yield Directory("home/nonroot")
    for name in architecture.links:
        yield Symlink(name, f"usr/{name}")
    yield Symlink("usr/bin/python3", f"python{definition.python}")
    yield Symlink("usr/lib/ssl/cert.pem", f"../../../{CERTIFICATES}")
    yield Symlink("usr/lib/ssl/certs", "../../../etc/ssl/certs")
    yield File("etc/nsswitch.conf", 0o644, _NSSWITCH)
    yield File("etc/passwd", 0o644, _passwd(user).encode())
    yield File("etc/group", 0o644, _group(user).encode())


def _passwd(user: int) -> str:
    return (
        "root:x:0:0:root:/root:/sbin/nologin\n"
        f"nonroot:x:{user}:{user}:nonroot:/home/nonroot:/sbin/nologin\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n"
    )


def _group(user: int) -> str:
    return f"root:x:0:\ntty:x:5:\nnonroot:x:{user}:\nnogroup:x:65534:\n"
