"""Which package of which ecosystem a component is, as OSV names them.

https://ossf.github.io/osv-schema/#defined-ecosystems. Debian's advisories are about source
packages and their versions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from packageurl import PackageURL

from workflow_sbom.policy.item import Item

_DISTRO = re.compile(r"(?:debian-)?(\d+)(?:\.\d+)?", re.ASCII)
_CODENAMES = {"buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13", "forky": "14"}
_SOURCE = re.compile(r"(\S+?)(?:\s*\((\S+)\)|@(\S+))?", re.ASCII)
_REBUILT = re.compile(r"\+b\d+$", re.ASCII)
_SEPARATORS = re.compile(r"[-_.]+")


@dataclass(frozen=True, slots=True, order=True)
class Lookup:
    """A package and a version to ask a database about."""

    ecosystem: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class NoLookup:
    """Why a component is not in any ecosystem that is known here."""

    reason: str


def lookup(item: Item) -> Lookup | NoLookup:
    """The package that the component is; `NoLookup` where that can't be told."""
    url = item.url
    if url is None:
        return NoLookup("it has no package URL")
    if not url.version:
        return NoLookup("its package URL has no version")
    asked = _BY_TYPE.get(url.type)
    if asked is None:
        return NoLookup(f"advisories of pkg:{url.type} are not known here")
    return asked(item, url, url.version)


def same_name(name: str) -> str:
    """A name with the differences taken out that some ecosystem takes for none (PEP 503)."""
    return _SEPARATORS.sub("-", name).casefold()


def _pypi(_: Item, url: PackageURL, version: str) -> Lookup:
    return Lookup("PyPI", same_name(url.name), version)


def _npm(_: Item, url: PackageURL, version: str) -> Lookup:
    return Lookup("npm", f"{url.namespace}/{url.name}" if url.namespace else url.name, version)


def _go(_: Item, url: PackageURL, version: str) -> Lookup:
    name = f"{url.namespace}/{url.name}" if url.namespace else url.name
    return Lookup("Go", "stdlib" if name == "std" else name, version)


def _cargo(_: Item, url: PackageURL, version: str) -> Lookup:
    return Lookup("crates.io", url.name, version)


def _deb(item: Item, url: PackageURL, version: str) -> Lookup | NoLookup:
    qualifiers = dict(url.qualifiers)
    release = _release(qualifiers.get("distro", ""))
    if url.namespace != "debian" or release is None:
        return NoLookup("its package URL names no release of Debian (`distro=debian-13`)")
    source = qualifiers.get("upstream", item.source)
    if source is None:
        return NoLookup(
            "the document names no source packages, which Debian's advisories are about"
        )
    found = _SOURCE.fullmatch(source)
    name = found[1] if found else url.name
    stated = (found[2] or found[3]) if found else None
    return Lookup(f"Debian:{release}", name, stated or _REBUILT.sub("", version))


def _release(distro: str) -> str | None:
    found = _DISTRO.fullmatch(distro)
    return found[1] if found else _CODENAMES.get(distro.removeprefix("debian-"))


_BY_TYPE: dict[str, Callable[[Item, PackageURL, str], Lookup | NoLookup]] = {
    "pypi": _pypi,
    "npm": _npm,
    "golang": _go,
    "cargo": _cargo,
    "deb": _deb,
}
