"""The SPDX project's JSON schema of SPDX 2.3, from its own Java tools, which Maven fetches.

No package of PyPI, npm, Debian or Go has it, and Maven is no part of what CI must have: where it
is missing the schema is skipped aloud, and spdx-tools judges every document nevertheless.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from workflow_release.errors import ToolError
from workflow_release.machine.host import Host
from workflow_release.machine.run import Command, checked, run

ARTIFACT = "org.spdx:tools-java:1.1.8"
MEMBER = "resources/spdx-schema-v2.3.json"
UNTRIED = "SPDX documents are NOT tried with the official schema"


def fetched(folder: Path) -> Any:
    """A validator of the official schema; fetched into the folder."""
    if shutil.which("mvn") is None:
        pytest.skip(f"mvn is not installed: {UNTRIED}")
    argv = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={ARTIFACT}"]
    argv.append(f"-DoutputDirectory={folder}")
    try:
        checked(
            run, Command(argv=argv, cwd=folder, env=Host.detect().tool_environment(), timeout=300)
        )
    except ToolError as error:
        pytest.skip(f"{ARTIFACT} can't be fetched ({error}): {UNTRIED}")
    (jar,) = folder.glob("tools-java-*.jar")
    with zipfile.ZipFile(jar) as archive:
        schema = json.loads(archive.read(MEMBER))
    return jsonschema_rs.validator_for(schema)
