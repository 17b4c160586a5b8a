"""`${VAR}` and `${VAR:-default}` in module configuration.

One pass: a value put in is never read again, so what the environment holds can't name another
variable. What can't be resolved stays as it is written. `${env:VAR}` is `${VAR}`; other schemes
(`vault:` …) stay as they are until something resolves them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_REFERENCE: Final = re.compile(
    r"\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\}",
    re.ASCII,
)


def expand(text: str, variables: Mapping[str, str]) -> str:
    """`text` with every known variable put in; a default serves for unset and empty ones."""

    def value_of(reference: re.Match[str]) -> str:
        name, default = reference[1], reference[2]
        found = variables.get(name)
        if default is not None:
            return found or default
        return reference[0] if found is None else found

    return _REFERENCE.sub(value_of, text)


def expand_tree(value: Any, variables: Mapping[str, str]) -> Any:
    """Like `expand`, over every string value in lists and dictionaries; keys stay as they are."""
    match value:
        case str():
            return expand(value, variables)
        case list():
            return [expand_tree(item, variables) for item in value]
        case dict():
            return {key: expand_tree(item, variables) for key, item in value.items()}
        case _:
            return value


def unresolved(text: str) -> tuple[str, ...]:
    """The names of variables still standing in `text`, in the order they stand there."""
    return tuple(match[1] for match in _REFERENCE.finditer(text))
