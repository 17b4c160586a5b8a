"""The types of step there are. A new family is one file with its `KINDS`, named below."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from workflow_engine.steps import data, flow, messages, web
from workflow_engine.steps.interface import StepType

STEPS: Final[Mapping[str, StepType]] = MappingProxyType(
    {kind.name: kind for family in (data, flow, web, messages) for kind in family.KINDS}
)
