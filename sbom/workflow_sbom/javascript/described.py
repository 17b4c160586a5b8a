"""npm packages as components: what the lock says of each, and what it says of itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from workflow_sbom.javascript.bundle import PackageFacts, Person
from workflow_sbom.javascript.npmlock import LockedPackage
from workflow_sbom.licensing import declared as licences
from workflow_sbom.model.component import Component, Evidence
from workflow_sbom.model.licence import Licence
from workflow_sbom.model.parts import (
    Contact,
    ExternalReference,
    Organisation,
    Property,
    ReferenceKind,
)
from workflow_sbom.purl import package_url
from workflow_sbom.texts import is_address, is_email

_LONGEST = 1000
_HOSTS = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}
_SHORT = re.compile(r"(?:(?P<host>github|gitlab|bitbucket):)?(?P<path>[\w.-]+/[\w.-]+)", re.ASCII)


def refs_of(packages: Iterable[LockedPackage]) -> dict[str, str]:
    """By folder: the purl, with the folder behind it where one version is installed twice."""
    urls = {package.path: purl_of(package) for package in packages}
    counts = Counter(urls.values())
    return {path: url if counts[url] == 1 else f"{url}#{path}" for path, url in urls.items()}


def purl_of(package: LockedPackage) -> str:
    """The package URL of a locked package."""
    group, name = _split(package.name)
    return package_url("npm", name, package.version, namespace=group)


def locked_component(package: LockedPackage, ref: str) -> Component:
    """A package as far as the lock knows it; its hash is of what npm downloads."""
    group, name = _split(package.name)
    url = purl_of(package)
    files = (ExternalReference("distribution", url, package.hashes),) if package.hashes else ()
    return Component(
        ref=ref,
        kind="library",
        group=group,
        name=name,
        version=package.version,
        purl=url,
        licences=licences_of(package.licence),
        references=files,
    )


def shipped_component(
    package: LockedPackage,
    ref: str,
    facts: PackageFacts | None,
    *,
    files: Iterable[str] = (),
    properties: Iterable[Property] = (),
) -> Component:
    """A package that is in the bundle, in these files; malformed facts that inform are left out."""
    base = locked_component(package, ref)
    author = facts.author if facts else None
    told = facts or PackageFacts(path=package.path, name=package.name, version="")
    occurrences = tuple(sorted(f"dist/{file}" for file in files))
    return Component(
        ref=base.ref,
        kind=base.kind,
        group=base.group,
        name=base.name,
        version=base.version,
        purl=base.purl,
        description=_line(told.description),
        copyright=_copyright(told.copyright),
        supplier=_supplier(author) if author else None,
        authors=tuple(_authors(author)) if author else (),
        scope="required",
        licences=base.licences or licences_of(told.licence),
        references=(*base.references, *_references(told)),
        properties=tuple(properties),
        evidence=Evidence(technique="instrumentation", occurrences=occurrences) if files else None,
    )


def licences_of(text: str | None) -> tuple[Licence, ...]:
    """The licence that a package declares in one text."""
    licence = licences.declared(text) if text else None
    return (licence,) if licence else ()


def _split(name: str) -> tuple[str | None, str]:
    group, slash, rest = name.partition("/")
    return (group, rest) if slash else (None, name)


def _line(text: str | None) -> str | None:
    """A text on one line; None when nothing is left, or it holds control characters."""
    words = " ".join((text or "").split())
    return words if 0 < len(words) <= _LONGEST and words.isprintable() else None


def _copyright(lines: Iterable[str]) -> str | None:
    """The lines as one text, each once, in their order."""
    kept = dict.fromkeys(line for each in lines if (line := _line(each)))
    return "\n".join(kept) or None


def _supplier(person: Person) -> Organisation | None:
    """Who made the package brings it to the registry, as far as it says."""
    name = _line(person.name)
    if name is None:
        return None
    return Organisation(
        name,
        emails=(person.email,) if is_email(person.email) else (),
        urls=(person.url,) if _is_public(person.url) else (),
    )


def _authors(person: Person) -> Iterator[Contact]:
    name, email = _line(person.name) or "", person.email if is_email(person.email) else ""
    if name or email:
        yield Contact(name, email)


def _references(facts: PackageFacts) -> Iterator[ExternalReference]:
    """Where the package's makers say it lives."""
    found: Mapping[ReferenceKind, str | None] = {
        "website": facts.homepage,
        "vcs": _repository(facts.repository or ""),
        "issue-tracker": facts.issues,
    }
    for kind, url in found.items():
        if url and _is_public(url):
            yield ExternalReference(kind, url)


def _repository(text: str) -> str:
    """An address from the ways in which npm lets a repository be named."""
    if short := _SHORT.fullmatch(text):
        return f"https://{_HOSTS[short['host'] or 'github']}/{short['path']}"
    address = text.removeprefix("git+")
    for start in ("git://", "ssh://git@"):
        if address.startswith(start):
            return f"https://{address.removeprefix(start)}"
    return address


def _is_public(url: str) -> bool:
    """A web address fit to be passed on: absolute, without credentials."""
    place = url.partition("://")[2].partition("/")[0]
    return url.startswith(("http://", "https://")) and "@" not in place and is_address(url)
