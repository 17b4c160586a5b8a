"""The program that writes the documents, as each of them names it."""

from __future__ import annotations

from workflow_sbom.model.component import Component
from workflow_sbom.model.licence import SpdxLicence
from workflow_sbom.model.parts import ExternalReference, Organisation

NAME = "workflow-sbom"
HOME = "https://github.com/GoCodeAlone/workflow"
MAKER = Organisation("The workflow release authors", urls=(HOME,))


UNSTAMPED = "0.0.0"
"""What is committed where the build writes the version: a copy that says so does not know it."""


def tool(version: str) -> Component:
    """What is true of every copy of it; which file a running copy came from is not known to it."""
    known = version if version != UNSTAMPED else None
    return Component(
        ref=f"tool:{NAME}@{known}" if known else f"tool:{NAME}",
        kind="application",
        name=NAME,
        version=known,
        supplier=MAKER,
        manufacturer=MAKER,
        licences=(SpdxLicence("MIT"),),
        references=(ExternalReference("vcs", HOME),),
    )


def signature(version: str) -> str:
    """The tool in one word, as SPDX names it."""
    return f"{NAME}-{version}" if version != UNSTAMPED else NAME
