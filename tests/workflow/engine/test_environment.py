from __future__ import annotations

from typing import Any

from workflow_engine.config import ModuleSpec, Name
from workflow_engine.environment import Resolved, resolve_for_env


def module(kind: str = "http.server", **fields: Any) -> ModuleSpec:
    return ModuleSpec(name=Name("web"), type=kind, **fields)


BASE = {"address": ":80", "tls": {"cert": "a", "key": "b"}}
PROD = {"config": {"address": ":443", "tls": {"key": "c"}}, "provider": "aws"}


def test_an_environment_not_listed_gives_the_base() -> None:
    spec = module(config=BASE, environments={"prod": PROD})
    expected = Resolved(name="web", type="http.server", config=BASE)
    assert resolve_for_env(spec, "") == expected
    assert resolve_for_env(spec, "dev") == expected


def test_config_is_merged_deep_and_the_provider_written_into_it() -> None:
    resolved = resolve_for_env(module(config=BASE, environments={"prod": PROD}), "prod")
    assert resolved == Resolved(
        name="web",
        type="http.server",
        config={"address": ":443", "tls": {"cert": "a", "key": "c"}, "provider": "aws"},
        provider="aws",
    )
    assert BASE["tls"] == {"cert": "a", "key": "b"}, "the declared config is not touched"


def test_null_means_not_there() -> None:
    assert resolve_for_env(module(environments={"dev": None}), "dev") is None


def test_only_infrastructure_takes_its_name_from_the_config() -> None:
    override = {"prod": {"config": {"name": "web-prod", "region": "fra1"}}}
    infra = resolve_for_env(module("infra.vm", environments=override), "prod")
    assert infra == Resolved(
        name="web-prod", type="infra.vm", config={"region": "fra1"}, region="fra1"
    )
    other = resolve_for_env(module(environments=override), "prod")
    assert other is not None
    assert (other.name, other.config["name"]) == ("web", "web-prod")


def test_an_empty_infrastructure_name_is_passed_over() -> None:
    spec = module("infra.vm", config={"name": ""})
    resolved = resolve_for_env(spec, "")
    assert resolved is not None
    assert (resolved.name, resolved.config) == ("web", {})
