"""What a module is in one environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflow_engine.config import ModuleSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A module as one environment has it; always take name and config from here together."""

    name: str
    type: str
    config: Mapping[str, Any]
    provider: str = ""
    region: str = ""
    protected: bool = False


def resolve_for_env(module: ModuleSpec, env: str) -> Resolved | None:
    """The module in `env`; None where the environment says it is not there.

    An environment that is not listed gives the module as declared. The override's config is
    merged into the declared one, tables member by member; its provider becomes `config.provider`;
    for `infra.*` types a `config.name` becomes the module's name.
    """
    overrides = module.environments or {}
    if not env or env not in overrides:
        return _resolved(module, dict(module.config or {}))
    override = overrides[env]
    if override is None:
        return None
    config = _merged(dict(module.config or {}), _mapping(override.get("config")))
    if override.get("provider"):
        config["provider"] = override["provider"]
    return _resolved(module, config)


def _resolved(module: ModuleSpec, config: dict[str, Any]) -> Resolved:
    name = str(module.name)
    if module.type.startswith("infra."):
        name = str(config.pop("name", "") or name)
    return Resolved(
        name=name,
        type=module.type,
        config=config,
        provider=str(config.get("provider") or ""),
        region=str(config.get("region") or ""),
        protected=module.protected,
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        before = merged.get(key)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(_mapping(before), value) if both else value
    return merged
