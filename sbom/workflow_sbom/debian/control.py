"""Debian binary packages as components, from control paragraphs (`dpkg/status`, `status.d`).

Format: deb-control(5). What a package's maintainers declare is taken as given. Licences are not in
control paragraphs, but in copyright files (`debian.copyright`); needs are told by `debian.graph`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from workflow_sbom.errors import InventoryError
from workflow_sbom.model.component import Component
from workflow_sbom.model.parts import (
    ExternalReference,
    Hash,
    Organisation,
    Property,
    ReferenceKind,
)
from workflow_sbom.purl import package_url
from workflow_sbom.texts import is_address, is_email

MAX_BYTES = 64 << 20
SOURCE = "workflow:debian:source"
SOURCE_VERSION = "workflow:debian:source-version"
SECTION = "workflow:debian:section"
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+", re.ASCII)
_VERSION = re.compile(r"[0-9A-Za-z.+:~-]+", re.ASCII)
_ARCHITECTURE = re.compile(r"[a-z0-9][a-z0-9-]*", re.ASCII)
_SOURCE = re.compile(rf"(?P<name>{_NAME.pattern})(?:\s+\((?P<version>{_VERSION.pattern})\))?")
_VENDOR = re.compile(r"[a-z0-9][a-z0-9._]*", re.ASCII)
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

    `distro` is the release it is of (`debian-12`), `hashes` those of the `.deb` file. They are of
    the distribution, not of the component, which is there unpacked and perhaps in part.
    """
    url = reference(control, distro)
    source, version = _source(control)
    files = tuple(hashes)
    return Component(
        ref=url,
        kind="library",
        name=control["package"],
        version=control["version"],
        purl=url,
        scope="required",
        description=_line(control.get("description", "").partition("\n")[0]),
        supplier=_maintainer(control.get("maintainer", "")),
        references=(
            *_addresses(control),
            *((ExternalReference("distribution", url, files),) if files else ()),
            ExternalReference("source-distribution", _url(source, version, "source", distro)),
        ),
        properties=tuple(_facts(control)),
    )


def reference(control: Mapping[str, str], distro: str) -> str:
    """The package URL of a package, by which documents refer to it; raises `InventoryError`."""
    name = _checked(control, "package", _NAME)
    version = _checked(control, "version", _VERSION)
    return _url(name, version, _checked(control, "architecture", _ARCHITECTURE), distro)


def _url(name: str, version: str, architecture: str, distro: str) -> str:
    """The vendor is the distribution's `ID` (os-release(5)), which `distro` begins with."""
    vendor = distro.partition("-")[0]
    if not _VENDOR.fullmatch(vendor):
        raise InventoryError(f"no release of a distribution: {distro[:80]!a}")
    return package_url("deb", name, version, namespace=vendor, arch=architecture, distro=distro)


def _source(control: Mapping[str, str]) -> tuple[str, str]:
    """The source package and its version: the package's own, where the field does not say."""
    found = _SOURCE.fullmatch(control.get("source", "").strip())
    if found is None:
        return control["package"], control["version"]
    return found["name"], found["version"] or control["version"]


def _addresses(control: Mapping[str, str]) -> Iterator[ExternalReference]:
    """The project's page, and the packaging's repository where the record names it."""
    kinds: tuple[tuple[str, ReferenceKind], ...] = (("homepage", "website"), ("vcs-browser", "vcs"))
    for key, kind in kinds:
        url = control.get(key, "").strip()
        if is_address(url) and url.startswith(("http://", "https://")) and "@" not in url:
            yield ExternalReference(kind, url)


def _checked(control: Mapping[str, str], key: str, pattern: re.Pattern[str]) -> str:
    value = control.get(key, "")
    if not pattern.fullmatch(value):
        raise InventoryError(f"a Debian package whose {key} is {value[:80]!r}")
    return value


def _maintainer(text: str) -> Organisation | None:
    """`Name <address>`; names hold commas and brackets, which mail would have quoted."""
    name, bracket, rest = text.rpartition("<")
    mail = (rest.rstrip().removesuffix(">") if bracket else text).strip()
    name = _line(name.strip().strip('"') if bracket else text) or ""
    mail = mail if is_email(mail) else ""
    return Organisation(name or mail, (mail,) if mail else ()) if name or mail else None


def _facts(control: Mapping[str, str]) -> Iterator[Property]:
    source, version = _source(control)
    yield Property(SOURCE, source)
    yield Property(SOURCE_VERSION, version)
    if section := _line(control.get("section", "")):
        yield Property(SECTION, section)


def _line(text: str) -> str | None:
    words = " ".join(text.split())
    return words if words and words.isprintable() else None
