"""Whether a distribution carries the licence it is given under."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from workflow_release.judging.gates.interface import Candidate, Fault
from workflow_release.model import Sdist, Wheel


def licence_text(candidate: Candidate) -> Iterator[Fault]:
    """Every source distribution and wheel holds the text of its licence (PEP 639)."""
    for artifact, recipe, evidence in candidate.examined:
        if isinstance(recipe, Sdist | Wheel) and not evidence.licence_files:
            yield Fault(
                artifact.name,
                "the text of its licence is not in it",
                f"put a LICENSE file into {recipe.project} and name it in license-files",
            )


def licence_expression(candidate: Candidate) -> Iterator[Fault]:
    """A declared `License-Expression` is a valid SPDX expression."""
    for artifact, _, evidence in candidate.examined:
        expression = evidence.licence_expression
        if expression is None:
            continue
        try:
            canonicalize_license_expression(expression)
        except InvalidLicenseExpression as error:
            yield Fault(
                artifact.name,
                f"License-Expression {expression!r}: {error}",
                "write an SPDX expression such as MIT or Apache-2.0 OR MIT",
            )
