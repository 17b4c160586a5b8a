from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from workflow_engine.errors import StartError

Serve = Callable[..., httpx.Client]

SITE = """
modules:
  - {name: web, type: http.server, config: {address: ":8080"}}
  - {name: router, type: http.router}
  - {name: site, type: static.fileserver, config: {root: site, cacheMaxAge: 60%s}}
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<h1>home</h1>")
    (root / "assets" / "app.js").write_text("let a")
    (root / "assets" / "index.html").write_text("inner")
    (root / ".env").write_text("hidden")
    (root / "data.tar.gz").write_bytes(b"zz")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "site-next").mkdir()
    (tmp_path / "site-next" / "x.txt").write_text("secret")
    return root


@pytest.mark.usefixtures("site")
def test_files_are_served_with_their_type_and_cache(serve: Serve) -> None:
    client = serve(SITE % "")
    answer = client.get("/assets/app.js")
    assert (answer.status_code, answer.text) == (200, "let a")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert client.get("/data.tar.gz").headers["content-type"] == "application/octet-stream"


@pytest.mark.usefixtures("site")
def test_the_index_is_always_asked_for_again(serve: Serve) -> None:
    client = serve(SITE % "")
    for path in ("/", "/index.html", "/assets/", "/some/page"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    assert client.get("/some/page").text == "<h1>home</h1>"
    assert client.get("/assets/").text == "inner"


def test_a_tag_is_of_the_content_not_of_the_date(serve: Serve, site: Path) -> None:
    client = serve(SITE % "")
    file = site / "assets" / "app.js"
    tag = client.get("/assets/app.js").headers["etag"]
    unchanged = client.get("/assets/app.js", headers={"if-none-match": f'"x", {tag}'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    stat = file.stat()
    replacement = file.with_name("new.js")
    replacement.write_text("let b")
    os.utime(replacement, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    replacement.replace(file)
    changed = client.get("/assets/app.js", headers={"if-none-match": tag})
    assert (changed.status_code, changed.text) == (200, "let b")


@pytest.mark.usefixtures("site")
def test_a_missing_file_is_no_page(serve: Serve) -> None:
    client = serve(SITE % "")
    assert client.get("/assets/gone.js").status_code == 404
    assert client.get("/page", headers={"accept": "application/json"}).status_code == 404
    assert client.post("/page").status_code == 405


@pytest.mark.usefixtures("site")
def test_without_the_fallback_pages_are_not_found(serve: Serve) -> None:
    assert serve(SITE % ", spaFallback: false").get("/some/page").status_code == 404


@pytest.mark.usefixtures("site")
def test_a_prefix_is_where_it_serves(serve: Serve) -> None:
    client = serve(SITE % ", prefix: /ui/")
    assert client.get("/ui/assets/app.js").text == "let a"
    assert client.get("/ui/").text == "<h1>home</h1>"
    bare = client.get("/ui")
    assert (bare.status_code, bare.headers["location"]) == (308, "/ui/")
    assert client.get("/assets/app.js").status_code == 404


@pytest.mark.usefixtures("site")
def test_more_specific_routes_come_first(serve: Serve) -> None:
    client = serve(SITE % "" + "  - {name: health, type: health.checker}\n")
    assert client.get("/healthz").json()["status"] == "healthy"


def raw(client: httpx.Client, path: bytes) -> bytes:
    """The answer to a path sent as it is: no client may tidy it up."""
    with socket.create_connection((client.base_url.host, client.base_url.port or 0), 5) as sent:
        sent.sendall(b"GET " + path + b" HTTP/1.0\r\nAccept: text/plain\r\n\r\n")
        return b"".join(iter(lambda: sent.recv(65536), b""))


@pytest.mark.parametrize(
    "path",
    [
        b"/../secret.txt",
        b"/assets/../../secret.txt",
        b"/%2e%2e/secret.txt",
        b"/%2e%2e%2fsecret.txt",
        b"/..%2fsecret.txt",
        b"/..%5csecret.txt",
        b"/..\\secret.txt",
        b"/%252e%252e/secret.txt",
        b"/..%c0%afsecret.txt",
        b"/../site-next/x.txt",
        b"//etc/passwd",
        b"/%2fetc/passwd",
        b"/C:/secret.txt",
        b"/.env",
        b"/assets/%00/../app.js",
        b"/secret.txt%00.html",
        b"/" + b"a" * 5000,
        b"/link.txt",
        b"/folder/secret.txt",
        b"/loop/x",
        b"/pipe",
    ],
)
def test_nothing_outside_the_root_is_served(serve: Serve, site: Path, path: bytes) -> None:
    (site / "link.txt").symlink_to(site.parent / "secret.txt")
    (site / "folder").symlink_to(site.parent)
    (site / "loop").symlink_to(site / "loop")
    os.mkfifo(site / "pipe")
    client = serve(SITE % "")
    answer = raw(client, path)
    assert b" 200 " not in answer.split(b"\r\n")[0]
    assert b"secret" not in answer.split(b"\r\n\r\n", 1)[-1]
    assert client.get("/assets/app.js").status_code == 200


def test_a_link_inside_the_root_is_served(serve: Serve, site: Path) -> None:
    (site / "current.js").symlink_to(site / "assets" / "app.js")
    assert serve(SITE % "").get("/current.js").text == "let a"


def test_a_root_that_is_not_there_stops_the_start(serve: Serve) -> None:
    with pytest.raises(StartError, match="site is no folder"):
        serve(SITE % "")
