"""Debian binary packages as components, from control paragraphs (`dpkg/status`, `status.d`).

Format: deb-control(5). What a package's maintainers declare is taken as given; licences are not in
control paragraphs and stay absent.
"""

from __future__ import annotations

import email.utils
import re
from collections.abc import Iterable, Iterator, Mapping

from workflow_sbom.errors import InventoryError
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Dependency
from workflow_sbom.model.parts import ExternalReference, Hash, Organisation, Property
from workflow_sbom.purl import package_url
from workflow_sbom.texts import is_email

MAX_BYTES = 64 << 20
SOURCE = "workflow:debian:source"
SECTION = "workflow:debian:section"
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+", re.ASCII)
_VERSION = re.compile(r"[0-9A-Za-z.+:~-]+", re.ASCII)
_ARCHITECTURE = re.compile(r"[a-z0-9][a-z0-9-]*", re.ASCII)
_FIELD = re.compile(r"([!-9;-~]+):[ \t]*(.*)")


def paragraphs(data: bytes) -> Iterator[Mapping[str, str]]:
    """Read control paragraphs, keys in lower case; raises `InventoryError`.

    A continued field keeps its lines, without the leading space.
    """
    if len(data) > MAX_BYTES:
        raise InventoryError(
            f"{len(data)} bytes of control paragraphs; at most {MAX_BYTES} are read"
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InventoryError(f"control paragraphs are not UTF-8 at byte {error.start}") from error
    for block in re.split(r"\n[ \t]*(?:\n[ \t]*)*\n", text.strip("\n")):
        if block.strip():
            yield _fields(block)


def _fields(block: str) -> Mapping[str, str]:
    fields: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in block.split("\n"):
        if line.startswith((" ", "\t")) and current is not None:
            current.append(line[1:])
        elif (found := _FIELD.fullmatch(line)) and found[1].lower() not in fields:
            current = fields.setdefault(found[1].lower(), [found[2].strip()])
        elif not line.startswith("#"):
            raise InventoryError(f"no field of a control paragraph: {line[:80]!r}")
    return {key: "\n".join(lines) for key, lines in fields.items()}


def component(control: Mapping[str, str], distro: str, hashes: Iterable[Hash] = ()) -> Component:
    """The package that a control paragraph describes; raises `InventoryError`.

    `distro` is the release it is of (`debian-12`), `hashes` those of the `.deb` file.
    """
    name = _checked(control, "package", _NAME)
    version = _checked(control, "version", _VERSION)
    architecture = _checked(control, "architecture", _ARCHITECTURE)
    url = package_url("deb", name, version, namespace="debian", arch=architecture, distro=distro)
    files = tuple(hashes)
    return Component(
        ref=url,
        kind="library",
        name=name,
        version=version,
        purl=url,
        scope="required",
        description=_line(control.get("description", "").partition("\n")[0]),
        supplier=_maintainer(control.get("maintainer", "")),
        references=(ExternalReference("distribution", url, files),) if files else (),
        properties=tuple(_facts(control)),
    )


def dependencies(controls: Iterable[Mapping[str, str]], distro: str) -> tuple[Dependency, ...]:
    """What each package needs of the others given, by `Depends` and `Pre-Depends`.

    A virtual package leads to those that provide it; of alternatives, to those that are there.
    """
    given = tuple(controls)
    refs = {each["package"]: component(each, distro).ref for each in given}
    providers: dict[str, set[str]] = {name: {ref} for name, ref in refs.items()}
    for each in given:
        for virtual in _named(each.get("provides", "")):
            providers.setdefault(virtual, set()).add(refs[each["package"]])
    return tuple(
        Dependency(
            refs[each["package"]],
            tuple(sorted(_targets(each, providers) - {refs[each["package"]]})),
        )
        for each in sorted(given, key=lambda each: each["package"])
    )


def _targets(control: Mapping[str, str], providers: Mapping[str, set[str]]) -> set[str]:
    needs = ",".join((control.get("depends", ""), control.get("pre-depends", "")))
    return set[str]().union(*(providers.get(name, set()) for name in _named(needs)))


def _named(relations: str) -> Iterator[str]:
    """The package names of a relation field, without versions and architectures."""
    for item in re.split(r"[,|]", relations):
        if found := _NAME.match(item.strip()):
            yield found[0]


def _checked(control: Mapping[str, str], key: str, pattern: re.Pattern[str]) -> str:
    value = control.get(key, "")
    if not pattern.fullmatch(value):
        raise InventoryError(f"a Debian package whose {key} is {value[:80]!r}")
    return value


def _maintainer(text: str) -> Organisation | None:
    name, address = email.utils.parseaddr(text)
    name, mail = _line(name) or "", address if is_email(address) else ""
    return Organisation(name or mail, (mail,) if mail else ()) if name or mail else None


def _facts(control: Mapping[str, str]) -> Iterator[Property]:
    if source := _line(control.get("source", "")):
        yield Property(SOURCE, source)
    if section := _line(control.get("section", "")):
        yield Property(SECTION, section)


def _line(text: str) -> str | None:
    words = " ".join(text.split())
    return words if words and words.isprintable() else None
