"""Values that only look like ones: what is not known is to be absent.

Words count in the fields that people and tools fill in (names, versions, licences, addresses);
enumerations in which `unknown` is an answer (`compositions[].aggregate`) are none of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_WORDS = frozenset(
    {"", "-", "?", "n/a", "none", "noassertion", "null", "placeholder", "tbd", "tba", "todo",
     "undefined", "unknown", "unspecified", "not available", "not specified", "xxx"}
)  # fmt: skip
_VERSIONS = frozenset({"0.0.0", "v0.0.0", "0.0.0-dev", "0.0.0.dev0", "latest"})
_EXAMPLE = re.compile(
    r"(?:^|[@/.])(?:example\.(?:com|org|net)|[\w-]+\.(?:example|invalid))(?:[:/?#]|$)",
    re.ASCII | re.IGNORECASE,
)
_UNVERSIONED = re.compile(r"@v?0\.0\.0(?:[?#]|$)", re.ASCII)
_LONGEST = 2000


def _is_word(text: str) -> bool:
    return text.strip().casefold() in _WORDS


def _is_version(text: str) -> bool:
    return _is_word(text) or text.strip().casefold() in _VERSIONS


def _is_address(text: str) -> bool:
    return _is_word(text) or bool(_EXAMPLE.search(text[:_LONGEST]))


def _is_package_url(text: str) -> bool:
    return _is_word(text) or bool(_UNVERSIONED.search(text[:_LONGEST]))


def _is_digest(text: str) -> bool:
    return len(set(text)) < 2


def _is_serial(text: str) -> bool:
    return _is_digest(text.removeprefix("urn:uuid:").replace("-", ""))


_BY_KEY: Mapping[str, Callable[[str], bool]] = {
    "author": _is_word,
    "copyright": _is_word,
    "cpe": _is_word,
    "email": _is_address,
    "expression": _is_word,
    "group": _is_word,
    "id": _is_word,
    "name": _is_word,
    "publisher": _is_word,
    "purl": _is_package_url,
    "serialNumber": _is_serial,
    "url": _is_address,
    "version": _is_version,
}


def is_placeholder(key: str, value: object) -> bool:
    """Whether a text only looks like a value of the field of that name."""
    judge = _BY_KEY.get(key)
    return isinstance(value, str) and judge is not None and judge(value)


def placeholders(json: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The path and text of every placeholder in a document."""
    waiting: list[tuple[str, Any]] = [("", json)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            yield from _of_object(path, value)
            waiting.extend((f"{path}.{key}" if path else key, each) for key, each in value.items())
        elif isinstance(value, list):
            waiting.extend((f"{path}[{at}]", each) for at, each in enumerate(value))


def _of_object(path: str, value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, each in value.items():
        if key == "name" and value.get("purl"):
            continue  # a package may be called `null` or `unknown`, and some are
        is_digest = key == "content" and "alg" in value and isinstance(each, str)
        if is_placeholder(key, each) or (is_digest and _is_digest(each)):
            yield f"{path}.{key}" if path else key, each
        elif key == "url" and isinstance(each, list):
            yield from ((f"{path}.url[{at}]", url) for at, url in enumerate(each) if _bad(url))


def _bad(url: object) -> bool:
    return isinstance(url, str) and _is_address(url)
