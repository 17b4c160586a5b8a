"""The types of module there are. A new family is one file with its `KINDS`, named below."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from workflow_engine.modules import files, http, management, messaging, middleware, observe
from workflow_engine.modules.interface import ModuleType

MODULES: Final[Mapping[str, ModuleType]] = MappingProxyType(
    {
        kind.name: kind
        for family in (http, middleware, files, observe, management, messaging)
        for kind in family.KINDS
    }
)
