"""Our matching of vulnerabilities against judges that know nothing of it.

pip-audit reads the same records through a loopback server, which tells what is affected by
`packaging`'s specifiers; what dpkg and npm say of versions is held against our orders.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from packageurl import PackageURL
from packaging.specifiers import SpecifierSet

from support import osv
from support.absent import absent
from workflow_sbom.policy.advisories import opening
from workflow_sbom.policy.advisories.versions import order
from workflow_sbom.policy.findings import Place
from workflow_sbom.policy.item import Item
from workflow_sbom.policy.vulnerabilities import Found, asked, search

JUDGE = "pip-audit==2.10.1"


@dataclass(frozen=True)
class Told:
    """What is publicly known of one flaw: its names, and the versions it is in."""

    package: str
    names: tuple[str, ...]
    ranges: tuple[tuple[str, str], ...]  # introduced, fixed
    versions: tuple[str, ...] = ()
    withdrawn: bool = False

    def record(self, name: str) -> dict[str, Any]:
        pairs = [
            pair for low, high in self.ranges for pair in (("introduced", low), ("fixed", high))
        ]
        more: dict[str, Any] = {"aliases": [each for each in self.names if each != name]}
        if self.withdrawn:
            more["withdrawn"] = osv.MODIFIED
        package = osv.affected(self.package, *reversed(pairs), versions=self.versions)
        return osv.record(name, package, summary=f"a flaw in {self.package}", **more)

    def affects(self, version: str) -> bool:
        """By another evaluator than ours."""
        return version in self.versions or any(
            # `<` would leave out the pre-releases of what is fixed, which have the flaw
            SpecifierSet(f">={low},<={high},!={high}", prereleases=True).contains(version)
            for low, high in self.ranges
        )


FLAWS = (
    Told("requests", ("CVE-2023-32681", "GHSA-j8r2-6x86-q33q", "PYSEC-2023-74"),
         (("2.3.0", "2.31.0"),)),
    Told("requests", ("CVE-2024-35195", "GHSA-9wx4-h78v-vm56"), (("0", "2.32.0"),)),
    Told("jinja2", ("CVE-2020-28493", "GHSA-g3rq-g295-4j3m", "PYSEC-2021-66"),
         (("0", "2.11.3"),)),
    Told("jinja2", ("CVE-2024-22195", "GHSA-h5c8-rqwp-cp95"), (("0", "3.1.3"),)),
    Told("urllib3", ("CVE-2023-43804", "GHSA-v845-jxx5-vc9f", "PYSEC-2023-192"),
         (("0", "1.26.17"), ("2.0.0", "2.0.6"))),
    Told("urllib3", ("CVE-2023-45803", "GHSA-g4mx-q9vg-27p4"),
         (("0", "1.26.18"), ("2.0.0", "2.0.7"))),
    Told("pyyaml", ("CVE-2020-14343", "GHSA-8q59-q68h-6hv4", "PYSEC-2021-142"),
         (("0", "5.4"),)),
    Told("idna", ("CVE-2024-3651", "GHSA-jjg7-2v4v-x38h", "PYSEC-2024-60"), (("0", "3.7"),)),
    Told("certifi", ("CVE-2023-37920", "GHSA-xqr8-7jwr-rhp7"), (("2015.4.28", "2023.7.22"),)),
    Told("flask", ("CVE-2023-30861", "GHSA-m2qf-hxjv-5gpq", "PYSEC-2023-62"),
         (("0", "2.2.5"), ("2.3.0", "2.3.2"))),
    Told("werkzeug", ("CVE-2023-25577", "GHSA-xg9f-g7g7-2323", "PYSEC-2023-58"),
         (("0", "2.2.3"),)),
    Told("sqlparse", ("CVE-2024-4340", "GHSA-2m57-hf25-phgg"), (("0", "0.5.0"),)),
    Told("click", ("GHSA-made-upby-us00",), (), versions=("8.0.0",)),
    Told("click", ("GHSA-with-draw-n000",), (("0", "99"),), withdrawn=True),
)  # fmt: skip
PINNED = (
    "requests==2.2.1", "requests==2.30.0", "requests==2.31.0", "requests==2.32.3",
    "Jinja2==2.11.2", "Jinja2==2.11.3", "Jinja2==3.1.3", "urllib3==1.26.17", "urllib3==2.0.0a1",
    "urllib3==2.0.5", "urllib3==2.0.7", "PyYAML==5.3.1", "PyYAML==5.4", "PyYAML==5.4b1",
    "idna==3.6", "idna==3.7", "certifi==2015.4.28", "certifi==2014.05.14", "certifi==2024.2.2",
    "Flask==2.2.4", "Flask==2.2.5", "Flask==2.3.1", "Werkzeug==2.2.2", "sqlparse==0.4.4",
    "click==8.0.0", "click==8.1.0",
)  # fmt: skip


def records() -> Iterator[tuple[Told, dict[str, Any]]]:
    """Each flaw as every database that has a name for it would tell it."""
    for told in FLAWS:
        for name in told.names:
            if not name.startswith("CVE-"):
                yield told, told.record(name)


class Database(BaseHTTPRequestHandler):
    """OSV's query by package and version."""

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = [
            record
            for told, record in records()
            if told.package == query["package"]["name"] and told.affects(query["version"])
        ]
        answer = json.dumps({"vulns": found} if found else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Database) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judge")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = subprocess.run(
        [folder / "bin/python", "-m", "pip", "install", "--quiet", JUDGE],
        capture_output=True,
        check=False,
        text=True,
    )
    if pip.returncode:
        absent(f"{JUDGE} can't be installed: {pip.stderr[-300:]}")
    return folder / "bin/pip-audit"


