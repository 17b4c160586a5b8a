"""The admin UI, built as a release builds it, served by the real engine, seen by a real browser."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

import workflow_engine
from support.absent import absent

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE = ROOT / "workflow/admin-ui"
# A build made elsewhere, to look at the very files of a release.
BUILT_VARIABLE = "WORKFLOW_UI_DIST"
SECONDS = 30
TOKEN = "sixteen or more letters"
CONFIG = """\
name: storefront
modules:
  - name: web
    type: http.server
    config: {address: "127.0.0.1:0"}
  - name: router
    type: http.router
    dependsOn: [web]
  - name: request-id
    type: http.middleware.requestid
  - name: health
    type: health.checker
    dependsOn: [router]
  - name: management
    type: api.management
    dependsOn: [router]
    config: {management}
  - name: ui
    type: static.fileserver
    dependsOn: [router]
    config: {ui}
pipelines:
  greet:
    trigger:
      type: http
      config: {path: "/greet/{name}", method: GET, middlewares: [request-id]}
    steps:
      - name: answer
        type: step.json_response
        config: {body: {hello: world}}
"""


# ------------------------------------------------------------------------------------ the build


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A copy of the sources with what npm installed by the lock."""

    folder: Path

    def npm(self, *arguments: str, **environment: str) -> None:
        done = subprocess.run(
            ["npm", *arguments],
            cwd=self.folder,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout

    def output(self) -> dict[str, bytes]:
        """What the build made: the files of `dist`, and the list beside it."""
        found = [*(self.folder / "dist").rglob("*"), *(self.folder / "build").rglob("*")]
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(found)
            if path.is_file()
        }


def copy(
    source: Path, target: Path, *, without: set[str], by: Callable[[str, str], object]
) -> None:
    """A folder's files at another place, but for some of its own entries."""

    def ignored(folder: str, _: list[str]) -> set[str]:
        return without if Path(folder) == source else set()

    shutil.copytree(source, target, ignore=ignored, copy_function=by, symlinks=True)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    if shutil.which("npm") is None:
        absent("no npm: install Node 20.19 or later")
    folder = tmp_path_factory.mktemp("one") / "ui"
    copy(SOURCE, folder, without={"node_modules", "dist", "build"}, by=shutil.copyfile)
    made = Project(folder=folder)
    made.npm("ci", "--ignore-scripts")
    made.npm("run", "build")
    return made


