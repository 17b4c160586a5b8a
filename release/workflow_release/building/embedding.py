"""A wheel's own bill of materials, inside it: `.dist-info/sboms/<name>.cdx.json` (PEP 770).

Specification: https://packaging.python.org/en/latest/specifications/binary-distribution-format/,
the `.dist-info/sboms` directory; metadata needs no word of it. As the specification asks, the
subject is the distribution, and what is stated is what lies in the wheel; what it requires is for
its metadata to say. The file's digest can't be in the file: the document beside the wheel has it.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from packaging.utils import canonicalize_name

from workflow_release.building.wheels import UNREADABLE
from workflow_release.errors import BuildError
from workflow_sbom.errors import SbomError
from workflow_sbom.formats import cyclonedx
from workflow_sbom.merging.origin import Origin, attributed
from workflow_sbom.python.distribution import Distribution, from_wheel
from workflow_sbom.python.inside import describe_inside

_MAX_RECORD = 64 << 20
_REMEDY = "mend what the build backend puts into its wheel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Who makes the document and who stands behind it, and when it says it was made.

    `origin` names no source: a wheel's bytes do not depend on what a clone's remote is called.
    """

    version: str
    created: datetime
    origin: Origin = field(default_factory=Origin)


def written(wheel: Path, maker: Maker) -> Mapping[str, bytes]:
    """What is to be written into a wheel: the document, and a `RECORD` that lists it.

    Nothing where the project brings a document of that name itself. Raises `BuildError` for a
    wheel whose contents can't be told.
    """
    try:
        distribution = from_wheel(wheel)
        path, content = _document(distribution, maker)
    except SbomError as error:
        raise BuildError(str(error), remedy=_REMEDY) from error
    if path in {each.path for each in distribution.contents.documents}:
        return {}
    record = f"{path.partition('/')[0]}/RECORD"
    return {path: content, record: _record(wheel, record) + _row(path, content)}


def made_again(wheel: Path, maker: Maker) -> Mapping[str, bytes]:
    """The document that a finished wheel should hold, by its path; raises `BuildError`."""
    try:
        distribution = from_wheel(wheel)
        path, _ = _document(distribution, maker)
        others = (each for each in distribution.contents.documents if each.path != path)
        before = replace(distribution.contents, documents=tuple(others))
        return dict([_document(replace(distribution, contents=before), maker)])
    except SbomError as error:
        raise BuildError(str(error), remedy=_REMEDY) from error


def _document(distribution: Distribution, maker: Maker) -> tuple[str, bytes]:
    """Where a distribution's own document lies in its wheel, and its bytes."""
    folder = (distribution.place or "").rpartition("/")[0]
    name = canonicalize_name(distribution.name).replace("-", "_")
    sbom = attributed(describe_inside(distribution), maker.origin)
    content = cyclonedx.render(sbom, created=maker.created, tool_version=maker.version)
    return f"{folder}/sboms/{name}.cdx.json", content


def _record(wheel: Path, name: str) -> bytes:
    """The wheel's own list of its files, its last line ended."""
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(name) as stream:
            data = stream.read(_MAX_RECORD + 1)
    except (KeyError, *UNREADABLE) as error:
        raise BuildError(f"{wheel.name}: no readable RECORD: {error}", remedy=_REMEDY) from error
    if len(data) > _MAX_RECORD:
        raise BuildError(f"{name}: more than {_MAX_RECORD} bytes", remedy=_REMEDY)
    return data if data.endswith(b"\n") or not data else data + b"\n"


def _row(path: str, content: bytes) -> bytes:
    """A line of RECORD (PEP 376): path, digest, size."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([path, f"sha256={digest}", len(content)])
    return text.getvalue().encode()
