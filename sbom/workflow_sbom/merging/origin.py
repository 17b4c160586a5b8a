"""Where an artifact comes from: what its bytes don't say and its maker knows.

File properties are those of the BSI's taxonomy for CycloneDX (TR-03183-2 v2.1, sections 5.2.2 and
8.1.4 to 8.1.6): whether a file is executable, an archive of several components, and whether those
can still be told apart in it. A program with its libraries linked in is an archive that is
unstructured.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal, assert_never

from workflow_sbom.merging.completeness import spoken
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Publication, Sbom
from workflow_sbom.model.parts import ExternalReference, Organisation, Property
from workflow_sbom.purl import package_url

Form = Literal["archive", "program"]
FILENAME = "bsi:component:filename"
EXECUTABLE = "bsi:component:executable"
ARCHIVE = "bsi:component:archive"
STRUCTURED = "bsi:component:structured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who stands behind artifacts, and what they were made from.

    `source` is the address of the commit (`git+https://host/path@<commit>`), `security` that of a
    security.txt (RFC 9116), `own` the package URLs of what was made together.
    """

    publication: Publication | None = None
    source: str | None = None
    security: str | None = None
    own: frozenset[str] = frozenset()

    @property
    def maker(self) -> Organisation | None:
        """Who made the artifacts and supplies them."""
        return self.publication.supplier if self.publication else None


@dataclass(frozen=True, slots=True)
class FileForm:
    """The file a document is about: its name in the release, and what sort of file it is."""

    name: str
    form: Form


def attributed(sbom: Sbom, origin: Origin, file: FileForm | None = None) -> Sbom:
    """The document with its origin, and something said of how complete each part of it is.

    `file` is None for what is no file, a whole release. What the document says already stays.
    """
    own = {each.ref for each in sbom.walk() if each.purl in origin.own}
    return spoken(
        replace(
            sbom,
            subject=_subject(_made(sbom.subject, origin, own | {sbom.subject.ref}), file),
            components=tuple(_made(each, origin, own) for each in sbom.components),
            publication=sbom.publication or origin.publication,
        )
    )


def _made(component: Component, origin: Origin, own: Collection[str]) -> Component:
    """What was made here, wherever it lies, with its maker and its source."""
    inside = tuple(_made(each, origin, own) for each in component.components)
    if component.ref not in own:
        return replace(component, components=inside)
    return replace(
        component,
        supplier=component.supplier or origin.maker,
        manufacturer=component.manufacturer or origin.maker,
        references=tuple(dict.fromkeys((*component.references, *_references(origin)))),
        components=inside,
    )


def _references(origin: Origin) -> tuple[ExternalReference, ...]:
    source = ExternalReference("vcs", origin.source) if origin.source else None
    security = ExternalReference("rfc-9116", origin.security) if origin.security else None
    return tuple(each for each in (source, security) if each is not None)


def _subject(subject: Component, file: FileForm | None) -> Component:
    """The subject with a package URL and, for a file, what it is and where to compare its hashes.

    The purl is the address of the distribution, for nothing here knows of a host.
    """
    purl = subject.purl or _generic(subject)
    if file is None or purl is None:
        return replace(subject, purl=purl)
    there = ExternalReference("distribution", purl, subject.hashes)
    return replace(
        subject,
        purl=purl,
        references=tuple(dict.fromkeys((*subject.references, there))),
        properties=tuple(dict.fromkeys((*subject.properties, *file_properties(file)))),
    )


def _generic(subject: Component) -> str | None:
    """The package URL of what no package index knows, with its digest; None without a version."""
    if subject.version is None:
        return None
    digest = subject.hash("SHA-256")
    checksum = f"sha256:{digest}" if digest else None
    return package_url("generic", subject.name, subject.version, checksum=checksum)


def file_properties(file: FileForm) -> tuple[Property, ...]:
    """What the BSI asks of every file."""
    match file.form:
        case "archive":
            words = ("non-executable", "archive", "structured")
        case "program":
            words = ("executable", "archive", "unstructured")
        case _:
            assert_never(file.form)
    names = (FILENAME, EXECUTABLE, ARCHIVE, STRUCTURED)
    return tuple(map(Property, names, (file.name, *words)))