@pytest.fixture(scope="module")
def dist(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built files, with the version that a release puts beside them."""
    given = os.environ.get(BUILT_VARIABLE)
    built = Path(given) if given else request.getfixturevalue("project").folder / "dist"
    folder = tmp_path_factory.mktemp("served") / "dist"
    shutil.copytree(built, folder)
    (folder / "version.json").write_text('{"version": "9.8.7-rc.6"}\n')
    return folder


def test_the_units_hold(project: Project) -> None:
    project.npm("test")


def test_dist_holds_what_the_contract_says_and_nothing_else(project: Project) -> None:
    names = [name for name in project.output() if name.startswith("dist/")]
    kinds = sorted({Path(name).suffix for name in names if name.startswith("dist/assets/")})

    assert [name for name in names if "/assets/" not in name] == [
        "dist/LICENSES.txt",
        "dist/index.html",
    ]
    assert kinds == [".css", ".js"]
    assert len(names) == 4


def test_no_file_names_the_machine_it_was_built_on(project: Project) -> None:
    root = str(project.folder).encode()

    assert [name for name, data in project.output().items() if root in data] == []


def test_every_package_that_ships_is_listed_and_licensed(project: Project) -> None:
    output = project.output()
    listed = json.loads(output["build/modules.json"])
    packages = {
        each["id"].split("/")[1] for each in listed["modules"] if "node_modules/" in each["id"]
    }
    licences = output["dist/LICENSES.txt"].decode()

    assert packages == {"react", "react-dom", "scheduler"}
    assert {name for name in (*packages, "rolldown") if f"\n{name} " in licences} == {
        *packages,
        "rolldown",
    }


def test_another_path_umask_zone_and_locale_give_the_same_bytes(
    project: Project, tmp_path: Path
) -> None:
    other = Project(folder=tmp_path / "a longer path" / "with a space")
    copy(project.folder, other.folder, without={"dist", "build"}, by=os.link)
    shutil.rmtree(other.folder / "node_modules/.tmp")

    before = os.umask(0o077)
    try:
        other.npm("run", "build", TZ="Asia/Tokyo", LC_ALL="C", LANG="tr_TR.UTF-8")
    finally:
        os.umask(before)

    assert other.output() == project.output()


# ----------------------------------------------------------------------------------- the engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An engine that serves; `url` ends in `/`."""

    url: str
    process: subprocess.Popen[str]

    def ask(self, endpoint: str) -> Any:
        answer = httpx.get(f"{self.url}api/v1/engine/{endpoint}", timeout=SECONDS)
        return answer.raise_for_status().json()


@contextmanager
def engine(dist: Path, folder: Path, *, prefix: str = "/", token: str = "") -> Iterator[Running]:
    ui = json.dumps({"root": str(dist), "prefix": prefix})
    management = json.dumps({"token": token} if token else {})
    config = folder / "engine.yaml"
    config.write_text(CONFIG.replace("{ui}", ui).replace("{management}", management))
    with subprocess.Popen(
        [sys.executable, "-m", "workflow_engine", "--config", config],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("web on http://"), line + process.stdout.read()
            yield Running(url=line.split()[-1].rstrip("/") + "/", process=process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=SECONDS)


# ---------------------------------------------------------------------------------- the browser


@dataclass(slots=True)
class Browser:
    """Chromium over its debugging pipe: a JSON message a question, ended by a NUL."""

    to: int
    answers: int
    session: str = ""
    troubles: list[str] = field(default_factory=list)
    _rest: bytes = b""
    _count: int = 0

    def open(self, url: str) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=url)

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        self._count += 1
        message: dict[str, object] = {"id": self._count, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._count:
            self._note(answer)
        assert "error" not in answer, (method, answer)
        result = answer["result"]
        assert isinstance(result, dict)
        return result

    def evaluate(self, expression: str) -> Any:
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Until the expression is true; the page's text tells what was there instead."""
        until = time.monotonic() + SECONDS
        while not self.evaluate(expression):
            if time.monotonic() > until:
                pytest.fail(f"{expression} never held; the page: {self.text()}")
            time.sleep(0.05)

    def wait_for_text(self, text: str) -> None:
        self.wait_for(f"document.body?.innerText.includes({json.dumps(text)})")

    def text(self) -> str:
        return str(self.evaluate("document.body.innerText"))

    def click(self, selector: str) -> None:
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def type(self, selector: str, text: str) -> None:
        self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        self.call("Input.insertText", text=text)

    def rows(self) -> list[list[str]]:
        cells = "[...row.cells].map(cell => cell.innerText.trim())"
        found = self.evaluate(f"[...document.querySelectorAll('tbody tr')].map(row => {cells})")
        assert isinstance(found, list)
        return found

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = os.read(self.answers, 1 << 16)
            assert part, "the browser is gone"
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        decoded = json.loads(message)
        assert isinstance(decoded, dict)
        return decoded

    def _note(self, event: dict[str, Any]) -> None:
        if event.get("method") == "Runtime.exceptionThrown":
            self.troubles.append(json.dumps(event["params"]["exceptionDetails"]))
        if event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
            entry = event["params"]["entry"]
            self.troubles.append(f"{entry['text']} {entry.get('url', '')}")


FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en-US",
    "--window-size=1200,800",
    "--remote-debugging-pipe",
)

# Chromium takes its questions from descriptor 3 and answers on 4.
AS_3_AND_4 = (
    sys.executable,
    "-c",
    (
        "import os, sys; reads, writes, *program = sys.argv[1:]; "
        "os.dup2(int(reads), 3); os.dup2(int(writes), 4); os.execv(program[0], program)"
    ),
)


@pytest.fixture
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        absent("no Chromium: apt-get install chromium")
    child_reads, we_write = os.pipe()
    we_read, child_writes = os.pipe()
    profile = tempfile.mkdtemp(prefix="admin-ui-")
    process = subprocess.Popen(
        [
            *AS_3_AND_4,
            str(child_reads),
            str(child_writes),
            str(program),
            *FLAGS,
            "--user-data-dir=" + profile,
        ],
        pass_fds=(child_reads, child_writes),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(child_reads)
    os.close(child_writes)
    try:
        yield Browser(to=we_write, answers=we_read)
    finally:
        # Chromium ends itself, and its children, when the pipe does.
        os.close(we_write)
        os.close(we_read)
        process.wait(SECONDS)
        shutil.rmtree(profile, ignore_errors=True)


# -------------------------------------------------------------------------------------- together


def test_the_page_shows_what_the_engine_says(dist: Path, browser: Browser, tmp_path: Path) -> None:
    with engine(dist, tmp_path) as running:
        status, modules, routes = (running.ask(each) for each in ("status", "modules", "routes"))
        browser.open(running.url)

        browser.wait_for_text("Up for")
        page = browser.text()
        assert f"Version\n{workflow_engine.__version__}\n" in page
        assert "storefront" in page
        assert f"{len(modules)} modules" in page.replace("\n", " ")
        assert f"{len(routes)} routes" in page.replace("\n", " ")
        assert status["status"] in page

        browser.click("a[href='#/modules']")
        browser.wait_for("document.querySelector('h1').innerText === 'Modules'")
        assert browser.rows() == [
            [each["name"], each["type"], each["status"], spoken(each["dependsOn"])]
            for each in modules
        ]

        browser.click("a[href='#/routes']")
        browser.wait_for("document.querySelector('h1').innerText === 'Routes'")
        assert browser.rows() == [
            [
                each["method"],
                each["path"],
                each["handler"],
                spoken([each["pipeline"]] if "pipeline" in each else []),
                spoken(each["middlewares"]),
            ]
            for each in routes
        ]
        greet = next(row for row in browser.rows() if row[1] == "/greet/{name}")
        assert (greet[0], greet[3], greet[4]) == ("GET", "greet", "request-id")

        browser.wait_for_text("Admin UI 9.8.7-rc.6")
        assert browser.troubles == []


def spoken(names: list[str]) -> str:
    """How a list of names reads in a cell."""
    return "\n".join(names) if names else "\N{EN DASH}\nnone"


def test_the_filter_narrows_the_table(dist: Path, browser: Browser, tmp_path: Path) -> None:
    with engine(dist, tmp_path) as running:
        browser.open(f"{running.url}#/modules")
        browser.wait_for("document.querySelector('input[type=search]') !== null")

        browser.type("input[type=search]", "HTTP router")

        browser.wait_for_text("1 of 6 modules")
        assert [row[0] for row in browser.rows()] == ["router"]


def test_every_control_has_a_name(dist: Path, browser: Browser, tmp_path: Path) -> None:
    with engine(dist, tmp_path) as running:
        browser.open(f"{running.url}#/routes")
        browser.wait_for("document.querySelectorAll('tbody tr').length > 0")

        nodes = browser.call("Accessibility.getFullAXTree")["nodes"]

    controls = {"button", "link", "searchbox", "checkbox", "table", "navigation"}
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in controls
    ]
    assert ("searchbox", "Filter routes") in named
    assert [role for role, name in named if not name and role != "table"] == []
    assert {"button", "link", "searchbox", "checkbox", "table"} <= {role for role, _ in named}


def test_the_page_says_when_the_engine_is_gone(
    dist: Path, browser: Browser, tmp_path: Path
) -> None:
    with engine(dist, tmp_path) as running:
        browser.open(f"{running.url}#/modules")
        browser.wait_for("document.querySelectorAll('tbody tr').length === 6")

    browser.click(".freshness button")
    browser.wait_for_text("be reached. What follows is older.")
    assert len(browser.rows()) == 6


def test_a_token_is_asked_for_and_used(dist: Path, browser: Browser, tmp_path: Path) -> None:
    with engine(dist, tmp_path, token=TOKEN) as running:
        browser.open(running.url)
        browser.wait_for_text("The engine asks for a token.")

        browser.type("input[type=password]", TOKEN)
        browser.click("form button")

        browser.wait_for_text("Up for")
        assert TOKEN not in browser.evaluate("document.documentElement.outerHTML")


def test_the_page_works_under_a_prefix(dist: Path, browser: Browser, tmp_path: Path) -> None:
    with engine(dist, tmp_path, prefix="/tools/admin") as running:
        browser.open(f"{running.url}tools/admin/")

        browser.wait_for_text("Up for")
        browser.wait_for_text("Admin UI 9.8.7-rc.6")
        assert browser.troubles == []
