"""Sessions only: each calls the command line or a tool; none holds logic.

    python3 bootstrap.py release     make and verify a release of this checkout
    python3 bootstrap.py test        lint, types and every test

With nox at hand, `nox -s SESSION` does the same. `nox -l` lists the sessions.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.sessions = ["lint", "test"]
nox.options.default_venv_backend = "none"

MEMBERS = ("sbom", "containers", "release", "workflow/engine", "workflow/wfctl", "workflow/migrate")
PYTHON = (*MEMBERS, "tests", "noxfile.py", "bootstrap.py")


def environment(session: nox.Session, folder: str, lock: str) -> Path:
    """The programs of a virtual environment that sessions share, made by a lock's hashes.

    Every member is editable in it. What is there already for this lock stays as it is.
    """
    programs = Path(folder, "bin").absolute()
    wanted = [Path(lock), *(Path(member, "pyproject.toml") for member in MEMBERS)]
    content = b"".join(path.read_bytes() for path in wanted) + sys.version.encode()
    state, stamp = hashlib.sha256(content).hexdigest(), Path(folder, ".installed")
    if stamp.exists() and stamp.read_text() == state:
        return programs
    session.run(sys.executable, "-m", "virtualenv", "--quiet", "--clear", folder)
    pip = (str(programs / "python"), "-m", "pip", "install", "--quiet", "--no-deps")
    session.run(*pip, "--require-hashes", "-r", lock)
    editable = [word for member in MEMBERS for word in ("-e", member)]
    session.run(*pip, "--no-build-isolation", *editable)
    stamp.write_text(state)
    return programs


def development(session: nox.Session) -> Path:
    """The programs of .venv, which has every tool."""
    return environment(session, ".venv", "locks/dev.txt")


@nox.session
def dev(session: nox.Session) -> None:
    """Make .venv: every member editable, every tool, and the command workflow-release."""
    development(session)
    session.log("next: .venv/bin/workflow-release plan")


@nox.session
def lint(session: nox.Session) -> None:
    """Format, lint, types, and the security of the workflows."""
    programs = development(session)
    session.run(programs / "ruff", "format", "--check", *PYTHON)
    session.run(programs / "ruff", "check", *PYTHON)
    session.run(programs / "mypy", *PYTHON)
    session.run(programs / "zizmor", "--offline", "--no-progress", "--pedantic", ".github")


@nox.session
def test(session: nox.Session) -> None:
    """Every test but those against other implementations; coverage of the members."""
    programs = development(session)
    arguments = session.posargs or [
        "tests",
        "--ignore=tests/interop",
        "-n",
        "2",
        "--dist",
        "loadgroup",
    ]
    session.run(programs / "coverage", "run", "-m", "pytest", *arguments)
    session.run(programs / "coverage", "combine", "--quiet")
    session.run(programs / "coverage", "report")


@nox.session
def interop(session: nox.Session) -> None:
    """Our files read by others: Sigstore, registries and their clients, Docker, qemu, a browser."""
    programs = development(session)
    session.run(programs / "pytest", *(session.posargs or ["tests/interop"]))


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Ratios against peers measured in the same run: nox -s bench -- images, or all of them."""
    programs = development(session)
    session.run(programs / "python", "-m", "bench", *session.posargs, env={"PYTHONPATH": "tests"})


@nox.session(default=False)
def golden(session: nox.Session) -> None:
    """Write the golden files and the committed schema anew; review them in the diff."""
    programs = development(session)
    session.run(
        programs / "pytest", "-q", "tests", "-k", "golden", env={"WORKFLOW_GOLDEN": "write"}
    )


def toolkit(session: nox.Session, *arguments: str, program: str = "workflow-release") -> None:
    """Run a command line from this checkout."""
    programs = environment(session, ".nox/toolkit", "locks/run.txt")
    session.run(programs / program, *arguments, *session.posargs)


@nox.session(default=False)
def wheels(session: nox.Session) -> None:
    """The source distributions and wheels of this checkout."""
    toolkit(session, "build", "--only", "sdist", "--only", "wheel")


@nox.session(default=False)
def ui(session: nox.Session) -> None:
    """The admin UI's archive."""
    toolkit(session, "build", "--only", "ui")


@nox.session(default=False)
def images(session: nox.Session) -> None:
    """The container images, as OCI layout archives."""
    toolkit(session, "build", "--only", "image")


@nox.session(default=False)
def sbom(session: nox.Session) -> None:
    """The SBOM of every artifact."""
    toolkit(session, "sbom")


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """A whole release of this checkout, made and then verified."""
    toolkit(session, "cut", "--verify")


@nox.session(default=False)
def verify(session: nox.Session) -> None:
    """Check release folders: nox -s verify -- dist/<version>."""
    toolkit(session, "verify")


@nox.session(default=False)
def publish(session: nox.Session) -> None:
    """Send a release folder to its registries: nox -s publish -- dist/<version> --key FILE."""
    toolkit(session, "publish")


@nox.session(default=False)
def login(session: nox.Session) -> None:
    """Log in to a registry: nox -s login -- HOST --username NAME --password-stdin."""
    toolkit(session, "registry", "login", program="workflow-containers")


@nox.session(default=False)
def smoke(session: nox.Session) -> None:
    """Try an image under Docker, everything dropped: nox -s smoke -- DEFINITION ARCHIVE."""
    toolkit(session, "smoke", program="workflow-containers")


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Resolve every lock anew, the images' packages too; review the diff. Needs apt."""
    programs = development(session)
    session.run(programs / "python", "locks/relock.py", *session.posargs)
