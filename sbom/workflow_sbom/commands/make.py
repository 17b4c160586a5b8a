"""`workflow-sbom make PATH…`: what each artifact is made of, told from its bytes."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol, get_args

from packaging.requirements import InvalidRequirement, Requirement

from workflow_sbom import __version__, canonical
from workflow_sbom.commands import gathering
from workflow_sbom.commands.interface import STREAM, Shell
from workflow_sbom.digest import Digest
from workflow_sbom.errors import ModelError, UsageError
from workflow_sbom.formats import cyclonedx, spdx
from workflow_sbom.making.describe import USUAL, Beside, Describer
from workflow_sbom.making.kinds import Kind, Recognised, recognise
from workflow_sbom.making.times import newest
from workflow_sbom.model.document import Sbom
from workflow_sbom.python.environment import Environment, System
from workflow_sbom.terminal.console import Console
from workflow_sbom.terminal.moments import stated, unstated
from workflow_sbom.terminal.progress import Progress, stage

_ENDINGS = {"cyclonedx": ".cdx.json", "spdx": ".spdx.json"}
_ASSUMING = frozenset({Kind.WHEEL, Kind.SDIST, Kind.WHEELS})


class Render(Protocol):
    """Writes a bill of materials in some format."""

    def __call__(self, sbom: Sbom, /, *, created: datetime, tool_version: str) -> bytes:
        """The document's bytes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A document to make: of what, where it goes, and when it says it was made."""

    found: Recognised
    output: Path
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A document that was made, and its bytes."""

    job: Job
    sbom: Sbom
    content: bytes


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Describe every path, then write all documents."""
    environment = _environment(asked)
    jobs = _jobs(asked, environment, shell)
    beside = Beside(
        environment=environment,
        lock=asked.lock,
        package=asked.package,
        modules=asked.modules,
        name=asked.name,
        version=asked.version,
        roots=tuple(map(_requirement, asked.root)),
    )
    made = _make(jobs, beside, _renderer(asked), shell.console)
    for each in made:
        shell.write(each.content, each.job.output)
    _tell(made, shell.console, as_json=asked.json)
    return 0


def _jobs(
    asked: argparse.Namespace, environment: Environment | None, shell: Shell
) -> tuple[Job, ...]:
    fixed = stated(asked.created, shell.environment)
    found, errors = gathering.each(recognise, asked.paths)
    gathering.refuse(errors, shell.console)
    for each in found:
        shell.console.say(_taken(each, environment or USUAL))
    return tuple(
        Job(found=each, output=output, created=fixed or _own(each, shell.console))
        for each, output in zip(found, _outputs(asked, found), strict=True)
    )


def _renderer(asked: argparse.Namespace) -> Render:
    if asked.format == "cyclonedx":
        return partial(cyclonedx.render, spec=asked.spec or "1.7")
    if asked.spec is not None:
        raise UsageError(
            "--spec is a version of CycloneDX; SPDX documents are 2.3", remedy="leave --spec out"
        )
    return spdx.render


def _make(jobs: Sequence[Job], beside: Beside, render: Render, console: Console) -> list[Made]:
    describer = Describer.of((job.found for job in jobs), beside)
    with console.progress() as progress:
        progress.expect(len(jobs))
        made, errors = gathering.each(lambda job: _one(job, describer, render, progress), jobs)
    gathering.refuse(errors, console)
    return made


def _one(job: Job, describer: Describer, render: Render, progress: Progress) -> Made:
    with stage(progress, job.found.path.resolve().name):
        sbom = describer.sbom(job.found)
        content = render(sbom, created=job.created, tool_version=__version__)
    return Made(job=job, sbom=sbom, content=content)


def _taken(found: Recognised, environment: Environment) -> str:
    where = f", looked at for {environment}" if found.kind in _ASSUMING else ""
    return f"{found.path}: {found.kind.value}{where}"


def _requirement(text: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise UsageError(
            f"--root {text[:80]!r} is no requirement", remedy="write it like thing[extra]>=1.2"
        ) from error


def _environment(asked: argparse.Namespace) -> Environment | None:
    if asked.python is None and asked.platform is None:
        return None
    system: Any  # checked by the environment itself
    system, _, machine = (asked.platform or f"{USUAL.system}/{USUAL.machine}").partition("/")
    try:
        return Environment(python=asked.python or USUAL.python, system=system, machine=machine)
    except ModelError as error:
        raise UsageError(
            str(error),
            remedy=f"--python 3.13.0 --platform SYSTEM/MACHINE; "
            f"systems are {', '.join(get_args(System))}, machines such as x86_64 or arm64",
        ) from error


def _outputs(asked: argparse.Namespace, found: Sequence[Recognised]) -> tuple[Path, ...]:
    """Where each document goes: a file, or a folder with one a document."""
    output: Path = asked.output
    single = len(found) == 1
    if asked.json and output == STREAM:
        raise UsageError("--json tells what was written", remedy="say where with --output FILE")
    if single and not output.is_dir():
        return (output,)
    if output == STREAM or output.is_file():
        raise UsageError(
            f"{len(found)} artifacts have {len(found)} documents",
            remedy="name a folder for them with --output DIR",
        )
    paths = tuple(output / f"{each.path.resolve().name}{_ENDINGS[asked.format]}" for each in found)
    if twice := [str(path) for path, count in Counter(paths).items() if count > 1]:
        raise UsageError(
            f"two artifacts would be written as {twice[0]}", remedy="describe them one by one"
        )
    return paths


def _own(found: Recognised, console: Console) -> datetime:
    moment = newest(found)
    if moment is None:
        raise unstated(f"{found.path}: it holds no time that its build did not make up")
    console.say(f"{found.path}: of {moment:%Y-%m-%dT%H:%M:%SZ}, the newest time in it")
    return moment


def _tell(made: Sequence[Made], console: Console, *, as_json: bool) -> None:
    written = [each for each in made if each.job.output != STREAM]
    if as_json:
        console.json([_document(each) for each in made])
    elif written:
        rows = [(str(each.job.output), *map(str, each.sbom.counts())) for each in written]
        console.table(("sbom", "components", "edges"), rows)
    if written:
        console.next_step(f"workflow-sbom validate {written[0].job.output}")


def _document(made: Made) -> canonical.Json:
    components, edges = made.sbom.counts()
    return {
        "artifact": str(made.job.found.path),
        "kind": made.job.found.kind.name.lower(),
        "sbom": str(made.job.output),
        "digest": str(Digest.of(made.content)),
        "components": components,
        "edges": edges,
    }
