"""`python describing.py ENVIRONMENT OUT ROOT…`: an environment's bill of materials, and no more."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from packaging.requirements import Requirement

from workflow_sbom.formats import cyclonedx
from workflow_sbom.python import installed, interpreter
from workflow_sbom.python.together import Together, describe_environment

CREATED = datetime(2026, 1, 1, tzinfo=UTC)


def main(folder: str, out: str, *roots: str) -> None:
    found = installed.read(Path(folder))
    together = Together(
        name=Path(folder).name,
        environment=interpreter.detect(Path(folder), found.platform),
        roots=tuple(map(Requirement, roots)),
    )
    sbom = describe_environment(found, together)
    Path(out).write_bytes(cyclonedx.render(sbom, created=CREATED, tool_version="bench"))


if __name__ == "__main__":
    main(*sys.argv[1:])