Verdict = dict[str, set[frozenset[str]]]


def rounds() -> Iterator[list[str]]:
    """The requirements in groups that name each package once, as pip-audit wants them."""
    waiting = list(PINNED)
    while waiting:
        first = {each.partition("==")[0]: each for each in reversed(waiting)}
        yield list(first.values())
        waiting = [each for each in waiting if each not in first.values()]


def judged(judge: Path, address: str, requirements: list[str], folder: Path) -> Verdict:
    """The flaws, each as all its names, that pip-audit finds in the requirements."""
    listed, report = folder / "requirements.txt", folder / "report.json"
    listed.write_text("\n".join(requirements))
    subprocess.run(
        [judge, "--requirement", listed, "--no-deps", "--disable-pip", "--progress-spinner", "off",
         "--vulnerability-service", "osv", "--osv-url", address, "--format", "json",
         "--output", report, "--cache-dir", folder / "cache"],
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        capture_output=True, check=False,
    )  # fmt: skip
    packages = {each["name"]: each for each in json.loads(report.read_text())["dependencies"]}
    return {
        requirement: {
            frozenset([each["id"], *each["aliases"]])
            for each in packages[requirement.partition("==")[0].lower()]["vulns"]
        }
        for requirement in requirements
    }


def ours(folder: Path) -> Verdict:
    items = [item(requirement) for requirement in PINNED]
    found: Verdict = {requirement: set() for requirement in PINNED}
    for answer in search(items, (), opening.read(folder, asked(items, ()))):
        assert isinstance(answer, Found), answer
        found[answer.item.where.document].add(frozenset(answer.flaw.names))
    return found


def item(requirement: str) -> Item:
    name, _, version = requirement.partition("==")
    return Item(where=Place(document=requirement), url=PackageURL("pypi", None, name, version))


def test_pip_audit_finds_the_same(judge: Path, address: str, tmp_path: Path) -> None:
    database = tmp_path / "osv"
    database.mkdir()
    for _, record in records():
        (database / f"{record['id']}.json").write_text(json.dumps(record))
    expected: Verdict = {}
    for requirements in rounds():
        expected |= judged(judge, address, requirements, tmp_path)
    assert ours(database) == expected
    assert sum(map(len, expected.values())) == 19
    assert set() in expected.values()


DEBIAN = (
    "0", "0~", "1", "1.0", "1.00", "1.0-1", "1.0-1~bpo1", "1.0-1+b1", "1.0-1+deb13u1", "1.0-1.1",
    "1.0-10", "1.0-2", "1.0+dfsg-1", "1.0~rc1-1", "1.0a", "1.0-a", "1:0.1", "2:0", "10", "9",
    "2.41-12+deb13u2", "2.41-12+deb13u10", "1.2.3.4-5ubuntu1", "20250419+deb13u1",
)  # fmt: skip
SEMVER = (
    "0.0.0-0", "0.0.1", "1.0.0-0", "1.0.0-1", "1.0.0-1.a", "1.0.0-2", "1.0.0-10", "1.0.0--",
    "1.0.0-A", "1.0.0-a", "1.0.0-a.1", "1.0.0-a.b", "1.0.0-aa", "1.0.0-rc.1", "1.0.0-rc.1.1",
    "1.0.0", "1.0.1", "1.2.0", "1.10.0", "10.0.0", "2.0.0",
)  # fmt: skip


def test_dpkg_orders_versions_alike() -> None:
    dpkg = shutil.which("dpkg") or absent("dpkg is not here")
    key = order("Debian:13")
    assert key is not None
    for one, other in itertools.combinations(DEBIAN, 2):
        for relation, ours in (("lt", key(one) < key(other)), ("gt", key(one) > key(other))):
            told = subprocess.run([dpkg, "--compare-versions", one, relation, other], check=False)
            assert ours is (told.returncode == 0), (one, relation, other)


def test_npm_orders_versions_alike() -> None:
    npm = Path(shutil.which("npm") or absent("npm is not here")).resolve()
    compare = "require(require.resolve('semver', {paths: [process.argv[1]]})).compare"
    script = f"console.log(JSON.stringify({json.dumps(SEMVER)}.sort({compare})))"
    told = subprocess.run(["node", "-e", script, npm.parent], capture_output=True, check=True)
    key = order("npm")
    assert key is not None
    assert sorted(SEMVER, key=key) == json.loads(told.stdout)
