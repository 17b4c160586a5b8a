"""What an image keeps of its base's configuration.

The definition alone says how the image is run: entrypoint, arguments, user, working folder, ports,
health check; none of the base's is kept. Environment and labels are the base's with ours over
them, `PATH` the base's own. Labels by which the base speaks of itself (`org.opencontainers.image.`)
would be untrue of ours and go. Volumes and the stop signal stay, for there is no word for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workflow_containers.base.documents import LayerBlob
from workflow_containers.errors import LayoutError
from workflow_containers.oci.image import Inherited
from workflow_sbom import canonical

_OF_ITSELF = ("org.opencontainers.image.", "org.label-schema.")
_KEPT = ("StopSignal", "Volumes")


def inherited(config: Mapping[str, Any], layers: Sequence[LayerBlob], reference: str) -> Inherited:
    """Read it from the base's configuration; raises `LayoutError` for what is no configuration."""
    execution = config.get("config") or {}
    if not isinstance(execution, dict):
        raise LayoutError(f"{reference}: its configuration is no object")
    return Inherited(
        diff_ids=tuple(layer.diff_id for layer in layers),
        history=_history(config.get("history"), len(layers), reference),
        env=dict(_env(execution.get("Env") or [], reference)),
        labels=dict(_labels(execution.get("Labels") or {}, reference)),
        execution={key: execution[key] for key in _KEPT if execution.get(key)},
    )


def _env(listed: Any, reference: str) -> Iterator[tuple[str, str]]:
    if not isinstance(listed, list):
        raise LayoutError(f"{reference}: its environment is no list")
    for line in listed:
        name, equals, value = str(line).partition("=")
        if not name or not equals or "\0" in value:
            raise LayoutError(f"{reference}: its environment has {str(line)[:80]!r}")
        yield name, value


def _labels(table: Any, reference: str) -> Iterator[tuple[str, str]]:
    if not isinstance(table, dict) or not all(isinstance(each, str) for each in table.values()):
        raise LayoutError(f"{reference}: its labels are no texts")
    return ((key, value) for key, value in table.items() if not key.startswith(_OF_ITSELF))


def _history(listed: Any, layers: int, reference: str) -> tuple[canonical.Json, ...]:
    """The base's own history, if it tells of as many layers as there are: Docker counts them."""
    steps = listed if isinstance(listed, list) else []
    real = [each for each in steps if isinstance(each, dict) and not each.get("empty_layer")]
    if len(real) == layers:
        return tuple(each for each in steps if isinstance(each, dict))
    return tuple({"created_by": f"{reference}, layer {number + 1}"} for number in range(layers))
