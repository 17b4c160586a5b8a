"""Is a document what its specification allows? Judged by JSON schemas, offline.

CycloneDX 1.4 to 1.7 by the official schemas, which `cyclonedx-python-lib` ships, formats included
(an `iri-reference`, a `date-time`, an `idn-email`); SPDX 2.3 by our own. A schema is compiled once
in a process.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING, Any

from workflow_sbom.errors import Fault
from workflow_sbom.formats.spdxschema import spdx_2_3
from workflow_sbom.printable import printable
from workflow_sbom.tables import did_you_mean

if TYPE_CHECKING:
    from jsonschema_rs import Draft7Validator, ValidationError

CYCLONEDX_SPECS = ("1.4", "1.5", "1.6", "1.7")
MAX_FAULTS = 100
MAX_TEXT = 200
# A list of faults costs memory for each (a choice of 800 licences is copied into every one), so
# that a larger document is judged item by item, and a larger item told by its first fault.
_LISTED_NODES = 2000
_SCHEMAS = "cyclonedx.schema._res"
_SHARED = ("spdx", "jsf-0.82", "cryptography-defs")
_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]{0,79}", re.ASCII)


def faults(document: Any) -> tuple[Fault, ...]:
    """What is wrong in a decoded document, each with the JSON path (`components[3].type`).

    `MAX_FAULTS` at most; none for a valid document.
    """
    if not isinstance(document, dict):
        return (Fault("", "an object is expected: CycloneDX and SPDX documents are"),)
    if "spdxVersion" in document:
        return _faults("spdxVersion", ("SPDX-2.3",), document)
    if document.get("bomFormat") != "CycloneDX":
        remedy = "`CycloneDX` is expected here, or `spdxVersion` beside it"
        return (Fault("bomFormat", "neither a CycloneDX nor an SPDX document", remedy),)
    return _faults("specVersion", CYCLONEDX_SPECS, document)


def _faults(member: str, known: Sequence[str], document: dict[str, Any]) -> tuple[Fault, ...]:
    version = document.get(member)
    if version not in known:
        message = f"{_shown(version)} is no version that is read"
        return (Fault(member, message, f"known: {', '.join(known)}"),)
    validator = _spdx() if member == "spdxVersion" else _cyclonedx(version)
    return _judged(validator, document)


def path(parts: Iterable[str | int]) -> str:
    """The place in a document as people write it: `components[3]["a key"].name`."""
    text = "".join(map(_step, parts))
    return text.removeprefix(".")


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    if _PLAIN_KEY.fullmatch(part):
        return f".{part}"
    return f"[{json.dumps(part[:80], ensure_ascii=True)}]"


@functools.cache
def _cyclonedx(spec: str) -> Draft7Validator:
    from jsonschema_rs import Draft7, Draft7Validator, Registry

    schema = _schema(f"bom-{spec}")
    base = str(schema["$id"]).rpartition("/")[0]
    shared = [(f"{base}/{name}.SNAPSHOT.schema.json", _schema(name)) for name in _SHARED]
    return Draft7Validator(
        schema,
        registry=Registry(shared, draft=Draft7),
        validate_formats=True,
        offline=True,
        mask="the value",
    )


@functools.cache
def _spdx() -> Draft7Validator:
    from jsonschema_rs import Draft7Validator

    return Draft7Validator(spdx_2_3(), offline=True, mask="the value")


def _schema(name: str) -> dict[str, Any]:
    file = resources.files(_SCHEMAS) / f"{name}.SNAPSHOT.schema.json"
    schema: dict[str, Any] = json.loads(file.read_bytes())
    return schema


def _judged(validator: Draft7Validator, document: dict[str, Any]) -> tuple[Fault, ...]:
    try:
        if validator.is_valid(document):
            return ()
        found = _listed(validator, document)
        if _is_large(document):
            found = itertools.chain(_by_member(validator, document), found)
        return tuple(dict.fromkeys(itertools.islice(found, MAX_FAULTS)))
    except ValueError:  # what the validator says of a document nested past its own limit
        return (Fault("", "nested too deeply to be checked"),)


def _by_member(validator: Draft7Validator, document: dict[str, Any]) -> Iterator[Fault]:
    """The faults outside the document's own lists, then those within their items, one by one."""
    lists = {name: value for name, value in document.items() if isinstance(value, list)}
    yield from _listed(validator, {key: document[key] for key in document if key not in lists})
    head = {name: value for name, value in document.items() if isinstance(value, str)}
    for name, items in lists.items():
        for at, item in enumerate(items):
            yield from _of_item(_listed(validator, {**head, name: [item]}), path([name]), at)


def _of_item(found: Iterator[Fault], member: str, at: int) -> Iterator[Fault]:
    """Those of the faults that are within the only item of a list, at its own place."""
    for fault in found:
        if fault.path.startswith(f"{member}[0]"):
            own = fault.path.removeprefix(f"{member}[0]")
            yield replace(fault, path=f"{member}[{at}]{own}")


def _listed(validator: Draft7Validator, document: dict[str, Any]) -> Iterator[Fault]:
    """Every fault, or the first one of a large document."""
    from jsonschema_rs import ValidationError

    if not _is_large(document):
        yield from itertools.chain.from_iterable(map(_told, validator.iter_errors(document)))
        return
    try:
        validator.validate(document)
    except ValidationError as error:
        yield from _told(error)


def _is_large(document: Any) -> bool:
    return _size(document, _LISTED_NODES) >= _LISTED_NODES


def _size(value: Any, limit: int) -> int:
    """How many values a document holds, counted up to a limit."""
    count, waiting = 0, [iter((value,))]
    while waiting and count < limit:
        item = next(waiting[-1], waiting)
        if item is waiting:
            waiting.pop()
            continue
        count += 1
        if isinstance(item, dict):
            waiting.append(iter(item.values()))
        elif isinstance(item, list):
            waiting.append(iter(item))
    return count


def _told(error: ValidationError) -> Iterator[Fault]:
    """A fault of the validator's in our words; that of an alternative is its nearest miss."""
    kind, where = error.kind, error.instance_path
    match kind.name:
        case "additionalProperties":
            yield from (Fault(path([*where, key]), "unknown key") for key in kind.value)
        case "required":
            yield Fault(path([*where, kind.value]), "missing")
        case "oneOf" | "anyOf" if nearest := _nearest(error):
            yield from itertools.chain.from_iterable(map(_told, nearest))
        case "enum" if isinstance(error.instance, str):
            remedy = did_you_mean(error.instance[:MAX_TEXT], map(str, kind.value))
            message = f"{_shown(error.instance)} is not one of the choices"
            yield Fault(path(where), message, remedy if len(remedy) <= MAX_TEXT else "")
        case _:
            yield Fault(path(where), printable(error.message)[:MAX_TEXT])


def _nearest(error: ValidationError) -> Sequence[ValidationError]:
    """The faults by the alternative that was probably meant: the one that fits deepest, then the
    one with the fewest faults; none where no alternative says more than that it does not fit."""
    context: Sequence[Sequence[ValidationError]] = getattr(error.kind, "context", ())
    return max(
        (each for each in context if each),
        key=lambda each: (max(len(fault.instance_path) for fault in each), -len(each)),
        default=(),
    )


def _shown(value: Any) -> str:
    """A value from outside in a message: a short text as it is, anything else by its kind."""
    if isinstance(value, str):
        return printable(repr(value[:80]))
    return "an object" if isinstance(value, Mapping) else printable(str(value))[:80]
