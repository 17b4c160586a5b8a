"""Template functions over texts and numbers."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote_plus

from workflow_engine.errors import TemplateError
from workflow_engine.templates.values import (
    MAX_TEXT,
    bounded,
    json_of,
    list_of,
    number_of,
    order_key,
    text_of,
)

_VERB: Final = re.compile(r"%(?:([-+0 #]*)(\d{0,20})(?:\.(\d{1,2}))?([a-zA-Z])|(%))", re.ASCII)
_WIDEST: Final = 1000


def lower(value: Any) -> str:
    """`{{ lower .name }}`."""
    return text_of(value).lower()


def upper(value: Any) -> str:
    """`{{ upper .name }}`."""
    return text_of(value).upper()


def title(value: Any) -> str:
    """Every word's first letter upper-cased, the others as they are."""
    return re.sub(r"(?:^|(?<=\s))\S", lambda match: match[0].upper(), text_of(value))


def replace(old: Any, new: Any, value: Any) -> str:
    """`{{ replace "old" "new" .text }}`."""
    text, old, new = text_of(value), text_of(old), text_of(new)
    if len(text) + (text.count(old) * len(new)) > MAX_TEXT:
        raise TemplateError(f"replace makes a text longer than {MAX_TEXT} characters")
    return text.replace(old, new)


def contains(part: Any, value: Any) -> bool:
    """Whether a text holds another, or a list holds a value."""
    if isinstance(value, list | tuple):
        return part in value
    return text_of(part) in text_of(value)


def has_prefix(prefix: Any, value: Any) -> bool:
    """`{{ hasPrefix "pre" .text }}`."""
    return text_of(value).startswith(text_of(prefix))


def has_suffix(suffix: Any, value: Any) -> bool:
    """`{{ hasSuffix "fix" .text }}`."""
    return text_of(value).endswith(text_of(suffix))


def split(separator: Any, value: Any) -> list[str]:
    """`{{ split "," .text }}`; the empty separator gives the characters, as in Go."""
    by, text = text_of(separator), text_of(value)
    return text.split(by) if by else list(text)


def join(separator: Any, values: Any) -> str:
    """`{{ join "," .items }}`."""
    by, texts = text_of(separator), [text_of(value) for value in list_of(values)]
    if len(by) * len(texts) > MAX_TEXT:
        raise TemplateError(f"join makes a text longer than {MAX_TEXT} characters")
    return bounded(by.join(texts))


def trim_space(value: Any) -> str:
    """White space off both ends."""
    return text_of(value).strip()


def trim_prefix(prefix: Any, value: Any) -> str:
    """`{{ trimPrefix "pre" .text }}`."""
    return text_of(value).removeprefix(text_of(prefix))


def trim_suffix(suffix: Any, value: Any) -> str:
    """`{{ trimSuffix "fix" .text }}`."""
    return text_of(value).removesuffix(text_of(suffix))


def url_encode(value: Any) -> str:
    """As a query value: spaces become `+`."""
    return quote_plus(text_of(value))


def b64(value: Any) -> str:
    """Standard base64 of the UTF-8 text."""
    return base64.b64encode(text_of(value).encode()).decode("ascii")


def to_string(value: Any) -> str:
    """The value as it prints."""
    return text_of(value)


def to_int(value: Any) -> int:
    """A whole number, cut towards zero."""
    try:
        return int(number_of(value))
    except (OverflowError, ValueError):
        raise TemplateError("no whole number") from None


def to_float(value: Any) -> float:
    """A number with a fraction."""
    return float(number_of(value))


def _whole(value: float) -> int | float:
    whole = isinstance(value, int) or not value.is_integer()
    return number_of(value if whole else int(value))


def add(left: Any, right: Any) -> int | float:
    """The sum of two numbers."""
    return _whole(number_of(left) + number_of(right))


def sub(left: Any, right: Any) -> int | float:
    """The first number less the second."""
    return _whole(number_of(left) - number_of(right))


def mul(left: Any, right: Any) -> int | float:
    """The product of two numbers."""
    return _whole(number_of(left) * number_of(right))


def div(left: Any, right: Any) -> int | float:
    """The first number over the second; raises `TemplateError` over zero."""
    divisor = number_of(right)
    if divisor == 0:
        raise TemplateError("a division by zero")
    return _whole(number_of(left) / divisor)


def eq(first: Any, *others: Any) -> bool:
    """Whether the first equals any of the others, as in Go."""
    return any(_same(first, other) for other in others)


def _same(left: Any, right: Any) -> bool:
    """Equal values; true is not 1, while 1 is 1.0 as JSON has it."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return bool(left == right)


def ne(left: Any, right: Any) -> bool:
    """Whether two values differ."""
    return not _same(left, right)


def lt(left: Any, right: Any) -> bool:
    """Whether the first comes before the second."""
    return order_key(left) < order_key(right)


def le(left: Any, right: Any) -> bool:
    """Not after."""
    return order_key(left) <= order_key(right)


def gt(left: Any, right: Any) -> bool:
    """After."""
    return order_key(left) > order_key(right)


def ge(left: Any, right: Any) -> bool:
    """Not before."""
    return order_key(left) >= order_key(right)


_VERBS: Final[dict[str, tuple[str, Callable[[Any], Any]]]] = {
    "s": ("s", text_of), "v": ("s", text_of), "d": ("d", to_int), "f": ("f", to_float),
    "g": ("g", to_float), "e": ("e", to_float), "x": ("x", to_int), "t": ("s", text_of),
    "q": ("s", json_of),
}  # fmt: skip


def printf(pattern: Any, *values: Any) -> str:
    """Go's `printf` with the verbs s v d f g e x t q; too few values print as `%!d(MISSING)`."""
    left = list(values)

    def one(match: re.Match[str]) -> str:
        flags, width, precision, verb, percent = match.groups()
        if percent:
            return "%"
        if verb not in _VERBS or int(width or 0) > _WIDEST:
            raise TemplateError(f"printf does not know {match[0][:20]!r}")
        if not left:
            return f"%!{verb}(MISSING)"
        kind, convert = _VERBS[verb]
        after = f".{precision}" if precision else ""
        return str(f"%{flags}{width}{after}{kind}" % convert(left.pop(0)))

    return bounded(_VERB.sub(one, text_of(pattern)))
